// A handshake that fails, told moment by moment while it happens, and what is found of it in the end.
import { Diagnosis } from 'rawshake/diagnosis';
import { Feed, onBench, openKernelTrace } from 'rawshake/lab';
import { momentSentence } from 'rawshake/report';

const feed = new Feed();
const trace = openKernelTrace(); // the kernels' own words, where they can be had
const play = onBench({ family: 4, trace, feed }, async (bench) => {
  await bench.lab.server.listen(4, 8888, (socket) => socket.resume());
  const client = bench.byHand('client'); // behind no filter: its kernel answers too
  client.send('S <mss 1460>');
  await client.expect('S. 0:0(0) ack 1 <...>');
});
const tell = async () => {
  const diagnosis = new Diagnosis();
  for await (const moment of feed) {
    if (moment.isTelling) console.log(momentSentence(moment, { language: 'en' }));
    diagnosis.see(moment);
  }
  for (const { meaning, certainty } of diagnosis.end()) console.log(`${meaning.en} (${certainty})`);
};
await Promise.all([play, tell()]); // the loop ends with the bench
trace.close();
