/** What `rawshake lab shell` says before the shell begins: who is where, and how a second terminal gets in. */
import { colours } from './colours.js';
import { padTo } from './columns.js';
import type { Language, Text } from '../error.js';
import { printableData } from '../printable.js';
import { type EndName, ENDS } from '../evidence/host.js';
import { say } from './words.js';

export interface ShellHost {
  readonly addresses: readonly string[];
  /** The line that opens a shell in it from another terminal. */
  readonly enter: string;
}

const INTRODUCTION: Text = {
  en: 'Two hosts on one link, in namespaces of their own. Nothing here reaches your network; `exit` takes it all down.',
  zh: '一条链路，两台主机，各在自己的命名空间中。这里的一切都到不了你的网络；输入 `exit` 即全部撤除。',
};
const HERE: Text = { en: 'you are here', zh: '你在这里' };
const ANOTHER: Text = { en: 'From another terminal', zh: '在另一个终端中进入' };

export function labShellText(here: EndName, known: Readonly<Record<EndName, ShellHost>>, language: Language): string {
  const hosts = printableData(known);
  const names = ['client', 'server'] as const;
  const colon = language === 'zh' ? '：' : ':';
  return [
    say(INTRODUCTION, language),
    '',
    ...names.map((name) => {
      const words = [
        padTo(say(ENDS[name].title, language), 6),
        ...hosts[name].addresses.map((address) => padTo(address, 11)),
      ];
      return `  ${[...words, ...(name === here ? [colours.bold(say(HERE, language))] : [])].join('  ')}`.trimEnd();
    }),
    '',
    say(ANOTHER, language) + colon,
    ...names.map((name) => `  ${padTo(say(ENDS[name].title, language), 6)}  ${hosts[name].enter}`),
    '',
    '',
  ].join('\n');
}
