/** FINs that anybody can forge: a server made by hand reads what a kernel's reads. tcp_data_queue_ofo, tcp_ofo_queue. */
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { listen } from '../../src/driver/raw-server.js';
import { type Bench, onBench } from '../../src/lab/bench/bench.js';
import { systemClock } from '../../src/linux/libc/clock.js';

const STREAM = 'abcdefghijkl';

/** What its program has read when it is told that the other side has closed. */
async function readBy(server: 'a kernel' | 'hand', bench: Bench, segments: readonly string[]): Promise<string> {
  let accept: (stream: Duplex) => void = () => undefined;
  const accepted = new Promise<Duplex>((resolve) => (accept = resolve));
  bench.filter('client');
  if (server === 'a kernel') {
    bench.leases.add(await bench.lab.server.listen(4, bench.flow.dstPort, accept));
  } else {
    bench.filter('server');
    const { dst: address, dstPort: localPort } = bench.flow;
    const port = bench.leases.add(bench.lab.server.openPort('libc', { local: address, localPort }));
    const listening = listen({ port, clock: systemClock, address, localPort }, accept);
    bench.leases.defer(() => {
      listening.abandon();
    });
  }
  const client = bench.byHand('client');
  client.send('S 0:0(0) win 64240 <mss 1460>');
  expect(await client.answer()).toBe('S. 0:0(0) ack 1');
  client.send('. 1:1(0) ack 1 win 64240');
  const stream = await accepted;
  for (const segment of segments) {
    const [, from = 0, to = 0] = (/(\d+):(\d+)/.exec(segment) ?? []).map(Number);
    client.send(segment, { payload: Buffer.from(STREAM.slice(from - 1, to - 1)) });
  }
  return text(stream);
}

test.each([
  ['a FIN, then text that goes on in order', ['F. 4:4(0) ack 1', '. 1:9(8) ack 1', 'F. 9:9(0) ack 1'], 'abcdefgh'],
  ['two pieces', ['F. 4:4(0) ack 1', '. 1:3(2) ack 1', '. 3:9(6) ack 1', 'F. 9:9(0) ack 1'], 'abcdefgh'],
  ['out of order', ['F. 4:4(0) ack 1', '. 3:9(6) ack 1', '. 1:3(2) ack 1', 'F. 9:9(0) ack 1'], 'abcdefgh'],
  ['text first', ['. 3:9(6) ack 1', 'F. 4:4(0) ack 1', '. 1:3(2) ack 1', 'F. 9:9(0) ack 1'], 'abcdefgh'],
  ['text ends where the FIN is', ['F. 4:4(0) ack 1', '. 1:4(3) ack 1'], 'abc'],
  ['text behind a gap', ['. 6:9(3) ack 1', 'F. 4:4(0) ack 1', '. 1:4(3) ack 1'], 'abc'],
  ['a FIN with text, and other text over its end', ['. 5:11(6) ack 1', 'F. 2:6(4) ack 1', '. 1:5(4) ack 1'], 'abcde'],
  ['two FINs, the lower last', ['F. 9:9(0) ack 1', 'F. 4:4(0) ack 1', '. 1:4(3) ack 1'], 'abc'],
])('%s', async (_, segments, read) => {
  for (const server of ['a kernel', 'hand'] as const)
    expect([server, await onBench({ family: 4 }, (bench) => readBy(server, bench, segments))]).toEqual([server, read]);
});
