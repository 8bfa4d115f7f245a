/** Tables of ours as the kernel takes them, beside those that nft makes of the commands that are shown. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FilterFlow } from '../../src/filter/flow.js';
import { isThat, tableOf } from '../../src/filter/nft.js';
import { planFilter } from '../../src/filter/plan.js';
import type { NftListedRule } from '../../src/filter/ports.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import * as linux from '../../src/linux/libc/constants.js';
import { openNfSocket } from '../../src/linux/netfilter/nf-socket.js';
import { nftBatch, nftRequest } from '../../src/linux/netfilter/nft-messages.js';

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

const COMMENT = 'rawshake:test';

/** What nft says of the table, but for what is numbered anew each time. */
const listed = (table: string, host = lab.client): unknown =>
  JSON.parse(host.run(['nft', '-j', 'list', 'table', 'inet', table]).replace(/"handle": ?\d+, /g, ''));

const ports = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
const pair = (addresses: readonly string[]): fc.Arbitrary<FilterFlow> => {
  const [src = '', dst = ''] = addresses;
  return fc.record(
    { src: fc.constant(src), srcPort: ports, dst: fc.constant(dst), dstPort: ports },
    { requiredKeys: ['src'] },
  ) as fc.Arbitrary<FilterFlow>;
};
const flows = fc.oneof(pair(['192.0.2.1', '198.51.100.255']), pair(['2001:db8::1', '2001:db8:ffff::0:2']));

test('the kernel has the same rule from us as from nft, and we read the same of both', () => {
  const { client, server } = lab;
  fc.assert(
    fc.property(flows, fc.integer({ min: 1, max: 0xffff_ffff }), (flow, mark) => {
      const plan = planFilter({ flow, backend: 'nft', mark, comment: COMMENT });
      client.nft().create(tableOf(plan), { owned: false });
      server.run(['nft', plan.commands.map(([, ...words]) => words.join(' ')).join('\n')]);
      try {
        expect(listed(plan.table)).toEqual(listed(plan.table, server));
        for (const host of [client, server]) {
          const rules = host.nft().rules('inet', plan.table);
          expect(rules.map((rule) => isThat(rule, plan))).toEqual([true]);
        }
      } finally {
        for (const host of [client, server]) host.nft().deleteTable('inet', plan.table);
      }
    }),
    { numRuns: 15 },
  );
});

describe('a rule that does more, less or something else is not ours', () => {
  const plan = planFilter({
    flow: { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 },
    backend: 'nft',
    comment: COMMENT,
  });
  const words = plan.commands[2]?.slice(6).join(' ') ?? '';
  const read = (
    rule: string,
    definition = 'type filter hook output priority -310; policy accept;',
  ): readonly NftListedRule[] => {
    const { client } = lab;
    client.run(['nft', `add table inet t; add chain inet t output { ${definition} }; add rule inet t output ${rule}`]);
    const rules = client.nft().rules('inet', 't');
    expect(rules).toHaveLength(1);
    return rules;
  };
  const isOurs = (rules: readonly NftListedRule[]): boolean => rules.some((rule) => isThat(rule, plan));

  test('the control', () => {
    expect(isOurs(read(words))).toBe(true);
  });

  test.each([
    ['ip saddr 192.0.2.1', 'ip saddr 192.0.2.9'],
    ['ip saddr 192.0.2.1', 'ip saddr 192.0.2.0/24'],
    ['ip saddr 192.0.2.1', 'ip saddr != 192.0.2.1'],
    ['ip saddr 192.0.2.1', 'ip saddr { 192.0.2.1, 192.0.2.3 }'],
    ['ip daddr 192.0.2.2 ', ''],
    ['tcp sport 41000', 'tcp sport 41001'],
    ['tcp sport 41000', 'tcp sport 41000-41001'],
    ['tcp sport 41000', 'tcp sport > 41000'],
    ['tcp dport 8888', 'udp dport 8888'],
    ['tcp flags & rst == rst ', ''],
    ['tcp flags & rst == rst', 'tcp flags & (rst | ack) == rst'],
    ['tcp flags & rst == rst', 'tcp flags & rst == 0'],
    ['meta mark != 0x36 ', ''],
    ['meta mark != 0x36', 'meta mark 0x36'],
    ['meta mark != 0x36', 'meta mark and 0xff != 0x36'],
    ['meta mark != 0x36', 'meta mark != 0x36 meta skuid 0'],
    ['counter drop', 'counter accept'],
    ['counter drop', 'counter log drop'],
    ['counter drop', 'counter meta mark set 1 drop'],
    ['counter drop', 'limit rate 1/second counter drop'],
    ['counter drop', 'counter return'],
    ['rawshake:test', 'rawshake:another'],
  ])('%s: %s', (from, to) => {
    expect(words).toContain(from);
    const variant = words
      .replace(from, to)
      .replace(/comment (\S+)$/, 'comment "$1"')
      .replace('""', '"')
      .replace('""', '"');
    if (from !== 'tcp dport 8888') expect(isOurs(read(variant))).toBe(false);
    else expect(() => read(variant)).toThrow(/conflicting/);
  });

  test.each([
    'type filter hook input priority -310; policy accept;',
    'type filter hook output priority -300; policy accept;',
    'type filter hook output priority -310; policy drop;',
    'type route hook output priority -310; policy accept;',
  ])('in a chain of %s', (definition) => {
    expect(isOurs(read(words, definition))).toBe(false);
  });
});

test('an owned table is nobody else’s, and goes with its session', async () => {
  const { client } = lab;
  const plan = planFilter({ flow: { src: '192.0.2.1' }, backend: 'nft', comment: COMMENT });
  client.nft().create(tableOf(plan), { owned: true });
  expect(() => client.run(['nft', 'delete', 'table', 'inet', plan.table])).toThrow(/Operation not permitted/);
  expect(() => client.nft().create(tableOf(plan), { owned: true })).toThrow(
    expect.objectContaining({ code: 'RS_COMMAND_FAILED' }) as Error,
  );
  client.nft().close();
  while (client.run(['nft', 'list', 'tables']) !== '') await new Promise((resolve) => setImmediate(resolve));
});

test('checking changes nothing; what is not there cannot be deleted', () => {
  const { client } = lab;
  const plan = planFilter({ flow: { src: '192.0.2.1' }, backend: 'nft', comment: COMMENT });
  client.nft().check(tableOf(plan));
  expect(client.run(['nft', 'list', 'tables'])).toBe('');
  expect(client.nft().rules('inet', plan.table)).toEqual([]);
  expect(() => {
    client.nft().deleteTable('inet', plan.table);
  }).toThrow(expect.objectContaining({ code: 'RS_COMMAND_FAILED' }) as Error);
  client.run(['nft', 'add table ip raw; add chain ip raw mine']);
  expect(() => {
    client.nft().deleteTable('ip', 'raw', { ifEmpty: true });
  }).toThrow(expect.objectContaining({ code: 'RS_COMMAND_FAILED' }) as Error);
});

/** The key of a set is said to be an expression that is none: nft and its library, 1.0.6, end with SIGSEGV at it, whatever is asked. */
function plantDamagedSet(): void {
  const socket = openNfSocket('nf_tables', lab.client.netns);
  const create = linux.NLM_F_ACK | linux.NLM_F_CREATE;
  const [keyType, keyLength, id, userData] = [4, 5, 10, 13]; // NFTA_SET_…
  const typeOf = Uint8Array.of(3, 8, 0, 4, 0, 0, 0, 0, 1, 0);
  const messages = [
    nftRequest(linux.NFT_MSG_NEWTABLE, create, linux.AF_INET, [[linux.NFTA_TABLE_NAME, 'x']]),
    nftRequest(9, create, linux.AF_INET, [
      [linux.NFTA_SET_TABLE, 'x'],
      [linux.NFTA_SET_NAME, 's'],
      [keyType, 7],
      [keyLength, 4],
      [id, 1],
      [userData, typeOf],
    ]),
  ];
  socket.transact(nftBatch(messages));
  socket.close();
}

test('a table of a stranger’s that ends nft takes nothing of ours', () => {
  const { client } = lab;
  plantDamagedSet();
  const plan = planFilter({ flow: { src: '192.0.2.1' }, backend: 'nft', comment: COMMENT });
  client.nft().check(tableOf(plan));
  client.nft().create(tableOf(plan), { owned: true });
  expect(
    client
      .nft()
      .rules('inet', plan.table)
      .map((rule) => isThat(rule, plan)),
  ).toEqual([true]);
  client.nft().deleteTable('inet', plan.table);
});

test('a chain that this kernel cannot have, as one without the family would say of any: not in this kernel', () => {
  const session = lab.client.nft();
  const table = tableOf(planFilter({ flow: { src: '192.0.2.1' }, backend: 'nft', mark: 1, comment: COMMENT }));
  const check = (): void => {
    // Where packets leave, a netdev chain has no hook of that number.
    session.check({ ...table, family: 'netdev' });
  };
  expect(check).toThrow(expect.objectContaining({ code: 'RS_NOT_IN_KERNEL' }));
  expect(check).toThrow('nf_tables: this kernel has no filters of the family netdev');
});
