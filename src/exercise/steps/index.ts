/** All steps by their names, and how a list of them is played. */
import type { Text } from '../../error.js';
import { SystemCallError } from '../../linux/libc/libc.js';
import { MissingValue, UnusableAnswer } from '../expression.js';
import type { Play } from '../play.js';
import { actionOf, type Actions, MOST_TIMES, type Step } from '../step-schema.js';
import { countUpTo } from './count.js';
import { finding } from './finding.js';
import { drop, filter, held, hold, release } from './link.js';
import { event, observe, state } from './observations.js';
import { expect, seen, send, silence } from './packets.js';
import { accept, adopt, bind, close, connect, listen, read, write } from './programs.js';
import { run } from './run.js';

type Handlers = {
  readonly [Name in keyof Actions]: (play: Play, step: Actions[Name]) => void | Promise<void>;
};

const HANDLERS: Handlers = {
  ...{ send, expect, silence, seen, state, event, observe },
  ...{ listen, bind, connect, accept, write, read, close, adopt },
  ...{ filter, hold, held, drop, release },
  ...{ run, finding },
  repeat: async (play, { times, as, steps }) => {
    const count = countUpTo(MOST_TIMES, play.number(times));
    for (let i = 0; i < count; i++) {
      if (as !== undefined) play.values.set(as, i);
      await playSteps(play, steps, 'repeat');
    }
  },
};

/** In order. A step that cannot be done is a check that failed, and the next ones are tried all the same. */
export async function playSteps(play: Play, steps: readonly Step[], path = 'steps'): Promise<void> {
  for (const [i, step] of steps.entries()) {
    const action = actionOf(step);
    play.count();
    play.checks.begin({
      path: `${path}[${String(i)}].${action}`,
      label: step.label,
      question: play.decisions.of(step)?.question,
    });
    try {
      await playStep(play, action, step);
      // What the step made happen in this process is to be over when the next one begins.
      await new Promise(setImmediate);
    } catch (error) {
      play.decisions.pass(step.repeat?.steps ?? []); // how often is not known
      if (error instanceof UnusableAnswer) play.checks.refuse(error.text);
      else play.checks.impossible(action, reasonOf(error));
    }
  }
}

/** Why a step cannot be done: what it needs is missing, or the kernel refuses it. */
function reasonOf(error: unknown): Text {
  if (error instanceof MissingValue) return error.text;
  if (error instanceof SystemCallError)
    return { en: `the kernel refuses it: ${error.message}`, zh: `内核拒绝：${error.message}` };
  throw error;
}

async function playStep(play: Play, action: keyof Actions, step: Step): Promise<void> {
  // Each handler is for the action by whose name it is found.
  const handler = HANDLERS[action] as (play: Play, value: unknown) => void | Promise<void>;
  await handler(play, step[action]);
}
