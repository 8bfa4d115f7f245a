/** Whatever the other side does or leaves undone: the first signal ends the program, the second at once, and the filter is gone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ownerName, ownOwner } from '../../src/filter/owner.js';
import { planFilter } from '../../src/filter/plan.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import type { Capture } from '../../src/linux/capture/capture.js';
import { emitPacket, parsePacket, TcpFlag, type TcpSegment } from '../../src/wire/index.js';
import { WITHOUT_CAPABILITIES } from '../support/cli.js';
import { onTerminal } from '../support/hang-up.js';
import { type LegacyPath, legacyPath } from '../support/legacy.js';
import { startStreaming } from '../support/stream-programs.js';
import { commandOf, descriptorsOf, isCaught, processesWith } from '../support/traces.js';
import { onUnreadTerminal } from '../support/unread-terminal.js';

const PORT = 80;

let lab: Lab;
let before: string;
const captures: Capture[] = [];
const rules = (): string => lab.client.run(['nft', 'list', 'ruleset']).replaceAll(/packets \d+ bytes \d+/g, '');
const peer = (): string => lab.server.address(4);

beforeEach(() => {
  lab = createLab();
  // The table is there already: what is left of our own shows all the same.
  lab.client.run(['iptables', '-t', 'raw', '-A', 'OUTPUT', '-p', 'udp', '--dport', '9', '-j', 'ACCEPT']);
  before = rules();
});

afterEach(() => {
  for (const capture of captures.splice(0)) capture.close();
  lab.close();
});

/** Resolves when the client has sent such a segment. */
function segmentSeen(isIt: (segment: TcpSegment) => boolean): Promise<void> {
  const capture = lab.server.capture(1);
  captures.push(capture);
  return new Promise((resolve) => {
    capture.onFrame(({ direction, bytes, linkHeaderBytes }) => {
      const parsed = parsePacket(bytes.subarray(linkHeaderBytes));
      if (direction !== 'incoming' || !parsed.ok || parsed.value.tcp === undefined || !isIt(parsed.value.tcp)) return;
      resolve();
    });
  });
}

const hasFlag =
  (flag: number) =>
  ({ flags }: TcpSegment): boolean =>
    (flags & flag) !== 0;

/** The peer never gets to see what the client sends with this flag. */
const deaf = (flag: 'SYN' | 'FIN' | 'PSH'): void => {
  lab.server.run(['iptables', '-A', 'INPUT', '-p', 'tcp', '--tcp-flags', flag, flag, '-j', 'DROP']);
};

const connect = (...args: string[]): ChildProcess =>
  startStreaming(lab.client.netns, ['connect', peer(), String(PORT), '--wait', '3600', ...args]);

interface End {
  /** As a shell tells it: 128 and the signal's number, where it died of one. */
  readonly status: number;
  readonly said: string;
}

const NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

async function endOf(child: ChildProcess): Promise<End> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { status: code ?? 128 + (NUMBERS[signal ?? ''] ?? 0), said };
}

/** The guard of an iptables rule lives a moment longer than its program. */
const nothingLeft = (): Promise<void> =>
  vi.waitFor(() => expect(rules()).toBe(before), { timeout: 5000, interval: 10 });

interface Situation {
  readonly name: string;
  /** What the peer's program does with the connection. */
  readonly serve?: (socket: Socket, endInput: () => void) => void;
  readonly deafTo?: 'SYN' | 'FIN' | 'PSH';
  readonly args: readonly string[];
  /** The segment of the client that says that the situation is there. */
  readonly when: (segment: TcpSegment) => boolean;
}

const SITUATIONS: readonly Situation[] = [
  { name: 'SYN unanswered', deafTo: 'SYN', args: [], when: hasFlag(TcpFlag.SYN) },
  { name: 'FIN-WAIT-1: the FIN unanswered', deafTo: 'FIN', args: ['--send', 'x'], when: hasFlag(TcpFlag.FIN) },
  {
    name: 'LAST-ACK: the peer has closed, and vanished',
    serve: (socket, endInput) => socket.end(endInput),
    deafTo: 'FIN',
    args: ['--stdin'],
    when: hasFlag(TcpFlag.FIN),
  },
  {
    name: 'CLOSING: both FINs crossed, and ours is lost',
    serve: (socket) => socket.on('data', () => socket.end()),
    deafTo: 'FIN',
    args: ['--send', 'x'],
    when: hasFlag(TcpFlag.FIN),
  },
  { name: 'data unacknowledged', deafTo: 'PSH', args: ['--send', 'x'], when: hasFlag(TcpFlag.PSH) },
  {
    name: 'standard input open and silent, as JSON',
    args: ['--stdin', '--json'],
    when: ({ flags }) => flags === TcpFlag.ACK,
  },
  {
    name: 'standard output full, its reader asleep',
    serve: (socket) => socket.write(Buffer.alloc(4 << 20)),
    args: ['--stdin'],
    when: ({ window, flags }) => window === 0 && flags === TcpFlag.ACK,
  },
];

describe.each(SITUATIONS)('connect, $name', ({ serve = () => undefined, deafTo, args, when }) => {
  const started = async (backend: string): Promise<ChildProcess> => {
    if (deafTo !== undefined) deaf(deafTo);
    const endInput = (): void => void child.stdin?.end();
    await lab.server.listen(4, PORT, (socket) => serve(socket.on('error', () => undefined).resume(), endInput));
    const seen = segmentSeen(when);
    const child = connect(...args, '--filter', backend);
    await seen;
    expect(rules()).not.toBe(before);
    return child;
  };

  test.each([
    ['SIGINT', 'nft'],
    ['SIGTERM', 'iptables'],
  ] as const)('%s, %s: 130, one error, no filter', async (signal, backend) => {
    const child = await started(backend);
    const end = endOf(child);
    child.kill(signal);
    const { status, said } = await end;
    expect([130, 128 + (NUMBERS[signal] ?? 0)]).toContain(status);
    expect(said).not.toMatch(/^\s+at /m);
    await nothingLeft();
  });

  test('a second signal of another kind: the process is gone, and so is the filter', async () => {
    const child = await started('iptables');
    const end = endOf(child);
    child.kill('SIGTERM');
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect([130, 143]).toContain((await end).status);
    await nothingLeft();
  });
});

describe('what runs in one long call', () => {
  let folder: string;
  let legacy: LegacyPath;
  beforeEach(() => {
    legacy = legacyPath();
    folder = mkdtempSync(join(tmpdir(), 'rawshake-interrupt-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    legacy.remove();
  });

  /** `filter add` by an iptables that waits for its lock, which somebody else holds. */
  const waitingForTheLock = async (): Promise<{ child: ChildProcess; readonly release: () => boolean }> => {
    const lock = join(folder, 'lock');
    writeFileSync(lock, '');
    const holder = spawn('flock', ['--no-fork', lock, 'sh', '-c', 'echo held; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const child = spawn(
      'nsenter',
      [
        ...[`--net=${lab.client.netns.path}`, process.execPath, 'bin/rawshake.js', 'filter', 'add'],
        ...['--from', '198.51.100.1:41002', '--to', '198.51.100.2:8888', '--backend', 'iptables'],
      ],
      { env: { ...process.env, PATH: legacy.path, XTABLES_LOCKFILE: lock, RAWSHAKE_TEST: folder } },
    );
    await vi.waitFor(
      () => {
        const waiting = processesWith(`RAWSHAKE_TEST=${folder}`).some((pid) => waitsForLock(pid));
        expect(waiting).toBe(true);
      },
      { timeout: 30_000, interval: 20 },
    );
    return {
      child,
      release: () => holder.kill(),
    };
  };

  const waitsForLock = (pid: string): boolean => commandOf(pid).startsWith('iptables -w -t raw -I');

  const legacyRules = (): string => lab.client.run(['iptables-legacy', '-t', 'raw', '-S']);

  test('one signal ends it while it waits; the rule never stays', async () => {
    const { child, release } = await waitingForTheLock();
    const end = endOf(child);
    child.kill('SIGINT');
    const { status, said } = await end;
    expect(status).toBe(130);
    expect(said).toMatch(/has not answered.*: iptables -w -t raw -D OUTPUT -s 198\.51\.100\.1\/32 /);
    expect(said).not.toContain('undone');
    release();
    await vi.waitFor(() => expect(processesWith(`RAWSHAKE_TEST=${folder}`)).toEqual([]), { timeout: 10_000 });
    expect(legacyRules()).toBe('-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n');
  });

  test('a guard that somebody has stopped goes on, and its rule does not stay', async () => {
    const { child, release } = await waitingForTheLock();
    const end = endOf(child);
    const guard = processesWith(`RAWSHAKE_TEST=${folder}`).filter((pid) => pid !== String(child.pid));
    expect(guard.length).toBeGreaterThanOrEqual(2);
    for (const pid of guard) process.kill(Number(pid), 'SIGSTOP');
    release();
    child.kill('SIGINT');
    expect((await end).status).toBe(130);
    await vi.waitFor(() => expect(processesWith(`RAWSHAKE_TEST=${folder}`)).toEqual([]), { timeout: 10_000 });
    expect(legacyRules()).toBe('-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n');
  });

  const asleep = (): string | undefined =>
    processesWith(`RAWSHAKE_TEST=${folder}`).find((pid) => commandOf(pid).startsWith('sleep'));

  test.each([['list'], ['clear'], ['remove', '--from', '198.51.100.1:41002', '--backend', 'iptables']])(
    'filter %s: one signal ends it, and the program that it waits for',
    async (...words) => {
      writeFileSync(join(folder, 'iptables-save'), '#!/bin/sh\nsleep 600\n', { mode: 0o755 });
      const child = spawn(
        'nsenter',
        [`--net=${lab.client.netns.path}`, process.execPath, 'bin/rawshake.js', 'filter', ...words],
        { env: { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, RAWSHAKE_TEST: folder } },
      );
      await vi.waitFor(() => expect(asleep()).toBeDefined(), { timeout: 30_000, interval: 20 });
      const end = endOf(child);
      child.kill('SIGINT');
      const { status, said } = await end;
      expect(status).toBe(130);
      expect(said).toContain(`filter ${words[0]}: interrupted`);
      await vi.waitFor(() => expect(processesWith(`RAWSHAKE_TEST=${folder}`)).toEqual([]), { timeout: 10_000 });
    },
  );

  test.each([[['clear']], [['clear', '--all', '--json']]])(
    'filter %j of many rules: one signal ends it, and what is said is true',
    async (words) => {
      const comment = `rawshake:${ownerName({ ...ownOwner(), startTicks: 1 })}`;
      const many = Array.from({ length: 400 }, (_, i) => {
        const [add = ['']] = planFilter({
          flow: { src: '192.0.2.1', srcPort: 1024 + i },
          backend: 'iptables',
          comment,
        }).commands;
        return add.slice(add.indexOf('-I')).join(' ');
      });
      lab.client.run(['sh', '-c', 'printf "*raw\\n%s\\nCOMMIT\\n" "$0" | iptables-restore --noflush', many.join('\n')]);
      const count = (): number => lab.client.run(['iptables', '-t', 'raw', '-S']).split(comment).length - 1;
      expect(count()).toBe(400);
      const child = startStreaming(lab.client.netns, ['filter', ...words]);
      let stdout = '';
      child.stdout?.on('data', (text: Buffer) => (stdout += String(text)));
      const end = endOf(child);
      await vi.waitFor(() => expect(count()).toBeLessThan(400), { timeout: 30_000, interval: 10 });
      child.kill('SIGINT');
      const { status, said } = await end;
      expect(status).toBe(130);
      const left = count();
      expect(left).toBeGreaterThan(0);
      const [, gone = ''] = /(\d+) or more of 400 are removed/.exec(said + stdout) ?? [];
      expect(Number(gone)).toBeGreaterThan(0);
      expect(Number(gone)).toBeLessThanOrEqual(400 - left);
    },
  );

  const startSetup = async (waiting: string): Promise<ChildProcess> => {
    const file = join(folder, 'dirname');
    writeFileSync(file, `#!/bin/sh\n${waiting}\nexec sleep 600\n`, { mode: 0o755 });
    const instead = 'mount --bind "$0" "$(command -v dirname)"; exec "$@"';
    const child = spawn(
      'unshare',
      ['--mount', 'sh', '-c', instead, file, process.execPath, 'bin/rawshake.js', 'setup'],
      { env: { ...process.env, RAWSHAKE_TEST: folder }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await vi.waitFor(() => expect(asleep()).toBeDefined(), { timeout: 30_000, interval: 20 });
    return child;
  };

  test('setup: one signal ends it, and what its script waits for', async () => {
    const child = await startSetup('');
    const end = endOf(child);
    child.kill('SIGTERM');
    expect(await end).toEqual({ status: 130, said: '' });
    await vi.waitFor(() => expect(asleep()).toBeUndefined());
  });

  test('setup: what its script waits for ignores the signal, and is named', async () => {
    const child = await startSetup('trap "" TERM');
    const left = Number(asleep());
    try {
      const end = endOf(child);
      child.kill('SIGTERM');
      const said = `rawshake: setup: still running, for the signal does not end it: sleep (pid ${String(left)})\n`;
      expect(await end).toEqual({ status: 130, said });
    } finally {
      process.kill(left, 'SIGKILL');
    }
  });

  test.each([
    ['SIGINT', 'that nobody writes'],
    ['SIGTERM', 'whose writer is silent'],
  ] as const)('dissect: one %s ends it while it waits for a FIFO %s', async (signal, what) => {
    const fifo = join(folder, 'fifo');
    lab.client.run(['mkfifo', fifo]);
    const writer = what === 'that nobody writes' ? undefined : openSync(fifo, 'r+');
    const child = spawn(process.execPath, ['bin/rawshake.js', 'dissect', fifo], { stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      await vi.waitFor(() => expect(descriptorsOf(child.pid ?? 0)).toContain(fifo), { timeout: 30_000, interval: 20 });
      const end = endOf(child);
      child.kill(signal);
      expect(await end).toEqual({ status: 130, said: 'rawshake: interrupted\n' });
    } finally {
      child.kill('SIGKILL');
      if (writer !== undefined) closeSync(writer);
    }
  });

  test('dissect reads what is written into a FIFO, whenever its writer comes', async () => {
    const fifo = join(folder, 'fifo');
    lab.client.run(['mkfifo', fifo]);
    const child = spawn(process.execPath, ['bin/rawshake.js', 'dissect', fifo], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    child.stdout.on('data', (text: Buffer) => (stdout += String(text)));
    const end = endOf(child);
    await vi.waitFor(() => expect(descriptorsOf(child.pid ?? 0)).toContain(fifo), { timeout: 30_000, interval: 20 });
    const packet = emitPacket({
      ip: { version: 4, src: '192.0.2.1', dst: '192.0.2.2' },
      tcp: { srcPort: 41_000, dstPort: 80, flags: 'S', seq: 1 },
    });
    writeFileSync(fifo, packet);
    expect(await end).toEqual({ status: 0, said: '' });
    expect(stdout).toContain('192.0.2.1');
  });

  test('an exercise with thousands of patterns: a signal is looked for between them', async () => {
    // What stands for the reading of a file, all in one go: the signal comes before its first pattern is compiled.
    const program = `import { catchEndingSignals } from './dist/linux/libc/interruption.js';
      import { parseExercise } from './dist/exercise/read.js';
      catchEndingSignals(() => undefined);
      process.kill(process.pid, 'SIGINT');
      const patterns = Array.from({ length: 20 }, (_, i) => "'" + '\\\\PL'.repeat(100) + i + "'").join(', ');
      const question = '  - { id: n, kind: text, ask: a, matches: [' + patterns + '] }';
      const text = 'id: a\\ntitle: a\\ntext: a\\nquestions:\\n' + question + '\\nsteps: []\\n';
      try { parseExercise(text); console.log('read'); } catch (error) { console.log(error.code); }
      process.exit();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    child.stdout.on('data', (text: Buffer) => (stdout += String(text)));
    await endOf(child);
    expect(stdout).toBe('RS_INTERRUPTED\n');
  });

  /** Programs of rules that never end come first in PATH. */
  const hanging = (): NodeJS.ProcessEnv => {
    for (const name of ['iptables', 'nft'])
      writeFileSync(join(folder, name), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
    return { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, RAWSHAKE_TEST: folder };
  };

  test("lab shell: one signal ends it while an exercise's scene is made", async () => {
    const child = spawn(process.execPath, ['bin/rawshake.js', 'lab', 'shell', '--exercise', '02'], { env: hanging() });
    await vi.waitFor(() => expect(asleep()).toBeDefined(), { timeout: 30_000, interval: 20 });
    const end = endOf(child);
    child.kill('SIGINT');
    expect(await end).toMatchObject({ status: 130, said: expect.stringContaining('lab shell: interrupted') as string });
    expect(asleep()).toBeUndefined();
  });

  test('without privileges: one signal ends it while unshare hangs', async () => {
    writeFileSync(join(folder, 'unshare'), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, RAWSHAKE_TEST: folder };
    const [program, ...words] = [...WITHOUT_CAPABILITIES, process.execPath, 'bin/rawshake.js', 'compare'];
    const child = spawn(program, words, { env });
    await vi.waitFor(() => expect(asleep()).toBeDefined(), { timeout: 30_000, interval: 20 });
    const end = endOf(child);
    child.kill('SIGTERM');
    expect(await end).toMatchObject({ status: 130 });
    expect(asleep()).toBeUndefined();
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'the second %s ends it, though Node hears of none',
    async (signal) => {
      const child = spawn(process.execPath, ['bin/rawshake.js', 'lab', 'run', 'raw-filtered'], { env: hanging() });
      await vi.waitFor(() => expect(asleep()).toBeDefined(), { timeout: 30_000, interval: 20 });
      const end = endOf(child);
      child.kill(signal);
      await vi.waitFor(() => expect(isCaught(child.pid ?? 0, signal)).toBe(false)); // the first has come
      child.kill(signal);
      expect((await end).status).toBe(128 + (NUMBERS[signal] ?? 0));
      process.kill(Number(asleep()), 'SIGKILL');
    },
  );
});

describe('listen', () => {
  test('thousands of half-open entries, and peers that never answer a FIN: one signal ends it', async () => {
    const child = startStreaming(lab.server.netns, ['listen', String(PORT), '--address', peer(), '--send', 'x']);
    const [note] = (await once(child.stderr ?? child, 'data')) as [Buffer];
    expect(String(note)).toContain('answering SYNs');
    deaf('FIN'); // what the clients send: they see the end, and are never heard again
    const [src, dst] = [lab.client.address(4), peer()];
    lab.client.run(['iptables', '-t', 'raw', '-A', 'OUTPUT', '-p', 'tcp', '--tcp-flags', 'RST', 'RST', '-j', 'DROP']);
    const port = lab.client.openPort('libc', { local: src, remote: dst });
    const answered = new Promise<void>((resolve) => port.onPacket(() => resolve()));
    for (let srcPort = 1024; srcPort < 5024; srcPort++) {
      port.send(emitPacket({ ip: { version: 4, src, dst }, tcp: { srcPort, dstPort: PORT, flags: 'S', seq: 1 } }));
    }
    await answered;
    const end = endOf(child);
    child.kill('SIGTERM');
    expect([130, 143]).toContain((await end).status);
    port.close();
    expect(lab.server.run(['nft', 'list', 'ruleset'])).not.toContain('rawshake');
  });

  test('thousands of connections that stand: one signal ends it in order', { timeout: 120_000 }, async () => {
    const child = startStreaming(lab.server.netns, ['listen', String(PORT), '--address', peer()]);
    await once(child.stderr ?? child, 'data');
    const program = `let left = 4000, open = 0;
      const next = () => {
        if (left-- <= 0) return;
        const socket = require('net').connect(${PORT}, '${peer()}', () => { next(); if (++open === 4000) console.log('all'); });
        socket.on('error', () => undefined).resume();
      };
      for (let i = 0; i < 50; i++) next();`;
    const clients = spawn('nsenter', [`--net=${lab.client.netns.path}`, process.execPath, '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(clients.stdout, 'data');
    const end = endOf(child);
    child.stdout?.resume();
    child.kill('SIGINT');
    expect(await end).toMatchObject({ status: 130, said: '' });
    clients.kill();
    expect(lab.server.run(['nft', 'list', 'ruleset'])).not.toContain('rawshake');
  });
});

describe('on a terminal that nobody reads', () => {
  const inServer = (): string[] => ['nsenter', `--net=${lab.server.netns.path}`];

  test('listen goes on, and one signal ends it', { timeout: 120_000 }, async () => {
    const { pid, written, ended } = await onUnreadTerminal(inServer(), ['listen', String(PORT), '--address', peer()]);
    await written; // that it listens
    const program = `let left = 2000, closed = 0;
      const next = () => {
        if (left-- <= 0) return;
        const socket = require('net').connect(${PORT}, '${peer()}', () => socket.end());
        socket.resume().on('close', () => { next(); if (++closed === 2000) console.log('all'); });
      };
      for (let i = 0; i < 20; i++) next();`;
    const clients = spawn('nsenter', [`--net=${lab.client.netns.path}`, process.execPath, '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(clients.stdout, 'data');
    process.kill(pid, 'SIGTERM');
    expect([130, 143]).toContain(await ended);
    expect(lab.server.run(['nft', 'list', 'ruleset'])).not.toContain('rawshake');
  });

  test.each([
    ['SIGTERM', ['compare', '--remedy', 'all']],
    ['SIGHUP', ['compare', '--json']],
  ] as const)('%s ends %j', async (signal, words) => {
    const { pid, written, ended } = await onUnreadTerminal([], words);
    await written;
    process.kill(pid, signal);
    expect([130, 128 + (NUMBERS[signal] ?? 0)]).toContain(await ended);
  });
});

describe('on a terminal that goes away, the program dies of that alone, without a core file of its memory', () => {
  const DIED = -constants.signals.SIGHUP;

  test('listen, told by SIGHUP: what it did is undone before', async () => {
    const words = ['listen', String(PORT), '--address', peer()];
    const terminal = await onTerminal('leads', words, ['nsenter', `--net=${lab.server.netns.path}`]);
    await terminal.written();
    expect(lab.server.run(['nft', 'list', 'ruleset'])).toContain('rawshake');
    await terminal.hangUp();
    expect(await terminal.ended()).toBe(DIED);
    expect(lab.server.run(['nft', 'list', 'ruleset'])).not.toContain('rawshake');
  });

  test('listen, not told, and ended by SIGTERM', async () => {
    const words = ['listen', String(PORT), '--address', peer()];
    const terminal = await onTerminal('writes', words, ['nsenter', `--net=${lab.server.netns.path}`]);
    await terminal.written();
    await terminal.hangUp();
    process.kill(terminal.pid, 'SIGTERM');
    expect(await terminal.ended()).toBe(DIED);
    expect(lab.server.run(['nft', 'list', 'ruleset'])).not.toContain('rawshake');
  });

  test.each([[['compare']], [['doctor']], [['lab', 'shell']], [['lab', 'exercise', 'exercises/01-first-ack.yaml']]])(
    '%j, as soon as it listens to signals',
    async (words) => {
      const terminal = await onTerminal('leads', words);
      await vi.waitFor(() => expect(isCaught(terminal.pid, 'SIGHUP')).toBe(true), { timeout: 10_000, interval: 1 });
      await terminal.hangUp();
      expect(await terminal.ended()).toBe(DIED);
    },
  );

  test('one that only writes there comes to its own end', async () => {
    const terminal = await onTerminal('writes', ['doctor']);
    await vi.waitFor(() => expect(isCaught(terminal.pid, 'SIGHUP')).toBe(true), { timeout: 10_000, interval: 1 });
    await terminal.hangUp();
    expect(await terminal.ended()).toBe(DIED);
  });
});

test.each(['raw-socket', 'libc', 'packet'])(
  'connect by %s, flooded by the other side: it says that it was interrupted',
  async (transport) => {
    const accepted = new Promise<void>((resolve) => {
      void lab.server.listen(4, PORT, (socket) => {
        socket.on('error', () => undefined).resume();
        resolve();
      });
    });
    const child = connect('--stdin', '--source-port', '41000', '--transport', transport);
    const end = endOf(child);
    await accepted;
    const port = lab.server.openPort('libc', { local: peer(), localPort: PORT });
    const ip = { version: 4, src: peer(), dst: lab.client.address(4) } as const;
    const segment = emitPacket({ ip, tcp: { srcPort: PORT, dstPort: 41_000, flags: '.', seq: 1, ack: 1 } });
    let [over, sent] = [false, 0];
    const flooded = new Promise<void>((resolve) => {
      const some = (): void => {
        for (let i = 0; i < 200; i++) port.send(segment);
        sent += 200;
        if (sent >= 20_000) resolve();
        if (!over) setImmediate(some);
      };
      some();
    });
    await flooded;
    child.kill('SIGINT');
    const { status, said } = await end;
    over = true;
    port.close();
    expect(status).toBe(130);
    expect(said).toContain('rawshake: connect: interrupted\n');
  },
);

test.each([
  ['SIGTERM', 'trap "" HUP'],
  ['SIGHUP', 'kill -STOP $$'],
] as const)('lab shell: %s ends a shell that does %s', async (signal, word) => {
  const child = startStreaming(lab.client.netns, ['lab', 'shell']);
  const end = once(child, 'exit');
  if (child.stdin === null || child.stdout === null) throw new Error('no pipes');
  const said = (async () => {
    for await (const chunk of child.stdout ?? []) if (String(chunk).includes('ready')) return;
  })();
  child.stdin.write(`${word === 'kill -STOP $$' ? 'echo ready; ' : ''}${word}\necho ready\n`);
  await said;
  child.kill(signal);
  expect(await end).toEqual([130, null]);
});

test('lab shell: each Ctrl-C is its own', async () => {
  const child = startStreaming(lab.client.netns, ['lab', 'shell']);
  const end = once(child, 'exit');
  if (child.stdin === null || child.stdout === null) throw new Error('no pipes');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  for (const word of ['first', 'second', 'third']) {
    child.stdin.write(`echo ${word}\n`);
    while ((await lines.next()).value !== word);
    expect(isCaught(child.pid ?? 0, 'SIGINT')).toBe(true);
    child.kill('SIGINT');
  }
  child.stdin.end();
  expect(await end).toEqual([0, null]);
});

test('probe that waits: 130 and one error', async () => {
  deaf('SYN');
  const seen = segmentSeen(hasFlag(TcpFlag.SYN));
  const child = startStreaming(lab.client.netns, ['probe', peer(), '80', '--timeout', '3600']);
  const end = endOf(child);
  await seen;
  child.kill('SIGHUP');
  const { status, said } = await end;
  expect(status).toBe(130);
  expect(said).toMatch(/^rawshake: probe: interrupted\nhint: .*\n$/);
  expect(said).not.toContain('filter'); // it had none
});
