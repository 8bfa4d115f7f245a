/** What is thrown where the kernel does not show the rule that was asked for. */
import { about, RawshakeError } from '../error.js';
import { FILTER } from './flow.js';
import type { FilterPlan } from './plan.js';
import { type Argv, behind } from './argv.js';
import { shellLine } from './shell.js';

/** The command by which a person sees what is in force. */
const lookAt = (plan: FilterPlan): Argv =>
  plan.backend === 'nft' ? ['nft', 'list', 'table', 'inet', plan.table] : plan.save;

/** `enter`: what leads to the host. */
export function notApplied(plan: FilterPlan, enter: readonly string[] = []): RawshakeError {
  const command = behind(enter, lookAt(plan));
  const why = {
    en: `the rule is not there when read back (${plan.comment})`,
    zh: `回读时规则不存在（${plan.comment}）`,
  };
  return new RawshakeError('RS_FILTER_NOT_APPLIED', about(FILTER, why), {
    command,
    hint: {
      en: `Another program may have reloaded the rules. Look with: ${shellLine(command)}`,
      zh: `可能有别的程序重新载入了规则。请用以下命令查看：${shellLine(command)}`,
    },
  });
}
