/** connect and listen on a host with rules of its own: those stay as they are, and a reload is said and undone. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { runCommand } from '../../src/linux/process/command.js';
import { finish, json } from '../support/cli.js';
import { allRules, journalEntries, loadRules } from '../support/host-rules.js';
import { type LegacyPath, legacyPath } from '../support/legacy.js';
import { startIn } from '../support/programs.js';
import { NFT_RULE_SETS, RULE_SETS } from '../support/rule-sets.js';

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

const FAMILIES = [4, 6] as const;
/** Firewalls let it in. */
const PORT = 22;

/** A `listen --echo` on the client, for all its addresses, that answers. */
async function listening(filter: string, env: NodeJS.ProcessEnv = {}) {
  const child = startIn(lab.client.netns, ['listen', String(PORT), '--echo', '--filter', filter], env);
  const ended = finish(child);
  await noted(child);
  return { child, ended };
}

/** Comes when a program says something on stderr. */
async function noted({ stderr }: ChildProcess): Promise<string> {
  if (stderr === null) throw new Error('no pipe');
  const [text] = (await once(stderr, 'data')) as [string];
  return text;
}

/** A kernel's connection from the server to the client's port: what comes back. */
async function echoed(family: 4 | 6): Promise<string> {
  const [src, dst] = [lab.server.address(family), lab.client.address(family)];
  const socket = lab.server.connect({ src, srcPort: 0, dst, dstPort: PORT });
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  socket.end('to and fro');
  await once(socket, 'close');
  return answer;
}

/** connect and listen at once, over both IP versions. */
async function comesAndGoes(filter: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const before = allRules(lab.client.netns);
  const { child, ended } = await listening(filter, env);
  const connections = FAMILIES.map(async (family) => {
    const listener = await lab.server.listen(family, 80, (socket) => socket.pipe(socket));
    const args = ['connect', lab.server.address(family), '80', '--send', 'hello', '--filter', filter, '--json'];
    const result = await finish(startIn(lab.client.netns, args, env));
    listener.close();
    expect(result.stderr).toBe('');
    expect(json(result)).toMatchObject({ outcome: 'established', received: 'hello', rule: { backend: filter } });
    expect(await echoed(family)).toBe('to and fro');
  });
  await Promise.all(connections);
  expect(allRules(lab.client.netns)).not.toBe(before);
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
  expect(allRules(lab.client.netns)).toBe(before);
  expect(journalEntries(lab.client.netns)).toEqual([]);
}

describe.each(['nft', 'iptables'])('%s: the rules of the host are byte for byte what they were', (filter) => {
  test.each([...RULE_SETS, ...NFT_RULE_SETS])('$name', async (rules) => {
    loadRules(lab.client.netns, rules);
    await comesAndGoes(filter);
  });
});

describe('iptables of the old kind: the same', () => {
  let legacy: LegacyPath;
  beforeEach(() => {
    legacy = legacyPath();
    // That the table has been used stays for the life of the namespace: it does so before the comparison begins.
    for (const program of ['iptables-legacy', 'ip6tables-legacy'] as const)
      lab.client.run([program, '-t', 'raw', '-S']);
  });
  afterEach(() => {
    legacy.remove();
  });

  test.each(RULE_SETS)('$name', async (rules) => {
    loadRules(lab.client.netns, rules);
    await comesAndGoes('iptables', { PATH: legacy.path });
  });
});

const RESTORED = 'rawshake: somebody has removed the rule (a reload?); it was put back\n';

describe.each([
  ['nft', 'flush', 'ruleset'],
  ['iptables', '-t', 'raw', '-F'],
] as const)('a reload during the run: %s %s %s', (...command) => {
  const reload = (): string => runCommand([...command], { netns: lab.client.netns });

  test('connect behind iptables says it, and goes on behind its rule', async () => {
    const before = allRules(lab.client.netns);
    const accepted = new Promise<Socket>((resolve) => void lab.server.listen(4, 80, resolve));
    // A FIN would be acknowledged 40 ms later, perhaps in the very moment without a rule.
    const close = ['--close', 'rst', '--wait', '30'];
    const args = [
      'connect',
      lab.server.address(4),
      '80',
      '--send',
      'hello',
      '--filter',
      'iptables',
      ...close,
      '--json',
    ];
    const child = startIn(lab.client.netns, args);
    const ended = finish(child);
    const socket = await accepted;
    socket.on('error', () => undefined); // our RST, in the end
    await once(socket, 'data');
    const said = noted(child);
    reload();
    expect(await said).toBe(RESTORED);
    socket.end('late');
    const result = await ended;
    expect(json(result)).toMatchObject({ outcome: 'established', received: 'late' });
    expect(allRules(lab.client.netns)).toBe(before);
  });

  test('listen behind iptables says it, and goes on behind its rule', async () => {
    const before = allRules(lab.client.netns);
    const { child, ended } = await listening('iptables');
    const rules = allRules(lab.client.netns).split('rawshake:').length;
    let text = '';
    const restored = new Promise<void>((resolve) => {
      child.stderr?.on('data', (more: string) => {
        text += more;
        if (allRules(lab.client.netns).split('rawshake:').length === rules) resolve();
      });
    });
    reload();
    await restored;
    expect(text).toContain(RESTORED);
    expect(await echoed(4)).toBe('to and fro');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(allRules(lab.client.netns)).toBe(before);
  });

  test('nft has nothing to say: its table is not touched', async () => {
    const { child, ended } = await listening('nft');
    reload();
    expect(await echoed(4)).toBe('to and fro');
    child.kill('SIGINT');
    expect((await ended).stderr).not.toContain(RESTORED);
  });
});
