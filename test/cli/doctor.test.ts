import { expect, test } from 'vitest';
import { json, rawshake, WITHOUT_CAPABILITIES, WITHOUT_USER_NAMESPACES } from '../support/cli.js';

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
  for (const name of ['nft', 'libnftables', 'journal', 'fwmark_reflect'])
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

test('for a person: a line each', async () => {
  const { stdout } = await rawshake(['doctor']);
  expect(stdout).toMatch(/^ok {4}namespaces +two hosts and a link/m);
});

test('without a capability it looks in a user namespace, as compare would run there', async () => {
  const result = await rawshake(['doctor', '--json'], { prefix: WITHOUT_CAPABILITIES });
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
    hint: expect.stringMatching(/^sudo \//) as string,
  });
});
