import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DEFAULT_MARK, ownerOf, planFilter, typedFromOutside } from '../../src/filter/plan.js';
import { shellLine } from '../../src/filter/shell.js';

const FLOW = { src: '203.0.113.5', srcPort: 1024, dst: '198.51.100.7', dstPort: 80 };
const V6 = { src: '2001:db8:1::5', srcPort: 1024, dst: '2001:db8:2::7', dstPort: 443 };

test.each([
  ['kube-proxy', 0xc000],
  ['Cilium', 0x0f00],
  ['Calico', 0xffff_0000],
  ['Tailscale', 0xff_0000],
  ['mwan3', 0x3f00],
  ['v2rayA', 0xc0],
  ['AWS VPC CNI', 0x80],
  ['OpenShift SDN', 0x1],
])('the default mark has no bit that %s reads', (_, mask) => {
  expect((DEFAULT_MARK & mask) >>> 0).toBe(0);
  expect([0xca6c, 0x539]).not.toContain(DEFAULT_MARK); // wg-quick and Istio, which take the whole
});

describe('iptables', () => {
  const backend = 'iptables';

  test('IPv4: exactly the four-tuple, RST, and not the own mark, in raw OUTPUT', () => {
    const { commands, removal, rule } = planFilter({ flow: FLOW, backend, mark: 0xbeef, comment: 'rawshake:1' });
    const match =
      '-s 203.0.113.5/32 -d 198.51.100.7/32 -p tcp -m tcp --sport 1024 --dport 80 --tcp-flags RST RST ' +
      '-m mark ! --mark 0xbeef -m comment --comment rawshake:1 -j DROP';
    expect(rule).toEqual({ table: 'raw', chain: 'OUTPUT', match: match.split(' ') });
    expect(commands.map((argv) => argv.join(' '))).toEqual([`iptables -w -t raw -I OUTPUT 1 ${match}`]);
    expect(removal.join(' ')).toBe(`iptables -w -t raw -D OUTPUT ${match}`);
  });

  test('IPv6: the same with ip6tables', () => {
    const { commands, save } = planFilter({ flow: V6, backend, comment: 'rawshake:1' });
    expect(commands[0]?.slice(0, 12).join(' ')).toBe(
      'ip6tables -w -t raw -I OUTPUT 1 -s 2001:db8:1::5/128 -d 2001:db8:2::7/128 -p',
    );
    expect(save).toEqual(['ip6tables-save', '-c', '-t', 'raw']);
  });

  test('a port that looks like a token of the file is not replaced twice', () => {
    const { commands } = planFilter({ flow: { ...FLOW, srcPort: 8888, dstPort: 41000 }, backend });
    expect(commands[0]?.join(' ')).toContain('--sport 8888 --dport 41000');
  });

  test('what is left open is left out, with its option', () => {
    const { rule } = planFilter({ flow: { src: V6.src, srcPort: 443 }, backend });
    expect(rule.match.slice(0, 10).join(' ')).toBe('-s 2001:db8:1::5/128 -p tcp -m tcp --sport 443 --tcp-flags RST');
    const { rule: address } = planFilter({ flow: { src: FLOW.src }, backend });
    expect(address.match.slice(0, 8).join(' ')).toBe('-s 203.0.113.5/32 -p tcp -m tcp --tcp-flags RST');
  });
});

describe('nft', () => {
  const backend = 'nft';

  test('a table of our own, before raw, with exactly the four-tuple, RST, and not the own mark', () => {
    const { commands, removal } = planFilter({ flow: FLOW, backend, mark: 0xbeef, comment: 'rawshake:1' });
    expect(commands.map((argv) => argv.join(' '))).toEqual([
      'nft create table inet rawshake-1',
      'nft add chain inet rawshake-1 output { type filter hook output priority raw - 10; policy accept; }',
      'nft add rule inet rawshake-1 output ip saddr 203.0.113.5 ip daddr 198.51.100.7 tcp sport 1024 tcp dport 80 ' +
        'tcp flags & rst == rst meta mark != 0xbeef counter drop comment "rawshake:1"',
    ]);
    expect(removal.join(' ')).toBe('nft delete table inet rawshake-1');
  });

  test('IPv6, and what is left open is left out', () => {
    const { commands } = planFilter({ flow: { src: V6.src, dstPort: 443 }, backend, comment: 'rawshake:1' });
    expect(commands.at(-1)?.slice(6, 17).join(' ')).toBe('ip6 saddr 2001:db8:1::5 tcp dport 443 tcp flags & rst ==');
  });

  test('can be pasted into a shell', () => {
    const [, chain, rule] = planFilter({ flow: FLOW, backend, comment: 'rawshake:1' }).commands.map(shellLine);
    expect(chain).toContain("output '{ type filter hook output priority raw - 10; policy accept; }'");
    expect(rule).toContain(`flags '&' rst`);
    expect(rule).toContain(`comment '"rawshake:1"'`);
  });
});

test.each(['nft', 'iptables'] as const)('%s: addresses are written as the kernel writes them', (backend) => {
  const { flow } = planFilter({ flow: { src: '2001:DB8:0:0::0:1', dst: '::ffff:1.2.3.4' }, backend });
  expect(flow).toEqual({ src: '2001:db8::1', dst: '::ffff:1.2.3.4' });
});

describe('comments', () => {
  test('each plan has its own, which names the process', () => {
    const [first, second] = [1, 2].map(() => planFilter({ flow: FLOW, backend: 'nft' }).comment);
    expect(first).not.toBe(second);
    expect([first, second].map((comment) => ownerOf(comment ?? '')?.pid)).toEqual([process.pid, process.pid]);
  });

  test('one that names no process has no owner', () => {
    expect(['rawshake:by-hand', 'rawshake:detached-77', 'other:77'].map(ownerOf)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test('an owner is a process by all that tells it from others', () => {
  const owner = { pid: 77, startTicks: 5, pidNamespace: 4026531836, bootId: '1f3a9c2e' };
  const name = '77-5-4026531836-1f3a9c2e';
  for (const comment of [`rawshake:${name}`, `rawshake:${name}:2`, `rawshake:${name}:12`])
    expect(ownerOf(comment), comment).toEqual(owner);
  for (const comment of [name, `xrawshake:${name}`, `rawshake:${name}:`, `rawshake:${name}:2x`, `rawshake:${name}:x`])
    expect(ownerOf(comment), comment).toBeUndefined();
});

test('typed from outside: each command behind what enters there', () => {
  const plan = planFilter({ flow: FLOW, backend: 'nft', comment: 'rawshake:1' });
  expect(typedFromOutside(plan)).toEqual(plan);
  const { commands, removal } = typedFromOutside(plan, ['ip', 'netns', 'exec', 'a']);
  expect(commands.map((words) => words.slice(0, 7).join(' '))).toEqual([
    ...['ip netns exec a nft create table', 'ip netns exec a nft add chain', 'ip netns exec a nft add rule'],
  ]);
  expect(removal.join(' ')).toBe('ip netns exec a nft delete table inet rawshake-1');
});

test.each([
  { mark: 0xffff_ffff, comment: `rawshake:${'x'.repeat(100)}` },
  { mark: 1, comment: 'rawshake:a.b:c-d_e' },
])('what can be is taken: %j', (options) => {
  expect(planFilter({ flow: FLOW, backend: 'nft', ...options })).toMatchObject(options);
});

test.each([
  { flow: { src: 'localhost' } },
  { flow: FLOW, mark: 1.5 },
  { flow: FLOW, comment: 'xrawshake:1' },
  { flow: FLOW, comment: 'rawshake:' },
  { flow: FLOW, comment: `rawshake:${'x'.repeat(101)}` },
  { flow: { src: '192.0.2.1', dst: '2001:db8::1' } },
  { flow: { ...FLOW, dstPort: 65_536 } },
  { flow: { ...FLOW, srcPort: 1.5 } },
  { flow: FLOW, mark: 0 },
  { flow: FLOW, mark: 2 ** 32 },
  { flow: FLOW, comment: 'rawshake:with space' },
  { flow: FLOW, comment: 'mine' },
])('what cannot be is refused: %j', (options) => {
  expect(() => planFilter({ backend: 'nft', ...options })).toThrow(expect.objectContaining({ code: 'RS_USAGE' }));
});

describe.each([4, 6])('iptables/rst-v%i.rules', (family) => {
  const lines = readFileSync(`iptables/rst-v${family}.rules`, 'utf8').split('\n');
  test('touches the raw table alone, inserts one rule, flushes and declares nothing', () => {
    const effective = lines.filter((line) => line !== '' && !line.startsWith('#'));
    expect(effective.map((line) => line.split(' ')[0])).toEqual(['*raw', '-I', 'COMMIT']);
  });
});
