/** A descriptor is watched on after an error of its own: a link that went down, a queue that ran over. */
import { afterEach, beforeEach, test } from 'vitest';
import { LINK } from '../../src/lab/addresses.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { onRulesDeleted } from '../../src/linux/netfilter/rule-monitor.js';
import { emitPacket } from '../../src/wire/index.js';

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

test('a port and a capture hear on when their link has been down', async () => {
  const [src, dst] = [lab.server.address(4), lab.client.address(4)];
  const port = lab.client.openPort('packet', { local: dst, localPort: 2, remote: src, remotePort: 1 });
  const capture = lab.client.capture(1);
  const sender = lab.server.openPort('libc', { local: src, remote: dst });
  const send = (seq: number) =>
    sender.send(emitPacket({ ip: { version: 4, src, dst }, tcp: { srcPort: 1, dstPort: 2, seq, flags: '.', ack: 1 } }));
  const next = (): Promise<unknown> =>
    Promise.all([
      new Promise((resolve) => port.onPacket(resolve)),
      new Promise((resolve) => capture.onFrame(({ direction }) => direction === 'incoming' && resolve(true))),
    ]);
  for (const seq of [1, 2, 3]) {
    const heard = next();
    send(seq);
    await heard;
    lab.client.run(['ip', 'link', 'set', LINK, 'down']);
    await new Promise((resolve) => setImmediate(resolve)); // the loop has heard of it
    lab.client.run(['ip', 'link', 'set', LINK, 'up']);
  }
  for (const one of [port, sender, capture]) one.close();
});

test('a deletion of rules is told behind one that was too large for the queue', async () => {
  const told: (() => void)[] = [];
  const next = (): Promise<void> => new Promise((resolve) => told.push(resolve));
  const end = onRulesDeleted(() => {
    for (const resolve of told.splice(0)) resolve();
  }, lab.client.netns);
  const nft = (text: string) => lab.client.run(['nft', '-f', '-'], text);
  nft(`table ip large {\n chain c {\n${'counter\n'.repeat(20_000)}}\n}\ntable ip small {}\n`);
  const large = next();
  nft('delete table ip large');
  await large;
  const small = next();
  nft('delete table ip small');
  await small;
  end();
});
