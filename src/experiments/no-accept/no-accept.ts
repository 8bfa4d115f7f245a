/** Connected, and data acknowledged, before anybody calls accept(). tcp_check_req, inet_csk_complete_hashdance. */
import { monotonicNow } from '../../linux/libc/clock.js';
import { bindWithoutListening, listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import type { Experiment } from '../experiment.js';
import { joiningCalls } from '../../lab/bench/kernel-history.js';
import { startProgram } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';

type Fact = 'outcome' | 'owners' | 'acknowledged' | 'queue' | 'unread' | 'calls' | 'accepted' | 'received';

interface World {
  /** Whether the server calls listen(), and does not merely bind its port. */
  readonly listening: boolean;
}

const DATA = 'hello';

export const noAccept: Experiment<Fact, World> = {
  id: 'no-accept',
  title: { en: 'Nobody calls accept()', zh: '没有人调用 accept()' },
  claim: {
    en: 'The kernel completes the handshake and takes the data by itself; accept() only hands over a connection that is there already.',
    zh: '握手由内核自己完成，数据也由它接收；accept() 只是把已经存在的连接交出来。',
  },
  steps: [
    {
      en: 'A program on the server calls listen(), and then does something else.',
      zh: '服务器上的程序调用 listen()，然后去忙别的事。',
    },
    { en: `A program on the client connects, and writes “${DATA}”.`, zh: `客户端上的程序连接，并写入“${DATA}”。` },
    {
      en: 'When the data is acknowledged, the socket tables are asked. Only then the server calls accept(), and reads.',
      zh: '数据被确认之后，查询套接字表。直到这时服务器才调用 accept()，然后读取。',
    },
  ],
  facts: {
    outcome: { what: { en: 'what connect() says', zh: 'connect() 的结果' }, expected: 'connected' },
    owners: {
      what: { en: 'states of the two ends before accept()', zh: 'accept() 之前两端的状态' },
      expected: ['ESTABLISHED', 'ESTABLISHED'],
    },
    acknowledged: {
      what: { en: 'bytes that the server’s kernel has acknowledged', zh: '服务器内核已确认的字节数' },
      expected: DATA.length,
    },
    queue: { what: { en: 'connections that wait for accept()', zh: '等待 accept() 的连接数' }, expected: 1 },
    unread: { what: { en: 'bytes that wait to be read', zh: '等待读取的字节数' }, expected: DATA.length },
    calls: {
      what: { en: 'system calls of both programs up to here', zh: '到此为止两个程序的系统调用' },
      expected: ['bind', 'listen', 'bind', 'connect'],
    },
    accepted: { what: { en: 'accept(), which does not wait', zh: '不等待的 accept()' }, expected: 'at once' },
    received: { what: { en: 'what is read then, without waiting', zh: '随后不等待而读到的' }, expected: DATA },
  },
  explanation: {
    en: 'The last ACK of the handshake finds the half-open entry in ehash. In the softirq in which the packet arrived, tcp_check_req() makes a full socket of it (tcp_v4_syn_recv_sock), puts it into ehash in the entry’s place, and appends it to the listener’s accept queue (inet_csk_complete_hashdance). Data finds that socket and goes to its receive queue; the kernel acknowledges it. No process has run for this. accept() takes the first socket off the queue (inet_csk_accept) and gives it a descriptor, and sends nothing.',
    zh: '握手的最后一个 ACK 在 ehash 里找到半开条目。就在报文到达的软中断里，tcp_check_req() 把它变成完整的套接字（tcp_v4_syn_recv_sock），在 ehash 中取代那个条目，并挂到监听者的 accept 队列上（inet_csk_complete_hashdance）。数据找到这个套接字，进入它的接收队列，由内核确认。这一切没有任何进程运行。accept() 从队列取下第一个套接字（inet_csk_accept），给它一个描述符，不发送任何报文。',
  },
  next: [
    {
      en: 'Stop a server with Ctrl-Z and connect to it: it works, until its accept queue is full. See accept-queue.',
      zh: '用 Ctrl-Z 暂停一个服务器再去连接：能连上，直到 accept 队列满。见 accept-queue。',
    },
    {
      en: 'Write on without end: the receive queue fills, and the window goes to zero. Still nobody has accepted.',
      zh: '不停地写：接收队列写满，窗口变为零。仍然没有人 accept。',
    },
  ],
  byHand: [
    // Stopped for two seconds, as by Ctrl-Z, before anybody connects.
    {
      host: 'server',
      line: "timeout 9 bash -c 'nc -l 192.0.2.2 8889 & sleep 0.3; kill -STOP $!; sleep 2; kill -CONT $!; wait' & sleep 0.6",
    },
    { host: 'client', line: '(echo hello; sleep 1) | timeout 5 nc 192.0.2.2 8889 & sleep 0.4' },
    { host: 'server', line: 'ss -tan', prints: 'ESTAB +6 +0 +192\\.0\\.2\\.2:8889' },
    { host: 'server', line: 'wait', prints: 'hello' },
    { host: 'client', line: 'wait' },
  ],
  claims: [
    {
      text: { en: 'The server completes the handshake in accept().', zh: '服务器在 accept() 中完成握手。' },
      verdict: 'wrong',
      because: {
        en: 'The kernel does, whether or not anybody ever calls accept(): both ends are ESTABLISHED and the data is acknowledged before.',
        zh: '完成它的是内核，不管有没有人调用 accept()：在那之前两端都已是 ESTABLISHED，数据也已确认。',
      },
    },
    {
      text: {
        en: 'When data is acknowledged, the other program has received it.',
        zh: '数据得到确认，说明对方程序已经收到。',
      },
      verdict: 'wrong',
      because: {
        en: 'Its kernel has. Here the program does not even have a socket for the connection yet.',
        zh: '收到的是对方的内核。这里的程序甚至还没有这个连接的套接字。',
      },
    },
  ],
  world: { listening: true },
  observe: (options, { listening }) =>
    observe(options, async (bench) => {
      const { dst, dstPort } = bench.flow;
      const { netns } = bench.lab.server;
      const startedAt = monotonicNow();
      const listener = listening ? bench.leases.add(listenWithoutAccepting(netns, dst, dstPort)) : undefined;
      if (listener === undefined) bench.leases.add(bindWithoutListening(netns, dst, dstPort));
      const { outcome, socket } = startProgram(bench, 'client', bench.flow);
      const said = await outcome;
      if (said === 'connected') {
        socket.write(DATA);
        await bench.until('the data to be acknowledged', () => acknowledged(bench) >= DATA.length);
      }
      const table = bench.sockets('server');
      const connection = table.find(({ state }) => state === 'ESTABLISHED');
      const before = {
        outcome: said,
        owners: [bench.lookup('client'), bench.lookup('server')],
        acknowledged: acknowledged(bench),
        queue: table.find(({ state }) => state === 'LISTEN')?.receiveQueue ?? 0,
        unread: connection?.receiveQueue ?? 0,
        calls: joiningCalls(bench.systemCalls(process.pid, startedAt)),
      };
      const accepted = listener?.accept();
      if (accepted !== undefined) bench.leases.add(accepted);
      return { ...before, accepted: accepted === undefined ? 'nothing' : 'at once', received: accepted?.read() ?? '' };
    }),
};

/** How many bytes of the client's the server has acknowledged, its SYN not counted. */
function acknowledged(bench: Bench): number {
  const packets = bench.packets();
  const iss = packets.find(({ from }) => from === 'client')?.segment.seq ?? 0;
  const last = packets.findLast(({ from }) => from === 'server');
  return last === undefined ? 0 : (last.segment.ack - iss - 1) >>> 0;
}
