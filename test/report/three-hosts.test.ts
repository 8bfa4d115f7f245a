/** Three hosts, a router between the other two: what the library makes of a recording that was written by hand. */
import { afterEach, describe, expect, test } from 'vitest';
import { diagnose, experimentRecording } from '../../src/diagnosis/index.js';
import {
  experimentPcapng,
  experimentsHtml,
  experimentsJson,
  experimentsMermaid,
  experimentText,
  ladderLines,
  layOutForAmbiguousWidth,
  momentSentence,
} from '../../src/report/index.js';
import { textWidth } from '../../src/report/text-width.js';
import { reading } from '../capture/reading.js';
import { THREE_HOSTS } from '../support/three-hosts.js';

const RECORDING = experimentRecording(THREE_HOSTS);
const CONTEXT = { kernel: '6.18', rootless: false, language: 'en' } as const;

const ladder = (columns: number, view: { readonly zh?: true; readonly ascii?: true; readonly numbers?: true } = {}) => {
  const { zh, ascii, numbers = false } = view;
  const language = zh === undefined ? 'en' : 'zh';
  return ladderLines(RECORDING, columns, { language, columns, unicode: ascii === undefined, numbers });
};

describe('the ladder', () => {
  afterEach(() => layOutForAmbiguousWidth(1));

  test('at 100 columns: arrows between neighbours and over the router, each note at its host', () => {
    expect(ladder(100)).toEqual([
      '───────────────────────────────────────────────────────────────────────────────────────────────────',
      '     ms  client                           router                            server  sent by',
      "         client's kernel: no socket owns :41000 (from :8888)",
      "                                             │ router's kernel: no socket owns :41000 (from :8888)",
      "                                    server's kernel: LISTEN on :8888 (from :41000)",
      '  0.000  SYN ───────────────────────────────✗│                                      rawshake',
      '         dropped by router                   │',
      "  0.040                                      │ router's kernel :41000: kfree_skb NETFILTER_DROP",
      '  1.000  SYN ────────────────────────────────┼───────────────────────────────────▶  rawshake',
      "  1.080  ◀───────────────────────────────────┼──────────────────────────── SYN/ACK  server's kernel",
      "  1.100  client's kernel :41000: makes a RST: tcp_send_reset reason=NO_SOCKET",
      "  1.120  RST ────────────────────────────────┼───────────────────────────────────▶  client's kernel",
      "  1.150              server's kernel :8888: its socket is reset: tcp_receive_reset",
      "  1.200  ◀──────────────────────── RST :8888 │                                      router's kernel",
      "  1.300                                      │ :41000 ◀─────────────────── FIN/ACK  server's kernel",
    ]);
  });

  test('in Chinese', () => {
    expect(ladder(100, { zh: true })).toEqual([
      '───────────────────────────────────────────────────────────────────────────────────────────────────',
      '   毫秒  客户端                           路由器                            服务器  发送者',
      '         客户端内核：没有套接字拥有 :41000（来自 :8888）',
      '                                             │ 路由器内核：没有套接字拥有 :41000（来自 :8888）',
      '                                      服务器内核：:8888（来自 :41000） 上是 LISTEN',
      '  0.000  SYN ───────────────────────────────✗│                                      rawshake',
      '         被路由器丢弃                        │',
      '  0.040                                      │ 路由器内核 :41000：kfree_skb reason=NETFILTER_DROP',
      '  1.000  SYN ────────────────────────────────┼───────────────────────────────────▶  rawshake',
      '  1.080  ◀───────────────────────────────────┼──────────────────────────── SYN/ACK  服务器内核',
      '  1.100  客户端内核 :41000：产生 RST：tcp_send_reset reason=NO_SOCKET',
      '  1.120  RST ────────────────────────────────┼───────────────────────────────────▶  客户端内核',
      '  1.150                          服务器内核 :8888：套接字被复位：tcp_receive_reset',
      '  1.200  ◀──────────────────────── RST :8888 │                                      路由器内核',
      '  1.300                                      │ :41000 ◀─────────────────── FIN/ACK  服务器内核',
    ]);
  });

  test('at 60 columns in ASCII, with numbers', () => {
    expect(ladder(60, { ascii: true, numbers: true })).toEqual([
      '-----------------------------------------------------------',
      '     ms  client       router        server  sent by',
      "         client's kernel: no socket owns :41000 (from",
      '           :8888)        |',
      "                         | router's kernel: no socket",
      '                         |   owns :41000 (from :8888)',
      "         server's kernel: LISTEN on :8888 (from :41000)",
      '  0.000  SYN 0:0(0) ----x|                  rawshake',
      '         dropped by router',
      "  0.040                  | router's kernel :41000:",
      '                         |   NETFILTER_DROP',
      '  1.000  SYN 0:0(0) -----+--------------->  rawshake',
      "  1.080  <----------- SYN/ACK 0:0(0) ack 1  server's kernel",
      "  1.100  client's kernel :41000: tcp_send_reset NO_SOCKET",
      "  1.120  RST 1:1(0) -----+--------------->  client's kernel",
      "  1.150  server's kernel :8888: tcp_receive_reset",
      "  1.200  <-- RST ~ :8888 |                  router's kernel",
      "  1.300                  | :41000 <-- FIN~  server's kernel",
    ]);
  });

  test('where it does not fit: sentences, in the same words', () => {
    const sentences = RECORDING.moments.map((moment) => momentSentence(moment, { language: 'en' }, RECORDING.hosts));
    expect(ladder(50).join(' ').replace(/\s+/g, ' ')).toBe(sentences.join(' '));
    expect(sentences).toEqual([
      "client's kernel: no socket owns :41000 (from :8888)",
      "router's kernel: no socket owns :41000 (from :8888)",
      "server's kernel: LISTEN on :8888 (from :41000)",
      '0.000 ms: client (rawshake) sends SYN to server, dropped by router',
      "0.040 ms: router's kernel :41000: throws a packet away in nf_hook_slow: kfree_skb reason=NETFILTER_DROP",
      '1.000 ms: client (rawshake) sends SYN to server',
      "1.080 ms: server's kernel sends SYN/ACK to client",
      "1.100 ms: client's kernel :41000: makes a RST: tcp_send_reset reason=NO_SOCKET",
      "1.120 ms: client's kernel sends RST to server",
      "1.150 ms: server's kernel :8888: its socket is reset: tcp_receive_reset",
      "1.200 ms: router's kernel sends RST from port 8888 to client",
      "1.300 ms: server's kernel sends FIN/ACK to port 41000 to router",
    ]);
  });

  test.each([1, 2] as const)(
    'ambiguous characters %i wide: no line too wide, all arrows at their lines',
    async (cells) => {
      await layOutForAmbiguousWidth(cells);
      for (let columns = 60; columns <= 200; columns++) {
        const lines = ladder(columns);
        expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
        const crossings = lines.flatMap((line) => /^(.*?)[│┼]/.exec(line)?.slice(1) ?? []).map(textWidth);
        expect(crossings.length).toBeGreaterThan(5);
        expect(new Set(crossings).size).toBe(1);
      }
    },
  );

  test('five hosts: an arrow over three lines', () => {
    const named = (name: string) => ({ name, title: { en: name, zh: name }, role: 'router' as const });
    const [client, router, server] = THREE_HOSTS.hosts;
    if (client === undefined || router === undefined || server === undefined) throw new Error('no hosts');
    const hosts = [client, named('a'), router, named('a-long-name'), server];
    const lines = ladderLines({ ...RECORDING, hosts }, 100, { language: 'en', columns: 100, unicode: true });
    expect([lines[1], lines[5], lines[8]]).toEqual([
      '     ms  client          a             router           a-long…       server  sent by',
      '  0.000  SYN ────────────┼───────────────✗│                │                  rawshake',
      '  1.000  SYN ────────────┼────────────────┼────────────────┼───────────────▶  rawshake',
    ]);
  });
});

test('text: socket tables and counters of each host', () => {
  const text = experimentText([THREE_HOSTS], { language: 'en', columns: 100, unicode: true });
  expect(text).toContain('router sockets (after)\n  ESTABLISHED 0 0 198.51.100.2:8888 192.0.2.1:41000\n');
  expect(text).toContain(
    'client counters: TcpOutRsts +1\nrouter counters: TcpOutRsts +2\nserver counters: TcpEstabResets +1',
  );
});

test('Mermaid', () => {
  expect(experimentsMermaid([THREE_HOSTS], { language: 'en' }).trimEnd().split('\n')).toEqual([
    'sequenceDiagram',
    '  participant client as client',
    '  participant router as router',
    '  participant server as server',
    "  Note over client: client's kernel: no socket owns :41000 (from :8888)",
    "  Note over router: router's kernel: no socket owns :41000 (from :8888)",
    "  Note over server: server's kernel: LISTEN on :8888 (from :41000)",
    '  client-xrouter: SYN (0.000 ms), dropped by router',
    "  Note over router: router's kernel :41000: throws a packet away in nf_hook_slow: kfree_skb reason=NETFILTER_DROP [kfree_skb_reason ← nf_hook_slow ← ip_forward]",
    '  client->>server: SYN (1.000 ms)',
    '  server-->>client: SYN/ACK (1.080 ms)',
    "  Note over client: client's kernel :41000: makes a RST: tcp_send_reset reason=NO_SOCKET [tcp_v4_send_reset ← tcp_v4_rcv]",
    '  client--xserver: RST (1.120 ms)',
    "  Note over server: server's kernel :8888: its socket is reset: tcp_receive_reset",
    '  router--xclient: RST :8888 → (1.200 ms)',
    '  server-->>router: FIN/ACK → :41000 (1.300 ms)',
  ]);
});

test('Mermaid: a name that would mean something else is none of its own', () => {
  const hosts = THREE_HOSTS.hosts.map((host) => (host.name === 'router' ? { ...host, name: 'end' } : host));
  const run = { ...THREE_HOSTS, hosts, packets: THREE_HOSTS.packets.slice(1, 3), lookups: [], kernel: [] };
  expect(experimentsMermaid([run], { language: 'zh' }).split('\n')).toEqual([
    ...[
      'sequenceDiagram',
      '  participant host1 as 客户端',
      '  participant host2 as 路由器',
      '  participant host3 as 服务器',
    ],
    ...['  host1->>host3: SYN (0.000 ms)', '  host3-->>host1: SYN/ACK (0.080 ms)', ''],
  ]);
});

test('HTML: columns, lines and heads where the hosts are', () => {
  const page = experimentsHtml([THREE_HOSTS], CONTEXT);
  const arrows = Array.from(page.matchAll(/<line x1="(\S+)" y1="6" x2="(\S+)"/g), ([, from, to]) => [from, to]);
  expect(arrows).toEqual([
    ...[
      ['0', '50%'],
      ['0', '100%'],
      ['0', '100%'],
      ['0', '100%'],
      ['0', '50%'],
      ['50%', '100%'],
    ],
  ]);
  expect(page).toMatch(/<span>client<\/span><span style="[^"]*left: 50%[^"]*">router<\/span><span>server<\/span>/);
  const notes = Array.from(page.matchAll(/<li class="said (\S+ \S+)"/g), ([, classes]) => classes);
  expect(notes).toEqual([
    ...['lookup client', 'lookup between', 'lookup server', 'event between', 'event client', 'event server'],
  ]);
  expect(page).toContain('dropped by router');
  expect(page).toContain('router:\n    <code\n      >TcpOutRsts +2</code');
});

test('JSON: who the hosts are, and where a packet was dropped', () => {
  const [json] = experimentsJson([THREE_HOSTS], CONTEXT).experiments;
  expect(json?.hosts).toEqual([
    { name: 'client', title: 'client', role: 'client' },
    { name: 'router', title: 'router', role: 'router' },
    { name: 'server', title: 'server', role: 'server' },
  ]);
  expect(json?.packets.map(({ from, to, droppedAt }) => [from, to, droppedAt])).toEqual([
    ...[
      ['client', 'server', 'router'],
      ['client', 'server', undefined],
      ['server', 'client', undefined],
    ],
    ...[
      ['client', 'server', undefined],
      ['router', 'client', undefined],
      ['server', 'router', undefined],
    ],
  ]);
  expect(json?.moments.map(({ host }) => host)).toEqual([
    ...['client', 'router', 'server', 'client', 'router', 'client', 'server', 'client', 'client', 'server'],
    ...['router', 'server'],
  ]);
});

test('pcapng: an interface for each', async () => {
  const { records } = await reading(experimentPcapng(THREE_HOSTS));
  expect(records.map(({ interfaceName }) => interfaceName)).toEqual(THREE_HOSTS.packets.map(({ from }) => from));
});

describe('findings', () => {
  test('whose it is, by the hosts of the recording', () => {
    expect(diagnose(RECORDING)).toMatchObject([
      {
        id: 'own-kernel-reset',
        certainty: 'proven',
        host: 'client',
        meaning: { en: "RESET by the client's own kernel" },
      },
    ]);
  });

  test('a hand-made end at the router', () => {
    const moved = (host: string): string => (host === 'client' ? 'router' : host);
    const packets = THREE_HOSTS.packets
      .slice(1, 4)
      .map((packet) => ({ ...packet, from: moved(packet.from), to: moved(packet.to) }));
    const [finding] = diagnose(experimentRecording({ hosts: RECORDING.hosts, packets, lookups: [] }));
    expect(finding).toMatchObject({ host: 'router', meaning: { zh: '被路由器自己的内核复位 RESET' } });
    expect(finding?.because?.en).toContain('copy of the SYN/ACK');
  });

  test('a moment of a host that the recording does not have is a mistake', () => {
    expect(() =>
      ladderLines({ ...RECORDING, hosts: RECORDING.hosts.slice(1) }, 100, {
        language: 'en',
        columns: 100,
        unicode: true,
      }),
    ).toThrow('no host of the name client');
  });
});
