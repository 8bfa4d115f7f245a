import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { planFilter } from '../../src/filter/plan.js';

const FLOW = { src: '203.0.113.5', srcPort: 1024, dst: '198.51.100.7', dstPort: 80 };
const V6 = { src: '2001:db8:1::5', srcPort: 1024, dst: '2001:db8:2::7', dstPort: 443 };

test('IPv4: exactly the four-tuple, RST, and not the own mark, in raw OUTPUT', () => {
  const { add, remove, rule } = planFilter({ flow: FLOW, mark: 0xbeef, comment: 'rawshake:1' });
  const match =
    '-s 203.0.113.5/32 -d 198.51.100.7/32 -p tcp -m tcp --sport 1024 --dport 80 --tcp-flags RST RST ' +
    '-m mark ! --mark 0xbeef -m comment --comment rawshake:1 -j DROP';
  expect(rule).toEqual({ table: 'raw', chain: 'OUTPUT', match: match.split(' ') });
  expect(add.join(' ')).toBe(`iptables -w -t raw -I OUTPUT 1 ${match}`);
  expect(remove.join(' ')).toBe(`iptables -w -t raw -D OUTPUT ${match}`);
});

test('IPv6: the same with ip6tables', () => {
  const { add, save } = planFilter({ flow: V6, comment: 'rawshake:1' });
  expect(add.slice(0, 12).join(' ')).toBe(
    'ip6tables -w -t raw -I OUTPUT 1 -s 2001:db8:1::5/128 -d 2001:db8:2::7/128 -p',
  );
  expect(save).toEqual(['ip6tables-save', '-c', '-t', 'raw']);
});

test('a port that looks like a token of the file is not replaced twice', () => {
  const { add } = planFilter({ flow: { ...FLOW, srcPort: 8888, dstPort: 41000 } });
  expect(add.join(' ')).toContain('--sport 8888 --dport 41000');
});

test('the comment tells whose rule it is', () => {
  expect(planFilter({ flow: FLOW }).comment).toBe(`rawshake:${process.pid}`);
});

describe.each([4, 6])('iptables/rst-v%i.rules', (family) => {
  const lines = readFileSync(`iptables/rst-v${family}.rules`, 'utf8').split('\n');
  test('touches the raw table alone, inserts one rule, flushes and declares nothing', () => {
    const effective = lines.filter((line) => line !== '' && !line.startsWith('#'));
    expect(effective.map((line) => line.split(' ')[0])).toEqual(['*raw', '-I', 'COMMIT']);
  });
});
