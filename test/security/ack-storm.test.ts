/** An exercise that has two kernels answer each other without end: it is ended. The trace of whatever runs beside it is lost. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { json, rawshake } from '../support/cli.js';

const UNLIMITED = '{ net.ipv4.tcp_invalid_ratelimit: 0 }';

/** Numbers that each side takes for wrong, and no limit on what it answers to such. */
const STORM = `id: hostile
title: a
text: a
questions: []
remedy: adopt
sysctls: { client: ${UNLIMITED}, server: ${UNLIMITED} }
steps:
  - listen: { at: server }
  - send: { from: client, packet: 'S 0:0(0) win 64240 <mss 1460>' }
  - expect: { at: client, packet: 'S. 0:0(0) ack 1 <...>' }
  - send: { from: client, packet: '. 1:1(0) ack 1 win 502' }
  - adopt: { at: client, seq: 200001, ack: 200001 }
  - write: { at: client, text: x }
  - observe: { connect: server, is: never, within: 10s }
`;

test('the capture is bounded, and ends the run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-storm-'));
  const [script, answers] = [join(folder, 'e.yaml'), join(folder, 'a.yaml')];
  writeFileSync(script, STORM);
  writeFileSync(answers, 'answers: {}\n');
  const result = await rawshake(['lab', 'exercise', script, '--answers', answers, '--json']);
  rmSync(folder, { recursive: true });
  expect(result.code).toBe(2);
  expect(json(result)).toMatchObject({
    error: { code: 'RS_SCRIPT', message: expect.stringContaining('more than 50000 frames') as string },
  });
});
