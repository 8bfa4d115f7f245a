// Node's http client over a handshake made by hand, in a private lab: the server is Node's own, on a kernel socket.
import http from 'node:http';
import { createLab, dial } from 'rawshake';

const lab = createLab();
const web = http.createServer((request, response) => response.end(`you asked for ${request.url}`));
await lab.server.listen(4, 80, web); // an ordinary kernel socket, in a namespace of its own
const { connection, close } = await dial({ host: '192.0.2.2', port: 80, netns: lab.client.netns });
http.get({ host: '192.0.2.2', path: '/page', createConnection: () => connection }, async (response) => {
  for await (const body of response) console.log(`${response.statusCode} ${body}`, connection.negotiated);
  await close(); // waits for the last ACK, then takes the RST filter away
  lab.close();
});
