/** Whether each step is possible on its host: packets where they are made by hand, programs where one was started, a relay in the link. */
import type { Text } from '../error.js';
import type { EndName } from '../evidence/host.js';
import { expected } from './expected.js';
import type { Exercise } from './schema.js';
import type { Step } from './step-schema.js';

export interface HostProblem {
  /** Below the step's action. */
  readonly key: readonly string[];
  readonly message: Text;
}

export class HostCheck {
  /** Where the steps up to now have started a program. */
  readonly #programs = new Set<EndName>();

  constructor(private readonly exercise: Exercise) {}

  /** To be asked of the steps in their order. */
  problems(step: Step): readonly HostProblem[] {
    const starts = step.listen ?? step.connect ?? step.accept ?? step.adopt;
    if (starts !== undefined) this.#programs.add(starts.at);
    return [
      ...this.#byHand(step),
      ...this.#byProgram(step),
      ...this.#foreign(step),
      ...this.#onLink(step),
      ...ofState(step),
    ];
  }

  #byHand({ send, expect, silence, adopt, observe }: Step): readonly HostProblem[] {
    const at = expect?.at ?? silence?.at ?? adopt?.at;
    const [key, host] =
      send !== undefined ? ['from', send.from] : at !== undefined ? ['at', at] : ['next', observe?.next];
    if (host === undefined || this.exercise.hosts[host] === 'raw') return [];
    const message = expected(
      `a raw host, and ${host} is a kernel host (see hosts; seen: shows its packets)`,
      `raw 主机，而 ${host} 是 kernel 主机（见 hosts；它的报文可用 seen: 查看）`,
    );
    return [{ key: [key], message }];
  }

  #byProgram({ write, read, close, observe }: Step): readonly HostProblem[] {
    const at = write?.at ?? read?.at ?? close?.at;
    const [key, host] =
      at !== undefined
        ? ['at', at]
        : observe?.unread !== undefined
          ? ['unread', observe.unread]
          : ['connect', observe?.connect];
    if (host === undefined || this.#programs.has(host)) return [];
    const message = expected(
      `a host on which a program listens, connects or adopts in a step before, and on ${host} none does`,
      `在此前的步骤中已有程序监听、连接或接管的主机，而 ${host} 上没有`,
    );
    return [{ key: [key], message }];
  }

  /** A packet that is made by hand could not be told from one of the program there. */
  #foreign({ run }: Step): readonly HostProblem[] {
    if (run === undefined || this.exercise.hosts[run.at] === 'kernel') return [];
    const message = expected(
      `a kernel host, and ${run.at} is a raw host (see hosts)`,
      `kernel 主机，而 ${run.at} 是 raw 主机（见 hosts）`,
    );
    return [{ key: ['at'], message }];
  }

  #onLink(step: Step): readonly HostProblem[] {
    const isAsked = [step.hold, step.held, step.drop, step.release].some((action) => action !== undefined);
    if (!isAsked || isRelayed(this.exercise)) return [];
    return [
      {
        key: [],
        message: expected('link: { relay: true } at the top of the exercise', '练习开头的 link: { relay: true }'),
      },
    ];
  }
}

const ofState = ({ state }: Step): readonly HostProblem[] =>
  state !== undefined && state.client === undefined && state.server === undefined
    ? [
        {
          key: [],
          message: expected('the state of a host: { server: ESTABLISHED }', '某一主机的状态：{ server: ESTABLISHED }'),
        },
      ]
    : [];

/** Whether this process passes on every frame of the link. */
export const isRelayed = ({ link }: Exercise): boolean =>
  link.relay === true || link.loss !== undefined || link.duplication !== undefined || link.delay !== undefined;
