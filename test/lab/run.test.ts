/** Other people's programs in a lab: what they are told, who sent what, what is found, and how they end. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { programFindings } from '../../src/diagnosis/program-connections.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import type { ProgramRun } from '../../src/evidence/program-run.js';
import { run } from '../../src/lab/run/run.js';
import type { RunOptions } from '../../src/lab/run/options.js';
import { programText } from '../../src/report/program-text.js';
import { formatFlags } from '../../src/wire/index.js';
import { rawshake } from '../support/cli.js';
import { processesWith } from '../support/processes.js';

const PYTHON = '/usr/bin/python3'; // other names of it may be scripts, which start more than one process
const RAW_CLIENT = 'test/programs/raw-client.py';

const quiet = (argv: RunOptions['argv'], options: Partial<RunOptions> = {}): Promise<ProgramRun> =>
  run({ argv, output: 'ignore', input: 'ignore', ...options });

const sh = (script: string, options?: Partial<RunOptions>) => quiet(['sh', '-c', script], options);

const idsOf = (one: ProgramRun): readonly string[] => programFindings(one).findings.map(({ id }) => id);

/** `S client python3 raw`: what passed the link, in order. */
const passed = ({ packets }: ProgramRun): readonly string[] =>
  packets.map(({ segment, from, sender, program, sentFor }: ObservedPacket) =>
    [formatFlags(segment.flags), from, program?.name ?? sender, program?.socket ?? sentFor].join(' '),
  );

describe('a client by a raw socket', () => {
  test('its own kernel has reset it: who sent what, and what to do', async () => {
    const one = await quiet([PYTHON, RAW_CLIENT, '{server}', '{port}']);
    expect(passed(one).slice(0, 3)).toEqual([
      'S client python3 raw',
      'S. server kernel socket',
      'R client kernel nobody',
    ]);
    expect(passed(one)).toContain('. client python3 raw');
    expect(one.program).toMatchObject({ argv: [PYTHON, RAW_CLIENT, '192.0.2.2', '8888'], status: 0 });
    const { findings, connections, ok } = programFindings(one);
    expect(findings).toMatchObject([{ id: 'own-kernel-reset', certainty: 'proven', host: 'client' }]);
    expect(findings[0]?.advice).toMatch(/^iptables -t raw -I OUTPUT 1 -d 192\.0\.2\.2 .* --dport 8888 /);
    expect(connections).toMatchObject([{ outcome: 'reset-by-own-kernel', flow: { src: '192.0.2.1', dstPort: 8888 } }]);
    expect(ok).toBe(false);
  });

  test.each(['owner', 'input'] as const)('behind the cure %s: as far as it can help', async (cure) => {
    const one = await quiet([PYTHON, RAW_CLIENT, '{server}', '{port}'], { cure });
    expect(one.remedy).toBe(cure);
    expect(one.rule?.packets).toBeGreaterThan(0);
    // A raw socket hears nothing of what INPUT drops.
    expect(programFindings(one).connections).toMatchObject([{ outcome: cure === 'owner' ? 'established' : 'aborted' }]);
    if (cure === 'owner') expect(programFindings(one).connections[0]?.bytes).toEqual({ out: 5, in: 5 });
  });

  test.each([
    ['ack', 'wrong-ack', 'seen'],
    ['seq', 'wrong-seq', 'seen'],
    ['checksum', 'bad-checksum', 'proven'],
    ['source', 'foreign-source', 'seen'],
  ])('%s: %s, with and without a cure, and nothing else that is wrong with it', async (fault, id, certainty) => {
    const faults = ['wrong-ack', 'wrong-seq', 'bad-checksum', 'foreign-source', 'no-such-host'];
    for (const cure of [undefined, 'owner'] as const) {
      const one = await quiet([PYTHON, RAW_CLIENT, '{server}', '{port}', fault], cure && { cure });
      const found = programFindings(one).findings.filter((finding) => faults.includes(finding.id));
      expect(found).toMatchObject([{ id, certainty, host: 'client' }]);
      // What is old is acknowledged again, and taken as far as it is new.
      expect(programFindings(one).ok).toBe(fault === 'seq' && cure !== undefined);
    }
  });

  test("rules of one's own, and a file of them", async () => {
    const rule = '-A OUTPUT -p tcp --tcp-flags RST RST -j DROP';
    const ruleset = { name: 'a.rules', text: `*filter\n${rule}\nCOMMIT\n` };
    for (const options of [{ rules: [rule] }, { ruleset }]) {
      const one = await quiet([PYTHON, RAW_CLIENT, '{server}', '{port}'], options);
      expect(one).toMatchObject({ remedy: 'rule', rule: { drops: 'resets' } });
      expect(idsOf(one)).toEqual(['established']);
    }
  });
});

describe('scapy', () => {
  test.each(['l3', 'l2'])(
    '%s: sent by AF_PACKET, reset by the own kernel; established behind the cure',
    async (layer) => {
      const argv = [PYTHON, 'test/programs/scapy-client.py', '{server}', '{port}', layer] as const;
      const alone = await quiet([...argv]);
      expect(idsOf(alone)).toEqual(['own-kernel-reset']);
      expect(alone.packets[0]).toMatchObject({ sender: 'program', from: 'client' });
      expect(idsOf(await quiet([...argv], { cure: 'owner' }))).toEqual(['established']);
    },
  );
});

describe('a server by a raw socket', () => {
  const argv = [PYTHON, 'test/programs/raw-server.py', '{port}'] as const;

  test('its kernel refuses the client before it has answered; not behind the cure', async () => {
    const alone = await quiet([...argv], { role: 'server', port: 80 });
    expect(passed(alone).slice(0, 3)).toEqual([
      'S client kernel socket',
      'R. server kernel nobody',
      'S. server python3 raw',
    ]);
    expect(programFindings(alone).findings).toMatchObject([{ id: 'own-kernel-reset', host: 'server' }]);
    expect(alone.program).toMatchObject({ endedFor: 'done', signal: 'SIGTERM' });
    const cured = await quiet([...argv], { role: 'server', port: 80, cure: 'owner' });
    expect(idsOf(cured)).toEqual(['established']);
  });

  test('an acknowledgment that is one too low', async () => {
    const one = await quiet([...argv, 'ack'], { role: 'server', cure: 'owner' });
    expect(idsOf(one)).toContain('wrong-ack');
  });
});

describe('what a program is told that it could not know', () => {
  test('another port than the one that the server listens on', async () => {
    const [refused] = programFindings(
      await sh('curl -s -m 1 http://{server}:81/; curl -s -m 1 http://192.0.2.2:81/'),
    ).findings;
    expect(refused).toMatchObject({ id: 'refused', certainty: 'proven' });
    expect(refused?.because?.en).toContain('the server listens on port 8888, and on no other');
    expect(refused?.because?.en).toContain('--port 81');
  });

  test('a server by hand that was slower than its kernel: the rule for its host, which --fix puts there', async () => {
    const slow = `exec ${PYTHON} -c "import signal, socket; s = socket.socket(2, 3, 6); signal.pause()"`;
    const options = { role: 'server', port: 80 } as const;
    const [refused] = programFindings(await sh(slow, options)).findings;
    expect(refused).toMatchObject({ id: 'refused', host: 'client' });
    expect(refused?.advice).toMatch(/^iptables .* -d 192\.0\.2\.1 .* --sport 80 /);
    const client = ['curl', '-s', '-m', '1', 'http://{server}:{port}/'] as const;
    const serverArgv = [PYTHON, 'test/programs/raw-server.py', '{port}'] as const;
    const cured = await quiet([...client], { port: 80, serverArgv: [...serverArgv], cure: 'owner' });
    expect(cured.rule?.commands.map((words) => words.join(' '))).toEqual([
      expect.stringContaining('-d 192.0.2.2 -p tcp -m tcp --dport 80 '),
      expect.stringContaining('-d 192.0.2.1 -p tcp -m tcp --sport 80 '),
    ]);
  });

  test('a socket of its own that listens on its source port: the RST is for that one, and no rule is promised', async () => {
    const script = `
import socket, subprocess, sys
from scapy.all import IP, TCP, sr1
ear = socket.socket(); ear.bind(('', 42042)); ear.listen()
sr1(IP(dst=sys.argv[1]) / TCP(sport=42042, dport=int(sys.argv[2]), flags='S', seq=1000), timeout=1, verbose=0)`;
    const one = await quiet([PYTHON, '-c', script, '{server}', '{port}']);
    expect(one.packets[2]).toMatchObject({ sender: 'kernel', sentFor: 'listener' });
    const [finding] = programFindings(one).findings;
    expect(finding?.because?.en).toContain('listens on the port from which the SYN was sent by hand');
    expect(finding?.advice).toBeUndefined();
  });

  test('no ACK was sent: none is said to have come too late', async () => {
    const [finding] = programFindings(await quiet(['nmap', '-sS', '-Pn', '-n', '-p', '{port}', '{server}'])).findings;
    expect(finding).toMatchObject({ id: 'own-kernel-reset' });
    expect(finding?.because?.en).toContain('No ACK was sent.');
    expect(finding?.because?.en).not.toContain('too late');
  });
});

describe('ordinary programs', () => {
  test.each([
    ['echo', 'established'],
    ['http', 'established'],
    ['silent', 'established'],
    ['closed', 'refused'],
  ] as const)('opposite %s: %s', async (peer, outcome) => {
    const one = await quiet(['curl', '-s', '-m', '1', '--http0.9', 'http://{server}:{port}/'], { peer });
    expect(programFindings(one).connections).toMatchObject([{ outcome }]);
    expect(one.packets[0]).toMatchObject({ sender: 'program', program: { socket: 'tcp', name: 'curl' } });
    expect(one.program.status).toBe({ echo: 28, http: 0, silent: 28, closed: 7 }[peer]);
  });

  test('addresses, names and interfaces that are written inside', async () => {
    const etc = readFileSync('/etc/hosts', 'utf8');
    const one = await sh('ip -o link show wlan7 >&2 && curl -sf http://example.org/', {
      ...{ peer: 'http', serverAddress: '198.51.100.7', clientAddress: '10.1.2.3', port: 80 },
      ...{ names: ['example.org'], interfaceName: 'wlan7' },
    });
    expect(one.program.status).toBe(0);
    expect(programFindings(one).connections).toMatchObject([
      { outcome: 'established', flow: { src: '10.1.2.3', dst: '198.51.100.7', dstPort: 80 } },
    ]);
    expect(readFileSync('/etc/hosts', 'utf8')).toBe(etc);
  });

  test('an address that nobody has: which, and the option that gives it to the server', async () => {
    const one = await sh('curl -s -m 0.3 http://203.0.113.9:81/');
    expect(programFindings(one).findings.find(({ id }) => id === 'no-such-host')).toMatchObject({
      advice: 'rawshake run --server-address 203.0.113.9:81 -- …',
    });
  });

  test('a second program as the server', async () => {
    const client = 'until curl -sf "http://$0:$1/"; do sleep 0.05; done';
    const one = await quiet(['sh', '-c', client, '{server}', '{port}'], {
      serverArgv: [PYTHON, '-m', 'http.server', '{port}', '--bind', '{server}', '--directory', 'test/programs'],
    });
    expect(one.opposite).toBe('program');
    expect(programFindings(one).connections.some(({ outcome }) => outcome === 'established')).toBe(true);
  });

  test('IPv6', async () => {
    const one = await quiet(['curl', '-s', 'http://[{server}]:{port}/'], { family: 6, peer: 'http' });
    expect(programFindings(one)).toMatchObject({ ok: true, connections: [{ flow: { dst: '2001:db8::2' } }] });
  });
});

describe('programs that stand in the way', () => {
  test('who holds a raw socket is not taken for who has sent', async () => {
    const holder = 'import signal, socket; s = socket.socket(2, 3, 6); print(flush=True); signal.pause()';
    const script = `${PYTHON} -c '${holder}' | (read line; exec ${PYTHON} ${RAW_CLIENT} "$0" "$1") & wait $!`;
    const one = await quiet(['sh', '-c', script, '{server}', '{port}'], { timeoutMs: 3000 });
    expect(passed(one)[0]).toBe('S client program raw');
  });

  test('what has ended, and left behind what stops whoever is new', async () => {
    const stops = 'import os\nif os.fork() == 0:\n while 1:\n  try: os.kill(-1, 19)\n  except OSError: pass';
    const one = await quiet([PYTHON, '-c', stops], { timeoutMs: 1000 });
    expect(one.program.argv[0]).toBe(PYTHON);
  });

  test('what takes away the devices: the run is shown all the same', async () => {
    const one = await sh('curl -s -m 2 -o /dev/null "http://$SERVER/"; umount -l /dev', {
      ...{ peer: 'http', port: 80 },
      environment: { ...process.env, SERVER: '192.0.2.2' },
    });
    expect(programFindings(one).connections).toMatchObject([{ outcome: 'established' }]);
  });

  test('more than is kept of the link: what was kept, and that there was more', async () => {
    const one = await quiet([
      'sh',
      '-c',
      'head -c 100000000 /dev/zero | nc -N "$0" "$1" >/dev/null',
      '{server}',
      '{port}',
    ]);
    expect(one.packets.length).toBeGreaterThan(1000);
    expect(one.missing.map(({ en }) => en)).toContainEqual(
      expect.stringMatching(/^(frames beyond the first|\d+ frames that passed)/),
    );
  });
});

describe('how it ends', () => {
  test.each([
    ['exit 7', { status: 7 }],
    ['kill -TERM $$', { signal: 'SIGTERM' }],
    ['kill -SEGV $$', { signal: 'SIGSEGV' }],
  ])('%s', async (script, end) => {
    const { program, packets } = await sh(script);
    expect(program).toMatchObject(end);
    expect(packets).toEqual([]);
  });

  test('its time is over: what does not listen is killed, and all that it has started', async () => {
    const { program } = await sh('trap "" TERM; setsid sleep 4242 & while :; do sleep 1; done', { timeoutMs: 300 });
    expect(program).toMatchObject({ endedFor: 'time-out', signal: 'SIGKILL' });
    expect(processesWith('sleep 4242')).toEqual([]);
  });

  test('an abort ends it: before its start there is no run, after it the run is what it was until then', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(sh('true', { signal: controller.signal })).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
    const later = new AbortController();
    const server = createServer((socket) => later.abort(socket.destroy())); // outside: it only says when
    const path = join(tmpdir(), `rawshake-run-${String(process.pid)}`);
    await once(server.listen(path), 'listening');
    const { program } = await sh(`nc -U ${path}; exec sleep 4243`, { signal: later.signal });
    server.close();
    expect(program).toMatchObject({ endedFor: 'interrupt', signal: 'SIGTERM' });
    expect(processesWith('sleep 4243')).toEqual([]);
  });

  test.each([
    [{ argv: ['/nonexistent'] as const }, 'RS_USAGE'],
    [{ serverAddress: '224.0.0.1' }, 'RS_USAGE'],
    [{ clientAddress: 'nowhere' }, 'RS_USAGE'],
    [{ interfaceName: 'a b' }, 'RS_USAGE'],
    [{ interfaceName: 'sixteen-bytes-xx' }, 'RS_USAGE'],
    [{ rules: ['-A NOWHERE'] }, 'RS_USAGE'],
  ])('%o: %s', async (options, code) => {
    await expect(quiet(['true'], options)).rejects.toMatchObject({ code });
  });
});

describe('its system calls', () => {
  const named = ({ systemCalls }: ProgramRun): readonly string[] =>
    systemCalls
      .filter(({ args }) => args['family'] !== '0x1') // nscd is asked by AF_UNIX
      .map(({ host, program, name, result, error }) => [host, program, name, error ?? result].join(' '));

  test('those about sockets, of what it starts too, beside its packets; none unless they are asked for', async () => {
    const script = `exec 2>&1; (${PYTHON} ${RAW_CLIENT} {server} {port}); ${PYTHON} -c 'import socket
try: socket.create_connection(("{server}", 9))
except OSError: pass'`;
    const one = await sh(script, { calls: true });
    expect(named(one)).toEqual(
      expect.arrayContaining([
        'client python3 sendto 40',
        'client python3 recvfrom 44',
        'client python3 connect ECONNREFUSED',
      ]),
    );
    expect(one.missing).toEqual([]);
    const syn = one.packets[0]?.at ?? 0;
    expect(one.systemCalls.find(({ name }) => name === 'sendto')?.atMs).toBeLessThan(syn);
    expect(ladder(one)).toMatch(/python3 on the client: sendto\(\) = 40[^]*SYN ─/);
    expect((await sh(script)).systemCalls).toEqual([]);
  });

  test('of a loop so many as are kept, and how many more there were, or that some were lost', async () => {
    const loop = 'import socket\ns = socket.socket()\nfor _ in range(30000): s.setsockopt(6, 1, 1)';
    const one = await quiet([PYTHON, '-c', loop], { calls: true });
    expect(one.systemCalls).toHaveLength(10_000);
    expect(one.missing.map(({ en }) => en).join()).toContain('system calls');
  });

  test('without root: what is missing is said', async () => {
    const { code, stdout } = await rawshake(['run', '--calls', '--json', '--', 'true'], {
      prefix: ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'],
    });
    expect(code).toBe(1);
    const { runs } = JSON.parse(stdout) as { runs: { calls: unknown[]; missing: string[] }[] };
    expect(runs).toMatchObject([
      { calls: [], missing: expect.arrayContaining([expect.stringMatching(/^system calls \(/)]) as string[] },
    ]);
  });
});

const ladder = (one: ProgramRun): string =>
  programText([one], { kernel: '6', rootless: false }, {
    language: 'en',
    columns: 120,
    unicode: true,
    verbose: false,
  } as never);
