/** What is wrong with a text that is no YAML, in words for whoever wrote it: the parser's own are for whoever calls it. YAML 1.2.2. */
import type { ErrorCode, YAMLParseError } from 'yaml';
import type { Text } from '../error.js';

const LOOK_AT_INDENTATION = ' (see how far this line and the one before are indented)';
const LOOK_AT_INDENTATION_ZH = '（请查看这一行和上一行的缩进）';

const NOT_CLOSED: Text = {
  en: 'a { or [ has no } or ] behind it that is indented further than what it stands in',
  zh: '{ 或 [ 之后没有比它所在处缩进更深的 } 或 ]',
};
const MISPLACED: Text = { en: 'what begins here does not belong here', zh: '从这里开始的内容不属于这里' };

const WRONG: Readonly<Record<ErrorCode, Text>> = {
  ALIAS_PROPS: {
    en: 'an alias (*) has no anchor (&) and no tag (!) of its own',
    zh: '别名（*）不能有自己的锚（&）或标签（!）',
  },
  BAD_ALIAS: { en: 'an anchor (&) or an alias (*) needs a name', zh: '锚（&）或别名（*）需要名字' },
  BAD_COLLECTION_TYPE: { en: 'this tag (!) is for something else', zh: '这个标签（!）用于别的内容' },
  BAD_DIRECTIVE: { en: 'this is no directive (%)', zh: '这不是指令（%）' },
  BAD_DQ_ESCAPE: {
    en: 'in "…" a backslash is written twice, or use \'…\'',
    zh: '在 "…" 中反斜杠要写两个，或改用 \'…\'',
  },
  BAD_INDENT: {
    en: `this is not indented as what it belongs to${LOOK_AT_INDENTATION}`,
    zh: `这里的缩进与它所属的内容不一致${LOOK_AT_INDENTATION_ZH}`,
  },
  BAD_PROP_ORDER: {
    en: 'an anchor (&) or a tag (!) stands behind the sign of its line',
    zh: '锚（&）或标签（!）写在了本行符号之后',
  },
  BAD_SCALAR_START: { en: 'a text that begins with such a sign needs quotes', zh: '以这种符号开头的文字需要加引号' },
  BLOCK_AS_IMPLICIT_KEY: {
    en: `a second key on one line: a text with ": " in it needs quotes${LOOK_AT_INDENTATION}`,
    zh: `一行中出现了第二个键：含有 ": " 的文字需要加引号${LOOK_AT_INDENTATION_ZH}`,
  },
  BLOCK_IN_FLOW: { en: 'within { } or [ ] nothing is told by indentation', zh: '在 { } 或 [ ] 中不能用缩进表示结构' },
  DUPLICATE_KEY: { en: 'each key may be there once', zh: '每个键只能出现一次' },
  IMPOSSIBLE: MISPLACED,
  KEY_OVER_1024_CHARS: {
    en: 'a key has at most 1024 characters and a colon behind it',
    zh: '键最多 1024 个字符，后面要有冒号',
  },
  MISSING_CHAR: { en: 'something is missing in front of this', zh: '这里的前面缺少内容' },
  MULTILINE_IMPLICIT_KEY: {
    en: `a line without a colon, where a key and its value are due${LOOK_AT_INDENTATION}`,
    zh: `应当是键和值的一行没有冒号${LOOK_AT_INDENTATION_ZH}`,
  },
  MULTIPLE_ANCHORS: { en: 'one anchor (&) is enough', zh: '一个锚（&）就够了' },
  MULTIPLE_DOCS: {
    en: 'a second document begins here: leave out what stands from this line (---) on',
    zh: '这里开始了第二个文档：请去掉从这一行（---）起的内容',
  },
  MULTIPLE_TAGS: { en: 'one tag (!) is enough', zh: '一个标签（!）就够了' },
  NON_STRING_KEY: { en: 'a key is a text', zh: '键应为文字' },
  RESOURCE_EXHAUSTION: { en: 'it is nested too deep', zh: '嵌套太深' },
  TAB_AS_INDENT: { en: 'a line is indented by a tab; use blanks', zh: '这一行用制表符缩进；请用空格' },
  TAG_RESOLVE_FAILED: { en: 'this tag (!) is not known', zh: '不认识这个标签（!）' },
  UNEXPECTED_TOKEN: MISPLACED,
};

/** Of codes that stand for several things: by what the parser says, which thing. */
const NEARER: readonly (readonly [ErrorCode, RegExp, Text])[] = [
  ['BAD_INDENT', /^Flow/, NOT_CLOSED],
  ['MISSING_CHAR', /^Flow/, NOT_CLOSED],
  ['MISSING_CHAR', /quote$/, { en: 'a text in quotes has no end', zh: '引号中的文字没有结束' }],
  [
    'MISSING_CHAR',
    /^Missing , /,
    { en: 'a comma is missing between the entries in { } or [ ]', zh: '{ } 或 [ ] 中的各项之间缺少逗号' },
  ],
  ['MISSING_CHAR', /^Missing space/, { en: 'a colon needs a blank behind it', zh: '冒号后面需要空格' }],
  ['MISSING_CHAR', /^Comments/, { en: 'a comment (#) needs a blank in front of it', zh: '注释（#）前面需要空格' }],
  [
    'MISSING_CHAR',
    /^Tags/,
    { en: 'an anchor (&) or a tag (!) needs a blank behind it', zh: '锚（&）或标签（!）后面需要空格' },
  ],
  [
    'MISSING_CHAR',
    /- indicator$/,
    {
      en: `an entry of a list has no - in front of it${LOOK_AT_INDENTATION}`,
      zh: `列表的一项前面没有 -${LOOK_AT_INDENTATION_ZH}`,
    },
  ],
  [
    'MISSING_CHAR',
    /^Implicit/,
    { en: `a key has no colon behind it${LOOK_AT_INDENTATION}`, zh: `键后面没有冒号${LOOK_AT_INDENTATION_ZH}` },
  ],
];

export function yamlFault({ code, message }: Pick<YAMLParseError, 'code' | 'message'>): Text {
  const nearer = NEARER.find(([of, words]) => of === code && words.test(message));
  return nearer?.[2] ?? WRONG[code];
}
