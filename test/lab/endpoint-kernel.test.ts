/** An end made by hand with a real kernel at the other end: a connection in ten lines, and what failing looks like. */
import { expect, test } from 'vitest';
import { onBench } from '../../src/lab/bench/bench.js';
import { openEndpoint } from '../../src/lab/bench/open-endpoint.js';
import { createLab } from '../../src/lab/lab.js';

test.each([4, 6] as const)('IPv%i: a handshake, data both ways and a close, in ten lines', async (family) => {
  const states = await onBench({ family }, async (bench) => {
    await bench.lab.server.listen(family, 8888, (socket) => socket.pipe(socket));
    bench.filter('client');
    const client = bench.byHand('client');
    client.send('S <mss 1460>');
    await client.expect(`S. 0:0(0) ack 1 <mss ${family === 4 ? 1460 : 1440}>`);
    client.send('.');
    client.send('P.', { payload: 'hello' });
    await client.expect('. 1:1(0) ack 6');
    const { payload } = await client.expect('P. 1:6(5) ack 6');
    client.send('.');
    const established = bench.lookup('server');
    client.send('F.');
    await client.expect('F. 6:6(0) ack 7', { skip: true });
    client.send('.');
    await client.silence(0);
    return [established, bench.lookup('server'), Buffer.from(payload).toString()];
  });
  expect(states).toEqual(['ESTABLISHED', 'LISTEN', 'hello']);
});

test('nobody listens, and an expectation says what came instead', async () => {
  await onBench({ family: 4 }, async (bench) => {
    const client = bench.byHand('client');
    client.send('S');
    await expect(client.expect('S. 0:0(0) ack 1 <...>')).rejects.toMatchObject({
      code: 'RS_UNEXPECTED',
      lines: [
        'expect S. 0:0(0) ack 1 <...>: this came instead',
        '  R. 0:0(0) ack 1 win 0',
        '    tcp.flags: expected S., got R.',
      ],
    });
  });
});

test('where nobody keeps the own kernel quiet, what fails for it says so', async () => {
  await onBench({ family: 4 }, async (bench) => {
    await bench.lab.server.listen(4, 8888, (socket) => socket.resume());
    const client = bench.byHand('client');
    client.send('S');
    await client.expect('S. 0:0(0) ack 1 <...>');
    client.send('P.', { payload: 'hello' });
    await expect(client.expect('. 1:1(0) ack 6')).rejects.toMatchObject({
      lines: expect.arrayContaining(['  R 1:1(0) win 0']) as string[],
      hint: expect.stringContaining("This side's own kernel has sent a RST") as string,
    });
  });
});

test('what a kernel sends is no silence; in order, the answer to the next segment proves it', async () => {
  const lab = createLab();
  await lab.server.listen(4, 8888, (socket) => socket.resume());
  const client = openEndpoint(lab, 'client', { iss: 7 });
  client.send('S');
  await expect(client.silence()).rejects.toMatchObject({
    lines: [
      'silence of 100 ms: this came',
      expect.stringMatching(/^ {2}S\. 0:0\(0\) ack 1 win \d+ <mss 1460>$/) as string,
    ],
  });
  // Its kernel has refused that, and nobody answers a bare RST: the next SYN is the first to be answered.
  client.send('R 1:1(0)');
  client.send('S 100:100(0)');
  await client.expect('S. ack 101 <...>');
  lab.close();
});
