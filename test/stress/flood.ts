/**
 * 20,000 SYNs a second for a minute, from addresses drawn by chance: `listen --http` and, in the same run, a kernel's listener
 * serve curl meanwhile, at a round trip of 0 and of 200 ms.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab } from '../../src/lab/lab.js';
import type { NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { start } from '../support/cli.js';
import { addFarHost } from '../support/far-host.js';
import { type UnderFlood, underFlood } from '../support/under-flood.js';

const MOST_MS = 4000;
const MOST_MB = 200;

const KERNEL_SERVER = `require('http').createServer((_, response) => response.end('by a kernel\\n'))
  .listen(Number(process.argv[1]), '0.0.0.0', () => console.error('ready'))`;

async function ready(child: ChildProcess): Promise<void> {
  if (child.stderr !== null) await once(child.stderr, 'data');
}

async function stop(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGINT');
  await closed;
}

function tell(what: string, result: UnderFlood): void {
  const { served, sent, peakMb, processorShare } = result;
  const times = served.map(({ ok, ms }) => (ok ? ms : Infinity)).sort((a, b) => a - b);
  const at = (share: number): number => times[Math.ceil(share * times.length) - 1] ?? Infinity;
  process.stdout.write(
    `${what}: ${Math.round(sent / result.seconds)} SYNs/s for ${Math.round(result.seconds)} s; curl ${served.length} times, ` +
      `the first after ${served[0]?.ms ?? Infinity} ms, median ${at(0.5)} ms, longest ${at(1)} ms; ` +
      `${peakMb ?? 0} MB, ${Math.round((processorShare ?? 0) * 100)} % of a processor\n`,
  );
}

/** Prints who was served when; whether `listen` served all in time and took no more memory than it may. */
export async function playFlood(seconds = 60, perSecond = 20_000): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-flood-'));
  writeFileSync(join(folder, 'a.txt'), 'made by hand\n');
  let soon = true;
  try {
    for (const roundTripMs of [0, 200]) {
      const lab = createLab();
      const far = roundTripMs === 0 ? undefined : addFarHost(lab, roundTripMs / 2);
      const from: NetworkNamespace = far?.netns ?? lab.client.netns;
      const prefix = ['nsenter', `--net=${lab.server.netns.path}`];
      const options = { from, perSecond, count: perSecond * seconds, after: perSecond / 2, everyMs: 1000 };
      const address = lab.server.address(4);
      const byHand = start(['listen', '8080', '--address', address, '--http', folder], { prefix });
      const lines: string[] = [];
      byHand.stderr?.setEncoding('utf8').on('data', (text: string) => lines.push(text.trimEnd()));
      await ready(byHand);
      const result = await underFlood(lab, { ...options, port: 8080, server: byHand });
      tell(`listen --http, round trip ${roundTripMs} ms`, result);
      process.stdout.write(`  ${lines.slice(1).join('\n  ')}\n`);
      if (result.served.some(({ ok, ms }) => !ok || ms > MOST_MS) || (result.peakMb ?? 0) > MOST_MB) soon = false;
      await stop(byHand);
      const [program, ...args] = [...prefix, process.execPath, '-e', KERNEL_SERVER, '8081'];
      const kernel = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      await ready(kernel);
      tell(
        `a kernel's listener, round trip ${roundTripMs} ms`,
        await underFlood(lab, { ...options, port: 8081, server: kernel }),
      );
      await stop(kernel);
      far?.close();
      lab.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return soon;
}
