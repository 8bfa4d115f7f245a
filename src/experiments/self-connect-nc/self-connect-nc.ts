/** The self-connection with the real nc, and a second run beside the TIME_WAIT that the first one leaves. nc(1), tcp_twsk_unique. */
import { once } from 'node:events';
import type { Flow } from '../../wire/flow.js';
import { type Child, hasOpenBsdNc, startChild, tryProgram } from '../../lab/bench/child.js';
import type { Experiment, Observed } from '../experiment.js';
import { startProgram } from '../../lab/bench/program.js';
import { segmentsOf } from '../../lab/bench/segments.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';

type Fact = 'segments' | 'owner' | 'echo' | 'calls' | 'left' | 'again' | 'reusing';

interface World {
  /** Whether nc connects to the very port that it is bound to, and not to the next one. */
  readonly toItself: boolean;
}

const LINE = 'Hello, myself~\n';
const NOTHING = { segments: undefined, owner: undefined, echo: undefined, calls: undefined };
const NOTHING_AFTERWARDS = { left: undefined, again: undefined };

export const selfConnectNc: Experiment<Fact, World> = {
  id: 'self-connect-nc',
  title: { en: 'nc talks to itself', zh: 'nc 自言自语' },
  claim: {
    en: 'The everyday nc connects to itself when its own port is the one that it calls; whether it can do so twice depends on SO_REUSEADDR.',
    zh: '日常的 nc 若呼叫自己所绑定的端口，就会连上自己；能否紧接着再来一次，取决于 SO_REUSEADDR。',
  },
  steps: [
    {
      en: 'nc is bound to the host’s address and port 41000 and connects to the same: nc -N -p 41000 -s ADDRESS ADDRESS 41000. strace writes its system calls down.',
      zh: 'nc 绑定本机地址的 41000 端口，并连接同一地址和端口：nc -N -p 41000 -s 地址 地址 41000。strace 记下它的系统调用。',
    },
    {
      en: 'A line goes into its standard input; then the input is closed, and nc closes the connection.',
      zh: '向它的标准输入写一行；随后关闭输入，nc 便关闭连接。',
    },
    { en: 'The same command once more, at once.', zh: '立刻再执行一次同样的命令。' },
    {
      en: 'A program that sets SO_REUSEADDR, as ncat does, connects to itself on the next port, closes, and does so again.',
      zh: '一个像 ncat 那样设置 SO_REUSEADDR 的程序在下一个端口上自连接，关闭，再来一次。',
    },
  ],
  facts: {
    segments: {
      what: { en: 'the handshake on the loopback', zh: '环回接口上的握手' },
      expected: ['S 0:0(0)', 'S. 0:0(0) ack 1', '. 1:1(0) ack 1'],
    },
    owner: {
      what: { en: 'who owns the four-tuple with equal ends', zh: '两端相同的四元组归谁' },
      expected: 'ESTABLISHED',
    },
    echo: { what: { en: 'what nc prints', zh: 'nc 打印的内容' }, expected: LINE },
    calls: {
      what: {
        en: 'which of bind, connect, listen, accept nc calls',
        zh: 'nc 调用了 bind、connect、listen、accept 中的哪些',
      },
      expected: ['bind', 'connect'],
    },
    left: { what: { en: 'what is left once nc has ended', zh: 'nc 结束之后留下的' }, expected: 'TIME_WAIT' },
    again: {
      what: { en: 'the second nc, at once', zh: '紧接着的第二个 nc' },
      expected: 'bind failed: Address already in use',
    },
    reusing: {
      what: { en: 'twice in a row with SO_REUSEADDR', zh: '设置 SO_REUSEADDR 后连续两次' },
      expected: ['connected', 'TIME_WAIT', 'connected'],
    },
  },
  explanation: {
    en: 'For the kernel this is self-connect as in the experiment of that name. nc closes with itself simultaneously: its FIN comes back in FIN_WAIT1 and leads to CLOSING, the ACK of it to TIME_WAIT, for 60 s. A second bind() to the port finds that entry in the table of bound ports (inet_csk_get_port, inet_bind_conflict) and fails, for OpenBSD’s nc does not set SO_REUSEADDR when it connects. With it set on both sockets, bind() succeeds; and connect() may take the place of the TIME_WAIT entry, since timestamps tell the two connections’ segments apart (tcp_twsk_unique): its first number is the old one’s next plus 65537.',
    zh: '对内核来说，这就是同名实验里的自连接。关闭时 nc 与自己同时关闭：它的 FIN 在 FIN_WAIT1 时回来，进入 CLOSING；对 FIN 的确认再把它带到 TIME_WAIT，停留 60 秒。第二次 bind() 在已绑定端口的表中遇到这一项（inet_csk_get_port、inet_bind_conflict），于是失败，因为 OpenBSD 的 nc 在连接时不设置 SO_REUSEADDR。若两个套接字都设置了它，bind() 就会成功；connect() 还可以取代 TIME_WAIT 那一项，因为时间戳能分清两个连接的报文（tcp_twsk_unique）：新的初始序号是旧连接下一个序号加 65537。',
  },
  next: [
    {
      en: 'With ncat, from nmap, in place of nc: the second run works.',
      zh: '把 nc 换成 nmap 的 ncat：第二次运行会成功。',
    },
    {
      en: 'sysctl net.ipv4.tcp_timestamps=0, and SO_REUSEADDR no longer helps: connect() gives EADDRNOTAVAIL.',
      zh: '执行 sysctl net.ipv4.tcp_timestamps=0 之后，SO_REUSEADDR 也无济于事：connect() 得到 EADDRNOTAVAIL。',
    },
  ],
  byHand: [
    {
      host: 'client',
      line: "(echo 'Hello, myself~'; sleep 0.3) | timeout 5 strace -f -e trace=network nc -N -p 41001 -s 192.0.2.1 192.0.2.1 41001 2>&1 | grep -v nscd",
      prints: 'Hello, myself~',
    },
    { host: 'client', line: 'ss -tan', prints: 'TIME-WAIT.*192\\.0\\.2\\.1:41001 +192\\.0\\.2\\.1:41001' },
    {
      host: 'client',
      line: 'timeout 5 nc -N -p 41001 -s 192.0.2.1 192.0.2.1 41001 </dev/null 2>&1',
      prints: 'bind failed: Address already in use',
    },
  ],
  claims: [
    {
      text: {
        en: 'After a connection is closed its port cannot be used for two minutes.',
        zh: '连接关闭后，它的端口两分钟内不能再用。',
      },
      verdict: 'refined',
      because: {
        en: 'It is 60 s on Linux, and only for bind() without SO_REUSEADDR. With it, and with timestamps, even the very same four-tuple is connected again at once.',
        zh: '在 Linux 上是 60 秒，而且只限于没有设置 SO_REUSEADDR 的 bind()。设置了它，又有时间戳，连完全相同的四元组也能立刻重新连接。',
      },
    },
  ],
  world: { toItself: true },
  observe: (options, { toItself }) =>
    observe(options, async (bench) => {
      bench.watchLoopback('client');
      const { src, srcPort } = bench.flow;
      const flow = { src, srcPort, dst: src, dstPort: toItself ? srcPort : srcPort + 1 };
      bench.scene({ en: 'nc', zh: 'nc' });
      const byNc = await withNc(bench, flow);
      bench.scene({ en: 'a program that sets SO_REUSEADDR', zh: '设置 SO_REUSEADDR 的程序' });
      return {
        ...byNc,
        reusing: await twice(bench, { ...flow, srcPort: flow.srcPort + 1, dstPort: flow.dstPort + 1 }),
      };
    }),
};

async function withNc(bench: Bench, flow: Flow): Promise<Omit<Observed<Fact>, 'reusing'>> {
  if (!hasOpenBsdNc()) {
    bench.lacks({
      en: 'nc of the package netcat-openbsd is not installed: nothing is said about nc.',
      zh: '没有安装 netcat-openbsd 软件包的 nc：不作关于 nc 的结论。',
    });
    return { ...NOTHING, ...NOTHING_AFTERWARDS };
  }
  const { src, srcPort, dst, dstPort } = flow;
  const nc = ['nc', '-N', '-p', String(srcPort), '-s', src, dst, String(dstPort)] as const;
  // Tried, for there are systems that have strace and forbid it to trace.
  const hasStrace = tryProgram(['strace', '-qq', '-e', 'trace=none', 'true']) !== undefined;
  const child = startChild(bench, 'client', hasStrace ? [...STRACE, ...nc] : nc);
  child.write(LINE);
  await child.until('nc to print', () => child.stdout().includes('\n'));
  const during = {
    segments: segmentsOf(bench.packets(), flow).slice(0, 3),
    owner: bench.lookup('client', flow),
    echo: child.stdout(),
  };
  await child.ends();
  const calls = hasStrace ? callsWritten(child) : callsTraced(bench, child);
  const left = bench.lookup('client', flow);
  const second = startChild(bench, 'client', nc);
  await second.ends();
  return { ...during, calls, left, again: second.stderr().trim().replace(/^nc: /, '') };
}

const STRACE = ['strace', '-qq', '-f', '-e', 'trace=bind,connect,listen,accept,accept4', '-e', 'signal=none'] as const;

/** What strace has written to stderr; the C library's own connections to name services are over AF_UNIX. */
const callsWritten = (child: Child): readonly string[] =>
  sortedOnce(child.stderr().match(/^(bind|connect)(?=\(.*AF_INET)|^(listen|accept4?)(?=\()/gm) ?? []);

const callsTraced = (bench: Bench, { pid }: Child): readonly string[] | undefined => {
  const calls = bench.systemCalls(pid, 0)?.map(({ name }) => name);
  if (calls !== undefined) return sortedOnce(calls.filter((name) => name !== 'socket'));
  bench.lacks({
    en: 'strace is not installed, or may not trace: nothing is said about the system calls of nc.',
    zh: '没有安装 strace，或不许它跟踪：不作关于 nc 系统调用的结论。',
  });
  return undefined;
};

const sortedOnce = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

/** Connects to itself, closes, and does so again at once; `startProgram` sets SO_REUSEADDR. */
async function twice(bench: Bench, flow: Flow): Promise<readonly string[]> {
  const first = startProgram(bench, 'client', flow);
  const outcome = await first.outcome;
  if (outcome !== 'connected') return [outcome];
  first.socket.end();
  await once(first.socket, 'close');
  const left = bench.lookup('client', flow);
  return [outcome, left, await startProgram(bench, 'client', flow).outcome];
}
