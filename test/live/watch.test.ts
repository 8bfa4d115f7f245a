/** Watching a living host: each RST told right, two hosts with the same four-tuples told apart, ordinary traffic passed over. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WatchFinding, WatchSummary } from '../../src/diagnosis/watched/watch-finding.js';
import type { LabHost } from '../../src/lab/host.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import { Leases } from '../../src/linux/process/leases.js';
import { finish } from '../support/cli.js';
import { watch, type WatchOptions } from '../../src/live/watch/watch.js';

const TEN = fileURLToPath(new URL('../support/ten-resets.py', import.meta.url));

let leases: Leases;
beforeEach(() => {
  leases = new Leases();
});
afterEach(() => {
  leases.close();
});

const newLab = (): Lab => leases.add(createLab());

/** What is found by what `act` does, as soon as it is enough. */
async function found(
  options: WatchOptions,
  act: () => Promise<void>,
  isEnough: (findings: readonly WatchFinding[], summary: WatchSummary) => boolean,
): Promise<{ findings: readonly WatchFinding[]; summary: WatchSummary }> {
  const watched = leases.add(watch(options));
  const findings: WatchFinding[] = [];
  const reading = (async () => {
    for await (const finding of watched) findings.push(finding);
  })();
  const enough = act().then(() =>
    vi.waitUntil(() => isEnough(findings, watched.summary), { timeout: 20_000, interval: 20 }),
  );
  await Promise.race([enough, reading]);
  watched.close();
  await reading;
  return { findings, summary: watched.summary };
}

const whose = (finding: WatchFinding | undefined): string | undefined => {
  const last = finding?.at.findLast((moment) => moment.type === 'packet');
  if (last?.type !== 'packet') return undefined;
  const { sender, program, sentFor } = last.packet;
  return [sender, program?.socket, sentFor].filter((word) => word !== undefined).join(' ');
};

describe.each([4, 6] as const)('ten kinds of RST, IPv%i', (family) => {
  const EXPECTED: readonly (readonly [port: number, id: string, whose: string])[] = [
    [1001, 'refused', 'kernel nobody'],
    [1002, 'rejected', 'kernel firewall'],
    [1003, 'unread-data', 'program tcp'],
    [1004, 'aborted', 'program tcp'],
    [1005, 'data-after-close', 'kernel orphan'],
    [1006, 'unexpected-ack', 'kernel listener'],
    [1007, 'queue-overflow', 'kernel half-open'],
    [1008, 'reset-by-hand', 'program raw'],
    [1009, 'reset-by-hand', 'program packet'],
    [1010, 'refused', 'unknown'], // from outside
  ];

  test('each is told right', async () => {
    const { client, server } = newLab();
    const iptables = family === 4 ? 'iptables' : 'ip6tables';
    client.run([iptables, ...'-A INPUT -p tcp --dport 1002 -j REJECT --reject-with tcp-reset'.split(' ')]);
    server.run([iptables, ...'-A OUTPUT -p tcp --tcp-flags RST RST --dport 1007 -j DROP'.split(' ')]);
    setSysctls(client.netns, { 'net.ipv4.tcp_abort_on_overflow': 1 });
    const act = async (): Promise<void> => {
      const argv = [TEN, String(family), client.address(family), server.address(family), server.netns.path];
      const program = client.netns.run(() => spawn('/usr/bin/python3', argv, { stdio: ['pipe', 'pipe', 'inherit'] }));
      const exited = once(program, 'exit');
      await Promise.race([once(program.stdout, 'data'), exited]);
      expect(program.exitCode).toBeNull();
      program.stdin.end();
      await exited;
    };
    const { findings, summary } = await found({ netns: client.netns, all: true }, act, ({ length }) => length >= 14);
    const told = EXPECTED.map(([port]) => {
      // When the program ends, it aborts what it has open still.
      const first = findings.find(({ flow }) => flow.srcPort === port || flow.dstPort === port);
      return [port, `${first?.id ?? ''}: ${whose(first) ?? ''}`];
    });
    expect(told).toEqual(EXPECTED.map(([port, id, sender]) => [port, `${id}: ${sender}`]));
    expect(summary.resets.received).toBe(1);
    expect(summary.missing).toEqual([]);
  });
});

test('two hosts with the same addresses and ports: what the one is told of is not the other', async () => {
  const [one, other] = [newLab(), newLab()];
  // The same four-tuple at the same time in both: nobody listens in the one, a rule rejects in the other.
  other.server.run(['iptables', ...'-A INPUT -p tcp --dport 9000 -j REJECT --reject-with tcp-reset'.split(' ')]);
  const act = async (): Promise<void> => {
    const programs = [one, other].map(({ client }) => started(client, SAME_AGAIN));
    await Promise.all(programs.map((program) => once(program, 'exit')));
  };
  const isEnough = ({ length }: readonly WatchFinding[]): boolean => length >= 400;
  let acting: Promise<void> | undefined;
  const watching = async (): Promise<void> => {
    await setImmediate(); // both watch by then
    return (acting ??= act());
  };
  const [ofOne, ofOther] = await Promise.all(
    [one, other].map(({ server }) => found({ netns: server.netns, all: true }, watching, isEnough)),
  );
  // What cannot be told apart may be unknown; nothing is said of the one that is the other's.
  const told = (of: typeof ofOne) =>
    [...new Set(of?.findings.map((finding) => `${finding.id}: ${whose(finding) ?? ''}`))].filter(
      (text) => text !== 'unexplained: unknown',
    );
  expect(told(ofOne)).toEqual(['refused: kernel nobody']);
  expect(told(ofOther)).toEqual(['rejected: kernel firewall']);
});

const SAME_AGAIN = `
import socket
for i in range(400):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('192.0.2.1', 42000 + i))
        s.connect_ex(('192.0.2.2', 9000))
`;

const started = (host: LabHost, script: string) =>
  host.netns.run(() => spawn('/usr/bin/python3', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] }));

/** What becomes of a kernel's connection. */
async function tried(host: LabHost, port: number): Promise<string> {
  const socket = host.connect({ dst: '192.0.2.2', dstPort: port });
  const how = await Promise.race([
    once(socket, 'connect').then(() => 'connected'),
    once(socket, 'error').then(([error]) => String((error as NodeJS.ErrnoException).code)),
  ]).catch((error: unknown) => String((error as NodeJS.ErrnoException).code));
  socket.destroy();
  return how;
}

describe('by default', () => {
  test('nobody listens there, but elsewhere: the listener is named, and equal ones are told once', async () => {
    const { client, server } = newLab();
    const listening = started(
      server,
      "import socket; s = socket.socket(); s.bind(('127.0.0.1', 8080)); s.listen(); print(1, flush=True); input()",
    );
    await once(listening.stdout, 'data');
    const act = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) expect(await tried(client, 8080)).toBe('ECONNREFUSED');
    };
    const { findings, summary } = await found({ netns: server.netns }, act, (_, { resets }) => resets.sent === 3);
    listening.stdin.end('\n');
    await once(listening, 'exit');
    expect(findings).toMatchObject([{ id: 'refused', certainty: 'proven', count: 1, isMendable: true }]);
    expect(findings[0]?.because?.en).toMatch(/^There is a listener on 127\.0\.0\.1:8080 \(python3, pid \d+\)/);
    expect(summary.findings).toEqual({ refused: 3 });
  });

  test('a SYN by hand: its own kernel, and the rule that helps', async () => {
    const { client, server } = newLab();
    await server.listen(4, 8888, (socket) => socket.resume());
    const act = async (): Promise<void> => {
      const program = started(client, BY_HAND);
      await once(program, 'exit');
      expect(program.exitCode).toBe(0);
    };
    const { findings } = await found({ netns: client.netns }, act, ({ length }) => length > 0);
    expect(findings).toMatchObject([{ id: 'own-kernel-reset', certainty: 'proven' }]);
    expect(findings[0]?.advice).toContain('-d 192.0.2.2 -p tcp');
    expect(whose(findings[0])).toBe('kernel nobody');
  });

  test('no answer, and what a rule here drops', async () => {
    const { client, server } = newLab();
    server.run(['iptables', ...'-A INPUT -p tcp --dport 7000 -j DROP'.split(' ')]);
    const socket = client.connect({ dst: '192.0.2.2', dstPort: 7000 });
    socket.on('error', () => undefined);
    const isEnough = ({ length }: readonly WatchFinding[]): boolean => length > 0;
    const act = () => Promise.resolve();
    const [there, here] = await Promise.all([client, server].map(({ netns }) => found({ netns }, act, isEnough)));
    socket.destroy();
    expect(there?.findings).toMatchObject([
      { id: 'no-answer', meaning: { en: 'NO ANSWER from 192.0.2.2:7000 to 2 SYNs' } },
    ]);
    expect(there?.findings[0]?.because).toBeUndefined();
    expect(here?.findings[0]?.meaning.en).toBe('NO ANSWER of this host to 2 SYNs for 192.0.2.2:7000');
    expect(here?.findings[0]?.because?.en).toMatch(/^a rule of this host dropped it/);
  });

  test('an accept queue that is full', async () => {
    const { client, server } = newLab();
    const listening = started(
      server,
      "import socket; s = socket.socket(); s.bind(('192.0.2.2', 7001)); s.listen(0); print(1, flush=True); input()",
    );
    await once(listening.stdout, 'data');
    const sockets: Socket[] = [];
    const act = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        const socket = client.connect({ dst: '192.0.2.2', dstPort: 7001 });
        sockets.push(socket.on('error', () => undefined));
      }
      await Promise.resolve();
    };
    const { findings } = await found({ netns: server.netns }, act, ({ length }) => length > 0);
    for (const socket of sockets) socket.destroy();
    listening.stdin.end('\n');
    await once(listening, 'exit');
    expect(findings[0]).toMatchObject({ id: 'no-answer' });
    expect(findings[0]?.because?.en).toMatch(/^the accept queue of its listener is full \(1 wait, 0 may\)/);
  });

  test('a rule that rejects by ICMP', async () => {
    const { client, server } = newLab();
    server.run(['iptables', ...'-A INPUT -p tcp --dport 7002 -j REJECT'.split(' ')]);
    const act = async (): Promise<void> => {
      expect(await tried(client, 7002)).toBe('ECONNREFUSED');
    };
    const { findings } = await found({ netns: client.netns }, act, ({ length }) => length > 0);
    expect(findings).toMatchObject([
      {
        id: 'icmp-unreachable',
        flow: { dst: '192.0.2.2', dstPort: 7002 },
        meaning: { en: 'UNREACHABLE: 192.0.2.2 says of 192.0.2.2:7002: port unreachable' },
        because: { en: expect.stringMatching(/^nothing at that port, or a rule that rejects/) as string },
      },
    ]);
  });

  test('a connection that stood, and is reset, is not refused', async () => {
    const { client, server } = newLab();
    const resetting = started(server, RESETS);
    const exited = once(resetting, 'exit');
    await once(resetting.stdout, 'data');
    const act = async (): Promise<void> => {
      expect(['connected', 'ECONNRESET']).toContain(await tried(client, 7003));
      await exited;
    };
    const { findings } = await found({ netns: client.netns, all: true }, act, ({ length }) => length > 0);
    expect(findings[0]).toMatchObject({ id: 'reset-by-peer', isMendable: false });
  });

  test('connections that are closed, aborted, left with unread data are counted, and not told', async () => {
    const { client, server } = newLab();
    await server.listen(4, 8888, (socket) => {
      socket.on('error', () => undefined).end('text that nobody reads');
    });
    const act = async (): Promise<void> => {
      const program = started(client, ORDINARY);
      await once(program, 'exit');
      expect(program.exitCode).toBe(0);
    };
    const { findings, summary } = await found({ netns: client.netns }, act, (_, { resets }) => resets.sent >= 2);
    expect(findings).toEqual([]);
    expect(summary.findings).toMatchObject({ 'unread-data': 1, aborted: 1 });
    expect(summary.ordinary).toBeGreaterThanOrEqual(2);
  });
});

/** In the host that is watched: a container behind a bridge, masqueraded; it asks a closed port, and one that a rule here rejects. */
const CONTAINER = `
set -e
ip link add br0 type bridge
ip addr add 172.17.0.1/16 dev br0
ip link set br0 up
ip link add inside type veth peer name outside
unshare --net sleep 30 & container=$!
until [ "$(readlink /proc/$container/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
ip link set inside netns $container
ip link set outside master br0 up
within() { nsenter --net=/proc/$container/ns/net "$@"; }
within ip addr add 172.17.0.2/16 dev inside
within ip link set inside up
within ip route add default via 172.17.0.1
iptables -t nat -A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE
iptables -A FORWARD -p tcp --dport 99 -j REJECT --reject-with tcp-reset
within /usr/bin/python3 -c "
import socket
for port in (99, 98):
    with socket.socket() as s: s.connect_ex(('192.0.2.2', port))"
kill $container
`;

test('a host that forwards: what a rule answers in the name of another is its own, what others answer is not', async () => {
  const { client } = newLab();
  setSysctls(client.netns, { 'net.ipv4.ip_forward': 1 });
  const act = async (): Promise<void> => {
    const script = client.netns.run(() => spawn('sh', ['-c', CONTAINER], { stdio: 'inherit' }));
    await once(script, 'exit');
    expect(script.exitCode).toBe(0);
  };
  const { findings } = await found({ netns: client.netns, all: true }, act, ({ length }) => length >= 3);
  const told = findings.map((finding) => {
    const last = finding.at.findLast((moment) => moment.type === 'packet');
    const way = last?.type === 'packet' ? `${last.packet.from} to ${last.packet.to}` : '';
    return [finding.id, finding.flow.src, finding.flow.dst, way, whose(finding), finding.hosts.length].join(' ');
  });
  expect(told.sort()).toEqual([
    'refused 172.17.0.2 192.0.2.2 beyond to elsewhere unknown 3', // as the container sees it
    'refused 192.0.2.1 192.0.2.2 elsewhere to here unknown 2',
    'rejected 192.0.2.2 172.17.0.2 here to elsewhere kernel firewall 3',
  ]);
});

const BY_HAND = `
import socket, struct
def segment(flags, seq, ack):
    def packed(sum):
        return struct.pack('!HHIIBBHHH', 42001, 8888, seq, ack, 0x50, flags, 1000, sum, 0)
    pseudo = socket.inet_aton('192.0.2.1') + socket.inet_aton('192.0.2.2') + struct.pack('!HH', 6, 20)
    words = sum(struct.unpack('!16H', pseudo + packed(0)))
    while words >> 16: words = (words & 0xffff) + (words >> 16)
    return packed(~words & 0xffff)
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
s.sendto(segment(2, 1000, 0), ('192.0.2.2', 0))
s.recv(100)
`;

const RESETS = `
import socket, struct
s = socket.socket(); s.bind(('192.0.2.2', 7003)); s.listen(); print(1, flush=True)
c, _ = s.accept()
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close()
`;

const ORDINARY = `
import select, socket, struct
for aborts in (False, True, None):
    s = socket.create_connection(('192.0.2.2', 8888))
    select.select([s], [], [])
    if aborts: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.recv(100)
    if aborts is None:
        while s.recv(100): pass
    s.close()
`;

test('without a trace: packets and look-ups, and what these leave open', async () => {
  const OWN = [
    'setpriv',
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    'unshare',
    '--user',
    '--map-root-user',
    '--net',
  ];
  const SCRIPT = `
    ip link set lo up
    said=$(mktemp)
    '${process.execPath}' bin/rawshake.js watch --json --for 1.5 2>"$said" &
    until grep -q Ctrl-C "$said"; do :; done
    /usr/bin/python3 -c "
import socket
with socket.socket() as s: s.connect_ex(('127.0.0.1', 9001))"
    wait $!
    cat "$said" >&2
    rm "$said"`;
  const [program, ...args] = [...OWN, 'sh', '-c', SCRIPT];
  const result = await finish(spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
  expect(result.code).toBe(0);
  expect(result.stderr).toContain('cannot be seen: its trace events (tracefs) can be read by root');
  const [finding, summary] = result.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(finding).toMatchObject({
    ...{
      id: 'refused',
      certainty: 'likely',
      because: "Without the kernel's trace a firewall's REJECT looks the same.",
    },
    packets: [{ flags: 'S' }, { flags: 'R.', sender: 'unknown' }],
    ...{ kernel: [], lookups: [{ host: 'here', owner: 'none', srcPort: 9001 }] },
  });
  expect(summary).toMatchObject({ summary: { missing: [expect.stringContaining('tracefs')] } });
});
