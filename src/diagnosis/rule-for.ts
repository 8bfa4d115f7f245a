/** A finding's advice where a rule helps. */
import { RawshakeError } from '../error.js';
import { exactRule } from '../filter/exact-rule.js';
import { ownerRule } from '../filter/owner-rule.js';
import type { Flow } from '../wire/flow.js';

/** The rule that drops the RSTs of a connection's own kernel; undefined of what can be no filter's connection, as port 0. */
export const ruleFor = (flow: Flow): string | undefined => unlessUnusable(() => exactRule(flow));

/** The same for somebody else's program, which may take another port the next time: `isOpener` where the other side's port is the known one. */
export function ownerRuleFor({ src, srcPort, dst, dstPort }: Flow, isOpener: boolean): string | undefined {
  const ports = isOpener ? { dstPort } : { srcPort };
  return unlessUnusable(() => ownerRule({ src, dst, ...ports }));
}

function unlessUnusable(rule: () => string): string | undefined {
  try {
    return rule();
  } catch (error) {
    if (error instanceof RawshakeError) return undefined;
    throw error;
  }
}
