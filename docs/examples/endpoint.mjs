// A whole connection, segment by segment: a handshake, data there and back, and a close, with an echo server of a real kernel.
import { Buffer } from 'node:buffer';
import { onBench } from 'rawshake/lab';

await onBench({ family: 4 }, async (bench) => {
  await bench.lab.server.listen(4, 8888, (socket) => socket.pipe(socket));
  bench.filter('client'); // keeps the client's own kernel from answering with RST
  const client = bench.byHand('client');
  client.send('S <mss 1460>');
  await client.expect('S. 0:0(0) ack 1 <mss 1460>');
  client.send('.'); // . 1:1(0) ack 1: what is left out is filled in
  client.send('P.', { payload: 'hello' }); // P. 1:6(5) ack 1
  await client.expect('. 1:1(0) ack 6');
  const { payload } = await client.expect('P. 1:6(5) ack 6');
  client.send('F.'); // F. 6:6(0) ack 6
  await client.expect('F. 6:6(0) ack 7', { skip: true }); // behind the ACK of ours
  client.send('.');
  await client.silence();
  console.log(String(Buffer.from(payload)), bench.packets().length, 'packets');
});
