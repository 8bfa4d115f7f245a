// A TCP handshake made by hand with a kernel's listener, behind the RST filter, in a private lab.
import { applyFilter, connect, createLab, DEFAULT_MARK, handshake, planFilter, systemClock } from 'rawshake';

const lab = createLab();
const flow = { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 };
const server = await lab.server.listen(4, flow.dstPort, (socket) => socket.pipe(socket));
const filter = applyFilter(planFilter({ flow, backend: 'iptables' }), lab.client);
const port = lab.client.openPort('auto', { local: flow.src, remote: flow.dst, mark: DEFAULT_MARK });

const connection = connect({ port, flow, clock: systemClock });
console.log(await handshake(connection));
connection.end('hello');
for await (const chunk of connection) console.log(String(chunk));
console.log(filter.counters());

connection.abandon(); // the lab ends here, so there is no TIME-WAIT to sit out
for (const lease of [port, server, filter, lab]) lease.close();
