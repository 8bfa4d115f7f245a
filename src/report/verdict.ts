/** What is to be said of a rule: of a user's own always, of ours where it did not do what it should. */
import type { Language, Text } from '../error.js';
import { asExpected, type HandshakeRun } from '../evidence/run.js';
import type { FindingCode } from '../filter/judge-words.js';
import type { FilterVerdict } from '../filter/judge.js';
import { planFilter } from '../filter/plan.js';
import { shellLine } from '../filter/shell.js';
import { colours } from './colours.js';
import type { RemedyOf } from './cures.js';
import { wrap } from './dissection/wrap.js';
import { say } from './words.js';

const BULLET = '  - ';

/** A paragraph for each rule of which something is to be said; none wider than `columns`, but the rule to be pasted. */
export function verdictLines(
  runs: readonly HandshakeRun[],
  remedyOf: RemedyOf,
  { language, columns }: { readonly language: Language; readonly columns: number },
): string[] {
  const families = new Set(runs.map(({ family }) => family)).size;
  return runs.flatMap((run) => {
    const { verdict, remedy, family, flow } = run;
    if (verdict === null || (remedy !== 'rule' && asExpected(run))) return [];
    const name = remedy === 'rule' ? capital(say(remedyOf(run).title, language)) : remedy;
    const which = families > 1 ? `${name} (IPv${String(family)})` : name;
    const heading = `${which}: ${say(summaryOf(verdict), language)}`;
    const findings = verdict.findings.flatMap(({ text }) =>
      wrap(say(text, language), columns - BULLET.length).map(
        (line, i) => `${i === 0 ? BULLET : ' '.repeat(BULLET.length)}${line}`,
      ),
    );
    const better = verdict.findings.some(({ code }) => !NO_MATTER_OF_RULES.includes(code))
      ? [`  ${say(BETTER, language)}: ${shellLine(exactRule(flow))}`]
      : [];
    return [
      ...wrap(heading, columns).map((line) => (verdict.ok ? colours.green : colours.yellow)(colours.bold(line))),
      ...findings,
      ...better,
      '',
    ];
  });
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Findings that another rule would not change. */
const NO_MATTER_OF_RULES: readonly FindingCode[] = ['exact', 'untested', 'reset-by-peer', 'unaccounted'];

const exactRule = (flow: HandshakeRun['flow']): readonly string[] =>
  planFilter({ flow, backend: 'iptables', comment: 'rawshake:by-hand' }).commands[0] ?? [];

const BETTER: Text = { en: 'A rule that does it', zh: '正确的规则' };

function summaryOf({ ok, silent, findings }: FilterVerdict): Text {
  if (ok) return { en: 'it does what it should, and nothing else.', zh: '恰到好处。' };
  if (!silent) return { en: 'it lets RSTs of the kernel out.', zh: '它没有拦住内核的 RST。' };
  if (findings.some(({ code }) => code === 'untested')) {
    return { en: 'it was not put to the test.', zh: '它没有经受考验。' };
  }
  return { en: 'no RST of the kernel left, and yet:', zh: '内核的 RST 都没有发出，但是：' };
}
