/** What is wrong with a text that is no YAML, in words for whoever wrote it: the parser's own are for whoever calls it. YAML 1.2.2. */
import type { ErrorCode, YAMLParseError } from 'yaml';

const LOOK_AT_INDENTATION = ' (see how far this line and the one before are indented)';

const NOT_CLOSED = 'a { or [ has no } or ] behind it that is indented further than what it stands in';
const MISPLACED = 'what begins here does not belong here';

const WRONG: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*) has no anchor (&) and no tag (!) of its own',
  BAD_ALIAS: 'an anchor (&) or an alias (*) needs a name',
  BAD_COLLECTION_TYPE: 'this tag (!) is for something else',
  BAD_DIRECTIVE: 'this is no directive (%)',
  BAD_DQ_ESCAPE: 'in "…" a backslash is written twice, or use \'…\'',
  BAD_INDENT: `this is not indented as what it belongs to${LOOK_AT_INDENTATION}`,
  BAD_PROP_ORDER: 'an anchor (&) or a tag (!) stands behind the sign of its line',
  BAD_SCALAR_START: 'a text that begins with such a sign needs quotes',
  BLOCK_AS_IMPLICIT_KEY: `a second key on one line: a text with ": " in it needs quotes${LOOK_AT_INDENTATION}`,
  BLOCK_IN_FLOW: 'within { } or [ ] nothing is told by indentation',
  DUPLICATE_KEY: 'each key may be there once',
  IMPOSSIBLE: MISPLACED,
  KEY_OVER_1024_CHARS: 'a key has at most 1024 characters and a colon behind it',
  MISSING_CHAR: 'something is missing in front of this',
  MULTILINE_IMPLICIT_KEY: `a line without a colon, where a key and its value are due${LOOK_AT_INDENTATION}`,
  MULTIPLE_ANCHORS: 'one anchor (&) is enough',
  MULTIPLE_DOCS: 'a second document begins here: leave out what stands from this line (---) on',
  MULTIPLE_TAGS: 'one tag (!) is enough',
  NON_STRING_KEY: 'a key is a text',
  RESOURCE_EXHAUSTION: 'it is nested too deep',
  TAB_AS_INDENT: 'a line is indented by a tab; use blanks',
  TAG_RESOLVE_FAILED: 'this tag (!) is not known',
  UNEXPECTED_TOKEN: MISPLACED,
};

/** Of codes that stand for several things: by what the parser says, which thing. */
const NEARER: readonly (readonly [ErrorCode, RegExp, string])[] = [
  ['BAD_INDENT', /^Flow/, NOT_CLOSED],
  ['MISSING_CHAR', /^Flow/, NOT_CLOSED],
  ['MISSING_CHAR', /quote$/, 'a text in quotes has no end'],
  ['MISSING_CHAR', /^Missing , /, 'a comma is missing between the entries in { } or [ ]'],
  ['MISSING_CHAR', /^Missing space/, 'a colon needs a blank behind it'],
  ['MISSING_CHAR', /^Comments/, 'a comment (#) needs a blank in front of it'],
  ['MISSING_CHAR', /^Tags/, 'an anchor (&) or a tag (!) needs a blank behind it'],
  ['MISSING_CHAR', /- indicator$/, `an entry of a list has no - in front of it${LOOK_AT_INDENTATION}`],
  ['MISSING_CHAR', /^Implicit/, `a key has no colon behind it${LOOK_AT_INDENTATION}`],
];

export function yamlFault({ code, message }: Pick<YAMLParseError, 'code' | 'message'>): string {
  const nearer = NEARER.find(([of, words]) => of === code && words.test(message));
  return nearer?.[2] ?? WRONG[code];
}
