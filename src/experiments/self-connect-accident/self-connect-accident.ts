/** A program that keeps calling a closed local port connects to itself one day. __inet_hash_connect, ip_local_port_range. */
import type { Socket } from 'node:net';
import { bindWithoutListening, connectInside, listenInside } from '../../linux/port/kernel-socket.js';
import { setSysctls } from '../../linux/namespace/sysctl.js';
import type { Experiment } from '../experiment.js';
import { callResult, type Program, runOn } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';

type Fact = 'even' | 'equalEnds' | 'owner' | 'echo' | 'serverStarts' | 'odd' | 'outside';

interface World {
  /** Whether a server listens on the port after all. */
  readonly serverThere: boolean;
  /** Between which ports the kernel chooses. */
  readonly range: readonly [low: number, high: number];
}

interface Calls {
  readonly outcomes: readonly string[];
  /** The one that got through. */
  readonly program: Program | undefined;
}

const LOCALHOST = { 4: '127.0.0.1', 6: '::1' } as const;
/** Of five ports that connect() chooses from, one is missed a hundred times in a row once in five thousand million runs. */
const MOST_TRIES = 100;
const TEXT = 'Are you there?';

export const selfConnectAccident: Experiment<Fact, World> = {
  id: 'self-connect-accident',
  title: { en: 'The server is down, and yet it answers', zh: '服务器没开，却有回答' },
  claim: {
    en: 'A program that keeps trying to reach a closed local port of the ephemeral range connects to itself, as soon as the kernel gives it that port for its own.',
    zh: '程序反复连接本机临时端口范围内的一个关闭端口，一旦内核恰好把这个端口分给它自己，它就连上了自己。',
  },
  steps: [
    {
      en: 'The kernel is told to choose ports between 44600 and 44610, so that chance has less to do. (Usually: 32768 to 60999.)',
      zh: '让内核只在 44600 到 44610 之间选端口，好让偶然来得快些。（平时是 32768 到 60999。）',
    },
    {
      en: `A program calls localhost:44600, where nobody listens, again and again, at most ${MOST_TRIES} times. It does not bind.`,
      zh: `程序一次次呼叫无人监听的 localhost:44600，最多 ${MOST_TRIES} 次。它不做 bind。`,
    },
    {
      en: 'Once connected, it compares getsockname() with getpeername(), writes, and reads. Meanwhile the server tries to start.',
      zh: '连上之后，比较 getsockname() 与 getpeername()，写入并读取。与此同时，真正的服务器试图启动。',
    },
    {
      en: 'The same with the odd port 44601, and with a port outside the range.',
      zh: '再对奇数端口 44601 和范围之外的端口做同样的事。',
    },
  ],
  facts: {
    even: { what: { en: 'calling port 44600', zh: '呼叫 44600 端口' }, expected: 'connected' },
    equalEnds: {
      what: { en: 'getsockname() = getpeername()', zh: 'getsockname() 等于 getpeername()' },
      expected: true,
    },
    owner: {
      what: { en: 'who owns the four-tuple with equal ends', zh: '两端相同的四元组归谁' },
      expected: 'ESTABLISHED',
    },
    echo: { what: { en: 'the answer to what it writes', zh: '对所写内容的回答' }, expected: TEXT },
    serverStarts: {
      what: { en: 'bind() of the server that is started now', zh: '此时启动的服务器的 bind()' },
      expected: 'EADDRINUSE',
    },
    odd: {
      what: { en: `calling port 44601, ${MOST_TRIES} times`, zh: `呼叫 44601 端口 ${MOST_TRIES} 次` },
      expected: ['ECONNREFUSED'],
    },
    outside: {
      what: { en: 'calling a port outside the range', zh: '呼叫范围之外的端口' },
      expected: ['ECONNREFUSED'],
    },
  },
  explanation: {
    en: 'connect() on a socket without a port lets __inet_hash_connect() choose one: it starts at a place that depends on the destination, and with every connection goes on from there by a random step. The destination port is as good as any other: nobody is bound to it. The SYN then leaves from the port to which it goes, meets its own socket, and self-connect is done. It tries first the ports of the parity of the range’s low end, and the others, which are left to bind(), only when these are used up: with a low end of 44600 an odd port is safe, as long as there are free even ones. A server’s port below the range is always safe; that is why server ports belong there, or into net.ipv4.ip_local_reserved_ports. A program that retries can compare getsockname() with getpeername(), and close when they are equal.',
    zh: '套接字没有端口就调用 connect() 时，由 __inet_hash_connect() 选一个：起点取决于目的地，此后每次连接都从那里随机前进一步。目的端口和别的端口没有两样：没有谁绑定它。于是 SYN 从它要去的那个端口发出，遇到自己的套接字，自连接就此完成。它先试与范围下界奇偶相同的端口；另一半留给 bind()，只有前一半用尽时才取。所以下界为 44600 时，只要偶数端口还有空闲，奇数端口就是安全的。低于这个范围的服务器端口总是安全的；因此服务器端口应当放在那里，或者写进 net.ipv4.ip_local_reserved_ports。会重试的程序可以比较 getsockname() 和 getpeername()，相等就关闭。',
  },
  next: [
    {
      en: 'sysctl net.ipv4.ip_local_reserved_ports=44600, and it never happens.',
      zh: '执行 sysctl net.ipv4.ip_local_reserved_ports=44600，就再也不会发生。',
    },
    {
      en: 'Leave the range as it usually is, and count the tries: some thousands.',
      zh: '保持平时的范围，数一数要试多少次：几千次。',
    },
  ],
  byHand: [
    { host: 'client', line: "sysctl -w net.ipv4.ip_local_port_range='44600 44610'" },
    {
      host: 'client',
      line: 'for i in $(seq 60); do (sleep 0.2; echo "try $i"; sleep 0.2) | timeout 2 nc -N 127.0.0.1 44600 && break; done',
      prints: 'try [0-9]+',
    },
    { host: 'client', line: 'ss -tan', prints: '127\\.0\\.0\\.1:44600 +127\\.0\\.0\\.1:44600' },
  ],
  claims: [
    {
      text: {
        en: 'If connect() succeeds, a server is there.',
        zh: 'connect() 成功，就说明有服务器在。',
      },
      verdict: 'wrong',
      because: {
        en: 'The program may have reached itself. It reads back what it writes, and the real server cannot start, for its port is taken.',
        zh: '程序可能连上了自己。它会读回自己写的内容，而真正的服务器因端口被占而无法启动。',
      },
    },
    {
      text: {
        en: 'The kernel chooses ephemeral ports at random from the whole range.',
        zh: '内核从整个范围内随机选择临时端口。',
      },
      verdict: 'refined',
      because: {
        en: 'connect() takes ports of one parity, by random steps from a start that is hard to guess; the other half comes only when these are used up.',
        zh: 'connect() 只取同一奇偶的端口，从难以猜测的起点随机前进；另一半要等这一半用尽才轮到。',
      },
    },
  ],
  world: { serverThere: false, range: [44_600, 44_610] },
  observe: (options, { serverThere, range }) =>
    observe(options, async (bench) => {
      setSysctls(bench.lab.client.netns, { 'net.ipv4.ip_local_port_range': range.join(' ') });
      const loopback = bench.watchLoopback('client');
      const address = LOCALHOST[bench.family];
      const [even, odd, outside] = [44_600, 44_601, 44_612];
      if (serverThere) bench.leases.add(await listenInside(bench.lab.client.netns, address, even, hangUp));

      bench.scene({ en: 'an even port of the range', zh: '范围内的偶数端口' });
      const { outcomes, program } = await keepCalling(bench, even);
      const ends = { src: address, srcPort: even, dst: address, dstPort: even };
      const seen = {
        even: outcomes.at(-1) ?? 'nothing',
        equalEnds: program !== undefined && hasEqualEnds(program),
        owner: bench.lookup('client', ends),
        serverStarts: callResult(() => {
          bindWithoutListening(bench.lab.client.netns, address, even).close();
        }),
        echo: program === undefined ? '' : await echoOf(program),
      };
      // What follows is the same refusal a hundred times.
      loopback.close();
      bench.scene({ en: 'an odd port', zh: '奇数端口' });
      const refused = await keepCalling(bench, odd);
      bench.scene({ en: 'a port outside the range', zh: '范围之外的端口' });
      const never = await keepCalling(bench, outside);
      return { ...seen, odd: [...new Set(refused.outcomes)], outside: [...new Set(never.outcomes)] };
    }),
};

/** A server that has nothing to say. */
const hangUp = (socket: Socket): void => {
  socket.end().resume();
};

/** Calls until somebody answers, at most `MOST_TRIES` times, from a port of the kernel's choice. */
async function keepCalling(bench: Bench, port: number): Promise<Calls> {
  const { netns } = bench.lab.client;
  const outcomes: string[] = [];
  while (outcomes.length < MOST_TRIES) {
    const program = runOn(bench, connectInside(netns, { remote: LOCALHOST[bench.family], remotePort: port }));
    const outcome = await program.outcome;
    outcomes.push(outcome);
    if (outcome === 'connected') return { outcomes, program };
  }
  return { outcomes, program: undefined };
}

/** getsockname() and getpeername(). */
const hasEqualEnds = ({ socket: { localAddress, localPort, remoteAddress, remotePort } }: Program): boolean =>
  localAddress === remoteAddress && localPort === remotePort;

async function echoOf({ socket, reads }: Program): Promise<string> {
  socket.write(TEXT);
  return reads(TEXT.length);
}
