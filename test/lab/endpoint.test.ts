/** An end made by hand, over memory: what it fills in, what it passes for what was expected, and what it says where it was not. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { memoryPorts } from '../../src/driver/memory-port.js';
import { Endpoint } from '../../src/lab/bench/endpoint.js';
import { ExpectationError } from '../../src/lab/bench/expectation.js';
import { reverseFlow } from '../../src/wire/flow.js';
import { formatSegment, type TcpSegment } from '../../src/wire/index.js';

const FLOW = { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 };

function twoEnds({ iss = 1000, signal }: { iss?: number; signal?: AbortSignal } = {}): [Endpoint, Endpoint] {
  const [left, right] = memoryPorts();
  return [new Endpoint(left, FLOW, { iss, signal }), new Endpoint(right, reverseFlow(FLOW), { iss: 5000 })];
}

/** What `to` was sent last, in full. */
async function last(to: Endpoint): Promise<string> {
  let segment: TcpSegment = await to.next();
  while (to.hasNext) segment = await to.next();
  return formatSegment(segment, to.theirs);
}

/** Two ends that have shaken hands. */
async function connected(iss?: number): Promise<[Endpoint, Endpoint]> {
  const [client, server] = twoEnds({ ...(iss !== undefined && { iss }) });
  client.send('S');
  await server.expect('S 0:0(0)');
  server.send('S.');
  await client.expect('S. 0:0(0) ack 1');
  client.send('.');
  await server.expect('. 1:1(0) ack 1');
  return [client, server];
}

const failure = (promise: Promise<unknown>): Promise<ExpectationError> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ExpectationError);
      return error as ExpectationError;
    },
  );

afterEach(() => {
  vi.useRealTimers();
});

describe('what is left out of a packet that is sent', () => {
  test('a handshake, data and a close, without a number', async () => {
    const [client, server] = await connected();
    client.send('P.', { payload: 'hello' });
    const data = await server.expect('P. 1:6(5) ack 1');
    expect(Buffer.from(data.payload).toString()).toBe('hello');
    server.send('.');
    await client.expect('. 1:1(0) ack 6');
    client.send('F.');
    await server.expect('F. 6:6(0) ack 1');
    server.send('F.');
    await client.expect('F. 1:1(0) ack 7');
    client.send('.');
    await server.expect('. 7:7(0) ack 2');
  });

  test('numbers go round', async () => {
    const [client, server] = await connected(0xffff_fffe);
    client.send('P.', { payload: 'hello' });
    expect((await server.expect('P. 1:6(5) ack 1')).seq).toBe(0xffff_ffff);
    client.send('.');
    expect((await server.expect('. 6:6(0) ack 1')).seq).toBe(4);
    server.send('.');
    expect((await client.expect('. 1:1(0) ack 6')).ack).toBe(4);
  });

  test.each([
    { sent: 'R 9:9(0)', then: '.', is: '. 1:1(0) ack 1 win 65535', why: 'a RST takes no number' },
    { sent: '. 900:900(0)', then: '.', is: '. 1:1(0) ack 1 win 65535', why: 'an empty segment takes none' },
    { sent: 'P. 1:4(3)', then: 'F.', is: 'F. 4:4(0) ack 1 win 65535', why: 'zeros count as data' },
    { sent: 'P. 4:6(2)', then: '.', is: '. 6:6(0) ack 1 win 65535', why: 'behind all that was sent, a gap or not' },
    { sent: 'S 0:0(0)', then: '.', is: '. 1:1(0) ack 1 win 65535', why: 'what is sent again counts once' },
    { sent: '.', then: 'S', is: 'S 1:1(0) win 65535', why: 'without the flag no acknowledgment' },
    { sent: '.', then: '. ack 0', is: '. 1:1(0) ack 0 win 65535', why: 'what is given stays: ack' },
    { sent: '.', then: '. 7:7(0) win 3', is: '. 7:7(0) ack 1 win 3', why: 'what is given stays: seq, win' },
    { sent: '.', then: '. urg 2', is: '. 1:1(0) ack 1 win 65535 urg 2', why: 'what is given stays: urg' },
    { sent: '.', then: 'P. <mss 9>', is: 'P. 1:1(0) ack 1 win 65535 <mss 9>', why: 'options are as written' },
  ])('$sent, then $then: $why', async ({ sent, then, is }) => {
    const [client, server] = await connected();
    client.send(sent);
    client.send(then);
    expect(await last(server)).toBe(is);
  });

  test('fields beside the notation go out instead of it', async () => {
    const [client, server] = await connected();
    client.send('P. 1:3(2) ack 1', { payload: new Uint8Array([104, 105, 33]), seq: 1200, window: 7 });
    expect(await last(server)).toBe('P. 200:203(3) ack 1 win 7');
    client.send('.');
    expect(await last(server)).toBe('. 203:203(0) ack 1 win 65535');
  });

  test('before the other side has sent a SYN there is nothing to acknowledge', async () => {
    const [client, server] = twoEnds();
    client.send('.');
    expect(await last(server)).toBe('. 1000:1000(0) ack 4294962296 win 65535');
    server.send('P. 0:2(2)');
    await client.next();
    client.send('.');
    expect((await server.next()).ack).toBe(0);
  });

  test('acknowledged is what has come in order: not what lies behind a gap, until that is filled', async () => {
    const [client, server] = await connected();
    const acknowledged = async (): Promise<string> => {
      client.send('.');
      return (await last(server)).replace(/^. 1:1\(0\) (.*) win 65535$/, '$1');
    };
    const steps = ['P. 11:16(5)', 'P. 6:9(3)', 'P. 6:11(5)', 'R. 1:1(0)', 'P. 1:6(5)', 'P. 3:8(5)', 'F. 16:16(0)'];
    const acks: string[] = [];
    for (const step of steps) {
      server.send(step);
      await client.next();
      acks.push(await acknowledged());
    }
    expect(acks).toEqual(['ack 1', 'ack 1', 'ack 1', 'ack 1', 'ack 16', 'ack 16', 'ack 17']);
  });

  test.each([
    ['X 0:0(0)', ['X 0:0(0)', '^ expected TCP flags: letters out of F S R P . U E W A, or - (the dot is ACK)']],
    ['[ect0] . 1:1(0)', ['[ect0] . 1:1(0)', /^what IP carries/]],
    ['(ttl 3) .', ['(ttl 3) .', /^what IP carries/]],
    ['SA', ['SA', /^the flag ACK is a dot/]],
    ['ipv4 192.0.2.1 > 192.0.2.9: .', ['ipv4 192.0.2.1 > 192.0.2.9: .', /^what IP carries/]],
  ])('%s is none that it sends or expects', async (text, lines) => {
    const [client] = twoEnds();
    const said = ['packet: not one that an endpoint can send or expect', ...lines].map((line) =>
      typeof line === 'string' ? line : (expect.stringMatching(line) as string),
    );
    const error = expect.objectContaining({ code: 'RS_USAGE', lines: said }) as Error;
    expect(() => {
      client.send(text);
    }).toThrow(error);
    await expect(client.expect(text)).rejects.toThrow(error);
    await expect(client.expect(text)).rejects.toMatchObject({
      messages: { zh: expect.stringMatching(/^报文：/) as string },
    });
  });

  test.each(['SEWA', 'S.A', '.A', 'S.'])('%s is one: AE with ACK, or with the two others of AccECN', async (flags) => {
    const [client, server] = twoEnds();
    client.send(`${flags} 0:0(0)`);
    await server.expect(flags);
  });
});

describe('what is expected', () => {
  test('left out is any, but for options', async () => {
    const [client, server] = await connected();
    const options = '<mss 1460,nop,nop,TS val 1 ecr 2>';
    for (const pattern of [`P. ${options}`, '. 1:4(3) <...>', '. ack 1 <TS val 1 ecr 2,...>', '. win 9 <...>']) {
      const flags = pattern.split(' ')[0] ?? '';
      server.send(`${flags} 1:4(3) ack 1 win 9 ${options}`);
      await client.expect(pattern);
    }
    server.send(`. 1:4(3) ack 1 ${options}`);
    const error = await failure(client.expect('.'));
    server.send(`. ${options}`);
    expect((await failure(client.expect('. <TS val 9 ecr 2,...>'))).lines[2]).toBe(
      `    tcp.options: expected <TS val 9 ecr 2,...>, got ${options}`,
    );
    expect(error.message.split('\n')).toEqual([
      'expect .: this came instead',
      `  . 1:4(3) ack 1 win 65535 ${options}`,
      `    tcp.options: expected none, got ${options}`,
    ]);
    expect(error.hint).toMatch(/^Options are to be as written/);
  });

  test('the difference is told field by field, with relative numbers, and all that came, in both languages', async () => {
    const [client, server] = await connected();
    server.send('P. 1:3(2) ack 1 win 8 <nop,nop,sack 4:6>');
    server.send('R. 3:3(0) ack 1 win 0');
    const error = await failure(client.expect('P. 1:6(5) ack 6 win 8 <nop,nop,sack 3:6>'));
    expect(error).toMatchObject({ code: 'RS_UNEXPECTED', name: 'RawshakeError' });
    expect(error.messages.en.split('\n')).toEqual([
      'expect P. 1:6(5) ack 6 win 8 <nop,nop,sack 3:6>: this came instead',
      '  P. 1:3(2) ack 1 win 8 <nop,nop,sack 4:6>',
      '    tcp.ack: expected 6, got 1',
      '    tcp.options[2].blocks[0][0]: expected 3, got 4',
      '    tcp.payload.length: expected 5, got 2',
      '  R. 3:3(0) ack 1 win 0',
    ]);
    expect(error.messages.zh.split('\n')).toEqual([
      '期待 P. 1:6(5) ack 6 win 8 <nop,nop,sack 3:6>：收到的却是',
      '  P. 1:3(2) ack 1 win 8 <nop,nop,sack 4:6>',
      '    tcp.ack：应为 6，实为 1',
      '    tcp.options[2].blocks[0][0]：应为 3，实为 4',
      '    tcp.payload.length：应为 5，实为 2',
      '  R. 3:3(0) ack 1 win 0',
    ]);
    expect(error.message).toBe(error.messages.en);
    expect(error.hints).toEqual({
      en: 'What may come before it is passed over with { skip: true }.',
      zh: '若此前可能有其他报文，用 { skip: true } 略过。',
    });
    expect(error.came.map(({ segment }) => segment.payload.length)).toEqual([2, 0]);
    // What it has told of is taken.
    expect(client.hasNext).toBe(false);
  });

  test('of a segment without ACK the field counts from nowhere', async () => {
    const [client, server] = await connected();
    server.send('R', { seq: 7, ack: 0 });
    expect((await failure(client.expect('R ack 1'))).lines[2]).toBe('    tcp.ack: expected 1, got 0');
  });

  test('others are passed over where that is said; what comes behind stays', async () => {
    const [client, server] = await connected();
    for (const packet of ['.', 'P. 1:3(2)', 'F.', '. ack 1']) server.send(packet);
    await client.expect('F. 3:3(0)', { skip: true });
    await client.expect('. 4:4(0)');
  });

  test('where it does not come, all that was passed over is told, the last twenty with how they differ', async () => {
    const [client, server] = await connected();
    for (let i = 0; i < 22; i++) server.send('P.', { payload: 'a' });
    await server.silence(0);
    const error = await failure(client.expect('F.', { skip: true, withinMs: 0 }));
    expect(error.lines.slice(0, 4)).toEqual([
      'expect F.: nothing such came within 0 ms, but this',
      '  (2 before)',
      '  P. 3:4(1) ack 1 win 65535',
      '    tcp.flags: expected F., got P.',
    ]);
    expect(error.lines).toHaveLength(42);
    expect(error.came).toHaveLength(22);
    expect(error.linesIn('zh')[0]).toBe('期待 F.：0 毫秒内没有这样的报文，收到的是');
    expect(error.hint).not.toContain('skip');
  });

  test('nothing within a second, or the time that is given', async () => {
    vi.useFakeTimers();
    const [client] = twoEnds();
    const failed = [failure(client.expect('S.')), failure(client.expect('S.', { withinMs: 999.9 }))];
    await vi.advanceTimersByTimeAsync(999.95);
    expect(await failed[1]).toMatchObject({ messages: { en: 'expect S.: nothing came within 999.9 ms' } });
    const error = vi.fn();
    void failed[0]?.then(error);
    await vi.advanceTimersByTimeAsync(0);
    expect(error).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await failed[0]).toMatchObject({
      messages: { en: 'expect S.: nothing came within 1000 ms', zh: '期待 S.：1000 毫秒内什么也没有收到' },
      hint: expect.stringContaining('withinMs') as string,
    });
  });

  test('the time is for all that is passed over together', async () => {
    vi.useFakeTimers();
    const [client, server] = await connected();
    const failed = failure(client.expect('F.', { skip: true, withinMs: 100 }));
    await vi.advanceTimersByTimeAsync(90);
    server.send('P.', { payload: 'a' });
    await vi.advanceTimersByTimeAsync(11);
    expect((await failed).came).toHaveLength(1);
  });

  test('an abort ends the wait', async () => {
    const stop = new AbortController();
    const [client] = twoEnds({ signal: stop.signal });
    const waits = [client.expect('S.'), client.silence()];
    stop.abort();
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
  });
});

describe('whatever comes', () => {
  test('is taken as a segment, or in notation', async () => {
    const [client, server] = await connected();
    for (const packet of ['.', 'F.']) server.send(packet);
    expect((await client.next({ withinMs: 1000 }))?.flags).toBe(0x10);
    expect(await client.answer({ withinMs: 0 })).toBe('F. 1:1(0) ack 1');
  });

  test('or nothing, where it is said how long to wait', async () => {
    vi.useFakeTimers();
    const [client] = twoEnds();
    const waits = [client.answer({ withinMs: 50 }), client.next({ withinMs: 50 })];
    await vi.advanceTimersByTimeAsync(51);
    expect(await Promise.all(waits)).toEqual(['none', undefined]);
  });

  test('where it is not, nothing for ten seconds is an error that says how', async () => {
    vi.useFakeTimers();
    const [client] = twoEnds();
    const failed = expect(client.answer()).rejects.toMatchObject({
      code: 'RS_TIMED_OUT',
      messages: { en: 'run: waited 10 s for the next segment', zh: '运行：等了 10 秒，没有等到下一个报文段' },
      hint: expect.stringContaining('answer({ withinMs: 500 })') as string,
    });
    await vi.advanceTimersByTimeAsync(10_001);
    await failed;
  });
});

describe('silence', () => {
  test('holds where nothing comes, for 100 ms or as long as is said', async () => {
    vi.useFakeTimers();
    const [client] = twoEnds();
    const held: string[] = [];
    void client.silence().then(() => held.push('default'));
    void client.silence(150).then(() => held.push('150'));
    await client.silence(0);
    await vi.advanceTimersByTimeAsync(99);
    expect(held).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);
    expect(held).toEqual(['default']);
    await vi.advanceTimersByTimeAsync(50);
    expect(held).toEqual(['default', '150']);
  });

  test('is broken by what comes, and by what nobody has asked for before', async () => {
    const [client, server] = await connected();
    const broken = failure(client.silence());
    server.send('R.');
    expect((await broken).messages).toEqual({
      en: 'silence of 100 ms: this came\n  R. 1:1(0) ack 1 win 65535',
      zh: '100 毫秒的静默：却收到\n  R. 1:1(0) ack 1 win 65535',
    });
    server.send('.');
    await server.silence(0);
    expect((await failure(client.silence(0))).came).toHaveLength(1);
    await client.silence(0);
  });
});
