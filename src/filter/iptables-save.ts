/** Reads what `iptables-save -c` prints: `[packets:bytes] -A CHAIN …`. */
import { ruleWords } from './rule-file.js';

export interface SavedRule {
  readonly chain: string;
  readonly match: readonly string[];
  readonly packets: number;
  readonly bytes: number;
}

/** Every rule of the output, in order. */
export function parseSavedRules(text: string): SavedRule[] {
  return text.split('\n').flatMap((line) => {
    const parts = /^\[(\d+):(\d+)\] -A (\S+) ?(.*)$/.exec(line);
    if (parts === null) return [];
    const [, packets, bytes, chain = '', match = ''] = parts;
    return [{ chain, match: ruleWords(match), packets: Number(packets), bytes: Number(bytes) }];
  });
}
