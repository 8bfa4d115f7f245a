// A test of a handshake made by hand, to be copied and changed: npx vitest run
import { onBench } from 'rawshake/lab';
import { expect, test } from 'vitest';

test('the right ACK completes the handshake', () =>
  // Two hosts in private namespaces; as root, or in: unshare --user --map-root-user --net
  onBench({ family: 4 }, async (bench) => {
    await bench.lab.server.listen(4, 8888, (socket) => socket.pipe(socket));
    bench.filter('client');
    const client = bench.byHand('client');
    client.send('S 0:0(0) win 64240 <mss 1460>');
    await client.expect('S. 0:0(0) ack 1 <...>');
    client.send('. 1:1(0) ack 1 win 64240');

    expect(bench.lookup('server')).toBe('ESTABLISHED');
    expect(bench.lookup('client')).toBe('none');
  }));
