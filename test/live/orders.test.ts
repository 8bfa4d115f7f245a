/**
 * Orders of events: input and peer end, the peer resets or vanishes, rules are reloaded, somebody interrupts. Whatever comes
 * first, it ends, with the filter gone. `RAWSHAKE_TEST_SEED=17` plays one alone.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { RawshakeError } from '../../src/error.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { Leases } from '../../src/linux/process/leases.js';
import { loadRawSocket } from '../../src/linux/port/raw-socket-module.js';
import { converse } from '../../src/live/converse.js';
import { formatSegment } from '../../src/wire/index.js';
import { startStreaming } from '../support/stream-programs.js';
import { finish } from '../support/cli.js';
import { orderOf, type Result } from './orders/order.js';
import { VANISHED } from './orders/peers.js';
import { peerPort } from './orders/peers.js';
import { type Connecting, play, type Start } from './orders/play.js';

const TRANSPORTS = ['libc', 'packet', ...('module' in loadRawSocket() ? (['raw-socket'] as const) : [])] as const;

const inProcess: Start = (lab, order, sourcePort): Connecting => {
  const input = new PassThrough();
  const controller = new AbortController();
  const packets: string[] = [];
  const { family, transport, filter, close, adopt, waitMs } = order;
  const conversation = converse({
    ...{ host: lab.server.address(family), port: peerPort(order), netns: lab.client.netns, sourcePort },
    ...{ transport, filter, close, adopt, waitMs, input, output: undefined },
    ...{ signal: controller.signal, tcp: { synRetries: 1 } },
    onPacket({ at, sender, segment }) {
      packets.push(`${at.toFixed(0)} ${sender}: ${formatSegment(segment).replace(/ (<|win).*/, '')}`);
    },
  });
  const result = conversation.then(
    ({ outcome, received, inputLeftOut }): Result => ({ outcome, received: received.text, inputLeftOut }),
    (error: unknown): Result => {
      if (!(error instanceof RawshakeError)) throw error;
      return { outcome: error.code, received: '', inputLeftOut: false };
    },
  );
  return {
    result,
    packets,
    input: (text) => void input.write(text),
    endInput: () => void input.end(),
    interrupt: () => {
      controller.abort();
    },
  };
};

const byProgram: Start = (lab, order, sourcePort): Connecting => {
  const { family, transport, filter, close, adopt, waitMs } = order;
  const child = startStreaming(lab.client.netns, [
    ...['connect', lab.server.address(family), String(peerPort(order)), '--json', '--stdin'],
    ...['--source-port', String(sourcePort), '--transport', transport, '--filter', filter],
    ...['--close', close, '--wait', String(waitMs / 1000), ...(adopt ? ['--adopt'] : [])],
  ]);
  child.stdin?.on('error', () => undefined);
  const result = finish(child).then(({ stdout, code, signal }): Result => {
    // Before it can hear a signal there is nothing to say.
    if (stdout === '' && (code === 130 || signal === 'SIGINT'))
      return { outcome: 'RS_INTERRUPTED', received: '', inputLeftOut: false };
    const said = JSON.parse(stdout) as Partial<Result> & { readonly error?: { readonly code: `RS_${string}` } };
    const outcome = said.error?.code ?? said.outcome ?? 'RS_NOTHING';
    return { outcome, received: said.received ?? '', inputLeftOut: said.inputLeftOut ?? false };
  });
  return {
    result,
    input: (text) => void child.stdin?.write(text),
    endInput: () => void child.stdin?.end(),
    interrupt: () => void child.kill('SIGINT'),
  };
};

const chosen = process.env['RAWSHAKE_TEST_SEED'];

/** So many at a time: a program whose event loop stands still for seconds does not hear who answers. */
const AT_ONCE = 10;
const PER_LAB = 25;

/** Beside one another; what is wrong, and what they have left. */
async function playAll(seeds: readonly number[], start: Start): Promise<readonly string[]> {
  const leases = new Leases();
  const opened = Array.from({ length: Math.ceil(seeds.length / PER_LAB) }, () => leases.add(createLab()));
  for (const lab of opened) lab.server.run(['nft', '-f', '-'], VANISHED);
  const wrong: string[] = [];
  const toPlay = seeds.entries();
  const playNext = async (): Promise<void> => {
    for (const [i, seed] of toPlay) {
      const lab = opened[i % opened.length];
      if (lab !== undefined) wrong.push(...(await play(lab, orderOf(seed, TRANSPORTS), start)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, playNext));
  const left = opened.flatMap(rulesLeft);
  leases.close();
  return [...wrong, ...left];
}

const rulesLeft = ({ client }: Lab): readonly string[] => {
  const rules = ['iptables-save', 'ip6tables-save']
    .map((save) => client.run([save]))
    .join('')
    .split('\n');
  const tables = client.run(['nft', 'list', 'tables']).split('\n');
  return [...rules.filter((line) => line.startsWith('-A')), ...tables.filter((table) => table.includes('rawshake'))];
};

const descriptors = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/, '')];
    } catch {
      return []; // that of the folder
    }
  });

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

if (chosen !== undefined) {
  test(`seed ${chosen}`, async () => {
    expect(await playAll([Number(chosen)], Number(chosen) > 200 ? byProgram : inProcess)).toEqual([]);
  });
} else {
  test('200 orders', { timeout: 300_000 }, async () => {
    await playAll([1], inProcess); // what stays open is open then
    const before = descriptors().sort();
    expect(await playAll(range(1, 200), inProcess)).toEqual([]);
    expect(descriptors().sort()).toEqual(before);
  });

  test('12 of the program itself', { timeout: 120_000 }, async () => {
    expect(await playAll(range(201, 12), byProgram)).toEqual([]);
  });
}
