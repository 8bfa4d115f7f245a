/** Each direction of a connection ends by itself, whichever first: with the programs that people pipe through, beside a kernel's socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LabHost } from '../../src/lab/host.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { converse } from '../../src/live/converse.js';
import { withPatience } from '../../src/live/patience.js';
import { serve } from '../../src/live/serve.js';
import { echo, sendText, type Service } from '../../src/live/services.js';

const PORT = 80;
const REQUEST = Buffer.alloc(300_001, 'request ');
const ANSWER = Buffer.alloc(200_003, 'answer ');

/** Of what is too long to be compared byte by byte. */
const digest = (bytes: Buffer): string => `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;

interface Program {
  readonly listening: (address: string) => readonly [string, ...string[]];
  readonly connecting: (address: string) => readonly [string, ...string[]];
}

const at = (type: string, address: string): string => `TCP-${type}:${address}:${PORT}`;

const PROGRAMS = {
  nc: {
    listening: (address) => ['nc', '-N', '-l', address, `${PORT}`],
    connecting: (address) => ['nc', '-N', address, `${PORT}`],
  },
  ncat: {
    listening: (address) => ['ncat', '-l', address, `${PORT}`],
    connecting: (address) => ['ncat', address, `${PORT}`],
  },
  socat: {
    listening: (address) => ['socat', '-t', '60', '-', `TCP-LISTEN:${PORT},bind=${address}`],
    connecting: (address) => ['socat', '-t', '60', '-', at('CONNECT', address)],
  },
} satisfies Record<string, Program>;

type Name = keyof typeof PROGRAMS;

let lab: Lab;
const children: ChildProcess[] = [];
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  lab.close();
});

interface Pipes {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: Readable;
}

function startIn({ netns }: LabHost, argv: readonly string[]): Pipes {
  const child = spawn('nsenter', [`--net=${netns.path}`, ...argv], { stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  child.stdin.on('error', () => undefined); // of one that has ended, as nc does when its peer has shut
  return { stdin: child.stdin, stdout: child.stdout };
}

async function listening(name: Name): Promise<Pipes> {
  const pipes = startIn(lab.server, PROGRAMS[name].listening(lab.server.address(4)));
  await vi.waitFor(() => {
    expect(lab.server.run(['ss', '-Hltn'])).toContain(`:${PORT}`);
  });
  return pipes;
}

/** What both have when both directions have ended: the client's input and output, and the program's. */
type Talk = (client: { readonly input: PassThrough; readonly output: PassThrough }, peer: Pipes) => Promise<Buffer[]>;

const TALKS = {
  'the server first': async ({ input, output }, { stdin, stdout }) => {
    stdin.end(ANSWER);
    const answer = await allOf(output, ANSWER.length);
    input.end(REQUEST);
    return [answer, await buffer(stdout)];
  },
  'the client first': async ({ input, output }, { stdin, stdout }) => {
    input.end(REQUEST);
    const request = await allOf(stdout, REQUEST.length);
    stdin.end(ANSWER);
    return [await buffer(output), request];
  },
} satisfies Record<string, Talk>;

/** So many bytes; whether an end follows is another matter. */
async function allOf(stream: Readable, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let left = bytes; left > 0;) {
    const chunk = stream.read() as Buffer | null;
    if (chunk === null) await once(stream, 'readable');
    else {
      chunks.push(chunk);
      left -= chunk.length;
    }
  }
  return Buffer.concat(chunks);
}

describe.each(Object.keys(PROGRAMS) as Name[])('%s', (name) => {
  // nc and ncat end as soon as the client has shut, to a kernel's socket as well: there is nothing to compare.
  const order = (Object.keys(TALKS) as (keyof typeof TALKS)[]).filter(
    (first) => name === 'socat' || first === 'the server first',
  );
  describe.each(order)('connect: %s shuts', (first) => {
    const talk: Talk = TALKS[first];

    test.each([
      { transport: 'libc', adopt: false },
      { transport: 'packet', adopt: false },
      { transport: 'auto', adopt: false },
      { transport: 'auto', adopt: true },
    ] as const)('$transport, adopted: $adopt', async ({ transport, adopt }) => {
      const peer = await listening(name);
      const [input, output] = [new PassThrough(), new PassThrough()];
      const conversation = converse({
        ...{ host: lab.server.address(4), port: PORT, netns: lab.client.netns, transport, adopt, input, output },
        ...{ close: 'fin', waitMs: 60_000, onPacket: undefined, signal: new AbortController().signal },
      });
      void conversation.then(() => output.end());
      expect((await talk({ input, output }, peer)).map(digest)).toEqual([ANSWER, REQUEST].map(digest));
      expect(await conversation).toMatchObject({ outcome: 'established', inputLeftOut: false });
    });

    test('the control: a kernel’s socket', async () => {
      const peer = await listening(name);
      const flow = { src: lab.client.address(4), srcPort: 41_000, dst: lab.server.address(4), dstPort: PORT };
      const socket: Duplex = lab.client.connect(flow);
      const [input, output] = [new PassThrough(), new PassThrough()];
      input.pipe(socket).pipe(output);
      expect((await talk({ input, output }, peer)).map(digest)).toEqual([ANSWER, REQUEST].map(digest));
    });
  });

  test.each<[string, Service, Buffer]>([
    ['--echo', echo, REQUEST],
    ['--send', sendText(String(ANSWER)), ANSWER],
  ])('listen %s: it shuts its own, and reads all', async (_, service, expected) => {
    const served = await serve({
      ...{ port: PORT, address: lab.server.address(4), netns: lab.server.netns },
      onConnection: withPatience(service),
    });
    const { stdin, stdout } = startIn(lab.client, PROGRAMS[name].connecting(lab.server.address(4)));
    stdin.end(REQUEST);
    expect(digest(await buffer(stdout))).toBe(digest(expected));
    await served.close();
  });
});

test('libc: a server that answers and closes at once is heard, fifty times, and has heard', async () => {
  const heard: string[] = [];
  await lab.server.listen(4, PORT, (socket) => {
    socket.on('error', () => undefined).on('data', (bytes) => heard.push(String(bytes)));
    socket.end('hello');
  });
  const call = async (i: number): Promise<void> => {
    const evidence = await converse({
      ...{ host: lab.server.address(4), port: PORT, netns: lab.client.netns, transport: 'libc', adopt: false },
      ...{ input: `call ${String(i)}`, output: undefined, close: 'fin', waitMs: 60_000, onPacket: undefined },
      signal: new AbortController().signal,
    });
    expect([evidence.outcome, evidence.received.text]).toEqual(['established', 'hello']);
  };
  const calls = Array.from({ length: 50 }, (_, i) => i);
  for (let i = 0; i < 50; i += 10) await Promise.all(calls.slice(i, i + 10).map(call));
  expect(new Set(heard)).toEqual(new Set(calls.map((i) => `call ${String(i)}`)));
});
