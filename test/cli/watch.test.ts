/** `rawshake watch` as a user types it: blocks, lines of JSON, captures, ends, and what is left behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import type { LabHost } from '../../src/lab/host.js';
import { runCommand } from '../../src/linux/process/command.js';
import { Leases } from '../../src/linux/process/leases.js';
import { type CliResult, finish, rawshake, start, WITHOUT_CAPABILITIES } from '../support/cli.js';
import { traceInstancesOf } from '../support/traces.js';

let leases: Leases;
let lab: Lab;
let folder: string;
beforeEach(() => {
  leases = new Leases();
  lab = leases.add(createLab());
  folder = mkdtempSync(join(tmpdir(), 'rawshake-watch-'));
});
afterEach(() => {
  leases.close();
  rmSync(folder, { recursive: true });
});

const REFUSED = `
import socket
for port in (9001, 9001, 9002):
    with socket.socket() as s: s.connect_ex(('192.0.2.2', port))
`;

const python = (host: LabHost, script: string): ChildProcess =>
  host.netns.run(() => spawn('/usr/bin/python3', ['-c', script], { stdio: 'inherit' }));

/** In the server's namespace, which a process of its own keeps; what it says before it is told to end. */
async function watched(args: readonly string[], act: () => Promise<unknown>): Promise<CliResult> {
  const { server } = lab;
  const keeper = server.netns.run(() => spawn('sleep', ['60'], { stdio: 'ignore' }));
  leases.defer(() => keeper.kill());
  const watching = start(['watch', '--netns', String(keeper.pid), ...args]);
  const ended = finish(watching);
  if (watching.stderr === null || watching.stdout === null) throw new TypeError('not piped');
  await Promise.race([once(watching.stderr, 'data'), ended]);
  await act();
  await Promise.race([once(watching.stdout, 'data'), ended]);
  watching.kill('SIGINT');
  return ended;
}

const refused = async (): Promise<void> => {
  await once(python(lab.client, REFUSED), 'exit');
};

test('a block for each, equal ones once, and what was counted', async () => {
  const { code, stdout, stderr } = await watched([], refused);
  expect({ code, stderr }).toEqual({ code: 130, stderr: 'rawshake: watching; Ctrl-C ends it\n' });
  const blocks = stdout.split('\n\n');
  expect(blocks).toHaveLength(3);
  expect(blocks[0]).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} {2}REFUSED here: no socket listens on 192\.0\.2\.2:9001 \(.*proven by a\s+kernel\)\n─+\n/,
  );
  expect(blocks[0]).toMatch(/0\.000 {2}SYN ─+▶ {2}from outside\n/);
  expect(blocks[0]).toMatch(/◀─+ RST\/ACK {2}this host's kernel, for nobody\nTo do: have something listen/);
  expect(blocks[2]).toBe('Found: refused 3. RSTs: 3 sent, 0 received.\n');
});

test('--json: a line for each, and the summary', async () => {
  const { code, stdout } = await watched(['--json', '--port', '9002'], refused);
  expect(code).toBe(130);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(lines).toMatchObject([
    {
      ...{ id: 'refused', certainty: 'proven', host: 'here', mendable: true, count: 1, do: [] },
      flow: { src: '192.0.2.2', srcPort: 9002, dst: '192.0.2.1' },
      packets: [
        { from: 'elsewhere', to: 'here', sender: 'unknown', flags: 'S' },
        { from: 'here', to: 'elsewhere', sender: 'kernel', sentFor: 'nobody', flags: 'R.' },
      ],
      kernel: [{ event: 'tcp_send_reset', reason: 'NO_SOCKET', host: 'here' }],
    },
    { summary: { findings: { refused: 1 }, resets: { sent: 1, received: 0 }, leftOut: 0, missing: [] } },
  ]);
});

test('--pcap: what passed, as tshark reads it', async () => {
  const file = join(folder, 'watched.pcapng');
  await watched(['--pcap', file], refused);
  const fields = ['tcp.flags.syn', 'tcp.flags.reset', 'frame.cap_len'].flatMap((field) => ['-e', field]);
  const read = runCommand(['tshark', '-r', file, '-T', 'fields', ...fields]);
  const SYN_AND_RESET = '1\t0\t74\n0\t1\t54\n';
  expect(read.replaceAll('True', '1').replaceAll('False', '0')).toBe(SYN_AND_RESET.repeat(3));
});

test('--lang zh', async () => {
  const { stdout } = await watched(['--lang', 'zh'], refused);
  expect(stdout).toContain('在本机被拒绝：没有套接字监听 192.0.2.2:9001');
  expect(stdout).toContain('发现：refused 3。RST：发出 3 个，收到 0 个。');
});

describe('what it needs, and what it leaves', () => {
  test('--for ends it', async () => {
    const { code, stdout } = await rawshake(['watch', '--for', '0.2', '--port', '9', '--host', '192.0.2.9']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Nothing was found. RSTs: 0 sent, 0 received.\n' });
  });

  test.each([
    { args: ['--netns', 'no-such'], code: 2, says: /network namespace no-such/ },
    { args: ['--host', 'nowhere'], code: 2, says: /IP address/ },
    { args: ['--payload'], code: 2, says: /--payload is of --pcap/ },
    { args: ['--for', 'ever'], code: 2, says: /number of seconds/ },
    { args: ['--pcap', '/nonexistent/file', '--for', '1'], code: 2, says: /\/nonexistent\/file/ },
  ])('usage: $args', async ({ args, code, says }) => {
    const result = await rawshake(['watch', ...args]);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' });
    expect(result.stderr).toMatch(says);
  });

  test('without CAP_NET_RAW it says so', async () => {
    const { code, stderr } = await rawshake(['watch', '--for', '1'], { prefix: WITHOUT_CAPABILITIES });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^rawshake: packets: to see and send them needs CAP_NET_RAW \(EPERM\)\nhint: /);
  });

  test('SIGKILL leaves no trace instance', async () => {
    const watching = start(['watch', '--for', '60']);
    const ended = finish(watching);
    if (watching.stderr === null || watching.pid === undefined) throw new TypeError('not started');
    await once(watching.stderr, 'data');
    const { pid } = watching;
    expect(traceInstancesOf(pid)).toHaveLength(3);
    watching.kill('SIGKILL');
    await ended;
    await expect.poll(() => traceInstancesOf(pid), { timeout: 10_000 }).toEqual([]);
  });
});
