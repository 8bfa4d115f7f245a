/**
 * What clients do to `listen --http` without any flood, and to a kernel's listener in the same run: as many connections at once as it
 * has places, and 5,000, of which most have to give way; thousands that ask and do not read (zero windows); and minutes of connections
 * that come and go.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { connectInside } from '../../src/linux/port/kernel-socket.js';
import { runInside } from '../judges/programs.js';
import { start } from '../support/cli.js';
import { curl, memoryMb } from '../support/under-flood.js';

const PORT = 8080;
/** As many as `--http` serves at a time. */
const PLACES = 1000;
const AT_ONCE = 5000;
const SLOW_READERS = 2000;
/** SECURITY.md: so much where thousands of peers connect, ask and do not read. */
const MOST_MB = 650;
/** What the last third of the churn may take beyond the first: nothing is kept of a connection that is over. */
const GROWTH_MB = 20;

const KERNEL_SERVER = `const { createReadStream } = require('fs');
require('http').createServer(({ url }, response) => createReadStream(process.argv[2] + url).pipe(response))
  .listen(Number(process.argv[1]), '0.0.0.0', 4096, () => console.error('ready'))`;

interface Place {
  readonly lab: Lab;
  readonly url: (name: string) => string;
  readonly server: ChildProcess;
}

const residentMb = ({ pid }: ChildProcess): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]) / 1024);

/** Requests over so many connections, which are kept for as long as the server lets them. */
async function atOnce(
  { lab, url }: Place,
  connections: number,
): Promise<{ readonly requests: number; readonly trouble: string }> {
  const argv = ['wrk', '-t', '1', '-c', String(connections), '-d', '20s', '--timeout', '20s', url('small')] as const;
  const said = (await runInside(lab.client.netns, argv)).toString();
  const trouble = [...said.matchAll(/Socket errors: .*|Non-2xx.*/g)].map(String).join('; ');
  return { requests: Number(/(\d+) requests in/.exec(said)?.[1]), trouble };
}

/** Connections that ask for more than any buffer holds, and read nothing. */
async function slowReaders({ lab }: Place): Promise<readonly Socket[]> {
  const ends = { remote: lab.server.address(4), remotePort: PORT };
  return Promise.all(
    Array.from({ length: SLOW_READERS }, async () => {
      const socket = connectInside(lab.client.netns, ends).pause();
      await once(socket, 'connect');
      socket.on('error', () => undefined).write('GET /large HTTP/1.1\r\nHost: lab\r\n\r\n');
      return socket;
    }),
  );
}

/** Connections that come and go, one for each request; how many of them failed. */
async function churn({ lab, url }: Place, requests: number): Promise<number> {
  const argv = ['ab', '-q', '-n', String(requests), '-c', '50', url('small')] as const;
  const said = (await runInside(lab.client.netns, argv)).toString();
  return (
    requests - Number(/Complete requests: +(\d+)/.exec(said)?.[1]) + Number(/Failed requests: +(\d+)/.exec(said)?.[1])
  );
}

async function play(who: string, place: Place, seconds: number): Promise<boolean> {
  const say = (text: string): void => void process.stdout.write(`${who}: ${text}\n`);
  let served = true;
  for (const connections of [PLACES, AT_ONCE]) {
    const { requests, trouble } = await atOnce(place, connections);
    if (connections === PLACES) served = trouble === '';
    const all = trouble === '' ? 'no error' : trouble;
    say(`${connections} connections at once: ${requests} requests in 20 s, ${all}; ${residentMb(place.server)} MB`);
  }

  const readers = await slowReaders(place);
  const { ok, ms } = await curl(place.lab.client.netns, place.url('small'));
  const [slowMb, how] = [residentMb(place.server), ok ? `served in ${ms} ms` : 'NOT SERVED'];
  say(`${readers.length} that ask and do not read: another is ${how}; ${slowMb} MB`);
  for (const socket of readers) socket.resetAndDestroy();

  const memory: number[] = [];
  let [connections, failed] = [0, 0];
  for (const until = performance.now() + seconds * 1000; performance.now() < until; connections += 2000) {
    failed += await churn(place, 2000);
    memory.push(residentMb(place.server));
  }
  const third = Math.ceil(memory.length / 3);
  const [first, last] = [Math.max(...memory.slice(0, third)), Math.max(...memory.slice(-third))];
  say(
    `${connections} connections that come and go in ${seconds} s: ${failed} failed; at most ${first} MB in the first third, ` +
      `${last} MB in the last; ${memoryMb(place.server) ?? 0} MB was the most of all`,
  );
  return served && ok && failed === 0 && slowMb <= MOST_MB && last <= first + GROWTH_MB;
}

/** Prints who was served and what it cost, by hand and by a kernel; whether by hand everybody was, in bounded memory. */
export async function playCrowd(seconds = 180): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-crowd-'));
  writeFileSync(join(folder, 'small'), 'made by hand\n');
  writeFileSync(join(folder, 'large'), '');
  truncateSync(join(folder, 'large'), 50_000_000);
  const lab = createLab();
  const address = lab.server.address(4);
  const prefix = ['nsenter', `--net=${lab.server.netns.path}`];
  const servers = {
    'by hand': () => start(['listen', String(PORT), '--address', address, '--http', folder], { prefix }),
    'by a kernel': () => {
      const [program, ...args] = [...prefix, process.execPath, '-e', KERNEL_SERVER, String(PORT), `${folder}/`];
      return spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    },
  };
  let held = true;
  try {
    for (const [who, begin] of Object.entries(servers)) {
      const server = begin();
      const closed = once(server, 'close');
      server.stdout?.resume();
      if (server.stderr !== null) await once(server.stderr, 'data');
      server.stderr?.resume();
      const well = await play(who, { lab, server, url: (name) => `http://${address}:${PORT}/${name}` }, seconds);
      if (who === 'by hand') held = well;
      server.kill('SIGINT');
      await closed;
    }
  } finally {
    lab.close();
    rmSync(folder, { recursive: true });
  }
  return held;
}
