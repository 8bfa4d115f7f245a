/** `rawshake doctor` on this machine, and on the same with something missing. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { json, rawshake, WITHOUT_CAPABILITIES, WITHOUT_USER_NAMESPACES } from '../support/cli.js';
import { legacyPath } from '../support/legacy.js';
import { TRACING } from '../support/root.js';

interface Doctor {
  readonly ok: boolean;
  readonly rootless: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

test('on a machine that has all: every need ok, by trying', async () => {
  const result = await rawshake(['doctor', '--json']);
  expect(result.code).toBe(0);
  const { ok, checks } = json(result) as Doctor;
  expect(ok).toBe(true);
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['kernel', 'namespaces', 'raw socket', 'iptables', 'ip6tables', 'npm raw-socket']),
  );
  expect(checks.find(({ name }) => name === 'iptables')?.detail).toMatch(/^iptables v[\d.]+ \((nf_tables|legacy)\)$/);
});

test('the filters: tried, and what would weaken them', async () => {
  const { checks } = json(await rawshake(['doctor', '--json'])) as Doctor;
  const found = new Map(checks.map(({ name, ok }) => [name, ok]));
  for (const name of ['nft', 'journal', 'fwmark_reflect', 'user namespaces', 'forwarding'])
    expect({ name, ok: found.get(name) }).toEqual({ name, ok: true });
});

test('adopt: a socket made by TCP_REPAIR is what the kernel says', async () => {
  for (const prefix of [[], WITHOUT_CAPABILITIES]) {
    const { checks } = json(await rawshake(['doctor', '--json'], { prefix })) as Doctor;
    const detail = 'TCP_REPAIR makes a socket that is ESTABLISHED, without a handshake';
    expect(checks.find(({ name }) => name === 'adopt')).toMatchObject({ ok: true, detail });
  }
});

test('fwmark_reflect on: not ok, and what to type', async () => {
  const prefix = ['unshare', '--net', 'sh', '-c', 'echo 1 >/proc/sys/net/ipv4/fwmark_reflect; exec "$@"', 'sh'];
  const result = await rawshake(['doctor', '--json'], { prefix });
  expect(result.code).toBe(0); // the main job sets it in its lab
  const { checks } = json(result) as Doctor;
  expect(checks.find(({ name }) => name === 'fwmark_reflect')).toMatchObject({
    ok: false,
    hint: 'sysctl -w net.ipv4.fwmark_reflect=0',
  });
});

/** In front of a command: a mount namespace of its own, in which `script` has changed something. */
const behind = (script: string, ...unshare: string[]) => ({
  prefix: ['unshare', '--mount', ...unshare, 'sh', '-e', '-c', `${script}; exec "$@"`, 'sh'],
});

interface Line {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint: string | null;
}

/** What it says of one need, and its exit code. */
async function said(name: string, options: Parameters<typeof rawshake>[1], ...args: string[]) {
  const result = await rawshake(['doctor', '--json', ...args], options);
  const { checks } = json(result) as { readonly checks: readonly Line[] };
  return { code: result.code, ...checks.find((check) => check.name === name) };
}

describe('what is missing is said, with what to do', () => {
  test.runIf(TRACING)('tracefs not mounted: it is mounted, as a run does', async () => {
    const hidden = 'umount -l /sys/kernel/tracing; mount -t tmpfs none /sys/kernel/debug';
    expect(await said('tracefs', behind(hidden))).toMatchObject({ code: 0, ok: true });
  });

  test.runIf(TRACING)('tracefs without the reason: a kernel before 6.10', async () => {
    const format = '/sys/kernel/tracing/events/tcp/tcp_send_reset/format';
    const old = `mount -t tmpfs none /mnt; echo 'field:int state; offset:8;' >/mnt/f; mount --bind /mnt/f ${format}`;
    expect(await said('tracefs', behind(old))).toMatchObject({
      ok: true,
      detail: expect.stringContaining('not why') as string,
    });
  });

  test('tracefs from within a user namespace', async () => {
    expect(await said('tracefs', { prefix: WITHOUT_CAPABILITIES }, '--lang', 'zh')).toMatchObject({
      ok: false,
      hint: expect.stringMatching(/：sudo \/\S+ \S+ doctor --json/) as string,
    });
  });

  test('iptables: nft does the main job', async () => {
    const hidden = 'for f in /usr/sbin/iptables /usr/sbin/iptables-save; do mount --bind /dev/null $f; done';
    expect(await said('iptables', behind(hidden))).toMatchObject({
      code: 0,
      ok: false,
      hint: 'Check the installation of the package iptables.',
    });
  });

  test('the native part of raw-socket', async () => {
    const hidden = `mount -t tmpfs none ${join(dirname(createRequire(import.meta.url).resolve('raw-socket')), 'build')}`;
    expect(await said('npm raw-socket', behind(hidden))).toMatchObject({
      code: 0,
      ok: false,
      detail: 'installed, but not built; libc takes its place',
      hint: expect.stringContaining('rawshake setup') as string,
    });
  });

  test('raw-socket built for another Node.js: said in full', async () => {
    const source =
      'throw Error("The module raw.node\\nwas compiled against a different Node.js version using\\nNODE_MODULE_VERSION 1.")';
    const dir = dirname(createRequire(import.meta.url).resolve('raw-socket'));
    const other = `mount -t tmpfs none ${dir}; printf %s '${source}' >${dir}/index.js`;
    expect(await said('npm raw-socket', behind(other))).toMatchObject({
      code: 0,
      ok: false,
      detail: `built for another Node.js (ABI 1, this one has ${process.versions.modules}); libc takes its place`,
      hint: expect.stringContaining('rawshake setup') as string,
    });
  });

  test('the package raw-socket itself', async () => {
    const hidden = `mount -t tmpfs none ${dirname(createRequire(import.meta.url).resolve('raw-socket'))}`;
    expect(await said('npm raw-socket', behind(hidden))).toMatchObject({
      ok: false,
      detail: 'not installed; libc takes its place',
    });
  });

  test('user namespaces, switched off', async () => {
    const off = 'echo 0 >/proc/sys/user/max_user_namespaces';
    expect(await said('user namespaces', behind(off, '--user', '--map-root-user'))).toMatchObject({
      code: 3, // root there may not come back to a network namespace that is not its own
      ok: false,
      detail: expect.stringContaining('user.max_user_namespaces=0') as string,
      hint: 'sysctl -w user.max_user_namespaces=15000',
    });
  });

  test('forwarding on: what it means, and for whom', async () => {
    const on = 'echo 1 >/proc/sys/net/ipv4/ip_forward';
    expect(await said('forwarding', behind(on, '--net'))).toMatchObject({
      code: 0,
      ok: false,
      detail: expect.stringMatching(/^on \(net\.ipv4\.ip_forward\)/) as string,
      hint: expect.stringContaining('sysctl -w net.ipv4.ip_forward=0') as string,
    });
  });

  test('iptables of the old kind is named, for both IP versions', async () => {
    const legacy = legacyPath();
    for (const name of ['iptables', 'ip6tables']) {
      const { detail, ok } = await said(name, { env: { PATH: legacy.path } });
      expect({ ok, detail }).toEqual({ ok: true, detail: expect.stringMatching(/v[\d.]+ \(legacy\)$/) as string });
    }
    legacy.remove();
  });
});

test('for a person: a line each', async () => {
  const { stdout } = await rawshake(['doctor']);
  expect(stdout).toMatch(/^ok {4}namespaces +two hosts and a link/m);
});

test('without a capability it looks in a user namespace, as compare would run there', async () => {
  const result = await rawshake(['doctor', '--json'], { prefix: WITHOUT_CAPABILITIES });
  expect(result.code).toBe(0);
  expect(json(result)).toMatchObject({ ok: true, rootless: true });
});

test('root of a user namespace in a network namespace that is not its own: in one more', async () => {
  const result = await rawshake(['doctor', '--json'], { prefix: ['unshare', '--user', '--map-root-user'] });
  expect(result.code).toBe(0);
  expect(json(result)).toMatchObject({ ok: true, rootless: true });
});

test('where the main job cannot run: exit 3, and the line that says why has a hint', async () => {
  const result = await rawshake(['doctor', '--json'], { prefix: WITHOUT_USER_NAMESPACES });
  expect(result.code).toBe(3);
  const { ok, checks } = json(result) as Doctor;
  expect(ok).toBe(false);
  expect(checks.find(({ name }) => name === 'namespaces')).toMatchObject({
    ok: false,
    detail: expect.stringContaining('user.max_user_namespaces=0') as string,
    hint: expect.stringMatching(/--cap-add SYS_ADMIN/) as string, // which no sudo could give
  });
});
