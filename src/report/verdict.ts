/** What is to be said of a rule: of a user's own always, of ours where it did not do what it should. */
import type { Language, Text } from '../error.js';
import { asExpected, type CountedRule, type HandshakeRun } from '../evidence/run.js';
import { exactRule } from '../filter/exact-rule.js';
import { isMendedByRule } from '../filter/judge-words.js';
import type { FilterVerdict } from '../filter/judge.js';
import { colours } from './colours.js';
import type { RemedyOf } from './cures.js';
import { wrapText } from './wrap.js';
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
    const each = run.rule?.each ?? [];
    const several = each.length > 1;
    const title = several ? YOUR_RULES : remedyOf(run).title;
    const name = remedy === 'rule' ? capital(say(title, language)) : remedy;
    const which = families > 1 ? `${name} (IPv${String(family)})` : name;
    const heading = `${which}: ${say(summaryOf(verdict, several), language)}`;
    const findings = verdict.findings.flatMap(({ text, rule }) =>
      wrapText(
        `${rule === undefined ? '' : `${say(ruleNumber(rule), language)}: `}${say(text, language)}`,
        columns - BULLET.length,
      ).map((line, i) => `${i === 0 ? BULLET : ' '.repeat(BULLET.length)}${line}`),
    );
    const better = verdict.findings.some(({ code }) => isMendedByRule(code))
      ? [`  ${say(BETTER, language)}: ${exactRule(flow, run.rule?.backend)}`]
      : [];
    return [
      ...wrapText(heading, columns).map((line) => (verdict.ok ? colours.green : colours.yellow)(colours.bold(line))),
      ...(several ? each.map((one, i) => `  ${say(ruleNumber(i), language)}: ${counted(one, language)}`) : []),
      ...findings,
      ...better,
      '',
    ];
  });
}

/** Counted from 1. */
const ruleNumber = (index: number): Text => ({ en: `rule ${String(index + 1)}`, zh: `规则 ${String(index + 1)}` });

/** To be pasted, so in one line. */
const counted = ({ text, packets }: CountedRule, language: Language): string =>
  `${say({ en: `${String(packets)} packet${packets === 1 ? '' : 's'}`, zh: `${String(packets)} 个报文` }, language)}  ${text}`;

const YOUR_RULES: Text = { en: 'your rules', zh: '你的规则' };

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const BETTER: Text = { en: 'A rule that does it', zh: '正确的规则' };

function summaryOf({ ok, silent, findings }: FilterVerdict, several: boolean): Text {
  const [they, do_, let_, were] = several ? ['they', 'do', 'let', 'were'] : ['it', 'does', 'lets', 'was'];
  const should = several ? 'they should' : 'it should';
  if (ok) return { en: `${they} ${do_} what ${should}, and nothing else.`, zh: '恰到好处。' };
  if (!silent) return { en: `${they} ${let_} RSTs of the kernel out.`, zh: '没有拦住内核的 RST。' };
  if (findings.some(({ code }) => code === 'untested')) {
    return { en: `${they} ${were} not put to the test.`, zh: '没有经受考验。' };
  }
  return { en: 'no RST of the kernel left, and yet:', zh: '内核的 RST 都没有发出，但是：' };
}
