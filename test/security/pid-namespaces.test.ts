/** As process 1 of a PID namespace, as in a container: the kernel kills the guards with it, and yet nothing stays. */
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync, rmdirSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { finish, rawshake, start } from '../support/cli.js';
import { TRACING } from '../support/root.js';

const INSTANCES = '/sys/kernel/tracing/instances';

const instancesIn = (pidNamespace: string): string[] =>
  readdirSync(INSTANCES).filter((name) => name.split('-')[3] === pidNamespace);

/** In front of a command: process 1 of a new PID namespace, whose number is the first line that is written. */
const asFirst = (setUp: string): string[] => [
  ...['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ...['sh', '-c', `readlink /proc/self/ns/pid; ${setUp} exec "$@"`, 'sh'],
];

const numberIn = (text: string): string => /^pid:\[(\d+)\]$/m.exec(text)?.[1] ?? 'none';

test.runIf(TRACING)('an end by error: its trace is gone before it is', async () => {
  const readOnly = 'mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys;';
  const { code, stdout, stderr } = await rawshake(['compare'], { prefix: asFirst(readOnly) });
  const left = instancesIn(numberIn(stdout));
  expect(stderr).toContain('EROFS');
  expect(code).toBe(3);
  expect(left).toEqual([]);
});

test.runIf(TRACING)('SIGKILL: the next run of the host removes its trace, and none of one that runs', async () => {
  const [killed, running] = [0, 1].map(() => start(['lab', 'run', 'all'], { prefix: asFirst('') }));
  if (killed === undefined || running === undefined) throw new TypeError('not started');
  const ended = [killed, running].map(finish);
  const numbers = [killed, running].map(async ({ stdout }) => numberIn(String(await once(stdout ?? process, 'data'))));
  const [gone = '', kept = ''] = await Promise.all(numbers);
  try {
    for (const pidNamespace of [gone, kept])
      await vi.waitFor(() => expect(instancesIn(pidNamespace)).not.toEqual([]), { timeout: 20_000 });
    killed.kill('SIGKILL');
    await ended[0];
    await vi.waitFor(() => expect(isThere(gone)).toBe(false), { timeout: 20_000 }); // somebody has to wait for it
    expect(instancesIn(gone)).not.toEqual([]);
    const before = instancesIn(kept);
    expect((await rawshake(['compare'])).code).toBe(0);
    await vi.waitFor(() => expect(instancesIn(gone)).toEqual([]), { timeout: 10_000 });
    expect(before.filter((name) => existsSync(`${INSTANCES}/${name}`))).toEqual(before);
  } finally {
    for (const child of [killed, running]) child.kill('SIGKILL');
    await Promise.all(ended);
    await vi.waitFor(() => expect(isThere(kept)).toBe(false), { timeout: 20_000 });
    for (const name of instancesIn(kept)) rmdirSync(`${INSTANCES}/${name}`);
  }
});

/** Whether any process is in a PID namespace. */
const isThere = (pidNamespace: string): boolean =>
  readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/ns/pid`) === `pid:[${pidNamespace}]`;
    } catch {
      return false; // it has ended
    }
  });
