import { expect, test } from 'vitest';
import { RawshakeError, type RawshakeErrorCode, verbatim } from '../../src/error.js';
import { chooseBackend } from '../../src/filter/backend.js';
import type { FilterHost } from '../../src/filter/ports.js';

type Fate = 'works' | RawshakeErrorCode;

const meet = (fate: Fate): void => {
  if (fate !== 'works')
    throw new RawshakeError(fate, verbatim(`tried: ${fate}`), { hint: { en: 'a hint', zh: '提示' } });
};

const hostWhere = (nft: Fate, iptables: Fate): FilterHost => {
  const unexpected = () => {
    throw new Error('nothing may be changed');
  };
  const check = (): void => {
    meet(nft);
  };
  return {
    nft: () => ({
      create: unexpected,
      deleteTable: unexpected,
      deleteRule: unexpected,
      rules: unexpected,
      contents: unexpected,
      check,
    }),
    run: () => {
      meet(iptables);
      return '';
    },
    addRule: unexpected,
    removeRule: unexpected,
    holdRule: unexpected,
  };
};

test('nft where it works', () => {
  expect(chooseBackend(hostWhere('works', 'works'))).toBe('nft');
  expect(chooseBackend(hostWhere('works', 'RS_MISSING_TOOL'))).toBe('nft');
});

test('else iptables', () => {
  expect(chooseBackend(hostWhere('RS_MISSING_TOOL', 'works'))).toBe('iptables');
  expect(chooseBackend(hostWhere('RS_COMMAND_FAILED', 'works'))).toBe('iptables');
});

test.each([
  { nft: 'RS_MISSING_TOOL', iptables: 'RS_MISSING_TOOL', code: 'RS_MISSING_TOOL' },
  { nft: 'RS_NOT_IN_KERNEL', iptables: 'RS_MISSING_TOOL', code: 'RS_MISSING_TOOL' },
  { nft: 'RS_NO_PRIVILEGE', iptables: 'RS_NO_PRIVILEGE', code: 'RS_NO_PRIVILEGE' },
  { nft: 'RS_MISSING_TOOL', iptables: 'RS_NO_PRIVILEGE', code: 'RS_NO_PRIVILEGE' },
  { nft: 'RS_COMMAND_FAILED', iptables: 'RS_MISSING_TOOL', code: 'RS_COMMAND_FAILED' },
] as const)('where neither works it says why: nft $nft, iptables $iptables', ({ nft, iptables, code }) => {
  expect(() => chooseBackend(hostWhere(nft, iptables))).toThrow(
    expect.objectContaining({ code, hint: expect.stringMatching(/./) as string }),
  );
});
