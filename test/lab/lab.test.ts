import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ADDRESSES, CLIENT_PORT } from '../../src/lab/addresses.js';
import { createLab } from '../../src/lab/lab.js';
import { emitPacket } from '../../src/wire/index.js';

test('the first packet of a fresh lab arrives, in either direction and family, forty labs in a row', async () => {
  for (let i = 0; i < 40; i++) {
    const lab = createLab();
    const family = i % 2 === 0 ? 4 : 6;
    const [from, to] = i % 4 < 2 ? [lab.client, lab.server] : [lab.server, lab.client];
    const [src, dst] = [from.address(family), to.address(family)];
    const sender = from.openPort('libc', { local: src, remote: dst });
    const receiver = to.openPort('libc', { local: dst, remote: src });
    const arrived = new Promise<void>((resolve, reject) => {
      sender.onError(reject);
      receiver.onPacket(() => {
        resolve();
      });
    });
    sender.send(emitPacket({ ip: { version: family, src, dst }, tcp: { srcPort: 1, dstPort: 2, flags: 'R' } }));
    await arrived;
    sender.close();
    receiver.close();
    lab.close();
  }
});

test("the client's port is one that no kernel takes by itself", () => {
  const lab = createLab();
  const reserved = lab.client.netns.run(() => readFileSync('/proc/sys/net/ipv4/ip_local_reserved_ports', 'utf8'));
  expect(reserved.trim()).toBe(String(CLIENT_PORT));
  lab.close();
});

test('hosts are apart from this machine and from each other', () => {
  const lab = createLab();
  const addresses = (run: (argv: readonly [string, ...string[]]) => string) => run(['ip', '-brief', 'address']);
  expect(addresses((argv) => lab.client.run(argv))).toContain(`${ADDRESSES.client[4]}/24`);
  expect(addresses((argv) => lab.client.run(argv))).not.toContain(ADDRESSES.server[4]);
  expect(readFileSync('/proc/net/fib_trie', 'utf8')).not.toContain(ADDRESSES.client[4]);
  lab.close();
});

test('closing takes it down, twice is once', () => {
  const lab = createLab();
  const { path } = lab.client.netns;
  expect(existsSync(path)).toBe(true);
  lab.close();
  lab.close();
  expect(existsSync(path)).toBe(false);
});
