/** What could not be run on this machine, and what to do about it: a few lines for each thing that is missing. */
import type { Language } from '../error.js';
import type { NotRun } from '../evidence/not-run.js';
import { colours } from './colours.js';
import { wrapText } from './wrap.js';
import { say } from './words.js';

/** `id`: of what could not be run. The line that says what to do is to be pasted, and not wrapped. */
export function notRunLines(
  notRun: readonly (NotRun & { readonly id: string })[],
  { language, columns }: { readonly language: Language; readonly columns: number },
): string[] {
  const [colon, comma, open, close] = language === 'zh' ? ['：', '、', '（', '）'] : [': ', ', ', ' (', ')'];
  const heading = say({ en: 'could not be run here', zh: '在这里无法运行' }, language);
  const said = notRun.map((one) => ({ ...one, reason: say(one.reason, language) }));
  return [...new Set(said.map(({ reason }) => reason))].flatMap((reason) => {
    const same = said.filter((one) => one.reason === reason);
    const ids = [...new Set(same.map(({ id }) => id))].join(comma);
    const [first] = same;
    return [
      ...wrapText(`${colours.yellow(heading)}${colon}${ids}${open}${reason}${close}`, columns, '  '),
      ...(first === undefined ? [] : [`  ${say(first.hint, language)}`]),
    ];
  });
}
