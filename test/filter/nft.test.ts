/** The filter by nftables: of a table that the kernel owns with the process, or else held by a program. */
import { expect, test } from 'vitest';
import { RawshakeError, type RawshakeErrorCode, verbatim } from '../../src/error.js';
import { cureByIptables, cureByNft } from '../../src/filter/cure-rules.js';
import { applyNft, isThat, nftCommands, tableOf } from '../../src/filter/nft.js';
import { planFilter } from '../../src/filter/plan.js';
import type { FilterHost, NftListedRule, NftSession, NftTable, RuleCommands } from '../../src/filter/ports.js';

const FLOW = { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 };
const PLAN = planFilter({ flow: FLOW, backend: 'nft', comment: 'rawshake:1' });

const LISTED: NftListedRule = {
  ...tableOf(PLAN).rule,
  ...{ chain: 'output', hook: tableOf(PLAN).hook, handle: 4, understood: true, packets: 3, bytes: 120 },
};

const failure = (code: RawshakeErrorCode) =>
  new RawshakeError(code, verbatim(code), { hint: { en: 'a hint', zh: '提示' } });

/** `create`, `check`: why the kernel does not. */
function hostOf({ create, check }: { readonly create?: Error; readonly check?: Error } = {}) {
  const did: string[] = [];
  const refuse = (error: Error | undefined): void => {
    if (error !== undefined) throw error;
  };
  let rules = [{ ...LISTED, comment: 'theirs' }, LISTED];
  const session = {
    create: (table: NftTable, options: object) => {
      refuse(create);
      expect(table).toEqual(tableOf(PLAN));
      did.push(`create ${JSON.stringify(options)}`);
    },
    check: (table: NftTable) => {
      expect(table).toEqual(tableOf(PLAN));
      did.push('check');
      refuse(check);
    },
    rules: (family: string, table: string) => (`${family} ${table}` === 'inet rawshake-1' ? rules : []),
    deleteTable: (family: string, table: string) => {
      did.push(`delete ${family} ${table}`);
      rules = [];
    },
  };
  const host = {
    nft: () => session as unknown as NftSession,
    holdRule: (commands: RuleCommands) => {
      expect(commands).toEqual(nftCommands(PLAN));
      did.push('hold');
      return { restore: () => did.push('restore'), close: () => did.push('close') };
    },
  } as unknown as FilterHost;
  return { host, did };
}

test('what is created: before raw, in the output hook, RSTs of the flow without our mark', () => {
  expect(tableOf(PLAN)).toEqual({
    ...{ family: 'inet', name: 'rawshake-1', chain: 'output', hook: { hook: 'output', priority: -310 } },
    rule: { flow: FLOW, resetsOnly: true, mark: 0x36, comment: 'rawshake:1' },
  });
  expect(nftCommands(PLAN)).toEqual({
    plan: PLAN,
    add: [
      'nft',
      [
        'create table inet rawshake-1',
        'add chain inet rawshake-1 output { type filter hook output priority raw - 10; policy accept; }',
        'add rule inet rawshake-1 output ip saddr 192.0.2.1 ip daddr 192.0.2.2 tcp sport 41000 tcp dport 8888 ' +
          'tcp flags & rst == rst meta mark != 0x36 counter drop comment "rawshake:1"',
      ].join('\n'),
    ],
    remove: ['nft', 'delete', 'table', 'inet', 'rawshake-1'],
  });
});

test('owned: by the session, without a program', () => {
  const { host, did } = hostOf();
  const rule = applyNft(PLAN, host);
  expect(rule.owned).toBe(true);
  expect(rule.read()).toEqual({ packets: 3, bytes: 120 });
  rule.restore();
  rule.remove();
  expect(rule.read()).toBeUndefined();
  expect(did).toEqual(['create {"owned":true}', 'create {"owned":true}', 'delete inet rawshake-1']);
});

test('held: where the kernel knows no owner', () => {
  const { host, did } = hostOf({ create: failure('RS_COMMAND_FAILED') });
  const rule = applyNft(PLAN, host);
  expect(rule.owned).toBe(false);
  expect(rule.read()).toEqual({ packets: 3, bytes: 120 });
  rule.restore();
  rule.remove();
  expect(did).toEqual(['check', 'hold', 'restore', 'close']);
});

test('where the kernel knows more than owners not, or refuses, nothing is held', () => {
  const broken = new TypeError('broken');
  for (const [refused, message, tried] of [
    [{ create: failure('RS_COMMAND_FAILED'), check: failure('RS_NOT_IN_KERNEL') }, 'RS_NOT_IN_KERNEL', ['check']],
    [{ create: failure('RS_NO_PRIVILEGE') }, 'RS_NO_PRIVILEGE', []],
    [{ create: Object.assign(broken, { code: 'RS_COMMAND_FAILED' }) }, 'broken', []],
  ] as const) {
    const { host, did } = hostOf(refused);
    expect(() => applyNft(PLAN, host)).toThrow(message);
    expect(did).toEqual(tried);
  }
});

test('a rule is that of the plan where all is the same, and no other', () => {
  expect(isThat(LISTED, PLAN)).toBe(true);
  expect(isThat({ ...LISTED, hook: { hook: 'output', priority: -301 } }, PLAN)).toBe(true);
  const changes: readonly Partial<NftListedRule>[] = [
    ...[{ chain: 'input' }, { comment: 'x' }, { hook: undefined }, { hook: { hook: 'output', priority: -300 } }],
    ...[{ hook: { hook: 'ingress', priority: -310, device: 'lo' } }, { understood: false }, { resetsOnly: false }],
    ...[{ mark: undefined }, { mark: 1 }],
    ...[{ src: '192.0.2.9' }, { srcPort: 1 }, { dst: '192.0.2.9' }, { dstPort: 1 }].map((part) => ({
      flow: { ...FLOW, ...part },
    })),
  ] as const;
  for (const change of changes) expect(isThat({ ...LISTED, ...change }, PLAN), JSON.stringify(change)).toBe(false);
});

const values = { flow: FLOW, comment: 'rawshake:a:b' };
const values6 = { ...values, flow: { ...FLOW, src: '2001:db8::a', dst: '2001:db8::b' } };

test('the cures by iptables', () => {
  const comment = '-m comment --comment rawshake:a:b';
  const reset = `-p tcp -m tcp --tcp-flags RST RST -m owner ! --uid-owner 0-4294967294 ${comment} -j DROP`;
  expect(cureByIptables('owner', 4, values)).toEqual({
    rule: { backend: 'iptables', program: 'iptables', commands: [`-t raw -I OUTPUT 1 ${reset}`.split(' ')] },
    removal: `iptables -w -t raw -D OUTPUT ${reset}`.split(' '),
  });
  const arriving = `-s 2001:db8::b/128 -d 2001:db8::a/128 -p tcp -m tcp --sport 8888 --dport 41000 ${comment} -j DROP`;
  expect(cureByIptables('input', 6, values6)).toEqual({
    rule: { backend: 'iptables', program: 'ip6tables', commands: [`-t filter -I INPUT 1 ${arriving}`.split(' ')] },
    removal: `ip6tables -w -t filter -D INPUT ${arriving}`.split(' '),
  });
});

test.each([
  [
    ...(['input', 4, values] as const),
    [
      'create table inet rawshake-a-b',
      'add chain inet rawshake-a-b input { type filter hook input priority filter; policy accept; }',
      'add rule inet rawshake-a-b input ip saddr 192.0.2.2 ip daddr 192.0.2.1 tcp sport 8888 tcp dport 41000 ' +
        'counter drop comment "rawshake:a:b"',
    ],
  ],
  [
    ...(['owner', 6, values6] as const),
    [
      'create table inet rawshake-a-b',
      'add chain inet rawshake-a-b output { type filter hook output priority raw - 10; policy accept; }',
      'add rule inet rawshake-a-b output meta skuid 0-4294967295 accept',
      'add rule inet rawshake-a-b output tcp flags & rst == rst counter drop comment "rawshake:a:b"',
    ],
  ],
] as const)('the cure by nft: %s, IPv%d', (cure, family, of, lines) => {
  const { rule, removal } = cureByNft(cure, family, of);
  expect(rule).toMatchObject({ backend: 'nft', script: lines.join('\n') });
  expect('typed' in rule && rule.typed.map((words) => words.join(' '))).toEqual(lines.map((line) => `nft ${line}`));
  expect(removal).toEqual(['nft', 'delete', 'table', 'inet', 'rawshake-a-b']);
});
