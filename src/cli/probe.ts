/** `rawshake probe`: one crafted segment out, and what comes back. */
import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { colours } from '../report/colours.js';
import { describeIcmp } from '../driver/icmp.js';
import type { Language } from '../error.js';
import { requireLinux } from '../linux/libc/platform.js';
import { probe, type ProbeResult } from '../live/index.js';
import { packetsJson } from '../report/json.js';
import { ProbeDocuments } from './probe-json.js';
import { zonedFlow } from '../linux/port/zone.js';
import { endpoint } from '../wire/flow.js';
import { EXIT } from './exit-code.js';
import { interruptible } from './interrupt.js';
import { inNamespace, type LiveOptions, seconds, withLiveOptions } from './live-options.js';
import { languageOf, printJson, printText } from './output.js';
import { packetOf } from './packet-of-options.js';
import { type PeerOptions, withPeer } from './peer-options.js';
import { type SynOptions, withSynOptions } from './syn-options.js';
import { exampleText, told } from './told.js';

interface Options extends Omit<LiveOptions, 'filter'>, SynOptions, PeerOptions {
  readonly count: number;
  readonly timeout: number;
}

export const probeCommand = (): Command =>
  withSynOptions(
    withLiveOptions(
      withPeer(
        new Command('probe').description(
          told({ en: 'send one crafted segment and show what comes back', zh: '发送一个自制的报文段，显示收到的应答' }),
        ),
      )
        .option('--count <n>', told({ en: 'send it so often, one after the other', zh: '依次发送这么多次' }), count, 1)
        .option('--timeout <seconds>', told({ en: 'how long to wait for an answer', zh: '等待应答多久' }), seconds, 1),
      { filter: false },
    ),
  )
    .addHelpText('after', exampleText('rawshake probe 192.0.2.2 80 --flags S --mss 1460'))
    .action(run);

const MOST = 10_000;

function count(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > MOST) {
    throw new InvalidArgumentError(
      told({ en: `A count is a whole number from 1 to ${String(MOST)}.`, zh: `次数是 1 到 ${String(MOST)} 的整数。` }),
    );
  }
  return value;
}

async function run(host: string, portNumber: number, options: Options): Promise<void> {
  requireLinux();
  const { source, sourcePort, transport, timeout, json } = options;
  const documents = new ProbeDocuments();
  let unanswered = 0;
  await interruptible('probe', (signal) =>
    inNamespace(options.netns, async (netns) => {
      for (let i = 0; i < options.count; i++) {
        const result = await probe({
          host,
          port: portNumber,
          transport,
          timeoutMs: timeout * 1000,
          craft: (flow) => packetOf(unguessable(options), flow),
          signal,
          ...(netns !== undefined && { netns }),
          interfaceName: options.interface,
          ...(source !== undefined && { source }),
          ...(sourcePort !== undefined && { sourcePort }),
        });
        if (result.outcome !== 'syn-ack') unanswered++;
        if (json === true) documents.add(result);
        else printText(probeText(result, languageOf(options)));
      }
    }),
  );
  if (json === true) printJson(documents.one());
  process.exitCode = unanswered === 0 ? EXIT.asExpected : EXIT.notAsExpected;
}

/** With a random sequence number where none is given, so that nobody who does not see the segment can forge an answer to it. */
const unguessable = (options: SynOptions): SynOptions =>
  options.seq === undefined && options.packet === undefined ? { ...options, seq: randomInt(2 ** 32) } : options;

function probeText({ outcome, flow, zone, sent, replies, leftOut, icmp }: ProbeResult, language: Language): string {
  const [first, ...rest] = packetsJson([sent, ...replies]);
  const { src, srcPort, dst, dstPort } = zonedFlow(flow, zone);
  const ends = `${endpoint(src, srcPort)} > ${endpoint(dst, dstPort)}`;
  const paint = outcome === 'syn-ack' ? colours.green : colours.red;
  const lines = rest.map(({ at, text }, i) => {
    const note = replies[i]?.answers === true ? '' : colours.yellow('  (does not answer what was sent)');
    return `${timeOf(at * 1000)}  ${text}${note}`;
  });
  if (leftOut.packets > 0) lines.splice(leftOut.after, 0, colours.yellow(`(${leftOut.packets} more are left out)`));
  return [
    `${colours.dim(ends)}  ${first?.text ?? ''}`,
    ...lines,
    icmp === undefined
      ? paint(outcome)
      : `${timeOf(icmp.at - sent.at)}  ${paint(`ICMP: ${describeIcmp(icmp)[language]}`)}`,
    '',
  ].join('\n');
}

const timeOf = (ms: number): string => colours.dim(`${ms.toFixed(3)} ms`);
