/** Steps of ordinary programs on kernel sockets. */
import type { Play } from '../play.js';
import type { Actions } from '../step-schema.js';
import { MissingValue } from '../expression.js';
import { HOST_ZH, NOTHING } from './packets.js';

export async function listen(play: Play, { at, port, backlog, accept }: Actions['listen']): Promise<void> {
  await play.programs.listen(at, port === undefined ? play.ends({})[at] : play.number(port), {
    patient: accept === false || backlog !== undefined,
    backlog: backlog === undefined ? undefined : play.number(backlog),
  });
}

export function bind(play: Play, { at, port }: Actions['bind']): void {
  play.programs.bind(at, port === undefined ? play.ends({})[at] : play.number(port));
}

export function connect(play: Play, step: Actions['connect']): void {
  if (step.self === true) play.watchLoopback(step.at);
  play.programs.connect(step.at, play.flow(step.at, play.ends(step)));
}

export async function accept(play: Play, step: Actions['accept']): Promise<void> {
  const flow = play.flow(step.at, play.ends(step));
  const accepted = await play.should(() => play.programs.accept(step.at, flow));
  if (!accepted) throw new MissingValue({ en: 'nobody is in the accept queue', zh: 'accept 队列中没有连接' });
}

export function write(play: Play, step: Actions['write']): void {
  play.programs.write(step.at, play.flow(step.at, play.ends(step)), play.text(step.text));
}

export async function read(play: Play, step: Actions['read']): Promise<void> {
  const flow = play.flow(step.at, play.ends(step));
  const text = play.text(step.text);
  const unread = (): string => play.programs.unread(step.at, flow);
  await play.should(() => unread().length >= text.length, step.within);
  const what = { en: `the program on ${step.at} reads`, zh: `${HOST_ZH[step.at]}上的程序读到` };
  const observed = unread().slice(0, text.length);
  play.check(what, text, observed === '' ? NOTHING : observed);
  play.programs.take(step.at, flow, text.length);
}

/** From here on a program on a kernel socket has the connection. */
export function adopt(play: Play, step: Actions['adopt']): void {
  const flow = play.flow(step.at, play.ends(step));
  const numbers = { seq: play.number(step.seq), ack: play.number(step.ack) };
  play.programs.takeOver(step.at, flow, play.hands.adopt(step.at, flow, numbers));
}

export function close(play: Play, step: Actions['close']): void {
  play.programs.close(step.at, play.flow(step.at, play.ends(step)));
}
