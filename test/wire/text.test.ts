import { describe, expect, test } from 'vitest';
import {
  checksum,
  emitPacket,
  fold,
  formatFlags,
  formatIpv6Address,
  formatMismatches,
  formatNotationError,
  formatOption,
  formatSegment,
  matchNotation,
  matchPacket,
  onesSum,
  parseAddress,
  parseFlags,
  parseIpv4Address,
  parseIpv6Address,
  parseMac,
  parseNotation,
  parsePacket,
  parsePartialNotation,
  parseSegment,
  segmentOf,
  TcpFlag,
  updateChecksum,
  type Packet,
  type TcpOption,
} from '../../src/wire/index.js';
import { dataIpv4, hex, ipOf, rfc1071, synAckIpv4, synIpv4 } from './vectors.js';

const parsed = (bytes: Uint8Array): Packet => {
  const result = parsePacket(bytes);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

describe('checksum', () => {
  test('RFC 1071 §3: the example sums to ddf2', () => {
    expect(fold(onesSum(rfc1071))).toBe(0xddf2);
    expect(checksum(rfc1071)).toBe(0x220d);
  });

  test('RFC 1624 §4: the example that equation 2 gets wrong', () => {
    expect(updateChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0);
  });

  test('an odd last byte counts as the upper half of a word', () => {
    expect(checksum(hex('010203'))).toBe(~(0x0102 + 0x0300) & 0xffff);
  });
});

describe('addresses', () => {
  test.each(['0.0.0.0', '255.255.255.255', '192.0.2.1'])('IPv4 %s', (text) => {
    expect(parseAddress(text)?.join('.')).toBe(text);
  });

  test.each(['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1.2.3.4 ', '1.2.3.-4', '1e1.2.3.4', '0x1.2.3.4'])(
    'no IPv4 address: "%s"',
    (text) => {
      expect(parseIpv4Address(text)).toBeUndefined();
    },
  );

  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('IPv6 %s is %s by RFC 5952', (text, canonical) => {
    const bytes = parseIpv6Address(text);
    expect(bytes && formatIpv6Address(bytes)).toBe(canonical);
  });

  test.each([
    '',
    ':',
    ':::',
    '1',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '1.2.3.4::',
    '::1.2.3',
    ':1::2',
    '1:',
  ])('no IPv6 address: "%s"', (text) => {
    expect(parseIpv6Address(text)).toBeUndefined();
  });

  test('Ethernet addresses', () => {
    expect(parseMac('02:00:00:00:00:0A')).toEqual(hex('02000000000a'));
    expect(parseMac('2-0-0-0-0-a')).toEqual(hex('02000000000a'));
    expect(parseMac('02:00:00:00:00')).toBeUndefined();
    expect(parseMac('02:00:00:00:00:0g')).toBeUndefined();
  });
});

describe('flags', () => {
  test('letters in packetdrill order', () => {
    expect(formatFlags(TcpFlag.SYN | TcpFlag.ACK)).toBe('S.');
    expect(formatFlags(0x1ff)).toBe('FSRP.UEWA');
    expect(formatFlags(0)).toBe('');
  });

  test('any order in', () => {
    expect(parseFlags('.S')).toBe(0x12);
    expect(parseFlags('-')).toBe(0);
    expect(() => parseFlags('s')).toThrow('tcp.flags: s');
  });
});

describe('notation out', () => {
  const seqBase = 0xe010eed3;
  const ackBase = 0xa6f9497b;

  test('SYN, SYN/ACK and data of a real handshake, relative', () => {
    const text = (frame: Uint8Array, bases: object): string => {
      const { tcp } = parsed(ipOf(frame));
      return tcp === undefined ? '' : formatSegment(tcp, bases);
    };
    expect(text(synIpv4, { seqBase })).toBe(
      'S 0:0(0) win 64240 <mss 1460,sackOK,TS val 3212259622 ecr 0,nop,wscale 10>',
    );
    expect(text(synAckIpv4, { seqBase: ackBase, ackBase: seqBase })).toBe(
      'S. 0:0(0) ack 1 win 65160 <mss 1460,sackOK,TS val 3367319894 ecr 3212259622,nop,wscale 10>',
    );
    expect(text(dataIpv4, { seqBase, ackBase })).toBe(
      'P. 1:6(5) ack 1 win 63 <nop,nop,TS val 3212259622 ecr 3367319894>',
    );
    expect(text(dataIpv4, {})).toMatch(/^P\. 3759206100:3759206105\(5\) ack 2801355132 /);
  });

  test.each<[TcpOption, string]>([
    [{ kind: 'eol' }, 'eol'],
    [{ kind: 'nop' }, 'nop'],
    [{ kind: 'mss', mss: 1460 }, 'mss 1460'],
    [{ kind: 'wscale', shift: 7 }, 'wscale 7'],
    [{ kind: 'sackOK' }, 'sackOK'],
    [
      {
        kind: 'sack',
        blocks: [
          [1, 2],
          [4, 5],
        ],
      },
      'sack 1:2 4:5',
    ],
    [{ kind: 'timestamps', value: 1, echo: 0 }, 'TS val 1 ecr 0'],
    [{ kind: 'fastOpen', cookie: hex('') }, 'FO'],
    [{ kind: 'fastOpen', cookie: hex('0123abcd') }, 'FO 0123abcd'],
    [{ kind: 'fastOpen', cookie: hex('0123abcd'), experimental: true }, 'FOEXP 0123abcd'],
    [{ kind: 'userTimeout', timeout: 30, minutes: true }, 'uto 30m'],
    [
      { kind: 'unknown', code: 19, data: hex('00112233445566778899aabbccddeeff') },
      'md5 00112233445566778899aabbccddeeff',
    ],
    [{ kind: 'unknown', code: 29, data: hex('0101') }, 'ao 0101'],
    [{ kind: 'unknown', code: 30, data: hex('0001') }, 'mptcp 0001'],
    [{ kind: 'unknown', code: 2, data: hex('05'), length: 9 }, '2/9:05'],
    [{ kind: 'unknown', code: 77, data: hex('') }, '77:'],
    [{ kind: 'raw', data: hex('4d') }, 'raw 4d'],
  ])('option %j', (option, text) => {
    expect(formatOption(option)).toBe(text);
    expect(parseSegment(`S 0:0(0) <${text}>`)).toEqual({ ok: true, value: { flags: 2, seq: 0, options: [option] } });
  });
});

describe('notation in', () => {
  test('everything at once', () => {
    const text =
      '< ipv6 2001:db8::1 > 2001:db8::2: [ect0, flowlabel 0x12345] 41000 > 80 FP.UEW 1:11(10) ack 7 win 100 urg 3 <nop,sack 2:3>';
    expect(parseNotation(text, { seqBase: 1000, ackBase: 0xffffffff })).toEqual({
      ok: true,
      value: {
        direction: '<',
        version: 6,
        src: '2001:db8::1',
        dst: '2001:db8::2',
        ecn: [2],
        flowLabel: 0x12345,
        srcPort: 41000,
        dstPort: 80,
        flags: 0x0f9 & ~0x100,
        seq: 1001,
        payloadLength: 10,
        ack: 6,
        window: 100,
        urgentPointer: 3,
        options: [{ kind: 'nop' }, { kind: 'sack', blocks: [[1, 2]] }],
      },
    });
  });

  test.each([
    ['- 0:0(0)', { flags: 0 }],
    ['5 7:7(0)', { flags: 0x140, seq: 7 }],
    ['0 0:0(0)', { flags: 0 }],
    ['7 0:0(0)', { flags: 0x1c0 }],
    ['-\t0 : 0 ( 0 )', { flags: 0, options: [] }],
    ['. 1:1(0) ack 1', { flags: 0x10, ack: 1 }],
    ['SEWA 0:0(0)', { flags: 0x1c2 }],
    ['.5 1:1(0) ack 1', { flags: 0x150 }],
    ['S 0:0(0)', { options: [] }],
    ['(tos 0x10) S 0:0(0)', { tos: 16 }],
    ['[ttl 3] S 0:0(0)', { ttl: 3 }],
    ['[ect01] . 0:0(0) ack 0', { ecn: [1, 2] }],
    ['ipv4 192.0.2.1 > 192.0.2.2: S 4294967295:4294967295(0)', { src: '192.0.2.1', dst: '192.0.2.2', seq: 0xffffffff }],
    ['P. 4294967295:4(5) ack 0', { payloadLength: 5 }],
  ])('%s', (text, expected) => {
    expect(parseNotation(text)).toMatchObject({ ok: true, value: expected });
  });

  test('<...> says nothing about options', () => {
    const notation = parseNotation('S 0:0(0) <...>');
    expect(notation.ok && 'options' in notation.value).toBe(false);
  });

  test('... among options: those named, and any others', () => {
    const named = { options: [{ kind: 'mss', mss: 1460 }, { kind: 'sackOK' }], otherOptions: true };
    for (const list of ['mss 1460,sackOK,...', '...,mss 1460, ... ,sackOK'])
      expect(parseNotation(`S 0:0(0) <${list}>`)).toMatchObject({ ok: true, value: named });
    expect(parseSegment('S 0:0(0) <mss 1460,...>')).toMatchObject({ value: { options: [{ kind: 'mss' }] } });
  });

  test.each([
    ['', 1, 'expected TCP flags'],
    ['X 0:0(0)', 1, 'expected TCP flags'],
    ['S', 2, 'expected a number: sequence number'],
    ['S 0:0', 6, 'expected ('],
    ['S 0:1(0)', 5, '0 + 0 bytes ends at 0'],
    ['S 0:0(0) win 65536', 14, 'win does not fit in 16 bits'],
    ['5:5(0)', 1, 'expected TCP flags'],
    ['5 :5(0)', 1, 'expected TCP flags'],
    ['5  :5(0)', 1, 'expected TCP flags'],
    ['8 0:0(0)', 1, 'expected TCP flags'],
    ['x 0:0(0)', 1, 'expected TCP flags'],
    ['S8 0:0(0)', 4, 'expected :'],
    ['S 0:0(0)  winn 1', 11, 'expected ack, win, urg, <options> or the end'],
    ['S 0:0(0) win 1 ack 1', 16, 'expected ack, win, urg'],
    ['S 0:0(0) <mss>', 14, 'expected a number: mss'],
    ['S 0:0(0) <mss 1460', 19, 'expected >'],
    ['S 0:0(0) <mss 1460,>', 20, 'expected an option'],
    ['S 0:0(0) <TS val 1>', 19, 'expected ecr'],
    ['S 0:0(0) <FO 123>', 14, 'expected hex digits in pairs'],
    ['S 0:0(0) <constructor>', 11, 'expected an option'],
    ['[ect2] S 0:0(0)', 2, 'expected noecn, ect0'],
    ['1 > 70000 S 0:0(0)', 5, 'destination port does not fit'],
    ['ipv4 2001:db8::1 > 192.0.2.1: S 0:0(0)', 6, 'expected an IPv4 address'],
  ])('%s: error at column %i', (text, column, message) => {
    const result = parseNotation(text);
    expect(result).toMatchObject({ ok: false, error: { text, column } });
    expect(result.ok ? '' : result.error.message).toContain(message);
  });

  test('an error as two lines', () => {
    const result = parseSegment('S 0:0(0) win 99999');
    expect(result.ok ? '' : formatNotationError(result.error)).toBe(
      'S 0:0(0) win 99999\n             ^ win does not fit in 16 bits',
    );
  });

  test('what is built from a text reads as that text', () => {
    const text = 'S. 5:5(0) ack 9 win 1000 <mss 1460,sackOK,TS val 1 ecr 2,nop,wscale 7>';
    const init = parseSegment(text);
    if (!init.ok) throw new Error(init.error.message);
    const ip = { version: 4, src: '192.0.2.1', dst: '192.0.2.2' } as const;
    const { tcp } = parsed(emitPacket({ ip, tcp: init.value }));
    expect(tcp && formatSegment(tcp)).toBe(text);
  });

  describe('in part', () => {
    test.each([
      { text: '.', is: { flags: 0x10, options: [] } },
      { text: '> 1 > 2 P. ack 3 <...>', is: { direction: '>', srcPort: 1, dstPort: 2, flags: 0x18, ack: 103 } },
      { text: 'S 4:6(2) win 9', is: { flags: 2, seq: 14, payloadLength: 2, window: 9, options: [] } },
      { text: 'R<nop>', is: { flags: 4, options: [{ kind: 'nop' }] } },
    ])('$text', ({ text, is }) => {
      expect(parsePartialNotation(text, { seqBase: 10, ackBase: 100 })).toEqual({ ok: true, value: is });
    });

    test.each([
      ['. 1:', '    ^ expected a number: end sequence number'],
      ['', '^ expected TCP flags: letters out of F S R P . U E W A, or - (the dot is ACK)'],
      ['. hello', '  ^ expected ack, win, urg, <options> or the end, in this order'],
    ])('no packet: "%s"', (text, caret) => {
      const result = parsePartialNotation(text);
      expect(result.ok ? '' : formatNotationError(result.error)).toBe(`${text}\n${caret}`);
    });

    test('what is left out is left out of the segment, and matches any', () => {
      const notation = parsePartialNotation('.');
      expect(notation.ok && segmentOf(notation.value)).toEqual({ flags: 0x10, options: [] });
      const segment = parsed(ipOf(synAckIpv4));
      expect(notation.ok && matchNotation(segment, { ...notation.value, flags: 0x12 })).toEqual([
        expect.objectContaining({ path: 'tcp.options' }),
      ]);
    });

    test('whole is not in part', () => {
      expect(parseNotation('.')).toMatchObject({
        ok: false,
        error: { column: 2, message: 'expected a number: sequence number' },
      });
    });
  });
});

describe('match', () => {
  const synAck = parsed(ipOf(synAckIpv4));

  test('left out is any', () => {
    expect(matchPacket(synAck, {})).toEqual([]);
    expect(matchPacket(synAck, { tcp: { flags: 'S.', options: [{ kind: 'mss' }, {}, {}, {}, {}] } })).toEqual([]);
    expect(matchPacket(synAck, { ip: { ttl: 64 }, tcp: { payloadLength: 0, checksumOk: true } })).toEqual([]);
  });

  test('differences name the field, what was wanted and what was seen', () => {
    const pattern = {
      ip: { src: '192.0.2.1' },
      tcp: {
        flags: 'R',
        window: 0,
        payload: hex('68656c6c6f'),
        options: [{ kind: 'mss', mss: 1440 }, { kind: 'nop' }, {}, {}, {}],
      },
    } as const;
    expect(formatMismatches(matchPacket(synAck, pattern))).toBe(
      [
        'ip.src:             expected 192.0.2.1, got 192.0.2.2',
        'tcp.flags:          expected R, got S.',
        'tcp.window:         expected 0, got 65160',
        'tcp.payload:        expected 5 bytes 68656c6c6f, got 0 bytes',
        'tcp.options[0].mss: expected 1440, got 1460',
        'tcp.options[1]:     expected nop, got sackOK',
      ].join('\n'),
    );
  });

  test('options of another number, a layer that is not there, another IP version', () => {
    expect(matchPacket(synAck, { tcp: { options: [{ kind: 'mss', mss: 1 }] } })).toEqual([
      {
        path: 'tcp.options',
        expected: '<mss mss=1>',
        actual: '<mss mss=1460,sackOK,timestamps value=3367319894 echo=3212259622,nop,wscale shift=10>',
      },
    ]);
    expect(matchPacket(synAck, { icmp: { kind: 'unreachable' } })).toEqual([
      { path: 'icmp', expected: 'unreachable', actual: 'none' },
    ]);
    expect(matchPacket(synAck, { ip: { version: 6 } })).toEqual([{ path: 'ip.version', expected: '6', actual: '4' }]);
    const payload = parsed(emitPacket({ ip: { version: 4, src: '192.0.2.1', dst: '192.0.2.2' }, payload: hex('00') }));
    expect(matchPacket(payload, { tcp: { flags: 'S' } })).toEqual([
      { path: 'tcp', expected: 'a TCP segment', actual: 'none' },
    ]);
  });

  test('by notation', () => {
    const mismatches = (text: string): string => {
      const notation = parseNotation(text, { seqBase: 0xa6f9497b, ackBase: 0xe010eed3 });
      return notation.ok
        ? formatMismatches(matchNotation(synAck, notation.value))
        : formatNotationError(notation.error);
    };
    expect(mismatches('8080 > 41000 S. 0:0(0) ack 1 <...>')).toBe('');
    expect(mismatches('[ect01] S. 0:0(0) ack 1 <...>')).toBe('ip.ecn: expected 1 or 2, got 0');
    expect(mismatches('[ttl 3] R. 0:0(0) ack 1 <...>')).toBe(
      'ip.ttl:    expected 3, got 64\ntcp.flags: expected R., got S.',
    );
    expect(mismatches('S. 0:0(0) ack 1')).toMatch(/^tcp.options: expected <>, got <mss /);
    expect(mismatches('S. 0:0(0) ack 1 <mss 1460,...>')).toBe('');
    expect(mismatches('S. 0:0(0) ack 1 <...,sackOK,wscale 10>')).toBe('');
    expect(mismatches('S. 0:0(0) ack 1 <wscale 10,sackOK,...>')).toMatch(
      /^tcp.options: expected <wscale shift=10,sackOK,...>, got <mss mss=1460,/,
    );
    expect(mismatches('S. 0:0(0) ack 1 <mss 1400,...>')).toMatch(/^tcp.options: expected <mss mss=1400,...>, got /);
  });
});
