// An experiment of one's own: what a real kernel answers to a SYN that brings data along. Printed, as a page and as a capture.
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { defineExperiment, runExperiment } from 'rawshake/experiments';
import { openKernelTrace } from 'rawshake/lab';
import { experimentPcapng, experimentsHtml, experimentText } from 'rawshake/report';

const experiment = defineExperiment({
  id: 'syn-with-data',
  title: { en: 'A SYN with data', zh: '携带数据的 SYN' },
  claim: 'Without a TCP Fast Open cookie a listener acknowledges the SYN alone; its data is to be sent again.',
  why: 'tcp_conn_request() takes the data of a SYN only with a valid Fast Open cookie (RFC 7413 §3).',
  facts: {
    answer: { what: { en: 'the answer to the SYN', zh: 'SYN 得到的回答' }, expected: 'S. 0:0(0) ack 1' },
    owner: 'SYN_RECV',
  },
  isOfNumbers: true,
  world: { listening: true }, // what can be turned about it
  observe: async (bench, { listening }) => {
    if (listening) await bench.lab.server.listen(bench.family, 8888, (socket) => socket.resume());
    bench.filter('client'); // keeps the client's own kernel from answering with RST
    const client = bench.byHand('client');
    client.send('S win 64240 <mss 1460>', { payload: 'hello' });
    return { answer: await client.answer({ withinMs: 500 }), owner: bench.lookup('server') };
  },
});

const trace = openKernelTrace(); // has the kernels' own words in the ladder; as root alone
const run = await runExperiment(experiment, { family: 4, trace });
const turned = await runExperiment(experiment, { family: 4, world: { listening: false } });
trace.close();
console.log(experimentText([run], { language: 'en', columns: 80, unicode: true }));
console.log('without a listener', turned.ok ? 'the same' : 'not as expected');
writeFileSync('syn-with-data.pcapng', experimentPcapng(run));
writeFileSync('syn-with-data.html', experimentsHtml([run], { kernel: release(), rootless: false, language: 'en' }));
