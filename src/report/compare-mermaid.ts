/** The runs of `compare` as sequence diagrams. */
import type { Language } from '../error.js';
import type { HandshakeRun } from '../evidence/run.js';
import { reverseFlow } from '../wire/flow.js';
import type { RemedyOf } from './cures.js';
import { ladder, type Rung } from './ladder.js';
import { mermaidFile, type MermaidLine, type MermaidPart } from './mermaid.js';
import { adoptedWords, DROPPED, HOSTS, kernelOf, kernelWords, lookupWords, say, verdict } from './words.js';

/** What goes into `file`: Markdown for FILE.md, one diagram for all runs otherwise. */
export function compareMermaid(
  runs: readonly HandshakeRun[],
  remedyOf: RemedyOf,
  file: string,
  language: Language,
): string {
  const hosts = { client: say(HOSTS.client, language), server: say(HOSTS.server, language) };
  const parts = runs.map((run): MermaidPart => {
    const title = `${say(remedyOf(run).title, language)} (IPv${String(run.family)})`;
    const end: MermaidLine = { type: 'heading', text: say(verdict(run), language) };
    return { title, lines: [...ladder(run).map((rung) => lineOf(rung, run, language)), end] };
  });
  return mermaidFile(file, parts, hosts);
}

function lineOf(rung: Rung, { flow, role }: HandshakeRun, language: Language): MermaidLine {
  switch (rung.type) {
    case 'packet': {
      const { from, name, ms, sender, reset } = rung;
      const to = from === 'client' ? 'server' : 'client';
      return { type: 'message', from, to, text: `${name} (${ms.toFixed(3)} ms)`, byHand: sender === 'rawshake', reset };
    }
    case 'dropped':
      return { type: 'note', host: rung.from, text: `RST ✗ ${say(DROPPED, language)}` };
    case 'kernel':
      return { type: 'note', host: rung.host, text: kernelWords(rung).map((words) => say(words, language))[0] ?? '' };
    case 'adopted':
      return { type: 'note', host: rung.host, text: say(adoptedWords(kernelOf(rung.host)), language) };
    case 'lookup': {
      const own = rung.host === role ? flow : reverseFlow(flow);
      return { type: 'note', host: rung.host, text: say(lookupWords(rung, own), language) };
    }
  }
}
