/** `rawshake run` as a user types it: what goes where, exit statuses, and what is left behind. */
import { describe, expect, test } from 'vitest';
import { finish, json, rawshake, start, WITHOUT_CAPABILITIES } from '../support/cli.js';
import { processesWith } from '../support/processes.js';
import { firstOutput } from '../support/programs.js';

const RAW_CLIENT = ['/usr/bin/python3', 'test/programs/raw-client.py', '{server}', '{port}'];

describe('what goes where', () => {
  test("the program's output passes through, before what is said of it", async () => {
    const { code, stdout, stderr } = await rawshake(['run', '--', 'sh', '-c', 'echo to stdout; echo to stderr >&2']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'to stderr\n' });
    expect(stdout).toMatch(/^to stdout\nrawshake run {3}kernel .*\n\nNo TCP segment passed the link\./);
    expect(stdout).toMatch(/\n\nsh ended with status 0\.\n$/);
  });

  test('--json: one document, and the output on stderr', async () => {
    const result = await rawshake(['run', '--json', '--', 'sh', '-c', 'echo aside; curl -s http://{server}:{port}/']);
    expect(result.stderr).toMatch(/^aside\n/);
    expect(json(result)).toMatchObject({
      ...{ command: 'run', version: 1, ok: true },
      program: { argv: ['sh', '-c', 'echo aside; curl -s http://192.0.2.2:8888/'] },
      runs: [{ remedy: 'none', connections: [{ outcome: 'established' }], rule: null }],
    });
  });

  test('--fix: both runs, and the rule', async () => {
    const result = await rawshake(['run', '--json', '--fix', '--', ...RAW_CLIENT]);
    expect(result.code).toBe(0);
    expect(json(result)).toMatchObject({
      ok: true,
      runs: [
        { remedy: 'none', ok: false, findings: [{ id: 'own-kernel-reset' }] },
        { remedy: 'owner', ok: true, findings: [{ id: 'established' }], rule: { drops: 'resets' } },
      ],
    });
  });
});

test.each([
  { args: ['--', '/nonexistent'], says: /there is no such file/ },
  { args: [], says: /missing required argument/ },
  { args: ['--timeout', '0', '--', 'true'], says: /leaves the program no time/ },
  { args: ['--role', 'server', '--peer', 'http', '--', 'true'], says: /the program is the server/ },
  { args: ['--server-run', "nc '", '--', 'true'], says: /a quote in --server-run has no end/ },
  { args: ['--server-address', 'nowhere', '--', 'true'], says: /no address/ },
  { args: ['--server-address', '::ffff:1.2.3.4', '--', 'true'], says: /cannot have the address/ },
  { args: ['--family', '6', '--server-address', '198.51.100.7', '--', 'true'], says: /is of IPv4/ },
  { args: ['--interface', 'eth%d', '--', 'true'], says: /no link can be called/ },
])('usage: $args', async ({ args, says }) => {
  const { code, stdout, stderr } = await rawshake(['run', ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(says);
  expect(stderr).toMatch(/^hint: /m);
});

test('without capabilities it runs in a user namespace', async () => {
  const result = await rawshake(['run', '--json', '--fix', '--', ...RAW_CLIENT], { prefix: WITHOUT_CAPABILITIES });
  expect(result.code).toBe(0);
  expect(result.stderr).toContain('not root: this ran in a user namespace of its own');
  expect(json(result)).toMatchObject({
    rootless: true,
    runs: [{ findings: [{ id: 'own-kernel-reset' }] }, { findings: [{ id: 'established' }] }],
  });
});

describe('the end', () => {
  const STAYS = (mark: string): readonly string[] => ['sh', '-c', `trap "" HUP; setsid sleep ${mark} & echo up; wait`];

  test('Ctrl-C: what was seen until then, and 130', async () => {
    const child = start(['run', '--', ...STAYS('4244')]);
    const running = finish(child);
    await firstOutput(child);
    child.kill('SIGINT');
    const { code, stdout } = await running;
    expect(code).toBe(130);
    expect(stdout).toContain('was ended, for the run was interrupted');
    expect(processesWith('sleep 4244')).toEqual([]);
  });

  test('SIGKILL: nothing lives on', async () => {
    const child = start(['run', '--', ...STAYS('4245')]);
    const running = finish(child);
    await firstOutput(child);
    child.kill('SIGKILL');
    await running; // its output is closed once all that had it are gone
    await expect.poll(() => processesWith('sleep 4245')).toEqual([]);
  });
});
