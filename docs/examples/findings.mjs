// Findings: what became of the connections of a run, who did it, and what to do, of the whole run or moment by moment.
import { diagnose, Diagnosis, experimentRecording } from 'rawshake/diagnosis';
import { onBench } from 'rawshake/lab';

const evidence = await onBench({ family: 4 }, async (bench) => {
  await bench.lab.server.listen(4, 8888, (socket) => socket.resume());
  const client = bench.byHand('client'); // without bench.filter('client'): its kernel answers the SYN/ACK
  client.send('S <mss 1460>');
  await client.expect('S. 0:0(0) ack 1 <...>');
  return bench.evidence();
});
const recording = experimentRecording(evidence);
for (const { id, certainty, meaning, advice } of diagnose(recording)) console.log(id, certainty, meaning.en, advice);

const diagnosis = new Diagnosis(recording.subject); // `see` gives findings of connections that are over by that moment
const findings = recording.moments.flatMap((moment) => diagnosis.see(moment));
findings.push(...diagnosis.end(recording.ending));
console.log(findings.length);
