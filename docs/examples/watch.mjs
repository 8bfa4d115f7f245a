// A host that is watched: somebody asks it for a port on which nobody listens. Of a living one: watch(), or watch({ netns: 'blue' }).
import { createLab, watch } from 'rawshake';

const lab = createLab();
const watched = watch({ netns: lab.server.netns });
const socket = lab.client.connect({ dst: '192.0.2.2', dstPort: 8080 });
socket.on('error', ({ code }) => console.log(`the client is told ${code}`));
for await (const { id, certainty, meaning, advice } of watched) {
  console.log(id, certainty, meaning.en, advice ?? '');
  break; // without this it goes on until watched.close(), or the end of a `signal`
}
console.log(watched.summary.resets);
lab.close();
