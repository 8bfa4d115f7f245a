/** What commander says of arguments that it does not take, in one line and in both languages. */
import type { CommanderError } from 'commander';
import type { Text } from '../error.js';
import { usage } from './usage.js';

/** Its sentences, and what stands for each in Chinese. Values may have any characters. */
const CHINESE: readonly (readonly [RegExp, string])[] = [
  [/^missing required argument '(.*)'$/s, '缺少参数 <$1>'],
  [/^option '(.*)' argument missing$/s, "选项 '$1' 缺少值"],
  [/^required option '(.*)' not specified$/s, "必须给出选项 '$1'"],
  [/^option '(.*)' cannot be used with option '(.*)'$/s, "选项 '$1' 不能与选项 '$2' 同时使用"],
  [/^option '(.*?)' argument '(.*)' is invalid\. (.*)$/s, "选项 '$1' 的值 '$2' 无效。$3"],
  [/^<(.*?)> cannot be '(.*)': (.*)$/s, "<$1> 不能是 '$2'：$3"],
  [/^unknown option '(.*)'$/s, "没有选项 '$1'"],
  [/^unknown command '(.*)'$/s, "没有命令 '$1'"],
  [
    /^too many arguments(?: for '(.*)')?\. Expected (\d+) arguments? but got (\d+)\.$/s,
    '参数过多：应为 $2 个，给出了 $3 个。',
  ],
];

/** What may stand at the end of any of them. */
const ENDS: readonly (readonly [RegExp, (list: string) => string])[] = [
  [/ ?\(Did you mean (?:one of )?(.*)\?\)$/s, (near) => `（是不是 ${chineseList(near)}？）`],
  [/Allowed choices are (.*)\.$/s, (choices) => `可选：${chineseList(choices)}。`],
];

const chineseList = (list: string): string => list.replaceAll(', ', '、');

/** With what it takes for meant. */
export function usageText({ message }: CommanderError): Text {
  const en = message
    .replace(/^error: /, '')
    .replace(/^command-argument value '(.*)' is invalid for argument '(.*?)'\. /s, "<$2> cannot be '$1': ")
    .replace(/\n(\(Did you mean [^\n]*\))$/, ' $1');
  return usage({ en, zh: inChinese(en) });
}

function inChinese(en: string): string {
  for (const [end, zh] of ENDS) {
    const found = end.exec(en);
    if (found !== null) return translated(en.slice(0, found.index)) + zh(found[1] ?? '');
  }
  return translated(en);
}

function translated(en: string): string {
  const [sentence, zh] = CHINESE.find(([known]) => known.test(en)) ?? [];
  return sentence === undefined || zh === undefined ? en : en.replace(sentence, zh);
}
