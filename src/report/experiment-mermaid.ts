/** Experiments as sequence diagrams: scenes and look-ups and events as notes, packets as arrows. */
import type { Language } from '../error.js';
import type { ExperimentRun } from '../evidence/experiment.js';
import { experimentLadder, type ExperimentRung, type PacketRung } from './experiment-ladder.js';
import { BAD_CHECKSUM, eventWords, ownerWords, runVerdict } from './experiment-words.js';
import { mermaidFile, type MermaidLine, type MermaidPart } from './mermaid.js';
import { HOSTS, say } from './words.js';

/** What goes into `file`: Markdown for FILE.md, one diagram for all runs otherwise. */
export function experimentsMermaid(runs: readonly ExperimentRun[], file: string, language: Language): string {
  const hosts = { client: say(HOSTS.client, language), server: say(HOSTS.server, language) };
  return mermaidFile(
    file,
    runs.map((run) => part(run, language)),
    hosts,
  );
}

const part = (run: ExperimentRun, language: Language): MermaidPart => ({
  title: `${run.id} IPv${String(run.family)}: ${say(run.title, language)} (${say(runVerdict(run), language)})`,
  lines: experimentLadder(run).map((rung) => lineOf(rung, language)),
});

function lineOf(rung: ExperimentRung, language: Language): MermaidLine {
  switch (rung.type) {
    case 'scene':
      return { type: 'heading', text: say(rung.title, language) };
    case 'lookup':
      return {
        type: 'note',
        host: rung.lookup.host,
        text: say(ownerWords(rung.lookup, rung.tellRemotePort), language),
      };
    case 'event': {
      const { host, stack = [] } = rung.event;
      const calls = stack.length === 0 ? '' : ` [${stack.slice(0, 3).join(' ← ')}]`;
      return { type: 'note', host, text: say(eventWords(rung.event, rung.port), language) + calls };
    }
    case 'packet':
      return {
        type: 'message',
        from: rung.from,
        to: rung.to,
        text: packetWords(rung, language),
        byHand: rung.sender === 'rawshake',
        reset: rung.reset,
      };
  }
}

function packetWords({ name, badChecksum, fromPort, toPort, ms }: PacketRung, language: Language): string {
  const ports = [fromPort, toPort].map((port) => (port === undefined ? '' : `:${String(port)}`));
  const between = ports.every((port) => port === '') ? '' : ` ${ports.join(' → ')}`;
  const bad = badChecksum ? `, ${say(BAD_CHECKSUM, language)}` : '';
  return `${name}${bad}${between} (${ms.toFixed(3)} ms)`;
}
