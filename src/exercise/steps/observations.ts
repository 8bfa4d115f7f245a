/** Steps that ask: a socket's state, what a kernel says, what came; held against a value, or given a name. */
import { about, RawshakeError, type Text } from '../../error.js';
import type { EndName } from '../../evidence/host.js';
import { formatFlags } from '../../wire/index.js';
import { fill, type Value } from '../expression.js';
import type { Play } from '../play.js';
import type { Actions } from '../step-schema.js';
import { HOST_ZH, say } from './packets.js';

export async function state(play: Play, step: Actions['state']): Promise<void> {
  const ends = play.ends(step);
  for (const host of ['client', 'server'] as const) {
    const expected = step[host];
    if (expected === undefined) continue;
    const flow = play.flow(host, ends);
    const owner = (): string => play.bench.lab[host].lookup(flow).owner;
    await play.should(() => owner() === expected, step.within);
    const what = { en: `${host}'s kernel, asked who owns the connection`, zh: `问${HOST_ZH[host]}内核：连接归谁` };
    play.check(what, expected, play.bench.lookup(host, flow));
  }
}

export async function event(play: Play, step: Actions['event']): Promise<void> {
  const fits = (): boolean =>
    play.bench
      .heard()
      .some(
        ({ host, event, reason }) =>
          host === step.at && event === step.event && (step.reason === undefined || reason === step.reason),
      );
  // The bench says that it cannot be heard, or not all of it, and why.
  const isUnheard = (): boolean => play.bench.kernelEvents() === undefined;
  const words = `${step.event}${step.reason === undefined ? '' : ` ${step.reason}`}`;
  await play.should(() => fits() || isUnheard(), step.within);
  const came = fits();
  if (!came && isUnheard()) return;
  const what = { en: `${step.at}'s kernel says`, zh: `${HOST_ZH[step.at]}内核说` };
  play.check(what, words, came ? words : 'it did not say so', came);
}

export async function observe(play: Play, step: Actions['observe']): Promise<void> {
  // A packet that is asked for is gone, even if it cannot be held against the answer.
  const { what, now } = await source(play, step);
  const expected = step.is === undefined ? undefined : typeof step.is === 'string' ? play.text(step.is) : step.is;
  if (expected !== undefined) await play.should(() => String(now()) === String(expected), step.within);
  const observed = now();
  if (step.as !== undefined) play.values.set(step.as, observed);
  if (expected === undefined) play.checks.note(what, observed);
  else play.check(what, expected, observed, String(expected) === String(observed));
}

/** What is asked for, and what it is at any moment. */
async function source(
  play: Play,
  step: Actions['observe'],
): Promise<{ readonly what: Text; readonly now: () => Value }> {
  const ends = play.ends(step);
  if (step.next !== undefined) return next(play, step, step.next);
  if (step.state !== undefined) {
    const host = step.state;
    const what = { en: `the state of ${host}'s socket`, zh: `${HOST_ZH[host]}套接字的状态` };
    return { what, now: () => play.bench.lab[host].lookup(play.flow(host, ends)).owner };
  }
  if (step.connect !== undefined) {
    const host = step.connect;
    const flow = play.flow(host, ends);
    if (step.is === undefined) await play.waits(() => play.programs.outcome(host, flow) !== 'connecting', step.within);
    const what = { en: `what connect() says on ${host}`, zh: `${HOST_ZH[host]}上 connect() 的结果` };
    return { what, now: () => play.programs.outcome(host, flow) };
  }
  if (step.unread !== undefined) {
    const host = step.unread;
    const flow = play.flow(host, ends);
    const what = { en: `bytes that wait for the program on ${host}`, zh: `等待${HOST_ZH[host]}上的程序读取的字节数` };
    return { what, now: () => play.programs.unread(host, flow).length };
  }
  if (step.packets !== undefined) {
    const { from, flags, sender } = step.packets;
    const what = { en: `packets of ${from} on the link`, zh: `${HOST_ZH[from]}在链路上的报文数` };
    const now = (): number =>
      play.bench
        .packets()
        .filter(
          (packet) =>
            packet.from === from &&
            (sender === undefined || packet.sender === sender) &&
            (flags === undefined || formatFlags(packet.segment.flags) === flags),
        ).length;
    return { what, now };
  }
  if (step.sockets !== undefined) {
    const { at, state: wanted } = step.sockets;
    const what = { en: `sockets of ${at} in ${wanted}`, zh: `${HOST_ZH[at]}处于 ${wanted} 的套接字数` };
    return { what, now: () => play.bench.sockets(at).filter(({ state: found }) => found === wanted).length };
  }
  if (step.value !== undefined) {
    const value = fill(step.value, play.scope);
    const formula = step.value.replace(/\$\{([^}]*)\}/g, '$1');
    return { what: { en: formula, zh: formula }, now: () => value };
  }
  const { at, name } = step.counter ?? { at: 'client' as const, name: '' };
  if (!play.bench.lab[at].counters().has(name)) throw noCounter(name);
  const what = { en: `${name} of ${at}`, zh: `${HOST_ZH[at]}的 ${name}` };
  return { what, now: () => play.bench.counters(at)[name] ?? 0 };
}

const noCounter = (name: string): RawshakeError =>
  new RawshakeError(
    'RS_SCRIPT',
    about('counter', { en: `this kernel has none that is called ${name}`, zh: `这个内核没有名为 ${name} 的计数器` }),
    { hint: { en: 'See which there are: nstat -az', zh: '请查看有哪些计数器：nstat -az' } },
  );

/** The flags of the next packet, or `none`; the packet itself has the name, too. */
async function next(play: Play, step: Actions['observe'], host: EndName) {
  const hand = play.hand(host, play.ends(step));
  const came = await play.waits(() => hand.hasNext, step.within);
  const what = { en: `the next packet that ${host} receives`, zh: `${HOST_ZH[host]}收到的下一个报文` };
  play.hands.stopSending(host);
  if (!came) return { what, now: () => 'none' };
  const segment = await hand.next();
  play.values.setPacket(step.as, { segment, iss: hand.irs, text: say(segment, hand.theirs, {}) });
  return { what, now: () => formatFlags(segment.flags) };
}
