/** Steps about what stands between: the filter of a hand-made end, and the relay on the link. */
import type { EndName } from '../../evidence/host.js';
import { RawshakeError } from '../../error.js';
import { userRuleCommands } from '../../filter/user-rule.js';
import { REMEDIES } from '../../lab/remedies/index.js';
import type { FramePattern } from '../../lab/relay.js';
import { MissingValue } from '../expression.js';
import type { Play } from '../play.js';
import { checkRule } from '../rule-answer.js';
import type { Actions } from '../step-schema.js';

/** `on`: the exercise's remedy, or iptables where it has none, for all that is made by hand. */
export function filter(play: Play, step: Actions['filter']): void {
  if (step === 'off') play.hands.filters.close();
  else if (step === 'on') {
    const remedy = REMEDIES[play.exercise.remedy === 'none' ? 'iptables' : play.exercise.remedy];
    for (const { host, hand } of play.hands.all) play.hands.protect(remedy, host, hand.flow);
  } else loadRule(play, step.at, play.text(step.rule));
}

/** In the private lab alone, and nothing but what the list of options has. */
function loadRule(play: Play, at: EndName, text: string): void {
  const { family } = play.bench;
  const { add } = userRuleCommands({ commands: [checkRule(text, family)] }, family);
  try {
    for (const argv of add) play.bench.lab[at].run(argv);
  } catch (error) {
    if (!(error instanceof RawshakeError && error.code === 'RS_COMMAND_FAILED')) throw error;
    const said = (error.stderr ?? '').split('\n')[0] ?? '';
    throw new MissingValue({ en: `iptables refuses the rule: ${said}`, zh: `iptables 不接受这条规则：${said}` });
  }
}

export function hold(play: Play, step: Actions['hold']): void {
  play.relay.hold(framePattern(step), step.times === undefined ? undefined : play.number(step.times));
}

export function drop(play: Play, step: Actions['drop']): void {
  play.relay.drop(framePattern(step), step.times === undefined ? undefined : play.number(step.times));
}

export async function held(play: Play, step: Actions['held']): Promise<void> {
  const count = play.number(step.count);
  const came = await play.should(() => play.relay.held.length >= count, step.within);
  play.check({ en: 'packets held on the link', zh: '扣在链路上的报文数' }, count, play.relay.held.length, came);
}

export function release(play: Play): void {
  play.relay.release();
}

const framePattern = ({ from, flags }: Pick<Actions['hold'], 'from' | 'flags'>): FramePattern => ({
  ...(from !== undefined && { direction: from === 'client' ? 'client-to-server' : 'server-to-client' }),
  ...(flags !== undefined && { tcp: { flags } }),
});
