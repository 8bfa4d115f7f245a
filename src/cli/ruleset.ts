/** Rules of the user's own, given one by one or in a file. */
import { type Command, Option } from 'commander';
import { about, RawshakeError, type Text } from '../error.js';
import { readTextFile } from '../linux/file/text-file.js';
import { told } from './told.js';

/** As large as anybody's rules. */
const MOST_RULES_BYTES = 256 * 1024;

/** @throws {RawshakeError} RS_FILE */
export function readRuleset(name: string): { readonly name: string; readonly text: string } {
  const read = readTextFile(name, { mostBytes: MOST_RULES_BYTES });
  if (read.ok) return { name, text: read.value };
  throw new RawshakeError('RS_FILE', about(name, read.error), {
    hint: {
      en: 'Give a file of rules, as nft -f or iptables-restore takes it.',
      zh: '请给出 nft -f 或 iptables-restore 所用的规则文件。',
    },
  });
}

/** `when`: it is in force. */
export const withRules = (command: Command, when: Text): Command =>
  command
    .addOption(
      new Option(
        '--rule <arguments>',
        told({
          en: `a rule of your own, ${when.en}, loaded in the lab only: iptables' arguments, or nft add …; may be repeated`,
          zh: `你自己的规则，${when.zh}，只在实验环境中加载：iptables 的参数，或 nft add …；可重复给出`,
        }),
      ).argParser((text: string, before?: readonly string[]) => [...(before ?? []), text]),
    )
    .option(
      '--ruleset <file>',
      told({
        en: 'the same from a file, of nft -f or of iptables-save; loaded before any --rule',
        zh: '同上，但取自文件（nft -f 或 iptables-save 的格式）；先于各条 --rule 加载',
      }),
    );
