import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, scapyPython } from '../judges/programs.js';
import { json, rawshake } from '../support/cli.js';
import { piped } from '../support/piped.js';
import { LinkTypeNumber } from '../../src/capture/link-type.js';
import { pcapng } from '../../src/capture/pcapng.js';
import { pcap } from '../../src/capture/pcap.js';
import { emitFrame, toHex, type LinkInit } from '../../src/wire/index.js';
import { dataIpv4, ipOf, synIpv4 } from '../wire/vectors.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const at = (name: string): string => join(folder, name);
const ends = ['--from', '192.0.2.1:41000', '--to', '192.0.2.2:80'];

/** The lines without the space that lines them up. */
const lines = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().replace(/ +/g, ' '));

/** A handshake over IPv4 and one over IPv6, written by scapy in all its forms. */
const script = `
import logging, sys
logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.all import *
folder = sys.argv[1]
def handshake(a, b):
    there = lambda **f: a / TCP(sport=41000, dport=80, window=1000, **f)
    back = lambda **f: b / TCP(sport=80, dport=41000, window=1000, **f)
    return [there(seq=999, flags="S", options=[("MSS", 1460)]), back(seq=4999, ack=1000, flags="SA"),
            there(seq=1000, ack=5000, flags="A"), there(seq=1000, ack=5000, flags="PA") / b"hello"]
packets = (handshake(IP(src="192.0.2.1", dst="192.0.2.2"), IP(src="192.0.2.2", dst="192.0.2.1")) +
    handshake(IPv6(src="2001:db8::1", dst="2001:db8::2"), IPv6(src="2001:db8::2", dst="2001:db8::1")))
def timed(list):
    for i, p in enumerate(list): p.time = 1700000000 + i * 0.25
    return list
version = lambda p: {4: 0x0800, 6: 0x86dd}[p.version]
ether = [Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / p for p in packets]
vlan = [Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / Dot1Q(vlan=7, type=version(p)) / p for p in packets]
wrpcap(folder + "/ethernet.pcap", timed(ether))
wrpcap(folder + "/big-endian.pcap", timed(ether), endianness=">")
wrpcap(folder + "/nano.pcap", timed(ether), nano=True)
wrpcap(folder + "/nano-big-endian.pcap", timed(ether), nano=True, endianness=">")
wrpcap(folder + "/vlan.pcap", timed(vlan))
wrpcap(folder + "/raw.pcap", timed(packets), linktype=101)
wrpcap(folder + "/sll.pcap", timed([CookedLinux(pkttype=4, src=b"\\2\\0\\0\\0\\0\\1\\0\\0", proto=version(p)) / p for p in packets]), linktype=113)
wrpcap(folder + "/sll2.pcap", timed([CookedLinuxV2(proto=version(p), ifindex=3) / p for p in packets]), linktype=276)
wrpcap(folder + "/null.pcap", timed([Loopback(type={4: 2, 6: 10}[p.version]) / p for p in packets]), linktype=0)
wrpcapng(folder + "/scapy.pcapng", timed(ether))
`;

const handshake = (a: string, b: string, from: number): string[] => [
  `${from.toFixed(6)} ${a} > ${b} S 0:0(0) win 1000 <mss 1460>`,
  `${(from + 0.25).toFixed(6)} ${b} > ${a} S. 0:0(0) ack 1 win 1000`,
  `${(from + 0.5).toFixed(6)} ${a} > ${b} . 1:1(0) ack 1 win 1000`,
  `${(from + 0.75).toFixed(6)} ${a} > ${b} P. 1:6(5) ack 1 win 1000`,
];
const both = [
  ...handshake('192.0.2.1:41000', '192.0.2.2:80', 0),
  ...handshake('[2001:db8::1]:41000', '[2001:db8::2]:80', 1),
];

beforeAll(() => {
  run([scapyPython(), '-c', script, folder], '');
  for (const format of ['pcapng', 'nsecpcap'])
    run(['editcap', '-F', format, at('ethernet.pcap'), at(`editcap.${format}`)], '');
  run(['editcap', '-F', 'pcapng', at('sll.pcap'), at('sll.pcapng')], '');
  run(['mergecap', '-w', at('two-interfaces.pcapng'), at('ethernet.pcap'), at('sll2.pcap')], '');
});

describe('captures that other programs wrote', () => {
  test.each([
    'ethernet.pcap',
    'big-endian.pcap',
    'nano.pcap',
    'nano-big-endian.pcap',
    'vlan.pcap',
    'raw.pcap',
    'sll.pcap',
    'sll2.pcap',
    'null.pcap',
    'scapy.pcapng',
    'editcap.pcapng',
    'editcap.nsecpcap',
    'sll.pcapng',
  ])('%s', async (file) => {
    const { code, stdout, stderr } = await rawshake(['dissect', at(file)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines(stdout)).toEqual(both);
  });

  test('two interfaces of different link types in one file', async () => {
    const { stdout } = await rawshake(['dissect', at('two-interfaces.pcapng')]);
    expect(lines(stdout)).toHaveLength(16);
    expect(new Set(lines(stdout))).toEqual(new Set(both));
  });

  test('comments', async () => {
    run(['editcap', '-F', 'pcapng', '-a', '2:the answer', at('ethernet.pcap'), at('comments.pcapng')], '');
    const { stdout } = await rawshake(['dissect', at('comments.pcapng')]);
    expect(lines(stdout)[1]).toBe(`${both[1] ?? ''} # the answer`);
  });

  test('a snap length: what is there, and that it was cut', async () => {
    run(['editcap', '-s', '60', '-r', at('ethernet.pcap'), at('snap.pcap'), '1', '4', '5'], '');
    const { stdout } = await rawshake(['dissect', at('snap.pcap')]);
    expect(lines(stdout).map((line) => line.endsWith('[cut]'))).toEqual([false, false, true]);
    const [, , cut] = json(await rawshake(['dissect', '--json', at('snap.pcap')])) as { error: unknown }[];
    expect(cut).toMatchObject({ wireBytes: 78, error: { code: 'truncated' } });
  });

  test("text2pcap's way from a hex dump", async () => {
    const bytes = [...synIpv4].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    run(['text2pcap', '-q', '-', at('text2pcap.pcapng')], `0000 ${bytes}\n`);
    const { stdout } = await rawshake(['dissect', at('text2pcap.pcapng')]);
    expect(stdout).toMatch(/^SYN {3}192\.0\.2\.1:41000 → 192\.0\.2\.2:8080/);
  });
});

describe('every way in', () => {
  const digits = toHex(ipOf(synIpv4));
  const page = /^SYN {3}192\.0\.2\.1:41000 → 192\.0\.2\.2:8080 {3}60 bytes\n/;

  test('--hex', async () => {
    const { code, stdout } = await rawshake(['dissect', '--hex', digits]);
    expect(code).toBe(0);
    expect(stdout).toMatch(page);
  });

  test.each([
    { what: 'hex on standard input', args: [], input: `${digits}\n` },
    { what: 'hex on standard input, by -', args: ['-'], input: digits },
    { what: 'raw bytes', args: [], input: ipOf(synIpv4) },
    { what: 'pcap', args: [], input: pcap([{ epochNs: 0n, bytes: ipOf(synIpv4) }], { linkType: 101 }) },
  ])('$what', async ({ args, input }) => {
    const { code, stdout } = await piped(['dissect', ...args], input);
    expect(code).toBe(0);
    expect(stdout).toMatch(page);
  });

  test('a file of raw bytes', async () => {
    writeFileSync(at('packet.bin'), ipOf(synIpv4));
    expect((await rawshake(['dissect', at('packet.bin')])).stdout).toMatch(page);
  });

  test.each(['hex', 'bytes', 'pcap'])('build --format %s | dissect', (format) => {
    const command = `node bin/rawshake.js build --seq 5 --mss 1460 ${ends.join(' ')} --format ${format} | node bin/rawshake.js dissect --json`;
    expect(JSON.parse(run(['sh', '-c', command], ''))).toMatchObject([{ seq: 5, options: ['mss 1460'], dstPort: 80 }]);
  });

  test('several packets from several runs of build: a line each', () => {
    const build = `node bin/rawshake.js build ${ends.join(' ')}`;
    const command = `(${build} --seq 7; ${build} --flags . --seq 8 --ack 3 --ethernet 2:0:0:0:0:1,2:0:0:0:0:2) | node bin/rawshake.js dissect`;
    expect(lines(run(['sh', '-c', command], ''))).toEqual([
      '192.0.2.1:41000 > 192.0.2.2:80 S 0:0(0) win 65535',
      '192.0.2.1:41000 > 192.0.2.2:80 . 1:1(0) ack 1 win 65535',
    ]);
  });

  test('in Chinese, in colours', async () => {
    const env = { FORCE_COLOR: '1', NO_COLOR: undefined };
    const { stdout } = await rawshake(['dissect', '--lang', 'zh', '--hex', digits], { env });
    expect(stdout).toContain('三次握手的第一个报文段');
    expect(stdout).toContain('\u001b[');
  });
});

describe('what cannot be read', () => {
  const two = pcap(
    [1n, 2n].map((epochNs) => ({ epochNs, bytes: dataIpv4 })),
    { linkType: 1 },
  );

  test('a malformed packet is a row, not the end', async () => {
    const bytes = [dataIpv4, synIpv4.with(46, 0), Uint8Array.of(1, 2, 3), new Uint8Array(0), dataIpv4];
    const file = pcap(
      bytes.map((one) => ({ epochNs: 0n, bytes: one })),
      { linkType: 1 },
    );
    const { code, stdout, stderr } = await piped(['dissect'], file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const shown = lines(stdout).map((line) => line.replace(/^.*(?=\[|P\.)/, ''));
    expect(shown).toEqual([
      expect.stringMatching(/^P\. 1:6\(5\)/) as string,
      '[tcp at offset 34: data offset says 0 bytes, at least 20 are needed]',
      '[ethernet at offset 0: needs 14 bytes, has 3]',
      '[ethernet at offset 0: needs 14 bytes, has 0]',
      expect.stringMatching(/^P\. 1:6\(5\)/) as string,
    ]);
    const list = json(await piped(['dissect', '--json'], file)) as { readonly error?: { readonly code: string } }[];
    expect(list.map(({ error }) => error?.code)).toEqual([
      undefined,
      'bad-length',
      'truncated',
      'truncated',
      undefined,
    ]);
  });

  test.each(['4500', '23207261'])('%s: nothing of it can be read: exit 1', async (digits) => {
    expect(await rawshake(['dissect', '--hex', digits])).toMatchObject({ code: 1, stderr: '' });
    const result = await rawshake(['dissect', '--hex', digits, '--json']);
    expect(result).toMatchObject({ code: 1, stderr: '' });
    expect(json(result)).toHaveLength(1);
  });

  test('a truncated file: the rows before, then the error; exit 2', async () => {
    const { code, stdout, stderr } = await piped(['dissect'], two.subarray(0, two.length - 5));
    expect(code).toBe(2);
    expect(stdout).toContain('P.');
    expect(stderr).toMatch(
      /^rawshake: standard input: ends in the middle of the packet that starts at byte 111\nhint: .+\n$/,
    );
  });

  test('--json: the array is whole all the same', async () => {
    const result = await piped(['dissect', '--json'], two.subarray(0, two.length - 5));
    expect(result.code).toBe(2);
    expect(json(result)).toHaveLength(1);
    expect(result.stderr).toContain('ends in the middle');
  });

  test.each([
    { what: 'an empty file', input: '', says: 'standard input: is empty' },
    { what: 'a header cut short', input: two.subarray(0, 12), says: 'ends in the middle of the file header' },
    { what: 'a damaged first packet', input: two.with(35, 255), says: 'is damaged at byte 24' },
  ])('$what: exit 2', async ({ input, says }) => {
    const text = await piped(['dissect'], input);
    expect(text).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(says) as string });
    const asJson = await piped(['dissect', '--json'], input);
    expect(asJson).toMatchObject({ code: 2, stderr: '' });
    expect(json(asJson)).toMatchObject({
      error: { code: 'RS_FILE', message: expect.stringContaining(says) as string },
    });
  });

  test.each([
    { args: [join(folder, 'nothing.pcap')], code: 'RS_FILE', says: /nothing\.pcap: cannot be read \(ENOENT\)/ },
    { args: [folder], code: 'RS_FILE', says: /EISDIR/ },
    { args: ['--hex', '4500zz'], code: 'RS_USAGE', says: /--hex/ },
    { args: ['--hex', '450'], code: 'RS_USAGE', says: /--hex/ },
  ])('$args: exit 2', async ({ args, code, says }) => {
    const result = await rawshake(['dissect', '--json', ...args]);
    expect(result.code).toBe(2);
    expect(json(result)).toMatchObject({ error: { code, message: expect.stringMatching(says) as string } });
  });

  test('an empty capture is nothing, and no error', async () => {
    const empty = pcap([], { linkType: 1 });
    expect(await piped(['dissect'], empty)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(json(await piped(['dissect', '--json'], empty))).toEqual([]);
  });
});

describe('captures for other programs', () => {
  test('pcapng with every link type, names and comments: tshark reads it all', () => {
    const types = ['ethernet', 'raw', 'sll', 'sll2', 'null'] as const;
    const address = new Uint8Array(8);
    const cooked = { packetType: 4, hardwareType: 1, addressLength: 6, address };
    const links: Readonly<Record<(typeof types)[number], LinkInit>> = {
      ethernet: { kind: 'ethernet', src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' },
      raw: { kind: 'raw' },
      sll: { kind: 'sll', ...cooked },
      sll2: { kind: 'sll2', interfaceIndex: 3, ...cooked },
      null: { kind: 'null', bigEndian: false },
    };
    const ip = { version: 6, src: '2001:db8::1', dst: '2001:db8::2' } as const;
    const file = pcapng(
      types.map((type) => ({ name: `an ${type}`, linkType: LinkTypeNumber[type] })),
      types.map((type, interfaceId) => ({
        interfaceId,
        epochMs: 1_700_000_000_000 + interfaceId,
        bytes: emitFrame({ link: links[type], packet: { ip, tcp: { srcPort: 1000 + interfaceId, flags: 'S' } } }),
        comment: `第 ${interfaceId}`,
      })),
    );
    writeFileSync(at('written.pcapng'), file);
    const fields = ['frame.interface_name', 'frame.comment', 'tcp.srcport', 'frame.time_epoch', '_ws.malformed'];
    const args = ['-T', 'fields', '-E', 'separator=;', ...fields.flatMap((field) => ['-e', field])];
    expect(lines(run(['tshark', '-r', at('written.pcapng'), ...args], ''))).toEqual(
      types.map((type, i) => `an ${type};第 ${i};${1000 + i};1700000000.00${i}000000;`),
    );
  });

  test.each([
    { bigEndian: false, nanoseconds: false },
    { bigEndian: true, nanoseconds: false },
    { bigEndian: false, nanoseconds: true },
    { bigEndian: true, nanoseconds: true },
  ])('pcap $bigEndian $nanoseconds', ({ bigEndian, nanoseconds }) => {
    const epochNs = 1_700_000_000_123_456_789n;
    const packets = [{ epochNs, bytes: synIpv4, wireBytes: 99 }];
    writeFileSync(at('written.pcap'), pcap(packets, { linkType: 1, bigEndian, nanoseconds }));
    const args = ['-T', 'fields', '-e', 'frame.time_epoch', '-e', 'frame.len', '-e', 'tcp.srcport'];
    const time = nanoseconds ? '1700000000.123456789' : '1700000000.123456000';
    expect(run(['tshark', '-r', at('written.pcap'), ...args], '')).toBe(`${time}\t99\t41000\n`);
  });
});

test('an output that is full is an error, not a defect', () => {
  const command = `node bin/rawshake.js build ${ends.join(' ')} 2>&1 >/dev/full || echo "exit $?"`;
  expect(run(['sh', '-c', command], '')).toMatch(/^rawshake: standard output: .*ENOSPC.*\nhint: .*\nexit 2\n$/);
});

test('build and dissect need neither koffi nor raw-socket', () => {
  const copy = at('copy');
  mkdirSync(join(copy, 'node_modules'), { recursive: true });
  for (const name of ['bin', 'bundle', 'package.json']) cpSync(name, join(copy, name), { recursive: true });
  for (const name of readdirSync('node_modules')) {
    if (!['koffi', '@koromix', 'raw-socket'].includes(name))
      symlinkSync(join(process.cwd(), 'node_modules', name), join(copy, 'node_modules', name));
  }
  mkdirSync(join(copy, 'node_modules/koffi'));
  cpSync('node_modules/koffi/package.json', join(copy, 'node_modules/koffi/package.json'));
  const command = `node bin/rawshake.js build ${ends.join(' ')} | node bin/rawshake.js dissect`;
  expect(run(['sh', '-c', `cd '${copy}' && ${command}`], '')).toMatch(/^SYN /);
});

describe('for other terminals', () => {
  const dissected = async (...args: readonly string[]): Promise<string> =>
    (await rawshake(['dissect', '--hex', toHex(synIpv4), ...args])).stdout;

  test('--ascii: hyphens and points', async () => {
    expect(await dissected()).toMatch(/→[^]*─/);
    const drawn = await dissected('--ascii');
    expect(drawn).not.toMatch(/[─→←…]/);
    expect(drawn).toContain('->');
  });

  test('--ambiguous-width 2: what stands under a digit is as wide as that', async () => {
    const drawn = await dissected('--ambiguous-width', '2');
    expect(drawn).toContain('→');
    expect(drawn).not.toContain('─');
  });
});
