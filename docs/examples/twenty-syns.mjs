// Twenty SYNs with different options to a real listener, and what each SYN/ACK agrees to, in a table.
import { createLab, openEndpoint } from 'rawshake/lab';
import { applyFilter, planFilter } from 'rawshake/filter';
import { formatOption } from 'rawshake/wire';

const lab = createLab();
await lab.server.listen(4, 8888, (socket) => socket.resume());
const rows = [];
for (let i = 0; i < 20; i++) {
  const options = [
    `mss ${500 + 100 * i}`,
    ...(i % 2 === 0 ? ['sackOK'] : []),
    ...(i % 3 === 0 ? [`nop,wscale ${i % 15}`] : []),
  ];
  const hand = openEndpoint(lab, 'client', { clientPort: 41000 + i });
  const filter = applyFilter(planFilter({ flow: hand.flow, backend: 'nft' }), lab.client);
  hand.send(`S 0:0(0) win 64240 <${options.join(',')}>`);
  const { options: agreed } = await hand.next();
  rows.push({ asked: options.join(','), answered: agreed.map((option) => formatOption(option)).join(',') });
  filter.close();
  hand.close();
}
console.table(rows);
lab.close();
