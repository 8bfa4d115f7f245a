/** `rawshake lab list`, `show` and `run`. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EXPERIMENTS } from '../../src/experiments/all.js';
import { runCommand } from '../../src/linux/process/command.js';
import { json, rawshake, WITHOUT_CAPABILITIES } from '../support/cli.js';
import { Terminal } from '../support/terminal.js';
import { linksAndRules } from '../support/traces.js';
import { TRACING } from '../support/root.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-lab-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Some experiments make a quarter of a million connections. */
const A_LONG_TIME = 180_000;

interface LabRun {
  readonly ok: boolean;
  readonly rootless: boolean;
  readonly experiments: readonly {
    readonly id: string;
    readonly family: number;
    readonly ok: boolean;
    readonly expected: object;
    readonly observed: object;
    readonly packets: readonly { readonly text: string }[];
    readonly lookups: readonly { readonly owner: string }[];
  }[];
}

describe('lab list', () => {
  test('every experiment, for a person and as JSON', async () => {
    const { code, stdout } = await rawshake(['lab', 'list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^lookup-order +The same SYN, three answers$/m);
    const ids = (json(await rawshake(['lab', 'list', '--json'])) as { experiments: { id: string }[] }).experiments;
    expect(ids.map(({ id }) => id)).toEqual(EXPERIMENTS.map(({ id }) => id));
  });
});

describe('lab show', () => {
  test('the claim, the steps, what is expected, why, in either language', async () => {
    const { stdout } = await rawshake(['lab', 'show', 'lookup-order']);
    for (const line of [/^lookup-order/, /^ {2}1\. A listener/m, /SYN to a listener: S\. 0:0\(0\) ack 1/, /^Why: /m]) {
      expect(stdout).toMatch(line);
    }
    expect((await rawshake(['lab', 'show', 'lookup-order', '--lang', 'zh'])).stdout).toMatch(/^为什么：/m);
  });

  test('as JSON', async () => {
    const shown = json(await rawshake(['lab', 'show', 'lookup-order', '--json']));
    expect(shown).toMatchObject({ command: 'lab show', id: 'lookup-order', expected: { listener: 'S. 0:0(0) ack 1' } });
  });
});

describe('bad input', () => {
  test.each([
    {
      args: ['lab', 'run', 'all', 'lokup-order'],
      says: /no experiment 'lokup-order'/,
      hint: /Did you mean lookup-order\?/,
    },
    { args: ['lab', 'show', 'lokup-order'], says: /no experiment 'lokup-order'/, hint: /Did you mean lookup-order\?/ },
    {
      args: ['lab', 'run', 'zzzzzzzzzzz'],
      says: /no experiment 'zzzzzzzzzzz'/,
      hint: /^hint: See: rawshake lab list$/m,
    },
    { args: ['lab', 'run'], says: /missing required argument 'id'/, hint: /^hint: See: rawshake lab run --help$/m },
    {
      args: ['lab', 'shell', 'moon'],
      says: /cannot be 'moon': Allowed choices are client, server/,
      hint: /^hint: See: rawshake lab shell --help$/m,
    },
    { args: ['lab', 'dance'], says: /unknown command 'dance'/, hint: /^hint: See: rawshake lab --help$/m },
  ])('$args: exit 2', async ({ args, says, hint }) => {
    const { code, stdout, stderr } = await rawshake(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(hint);
  });

  test('a folder that cannot be made', async () => {
    const result = await rawshake(['lab', 'run', 'lookup-order', '--pcap', '/proc/none', '--json']);
    expect(result.code).toBe(2);
    expect(json(result)).toMatchObject({ command: 'lab run', experiments: [{ id: 'lookup-order' }] });
    expect(result.stderr).toMatch(/rawshake: \/proc\/none: .+\nhint: .+\n$/);
  });

  test.each([['lab'], ['lab', 'run'], ['lab', 'shell']])('%s %s --help shows an example', async (...args) => {
    const { code, stdout } = await rawshake([...args.filter((arg) => typeof arg === 'string'), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Example:\n {2}rawshake lab /);
  });
});

describe('lab run', () => {
  test('JSON for both families, the host untouched', async () => {
    const before = linksAndRules();
    const result = await rawshake(['lab', 'run', 'lookup-order', '--family', 'both', '--json']);
    expect(result.code).toBe(0);
    const { ok, experiments } = json(result) as LabRun;
    expect(ok).toBe(true);
    expect(experiments.map(({ id, family, ok: own }) => [id, family, own])).toEqual([
      ['lookup-order', 4, true],
      ['lookup-order', 6, true],
    ]);
    for (const { expected, observed, lookups, packets } of experiments) {
      expect(observed).toEqual(expected);
      expect(lookups.map(({ owner }) => owner)).toEqual(['LISTEN', 'ESTABLISHED', 'none']);
      expect(packets.map(({ text }) => text.replace(/ win .*/, ''))).toEqual([
        ...['S 0:0(0)', 'S. 0:0(0) ack 1', 'P. 1:6(5) ack 1', '. 1:1(0) ack 6', 'S 0:0(0)', '. 1:1(0) ack 6'],
        ...['S 0:0(0)', 'R. 0:0(0) ack 1'],
      ]);
    }
    expect(linksAndRules()).toBe(before);
  });

  test('files: pcapng with an interface per host and who sent what, JUnit, Mermaid', async () => {
    const [captures, junit, mermaid] = [join(folder, 'a/b'), join(folder, 'r.xml'), join(folder, 'd.md')];
    const files = ['--pcap', captures, '--junit', junit, '--mermaid', mermaid];
    expect(await rawshake(['lab', 'run', 'lookup-order', '--family', '6', ...files])).toMatchObject({ code: 0 });
    expect(readdirSync(captures)).toEqual(['lookup-order-ipv6.pcapng']);
    const fields = ['-Y', 'tcp', '-T', 'fields', '-e', 'frame.interface_name', '-e', 'frame.comment'] as const;
    const rows = runCommand(['tshark', '-r', join(captures, 'lookup-order-ipv6.pcapng'), ...fields]);
    const [byHand, byKernel] = ['client\tsent by rawshake', "server\tsent by the server's kernel"];
    const lines = rows.trim().split('\n');
    expect(lines.map((line) => line.replace(/;.*/, ''))).toEqual([
      ...[byHand, byKernel, byHand, byKernel, byHand, byKernel, byHand, byKernel],
    ]);
    // Where the trace can be read, a packet says what it led to.
    if (TRACING) {
      expect(lines.at(-1)).toMatch(
        /; server's kernel: makes a RST: tcp_send_reset reason=NO_SOCKET \(tcp_v6_send_reset <- tcp_v6_rcv/,
      );
    }
    expect(readFileSync(junit, 'utf8')).toContain(
      '<testsuite name="lookup-order IPv6" tests="4" failures="0" errors="0"',
    );
    expect(readFileSync(mermaid, 'utf8')).toMatch(/^## lookup-order IPv6: .*\n\n```mermaid\nsequenceDiagram\n/);
  });

  test(
    'one in full, many a line each',
    async () => {
      const one = await rawshake(['lab', 'run', 'lookup-order']);
      expect(one.stdout).toMatch(/^── the same SYN to nobody ─+$/m);
      expect(one.stdout).toMatch(/^The run went as expected\. \(/m);
      const all = await rawshake(['lab', 'run', 'all']);
      expect(all.stdout).toMatch(/^✓ lookup-order +IPv4 +\S+ m?s +The same SYN, three answers$/m);
    },
    A_LONG_TIME,
  );

  test.each(['lookup-order', 'conntrack'])(
    'without a capability: the same, in a user namespace: %s',
    async (id) => {
      const result = await rawshake(['lab', 'run', id, '--json'], { prefix: WITHOUT_CAPABILITIES });
      expect(result.code).toBe(0);
      expect(json(result)).toMatchObject({ ok: true, rootless: true });
    },
    A_LONG_TIME,
  );

  test('on a terminal the report stands alone when all is over', async () => {
    const terminal = new Terminal(['lab', 'run', 'lookup-order']);
    expect(await terminal.ended()).toBe(0);
    expect(terminal.seen).toMatch(/The run went as expected\. \([^)]*\)\s*$/);
  });
});

test('the same file twice: refused before anything is run', async () => {
  const file = join(folder, 'twice.html');
  const result = await rawshake(['lab', 'run', 'raw-alone', '--html', file, '--junit', `${folder}/./twice.html`]);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(/^rawshake: usage: --html and --junit name the same file: .*\nhint: .*\n$/);
  expect(readdirSync(folder)).not.toContain('twice.html');
});
