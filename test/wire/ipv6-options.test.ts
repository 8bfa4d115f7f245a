/** Options of hop-by-hop and destination headers, and the padding behind them. RFC 8200 §4.2 and Appendix A. */
import { describe, expect, test } from 'vitest';
import { ipv6OptionsLength, readIpv6Options, writeIpv6Options, type Ipv6Option } from '../../src/wire/ipv6-options.js';
import { hex } from './vectors.js';

const option = (type: number, data: string, length?: number): Ipv6Option => ({
  kind: 'option',
  type,
  data: hex(data),
  ...(length !== undefined && { length }),
});
const PAD1: Ipv6Option = { kind: 'pad1' };
const raw = (data: string): Ipv6Option => ({ kind: 'raw', data: hex(data) });

/** As they stand behind `ffff`, the two bytes of the header; 0xee where nothing is to be written. */
function written(...options: readonly Ipv6Option[]): string {
  const length = ipv6OptionsLength(options);
  const out = new Uint8Array(2 + length + 2).fill(0xee);
  out.fill(0, 2, 2 + length);
  writeIpv6Options(out, 2, options);
  return Buffer.from(out)
    .toString('hex')
    .replace(/^eeee(.*)eeee$/, '$1');
}

describe('written', () => {
  test.each<[string, readonly Ipv6Option[], string]>([
    ['nothing: four bytes of PadN', [], '010400000000'],
    ['a router alert (RFC 2711)', [option(5, '0000')], '050200000100'],
    ['a jumbo payload (RFC 2675) fills its header', [option(0xc2, '00010000')], 'c20400010000'],
    ['one byte left: Pad1', [option(0x1e, 'aabbcc')], '1e03aabbcc00'],
    ['one byte more than fits: the next eight', [option(0x1e, 'aabbccddee')], '1e05aabbccddee0105' + '0000000000'],
    ['three bytes left', [option(0x1e, 'aa')], '1e01aa010100'],
    ['one without data', [option(0x1e, '')], '1e0001020000'],
    ['Pad1 in between', [PAD1, option(5, '0000'), PAD1], '000502000000'],
    ['a length that lies', [option(0x1e, 'aabb', 255)], '1effaabb0100'],
    ['bytes as they are', [option(5, '0000'), raw('0103')], '050200000103'],
  ])('%s', (_, options, bytes) => {
    expect(written(...options)).toBe(bytes);
  });

  test.each([
    [option(256, ''), 'ip.extensions.options.type'],
    [option(-1, ''), 'ip.extensions.options.type'],
    [option(1, '', 256), 'ip.extensions.options.length'],
    [option(1, '00'.repeat(256)), 'ip.extensions.options.length'],
  ])('what does not fit, case %#', (wrong, field) => {
    expect(() => written(wrong)).toThrow(`${field}: `);
  });
});

test.each<[string, readonly Ipv6Option[]]>([
  ['', []],
  ['010400000000', [option(1, '00000000')]],
  ['050200000100', [option(5, '0000'), option(1, '')]],
  ['0000050200ff', [PAD1, PAD1, option(5, '00ff')]],
  // The last byte may be a Pad1, or a type of which not even the length is there.
  ['1e0000', [option(0x1e, ''), PAD1]],
  ['1e001e', [option(0x1e, ''), raw('1e')]],
  ['05020000', [option(5, '0000')]],
  ['050300ff', [option(5, '00ff', 3)]],
  ['05ff', [option(5, '', 255)]],
])('read: %s', (bytes, options) => {
  // What stands before and behind is none of it.
  expect(readIpv6Options(hex(`eeee${bytes}1e00`), 2, 2 + bytes.length / 2)).toEqual(options);
});
