// Somebody else's program in a lab: what its connections came to, who sent what, and what to do. node program.mjs PROGRAM [ARGUMENTS]
import { programFindings } from 'rawshake/diagnosis';
import { run } from 'rawshake/lab';
import { programText } from 'rawshake/report';

const [program = 'curl', ...words] = process.argv.slice(2);
const argv = [program, ...(words.length > 0 ? words : ['-s', 'http://{server}:{port}/'])];
const seen = await run({ argv, peer: 'http', output: 'ignore' });
const { connections, findings } = programFindings(seen);
for (const { flow, outcome, bytes } of connections) console.log(flow.dst, flow.dstPort, outcome, bytes);
for (const { id, certainty, advice } of findings) console.log(id, certainty, advice ?? '');
const view = { language: 'en', columns: 100, unicode: true };
console.log(programText([seen], { kernel: 'here', rootless: false }, view));
