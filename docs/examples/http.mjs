// Node's http client over a handshake made by hand, in a private lab: the server is Node's own, on a kernel socket.
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { createLab, dial } from 'rawshake';

const lab = createLab();
const web = http.createServer((request, response) => response.end(`you asked for ${request.url}`));
const server = await lab.server.listen(4, 80, (socket) => web.emit('connection', socket));

const { connection, close } = await dial({ host: '192.0.2.2', port: 80, netns: lab.client.netns });
const request = http.get({ host: '192.0.2.2', path: '/page', createConnection: () => connection });
request.on('response', async (response) => {
  console.log(response.statusCode, await text(response), connection.negotiated);
  await close(); // waits for the last ACK, then takes the RST filter away
  server.close();
  lab.close();
});
