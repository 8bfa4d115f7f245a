/** Three sockets that hold the source port, and none of them owns the four-tuple: the RST comes all the same. __inet_lookup_skb. */
import type { Text } from '../../error.js';
import { bindWithoutListening, listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import { openPeer } from '../../lab/peer.js';
import type { Experiment } from '../experiment.js';
import { resetReasons } from '../../lab/bench/kernel-words.js';
import { connectResult } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';

/** What the client's own socket does with the port. */
type Dummy = 'bound' | 'listening' | 'connectedElsewhere';

const DUMMIES: Readonly<Record<Dummy, Text>> = {
  bound: { en: 'bound', zh: '绑定' },
  listening: { en: 'listening', zh: '监听' },
  connectedElsewhere: { en: 'connected elsewhere', zh: '连接到别处' },
};

const NAMES = Object.keys(DUMMIES) as readonly Dummy[];

interface World {
  /** Whether a filter keeps the RSTs from leaving after all. */
  readonly filtered: boolean;
}

export const dummyBind: Experiment<Dummy | 'owners' | 'resets' | 'reasons', World> = {
  id: 'dummy-bind',
  title: { en: 'A dummy socket on the source port', zh: '在源端口上放一个占位套接字' },
  claim: {
    en: 'A socket on the source port does not keep the RST away, be it bound, listening or connected elsewhere: the SYN/ACK is looked up by its four-tuple.',
    zh: '在源端口上放一个套接字挡不住 RST，无论它是绑定、监听还是连接到别处：SYN/ACK 是按四元组查找的。',
  },
  steps: [
    {
      en: "A socket of the client binds port 41000. From the same port, a SYN by hand; the server answers SYN/ACK; then ACK and data by hand. The server's answer to them tells whether its half-open entry was still there.",
      zh: '客户端的套接字绑定端口 41000。手工从同一端口发送 SYN，服务器回应 SYN/ACK，再手工发送 ACK 和数据。服务器的回答说明半开条目是否还在。',
    },
    { en: 'The same with a socket that listens on port 41000.', zh: '换成一个监听端口 41000 的套接字，再做一次。' },
    {
      en: 'The same with a socket that is connected from port 41000 to another port of the server.',
      zh: '换成一个从端口 41000 连接到服务器另一端口的套接字，再做一次。',
    },
  ],
  facts: {
    bound: {
      what: { en: 'with a socket that is bound, the data is answered', zh: '有绑定的套接字时，数据得到的回答' },
      expected: 'R 1:1(0)',
    },
    listening: { what: { en: 'with one that listens', zh: '有监听的套接字时' }, expected: 'R 1:1(0)' },
    connectedElsewhere: {
      what: { en: 'with one that is connected elsewhere', zh: '有连接到别处的套接字时' },
      expected: 'R 1:1(0)',
    },
    owners: {
      what: { en: "who gets the SYN/ACK on the client, by the kernel's look-up", zh: '客户端内核查找 SYN/ACK 归谁' },
      expected: ['none', 'LISTEN', 'none'],
    },
    resets: {
      what: { en: "RSTs of the client's kernel", zh: '客户端内核发出的 RST' },
      expected: ['R 1:1(0)', 'R 1:1(0)', 'R 1:1(0)'],
    },
    reasons: {
      what: { en: "the kernel's reasons for them", zh: '内核给出的原因' },
      expected: ['NO_SOCKET', 'TCP_FLAGS'],
    },
  },
  explanation: {
    en: 'tcp_v4_rcv() hands the SYN/ACK to __inet_lookup_skb(). The socket that is merely bound stands in the table of bound ports (bhash) only, which is not searched. The one that is connected elsewhere stands in ehash, under another four-tuple, so it is not found either: both end in tcp_v4_send_reset() with NO_SOCKET. The listener is found, for listeners are looked up by address and port alone; but a listener has no use for a segment with ACK (tcp_rcv_state_process returns TCP_FLAGS), and the RST comes from there. Only a socket in SYN_SENT or later, with exactly this four-tuple, would own the segment, and such a socket would make the connection itself.',
    zh: 'tcp_v4_rcv() 把 SYN/ACK 交给 __inet_lookup_skb()。仅仅绑定的套接字只在已绑定端口表（bhash）里，而这张表不会被查找。连接到别处的套接字在 ehash 里，但四元组不同，同样找不到：两者都以 NO_SOCKET 落入 tcp_v4_send_reset()。监听套接字倒是找得到，因为监听者只按地址和端口查找；但监听者不接受带 ACK 的报文段（tcp_rcv_state_process 返回 TCP_FLAGS），RST 就从那里发出。只有处于 SYN_SENT 或之后的状态、四元组完全相同的套接字才会认领这个报文段，而那样的套接字自己就会建立连接。',
  },
  next: [
    {
      en: 'Put a socket with exactly this four-tuple into the table without sending anything: TCP_REPAIR can do it, after the handshake (adopt).',
      zh: '把一个四元组完全相同的套接字放进表里而不发送任何报文：握手之后，TCP_REPAIR 可以做到（adopt）。',
    },
    {
      en: 'What the dummy is good for: nobody else gets the port meanwhile. That is what bind() is for.',
      zh: '占位套接字的用处：在此期间别人拿不到这个端口。bind() 本来就是做这个的。',
    },
  ],
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'client',
      line: `timeout 15 perl -MSocket -e 'socket S, AF_INET, SOCK_STREAM, 0; bind S, pack_sockaddr_in(41000, inet_aton "192.0.2.1"); sleep 15' &`,
    },
    {
      host: 'client',
      line: 'timeout 5 tcpdump -nli eth0 -c 3 tcp 2>/dev/null & sleep 1; nmap -n -Pn -sS -g 41000 -p 8888 192.0.2.2; wait $!',
      prints: 'Flags \\[S\\.\\][^]*\\.41000 > 192\\.0\\.2\\.2\\.8888: Flags \\[R\\]',
    },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^0$' },
  ],
  claims: [
    {
      text: {
        en: "A dummy socket bound to the source port keeps the kernel's RST away.",
        zh: '在源端口上绑定一个占位套接字，就能挡住内核的 RST。',
      },
      verdict: 'wrong',
      because: {
        en: "The kernel's look-up finds nobody for the four-tuple while the socket is bound, and the RST leaves as if it were not there.",
        zh: '套接字绑定着端口，内核按四元组仍然查不到任何人，RST 照样发出，就像它不存在一样。',
      },
    },
  ],
  world: { filtered: false },
  observe: (options, { filtered }) =>
    observe(options, async (bench) => {
      const { server } = bench.lab;
      bench.leases.add(await openPeer(server, bench.family, bench.flow.dstPort));
      bench.leases.add(await openPeer(server, bench.family, bench.flow.dstPort + 1));
      if (filtered) bench.filter('client');
      const owners: string[] = [];
      const resets: string[] = [];
      const answers: Partial<Record<Dummy, string>> = {};
      for (const name of NAMES) {
        bench.scene(DUMMIES[name]);
        const dummy = await open[name](bench);
        const before = bench.kernelResets('client').length;
        const hand = bench.byHand('client');
        hand.send('S 0:0(0) win 64240 <mss 1460>');
        await hand.answer();
        owners.push(bench.lookup('client'));
        // Were its half-open entry gone, the server would answer the late ACK by RST.
        hand.send('P. 1:6(5) ack 1 win 64240', { payload: 'hello' });
        const answer = await hand.answer();
        answers[name] = answer;
        // A connection that has survived would meet the next SYN.
        if (!answer.startsWith('R')) hand.send('R 6:6(0)');
        const [reset] = bench.kernelResets('client').slice(before);
        resets.push(reset === undefined ? 'none' : hand.sayOurs(reset));
        dummy.close();
      }
      const { bound = '', connectedElsewhere = '', listening = '' } = answers;
      return {
        bound,
        connectedElsewhere,
        listening,
        owners,
        resets,
        reasons: resetReasons(bench, 'client', bench.flow.dstPort),
      };
    }),
};

interface OpenDummy {
  /** Frees the port. */
  close(): void;
}

const open: Readonly<Record<Dummy, (bench: Bench) => OpenDummy | Promise<OpenDummy>>> = {
  bound: ({ lab, flow }) => bindWithoutListening(lab.client.netns, flow.src, flow.srcPort),
  listening: ({ lab, flow }) => listenWithoutAccepting(lab.client.netns, flow.src, flow.srcPort),
  async connectedElsewhere({ lab, flow, leases }) {
    const socket = lab.client.connect({ ...flow, dstPort: flow.dstPort + 1 });
    leases.defer(() => socket.destroy());
    await connectResult(socket);
    return { close: () => undefined }; // the last one: it stays until the lab is taken down
  },
};
