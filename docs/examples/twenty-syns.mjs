// Twenty SYNs with different options to a real listener, and what each SYN/ACK agrees to, in a table.
import { onBench } from 'rawshake/lab';
import { formatOption } from 'rawshake/wire';

const rows = await onBench({ family: 4 }, async (bench) => {
  await bench.lab.server.listen(4, 8888, (socket) => socket.resume());
  const table = [];
  for (let i = 0; i < 20; i++) {
    const options = [
      `mss ${500 + 100 * i}`,
      ...(i % 2 === 0 ? ['sackOK'] : []),
      ...(i % 3 === 0 ? [`nop,wscale ${i % 15}`] : []),
    ].join(',');
    const flow = { ...bench.flow, srcPort: 41000 + i };
    bench.filter('client', flow);
    const client = bench.byHand('client', flow);
    client.send(`S <${options}>`);
    const { options: agreed } = await client.expect('S. 0:0(0) ack 1 <...>');
    table.push({ asked: options, answered: agreed.map((option) => formatOption(option)).join(',') });
  }
  return table;
});
console.table(rows);
