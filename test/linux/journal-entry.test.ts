/** What is taken for an entry of the journal: what was written as one, and nothing beside it. */
import { describe, expect, test } from 'vitest';
import { planFilter } from '../../src/filter/plan.js';
import { entryText, parseEntry } from '../../src/linux/filter/journal-entry.js';

const FLOW = { src: '192.0.2.1', srcPort: 40_000, dst: '192.0.2.2', dstPort: 80 };
const PLAN = planFilter({ backend: 'iptables', flow: FLOW, mark: 7 });
const WHERE = { networkNamespace: 'net:[4026531840]', variant: 'legacy' } as const;
const WRITTEN = JSON.parse(entryText(PLAN, WHERE)) as Readonly<Record<string, unknown>>;
const changedTo = (changed: Readonly<Record<string, unknown>>): string => JSON.stringify({ ...WRITTEN, ...changed });

test.each([FLOW, { src: '192.0.2.1' }, { src: '2001:db8::1', srcPort: 1 }])('of %j, what was written', (flow) => {
  const plan = planFilter({ backend: 'nft', flow, mark: 7 });
  expect(parseEntry(entryText(plan, { ...WHERE, variant: undefined }))).toEqual({
    ...{ networkNamespace: WHERE.networkNamespace, variant: undefined },
    plan,
  });
});

describe('none', () => {
  test.each(['', '{', 'null', '7', '"text"', '[]', '{}'])('%s', (text) => {
    expect(parseEntry(text)).toBeUndefined();
  });

  test.each(Object.keys(WRITTEN).filter((key) => key !== 'variant'))('without %s', (key) => {
    expect(parseEntry(changedTo({ [key]: undefined }))).toBeUndefined();
  });

  test.each([
    { remove: ['sh', '-c', 'id'] },
    { networkNamespace: 'net:[1]\n' },
    { networkNamespace: 'net:[x]' },
    { networkNamespace: ['net:[1]'] },
    { backend: 'ipfw' },
    { backend: ['nft'] },
    { variant: 'other' },
    { variant: null },
    { mark: '7' },
    { mark: null },
    { mark: -1 },
    { comment: 7 },
    { comment: { toString: 'x' } },
    { flow: null },
    { flow: [] },
    { flow: {} },
    { flow: { ...FLOW, src: 7 } },
    { flow: { ...FLOW, src: 'here' } },
    { flow: { ...FLOW, srcPort: '80' } },
    { flow: { ...FLOW, srcPort: 70_000 } },
    { flow: { ...FLOW, dst: ['192.0.2.2'] } },
    { flow: { ...FLOW, protocol: 'udp' } },
  ])('with %j', (changed) => {
    expect(parseEntry(changedTo(changed))).toBeUndefined();
  });

  test('with a key that means something to objects, or a number without end', () => {
    const text = JSON.stringify(WRITTEN);
    expect(parseEntry(text)).toBeDefined();
    expect(parseEntry(text.replace('{', '{"__proto__":{},'))).toBeUndefined();
    expect(parseEntry(text.replace('"mark":7', '"mark":1e999'))).toBeUndefined();
  });
});
