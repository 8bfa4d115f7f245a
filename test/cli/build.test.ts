import { describe, expect, test } from 'vitest';
import { shellLine } from '../../src/filter/shell.js';
import { runCommand } from '../../src/linux/process/command.js';
import { fromHex, parseFrame, parsePacket, toHex, type Frame, type Packet } from '../../src/wire/index.js';
import { run } from '../judges/programs.js';
import { json, rawshake } from '../support/cli.js';

const ends = ['--from', '192.0.2.1:41000', '--to', '192.0.2.2:80'] as const;
const ends6 = ['--from', '[2001:db8::1]:41000', '--to', '[2001:db8::2]:80'] as const;
const macs = '02:00:00:00:00:01,02:00:00:00:00:02';

const hex = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await rawshake(['build', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^([0-9a-f]{2})+\n$/);
  return stdout.trimEnd();
};
const packet = async (...args: readonly string[]): Promise<Packet> => {
  const parsed = parsePacket(fromHex(await hex(...args)) ?? new Uint8Array(0));
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
};

describe('what is given stands in the packet', () => {
  test('a SYN, most of it left out: computed', async () => {
    expect(await packet(...ends)).toMatchObject({
      ip: { src: '192.0.2.1', dst: '192.0.2.2', ttl: 64, dontFragment: true, checksumOk: true },
      tcp: { srcPort: 41000, dstPort: 80, flags: 2, seq: 0, options: [], checksumOk: true },
    });
  });

  test('every option, IPv4', async () => {
    const args =
      '--flags FSRP.UEWA --seq 4294967295 --ack 0xffffffff --window 1 --urgent 7 --ttl 1 --tos 0xff --id 0x1234 --no-df';
    const seen = await packet(...args.split(' '), '--payload', 'héllo', ...ends);
    expect(seen).toMatchObject({
      ip: { ttl: 1, tos: 255, id: 0x1234, dontFragment: false },
      tcp: { flags: 0x1ff, seq: 0xffffffff, ack: 0xffffffff, window: 1, urgentPointer: 7, checksumOk: true },
    });
    expect(new TextDecoder().decode(seen.tcp?.payload)).toBe('héllo');
  });

  test('every option, IPv6', async () => {
    expect(await packet('--flow-label', '0xfffff', '--tos', '5', '--ttl', '255', ...ends6)).toMatchObject({
      ip: { src: '2001:db8::1', dst: '2001:db8::2', flowLabel: 0xfffff, trafficClass: 5, hopLimit: 255 },
      tcp: { flags: 2, checksumOk: true },
    });
  });

  test('TCP options in the order in which they are given, as often as they are given', async () => {
    const args = '--wscale 255 --option 1: --mss 65535 --sack --timestamps --mss 0 --option 30/77:0001 --timestamps 9';
    expect((await packet(...args.split(' '), ...ends)).tcp?.options).toMatchObject([
      { kind: 'wscale', shift: 255 },
      { kind: 'nop' },
      { kind: 'mss', mss: 65535 },
      { kind: 'sackOK' },
      { kind: 'timestamps', value: 1, echo: 0 },
      { kind: 'mss', mss: 0 },
      { kind: 'unknown', code: 30, length: 77 },
    ]);
  });

  test.each([
    { args: ['--bad-checksum'], ok: false },
    { args: ['--checksum', '0000'], checksum: 0, ok: false },
    { args: ['--checksum', '0xABCD'], checksum: 0xabcd, ok: false },
  ])('$args', async ({ args, checksum, ok }) => {
    const { tcp } = await packet(...args, ...ends);
    expect(tcp?.checksumOk).toBe(ok);
    if (checksum !== undefined) expect(tcp?.checksum).toBe(checksum);
  });

  test('no flag at all', async () => {
    expect((await packet('--flags', '-', ...ends)).tcp?.flags).toBe(0);
  });

  test('port 0', async () => {
    expect((await packet('--from', '192.0.2.1:0', '--to', '192.0.2.2:0')).tcp).toMatchObject({
      srcPort: 0,
      dstPort: 0,
    });
  });

  test('--ethernet: a frame', async () => {
    const parsed = parseFrame(fromHex(await hex('--ethernet', macs, ...ends)) ?? new Uint8Array(0), 'ethernet');
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        link: { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' },
        packet: { ip: { src: '192.0.2.1' } },
      } as Partial<Frame>,
    });
  });
});

describe('--packet', () => {
  test('all of the segment at once', async () => {
    const text = 'S. 7:7(0) ack 8 win 1000 <mss 1460,nop,wscale 2>';
    const { tcp } = await packet('--packet', text, ...ends);
    expect(tcp).toMatchObject({ flags: 0x12, seq: 7, ack: 8, window: 1000, srcPort: 41000 });
    const { stdout } = await rawshake(['build', '--packet', text, ...ends, '--format', 'text']);
    expect(stdout).toBe(`${text}\n`);
  });

  test('the ends, TTL and ECN too', async () => {
    const { ip, tcp } = await packet('--packet', 'ipv6 2001:db8::7 > 2001:db8::8: [ect0] 5 > 6 P. 1:6(5) ack 1 win 9');
    expect(ip).toMatchObject({ src: '2001:db8::7', dst: '2001:db8::8', trafficClass: 2 });
    expect(tcp).toMatchObject({ srcPort: 5, dstPort: 6, payload: new Uint8Array(5) });
  });

  test('what it cannot say beside it', async () => {
    const { ip, tcp } = await packet(
      '--packet',
      'P. 1:6(5) ack 1',
      '--payload',
      'hello',
      '--id',
      '9',
      '--ttl',
      '3',
      ...ends,
    );
    expect(ip).toMatchObject({ id: 9, ttl: 3 });
    expect(new TextDecoder().decode(tcp?.payload)).toBe('hello');
  });
});

describe('--format', () => {
  test('bytes are those of hex', () => {
    const bytes = run(
      [process.execPath, 'bin/rawshake.js', 'build', ...ends, '--payload', 'abc', '--format', 'bytes'],
      '',
    );
    expect(bytes).toContain('abc');
    expect(bytes.startsWith('E')).toBe(true);
  });

  test('json: the fields of every packet', async () => {
    const result = await rawshake(['build', '--seq', '1000', '--mss', '1460', ...ends, '--format', 'json']);
    expect(json(result)).toEqual({
      src: '192.0.2.1',
      dst: '192.0.2.2',
      srcPort: 41000,
      dstPort: 80,
      flags: 'S',
      seq: 1000,
      ack: 0,
      window: 65535,
      length: 0,
      options: ['mss 1460'],
      checksumOk: true,
      checksum: 'good',
      text: 'S 0:0(0) win 65535 <mss 1460>',
      bytes: await hex('--seq', '1000', '--mss', '1460', ...ends),
    });
  });

  test.each([
    { what: 'raw IPv4', args: [...ends], link: 'Raw IP', src: '192.0.2.1' },
    { what: 'raw IPv6', args: [...ends6], link: 'Raw IP', src: '2001:db8::1' },
    { what: 'a frame', args: [...ends, '--ethernet', macs], link: 'Ethernet', src: '192.0.2.1' },
  ])('pcap, $what: tshark reads it', ({ args, link, src }) => {
    const command = [process.execPath, 'bin/rawshake.js', 'build', '--mss', '1460', '--format', 'pcap', ...args];
    const quoted = command.map((word) => `'${word}'`).join(' ');
    const tshark = 'tshark -r - -o tcp.check_checksum:TRUE -T fields -E separator=";"';
    const fields = [
      'frame.encap_type',
      'ip.src',
      'ipv6.src',
      'tcp.options.mss_val',
      'tcp.checksum.status',
      '_ws.malformed',
    ];
    const line = run(['sh', '-c', `${quoted} | ${tshark} ${fields.map((field) => `-e ${field}`).join(' ')}`], '');
    const [type, v4, v6, mss, checksum, malformed] = line.trimEnd().split(';');
    expect(type).toBe(link === 'Ethernet' ? '1' : '7');
    expect([v4, v6]).toContain(src);
    expect([mss, checksum, malformed]).toEqual(['1460', '1', '']);
  });
});

test.each([
  ['SA', true],
  ['PA', true],
  ['SEWA', false],
  ['S.', false],
  ['.A', false],
])('--flags %s: that A is not ACK is said: %s', async (flags, isNoted) => {
  const { code, stderr } = await rawshake(['build', '--flags', flags, ...ends]);
  const said = `rawshake: --flags ${flags}: A is accurate ECN (AE); ACK is the dot, so SYN/ACK is S.\n`;
  expect([code, stderr]).toEqual([0, isNoted ? said : '']);
});

test('--help says what each letter of --flags is', async () => {
  const { stdout } = await rawshake(['build', '--help']);
  expect(stdout.replace(/\s+/g, ' ')).toContain('. ACK, U URG, E ECE, W CWR, A AE');
});

describe('refused: exit 2, the option named', () => {
  test.each([
    { args: ['--mss', '65536'], says: /'--mss <n>' argument '65536' is invalid.*0 to 65535/ },
    { args: ['--seq', '-1'], says: /--seq/ },
    { args: ['--seq', '4294967296'], says: /'--seq <n>'.*0 to 4294967295/ },
    { args: ['--wscale', '256'], says: /--wscale/ },
    { args: ['--ttl', '1.5'], says: /--ttl/ },
    { args: ['--flags', 'SX'], says: /'--flags <letters>' argument 'SX'.*The dot is ACK/ },
    { args: ['--option', '300:00'], says: /--option/ },
    { args: ['--option', '30:0'], says: /--option/ },
    { args: ['--checksum', 'xyz'], says: /--checksum/ },
    { args: ['--checksum', '1', '--bad-checksum'], says: /'--bad-checksum' cannot be used with option '--checksum/ },
    { args: ['--flow-label', '1'], says: /--flow-label: the IPv4 header has no such field/ },
    { args: ['--option', `30:${'00'.repeat(39)}`], says: /TCP options: they take 41 bytes, and a header holds 40/ },
    { args: ['--payload', 'x'.repeat(65496)], says: /--payload: 65516 bytes of TCP do not fit/ },
    { args: ['--packet', 'S 0:0(0) wim 4'], says: /--packet.*Column 10, at 'wim 4': expected ack, win/ },
    { args: ['--packet', 'S 0:0(0) <mss'], says: /--packet.*Column 14, at the end: expected a number: mss/ },
    { args: ['--packet', 'S 0:0(0)', '--mss', '5'], says: /--packet: says all of the segment, and so does --mss/ },
    { args: ['--packet', 'P. 1:6(5) ack 1', '--payload', 'abc'], says: /--payload: has 3 bytes, --packet says 5/ },
    { args: ['--ethernet', macs.slice(3)], says: /--ethernet/ },
    { args: ['--format', 'xml'], says: /--format/ },
    { args: ['--from', '192.0.2.1'], says: /--from/ },
    { args: ['--from', '2001:db8::1:80'], says: /--from/ },
    { args: ['--from', '192.0.2.1:65536'], says: /--from/ },
    { args: ['--from', '[2001:db8::1]:80'], says: /--to: 192.0.2.2 is not of the IP version of 2001:db8::1/ },
  ])('$args', async ({ args, says }) => {
    const { code, stdout, stderr } = await rawshake(['build', ...ends, ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^rawshake: usage: .+\nhint: .+\n$/);
    expect(stderr).toMatch(says);
  });

  test.each([
    { args: ['--id', '1'], says: '--id: the IPv6 header has no such field' },
    { args: ['--df'], says: '--df: the IPv6 header has no such field' },
    { args: ['--no-df'], says: '--no-df: the IPv6 header has no such field' },
  ])('IPv6 $args', async ({ args, says }) => {
    const { code, stderr } = await rawshake(['build', ...ends6, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });

  test('no ends', async () => {
    const { code, stderr } = await rawshake(['build'], { env: { LANG: 'zh_CN.UTF-8' } });
    expect(code).toBe(2);
    expect(stderr).toBe('rawshake: 用法：--from：需要地址和端口\nhint: 例如：--from 192.0.2.1:41000\n');
  });
});

test('the largest packet that there is', async () => {
  const digits = await hex('--payload', 'x'.repeat(65495), ...ends);
  expect(digits).toHaveLength(2 * 65535);
  expect(toHex(Uint8Array.of(0xff, 0xff))).toBe(digits.slice(4, 8));
});

test.each([
  ['xterm', '', true],
  ['dumb', '', false],
  ['xterm', '1', false],
])('on a terminal with TERM=%s and NO_COLOR=%j: coloured: %j', (TERM, NO_COLOR, coloured) => {
  const line = shellLine([process.execPath, 'bin/rawshake.js', 'lab', 'list']);
  const shown = runCommand(['script', '--quiet', '--return', '--command', line, '/dev/null'], {
    environment: { TERM, NO_COLOR, FORCE_COLOR: '' },
  });
  expect(shown.includes('\u001b[1m')).toBe(coloured);
});

test('into a pipe nothing is coloured, not even where CI is set', async () => {
  const { stdout } = await rawshake(['dissect', '--hex', '4500002800004000400600000a0000010a000002'], {
    env: { CI: 'true', NO_COLOR: '' },
  });
  expect(stdout).not.toContain('\u001b');
});
