/** What `rawshake lab shell --exercise` says before the shell's own introduction: the task, and what the lab has in it. */
import type { Text } from '../error.js';
import type { ExerciseScene, Furnishing } from '../evidence/exercise-scene.js';
import type { Handout } from '../evidence/exercise.js';
import { printableData } from '../printable.js';
import { padTo, widest } from './columns.js';
import { taskLines } from './exercise-text.js';
import type { View } from './view.js';
import { ENDS } from '../evidence/host.js';
import { say } from './words.js';

export function exerciseSceneText(handout: Handout, furnished: ExerciseScene, view: View): string {
  const scene = printableData(furnished);
  const { language } = view;
  const colon = language === 'zh' ? '：' : ':';
  const rows = scene.furnishings.map(furnishingWords);
  const width = widest(rows.map(({ where }) => say(where, language)));
  return [
    ...taskLines(handout, view),
    `${say(rows.length > 0 ? IN_PLACE : EMPTY, language)} (${scene.caseName})${rows.length > 0 ? colon : ''}`,
    ...rows.map(({ where, words }) => `  ${padTo(say(where, language), width)}  ${say(words, language)}`),
    '',
    `${say(VARIABLES, language)} \`${probeLine(scene)}\`${colon}`,
    `  ${Object.entries(scene.variables)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
    '',
    '',
  ].join('\n');
}

const IN_PLACE: Text = { en: 'In place, as when the exercise begins', zh: '已就绪，与练习开始时相同' };
const EMPTY: Text = { en: 'Nothing is in place when the exercise begins', zh: '练习开始时没有任何布置' };
const VARIABLES: Text = {
  en: 'Set in this shell, for lines such as',
  zh: '已在此 shell 中设置，可用于这样的命令',
};

/** From the port that the remedy is for, with the number that the exercise gives, where the client is made by hand. */
const probeLine = ({ variables }: ExerciseScene): string =>
  [
    'rawshake probe $SERVER $SERVER_PORT',
    'CLIENT_ISS' in variables ? '--source-port $CLIENT_PORT --seq $CLIENT_ISS' : [],
  ]
    .flat()
    .join(' ');

function furnishingWords(furnishing: Furnishing): { readonly where: Text; readonly words: Text } {
  switch (furnishing.kind) {
    case 'listens':
      return {
        where: ENDS[furnishing.host].title,
        words: { en: `a program listens on ${furnishing.local}`, zh: `有程序监听 ${furnishing.local}` },
      };
    case 'bound':
      return {
        where: ENDS[furnishing.host].title,
        words: {
          en: `a program is bound to ${furnishing.local} and does not listen`,
          zh: `有程序绑定了 ${furnishing.local}，但没有监听`,
        },
      };
    case 'remedy': {
      const { host, title, connection, backend } = furnishing;
      const list = backend === undefined ? undefined : RULES[backend];
      return {
        where: ENDS[host].title,
        words: {
          en: `${title.en}, for ${connection}${list === undefined ? '' : ` (see: ${list})`}`,
          zh: `${title.zh}，连接 ${connection}${list === undefined ? '' : `（查看：${list}）`}`,
        },
      };
    }
    case 'rule':
      return { where: ENDS[furnishing.host].title, words: same(`iptables ${furnishing.rule}`) };
    case 'setting':
      return { where: ENDS[furnishing.host].title, words: same(`${furnishing.name} = ${furnishing.value}`) };
    case 'link':
      return { where: LINK, words: linkWords(furnishing) };
  }
}

/** What lists the rules of a backend, whatever their table. */
const RULES = { iptables: 'iptables-save', nft: 'nft list ruleset' } as const;

const LINK: Text = { en: 'link', zh: '链路' };

const same = (text: string): Text => ({ en: text, zh: text });

function linkWords({ loss, duplication, delayMs }: Extract<Furnishing, { kind: 'link' }>): Text {
  const percent = (share: number): string => `${String(Math.round(share * 1000) / 10)} %`;
  const parts: Text[] = [];
  if (loss !== undefined) parts.push({ en: `loses ${percent(loss)}`, zh: `丢失 ${percent(loss)}` });
  if (duplication !== undefined)
    parts.push({ en: `doubles ${percent(duplication)}`, zh: `重复 ${percent(duplication)}` });
  if (delayMs !== undefined)
    parts.push({ en: `takes ${String(delayMs)} ms each way`, zh: `单程 ${String(delayMs)} 毫秒` });
  return { en: parts.map(({ en }) => en).join(', '), zh: parts.map(({ zh }) => zh).join('，') };
}
