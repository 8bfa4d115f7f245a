/** Large captures: constant memory, progress, a reader that has had enough. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { pcap } from '../../src/capture/pcap.js';
import { run } from '../judges/programs.js';
import { finish } from '../support/cli.js';
import { startPiped } from '../support/piped.js';
import { dataIpv4, synIpv4 } from '../wire/vectors.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const at = (name: string): string => join(folder, name);

const frame = Buffer.concat([synIpv4.subarray(0, 34), dataIpv4.subarray(34), Buffer.alloc(1400)]);
const whole = pcap([{ epochNs: 0n, bytes: frame }], { linkType: 1 });
const header = whole.subarray(0, 24);
const perMegabyte = Math.floor((1 << 20) / (whole.length - 24));
const megabyte = Buffer.concat(Array<Uint8Array>(perMegabyte).fill(whole.subarray(24)));

/** The most memory that a process has had, in megabytes. proc(5): VmHWM. */
const peak = (pid: number | undefined): number => {
  const status = execFileSync('cat', [`/proc/${String(pid)}/status`], { encoding: 'utf8' });
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
};

test.each([
  { args: [], first: 20, then: 100 },
  { args: ['--json'], first: 20, then: 60 },
])(
  '$then MB more on standard input take no more memory than the first $first: $args',
  async ({ args, first, then }) => {
    const child = startPiped(['dissect', ...args]);
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new TypeError('no pipes');
    let rows = 0;
    let waiting: { readonly rows: number; readonly done: () => void } | undefined;
    stdout.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) rows++;
      if (waiting !== undefined && rows >= waiting.rows) waiting.done();
    });
    /** Writes so many megabytes, and waits until all of it but what is still being collected has come back as rows. */
    const feed = async (megabytes: number): Promise<number> => {
      const target = rows + (megabytes - 2) * perMegabyte;
      for (let i = 0; i < megabytes; i++) await new Promise((resolve) => stdin.write(megabyte, resolve));
      if (rows < target) await new Promise<void>((done) => (waiting = { rows: target, done }));
      waiting = undefined;
      return peak(child.pid);
    };
    stdin.write(header);
    const early = await feed(first);
    const late = await feed(then);
    stdin.end();
    const { code } = await finish(child);
    expect(code).toBe(0);
    expect(late - early).toBeLessThan(0.6 * then);
  },
);

test('| head: no error, no noise', () => {
  const file = at('large.pcap');
  writeFileSync(file, Buffer.concat([header, ...Array<Buffer>(20).fill(megabyte)]));
  for (const option of ['', '--json']) {
    const command = `set -o pipefail; node bin/rawshake.js dissect ${option} ${file} 2>&1 | head -n 1 | wc -l`;
    expect(run(['bash', '-c', command], '').trim()).toBe('1');
  }
});

test('a terminal on stderr sees how far it is, and nothing is left of it', () => {
  const file = at('progress.pcap');
  writeFileSync(file, Buffer.concat([header, ...Array<Buffer>(150).fill(megabyte)]));
  const seen = run(['script', '-qec', `node bin/rawshake.js dissect ${file} >/dev/null`, '/dev/null'], '');
  expect(seen).toMatch(/rawshake: [\d,]+ packets, \d+ %/);
  expect(seen.endsWith('\r\u001b[K')).toBe(true);
});
