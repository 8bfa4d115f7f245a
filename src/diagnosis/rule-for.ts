/** A finding's advice where a rule helps. */
import { RawshakeError } from '../error.js';
import { exactRule } from '../filter/exact-rule.js';
import type { Flow } from '../wire/flow.js';

/** The rule that drops the RSTs of a connection's own kernel; undefined of what can be no filter's connection, as port 0. */
export function ruleFor(flow: Flow): string | undefined {
  try {
    return exactRule(flow);
  } catch (error) {
    if (error instanceof RawshakeError) return undefined;
    throw error;
  }
}
