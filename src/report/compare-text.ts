/** What `rawshake compare` prints: the ladders side by side where the terminal is wide enough, the verdicts, and why. */
import { colours } from './colours.js';
import type { Language } from '../error.js';
import { printableData } from '../printable.js';
import { shellLine } from '../filter/shell.js';
import type { RemedyNotRun } from '../evidence/not-run.js';
import { asExpected, type HandshakeRun } from '../evidence/run.js';
import { endpoint, reverseFlow } from '../wire/flow.js';
import { curesLines, type RemedyOf } from './cures.js';
import { sideBySide } from './columns.js';
import { wrapText } from './wrap.js';
import { runInSteps } from './compare-steps.js';
import type { CompareContext } from './json.js';
import { handshakeLines } from './handshake-text.js';
import { leastWidth } from './ladder-text.js';
import type { View } from './view.js';
import { notRunLines } from './not-run-text.js';
import { verdictLines } from './verdict.js';
import { BOTH_ENDS, ENDS } from '../evidence/host.js';
import { bracketed, colon, explanation, HEADINGS, say, summary } from './words.js';

const BETWEEN = 3;
/** Prose wider than this is hard to read. */
const MOST_PROSE = 110;

/** From so many remedies on, a table sets them against each other. */
const TABLE_FROM = 3;

export function compareText(
  observed: readonly HandshakeRun[],
  remedyOf: RemedyOf,
  context: CompareContext,
  view: View,
  notRun: readonly RemedyNotRun[] = [],
): string {
  const runs = printableData(observed);
  const { language, columns } = view;
  const families = [...new Set(runs.map(({ family }) => family))];
  const half = Math.floor((columns - BETWEEN) / 2);
  const beside = half >= leastWidth(BOTH_ENDS, view) && view.plain !== true;
  const width = beside ? half : columns;
  const ladders = families.flatMap((family) => {
    const ofFamily = runs.filter((run) => run.family === family);
    const blocks = ofFamily.map((run) =>
      handshakeLines(run, `${String(runs.indexOf(run) + 1)}  ${say(remedyOf(run).title, language)}`, width, view),
    );
    return [titleLine(ofFamily, context, view), '', ...inRows(blocks, width, beside)];
  });
  return [...ladders, meaningText(observed, remedyOf, view, notRun)].join('\n');
}

/** Why it went so, the rules that were in force, and the last word. */
function meaningText(
  observed: readonly HandshakeRun[],
  remedyOf: RemedyOf,
  { language, columns }: View,
  notRun: readonly RemedyNotRun[],
): string {
  const runs = printableData(observed);
  const prose = Math.min(columns, MOST_PROSE);
  // To be pasted: their words are quoted as they are.
  const ruled = observed.flatMap(({ remedy, rule }) => (rule?.commands ?? []).map((argv) => ({ remedy, argv })));
  const several = new Set(ruled.map(({ remedy }) => remedy)).size > 1;
  const whose = (remedy: HandshakeRun['remedy']): string => (several ? bracketed(remedy, language) : '');
  const why = explanation(runs);
  const tabled = new Set(runs.map(({ remedy }) => remedy)).size >= TABLE_FROM;
  const remarks = runs.some(({ remedy, verdict }) => remedy === 'rule' && verdict?.ok === false);
  return [
    ...(why === undefined
      ? []
      : [
          ...wrapText(
            `${colours.bold(say(HEADINGS.why, language))}${colon(language)}${say(why, language)}`,
            prose,
            '  ',
          ),
          '',
        ]),
    ...(tabled ? [] : reasons(runs, remedyOf, language).flatMap((reason) => [...wrapText(reason, prose, '  '), ''])),
    ...ruled.map(
      ({ remedy, argv }) =>
        `${colours.bold(say(HEADINGS.rule, language) + whose(remedy))}${colon(language)}${shellLine(argv)}`,
    ),
    ...(ruled.length > 0 ? [''] : []),
    ...verdictLines(runs, remedyOf, { language, columns: prose }),
    ...(tabled ? [...curesLines(runs, remedyOf, { language, columns }), ''] : []),
    ...notRunLines(
      printableData(notRun).map((one) => ({ ...one, id: `${one.remedy} IPv${String(one.family)}` })),
      { language, columns: prose },
    ),
    say(summary(runs.length, runs.filter(asExpected).length, remarks, notRun.length), language),
    '',
  ].join('\n');
}

/** The same in pieces, to be shown one after the other: a piece for each packet. */
export function compareSteps(
  observed: readonly HandshakeRun[],
  remedyOf: RemedyOf,
  context: CompareContext,
  view: View,
  notRun: readonly RemedyNotRun[] = [],
): string[] {
  const runs = printableData(observed);
  const pieces = runs.flatMap((run, i) => {
    const heading = `${String(i + 1)}  ${say(remedyOf(run).title, view.language)}`;
    const { opening, steps, closing } = runInSteps(run, heading, view.columns, view);
    const [last = [], ...before] = [...steps].reverse();
    return [[titleLine([run], context, view), '', ...opening], ...before.reverse(), [...last, ...closing]];
  });
  return [...pieces.map((lines) => `${lines.join('\n')}\n`), meaningText(observed, remedyOf, view, notRun)];
}

function titleLine(runs: readonly HandshakeRun[], { kernel, rootless }: CompareContext, { language }: View): string {
  const [first] = runs;
  if (first === undefined) return '';
  const { client, server } = endpoints(first);
  const byHand = first.role === 'client';
  return [
    colours.bold('rawshake compare'),
    `kernel ${kernel}${rootless ? ' (rootless)' : ''}`,
    `${say(ENDS.client.title, language)} ${client}${bracketed(byHand ? first.transport : say(HEADINGS.kernelClient, language), language)}`,
    `${say(ENDS.server.title, language)} ${server}${bracketed(
      byHand
        ? say(HEADINGS.listener, language)
        : `${first.transport}${language === 'zh' ? '；' : '; '}${say(HEADINGS.nobodyListens, language)}`,
      language,
    )}`,
  ].join('   ');
}

/** `192.0.2.1:41000` of both hosts. */
function endpoints({ flow, role }: HandshakeRun): { client: string; server: string } {
  const { src, srcPort, dst, dstPort } = role === 'client' ? flow : reverseFlow(flow);
  return { client: endpoint(src, srcPort), server: endpoint(dst, dstPort) };
}

/** Two ladders to a row where they fit, else one below the other. */
function inRows(blocks: readonly string[][], width: number, beside: boolean): string[] {
  if (!beside) return blocks.flatMap((block) => [...block, '']);
  return blocks.flatMap((block, i) =>
    i % 2 === 1 ? [] : [...sideBySide(block, blocks[i + 1] ?? [], width, ' '.repeat(BETWEEN)), ''],
  );
}

/** What the explanation of the RST filter is about. */
const EXPLAINED: readonly HandshakeRun['remedy'][] = ['none', 'iptables', 'nft', 'rule'];

/** What the remedies have to say for themselves, each once, where the explanation of the RST filter does not say it. */
function reasons(runs: readonly HandshakeRun[], remedyOf: RemedyOf, language: Language): string[] {
  const unexplained = runs.filter(({ remedy }) => !EXPLAINED.includes(remedy));
  const because = new Map(unexplained.map((run) => [run.remedy, remedyOf(run).because]));
  return [...because].map(([id, text]) => `${colours.bold(id)}${colon(language)}${say(text, language)}`);
}
