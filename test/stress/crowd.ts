/**
 * What peers do to `listen --http` without any flood: 5,000 connections at once, thousands that ask and do not read (zero window), and
 * three minutes of connections that come and go. Everybody is answered, in bounded memory that does not grow.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { connectInside } from '../../src/linux/kernel-socket.js';
import { start } from '../support/cli.js';
import { curl } from '../support/under-flood.js';

const PORT = 8080;
const AT_ONCE = 5000;
const SLOW_READERS = 2000;
const MOST_MB = 500;
/** What the last third of the churn may take beyond the first: nothing is kept of a connection that is over. */
const GROWTH_MB = 20;

const REQUEST = (name: string): string => `GET /${name} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n`;

const residentMb = ({ pid }: ChildProcess): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]) / 1024);

function connecting(lab: Lab): Socket {
  const ends = { local: lab.client.address(4), remote: lab.server.address(4), remotePort: PORT };
  return connectInside(lab.client.netns, ends).on('error', () => undefined);
}

async function answer(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
  socket.write(REQUEST('small'));
  await new Promise((resolve) => socket.once('close', resolve)); // whether reset or not
  return text;
}

/** How many of so many connections that stand at once are answered. */
async function atOnce(lab: Lab): Promise<number> {
  const sockets = Array.from({ length: AT_ONCE }, () => connecting(lab));
  await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => undefined)));
  const answers = await Promise.all(sockets.map((socket) => answer(socket.setTimeout(0).resume())));
  return answers.filter((text) => text.endsWith('by hand')).length;
}

/** Connections that ask for more than any buffer holds, and read nothing. */
async function slowReaders(lab: Lab): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: SLOW_READERS }, () => connecting(lab).pause());
  await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => undefined)));
  for (const socket of sockets) socket.write(REQUEST('large'));
  return sockets;
}

/** A round of connections, one for each request; whether none failed. */
async function round(lab: Lab): Promise<boolean> {
  const url = `http://${lab.server.address(4)}:${PORT}/small`;
  const argv = [`--net=${lab.client.netns.path}`, 'ab', '-q', '-n', '2000', '-c', '50', url];
  const child = spawn('nsenter', argv, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  await once(child, 'close');
  return /Complete requests: +2000\n/.test(text) && /Failed requests: +0\n/.test(text);
}

/** Prints who was answered and what it cost; whether that was everybody, in bounded memory. */
export async function playCrowd(seconds = 180): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-crowd-'));
  writeFileSync(join(folder, 'small'), 'by hand');
  writeFileSync(join(folder, 'large'), Buffer.alloc(50_000_000));
  const lab = createLab();
  const prefix = ['nsenter', `--net=${lab.server.netns.path}`];
  const server = start(['listen', String(PORT), '--address', lab.server.address(4), '--http', folder], { prefix });
  server.stdout?.resume();
  if (server.stderr !== null) await once(server.stderr, 'data');
  server.stderr?.resume();
  const say = (text: string): void => void process.stdout.write(`${text}; ${residentMb(server)} MB\n`);
  try {
    const answered = await atOnce(lab);
    say(`${AT_ONCE} connections at once: ${answered} answered`);

    const readers = await slowReaders(lab);
    const { ok, ms } = await curl(lab.client.netns, `http://${lab.server.address(4)}:${PORT}/small`);
    const slowMb = residentMb(server);
    say(`${SLOW_READERS} that ask and do not read: another is ${ok ? `served in ${ms} ms` : 'NOT SERVED'}`);
    for (const socket of readers) socket.resetAndDestroy();

    const memory: number[] = [];
    let [rounds, failed] = [0, 0];
    for (const until = performance.now() + seconds * 1000; performance.now() < until; rounds++) {
      if (!(await round(lab))) failed += 1;
      memory.push(residentMb(server));
    }
    const third = Math.ceil(memory.length / 3);
    const [first, last] = [Math.max(...memory.slice(0, third)), Math.max(...memory.slice(-third))];
    say(
      `${rounds * 2000} connections that come and go in ${seconds} s: ${failed} of ${rounds} rounds failed; ` +
        `at most ${first} MB in the first third, ${last} MB in the last`,
    );
    return answered === AT_ONCE && ok && failed === 0 && slowMb <= MOST_MB && last <= first + GROWTH_MB;
  } finally {
    const closed = once(server, 'close');
    server.kill('SIGINT');
    await closed;
    lab.close();
    rmSync(folder, { recursive: true });
  }
}
