/** What `rawshake filter` says: of a plan, of what is in force, of what was removed. */
import { describe, expect, test } from 'vitest';
import { RawshakeError } from '../../src/error.js';
import { planFilter, type FilterPlan } from '../../src/filter/plan.js';
import {
  detachedText,
  droppedText,
  foundJson,
  foundText,
  keptElsewhereText,
  keptText,
  planJson,
  planText,
  removedText,
  standsAlready,
  unseenJson,
  unseenText,
  type ShownFilter,
} from '../../src/report/filter.js';
import { FLOW } from '../support/memory.js';

const OWNER = { pid: 4321, startTicks: 1, pidNamespace: 2, bootId: '1f3a9c2e' };
const comment = 'rawshake:1';

const NFT = planFilter({ flow: FLOW, backend: 'nft', comment });
const IPTABLES = planFilter({ flow: FLOW, backend: 'iptables', comment });
/** Every RST from an address. */
const WIDE = planFilter({ flow: { src: '192.0.2.1' }, backend: 'iptables', comment });

const shown = (plan: FilterPlan, state: ShownFilter['state'] = 'none', more: object = {}): ShownFilter => ({
  filter: { plan, owner: state === 'none' ? undefined : OWNER, packets: 3, bytes: 120, ...more },
  state,
});

const SHOWN = [
  shown(NFT, 'running', { packets: 12 }),
  shown(IPTABLES, 'gone', { variant: 'nf_tables' }),
  shown(WIDE, 'unknown'),
  shown(WIDE),
];

describe('text', () => {
  test.each([
    [undefined, 'Removed. How many RSTs it had dropped could not be read.\n', '已移除。无法读取它丢弃了多少个 RST。\n'],
    [0, 'Removed. It had dropped 0 RSTs.\n', '已移除。共丢弃了 0 个 RST。\n'],
    [1, 'Removed. It had dropped 1 RST.\n', '已移除。共丢弃了 1 个 RST。\n'],
    [2, 'Removed. It had dropped 2 RSTs.\n', '已移除。共丢弃了 2 个 RST。\n'],
  ])('removed after %s RSTs', (packets, en, zh) => {
    expect([droppedText(packets, 'en'), droppedText(packets, 'zh')]).toEqual([en, zh]);
  });

  test('a plan: its commands as one types them, how to undo it, and a warning where it is for a whole address', () => {
    const removal = (plan: FilterPlan) => `# to undo it: ${plan.removal.join(' ')}`;
    const narrow = planText(IPTABLES, 'en').split('\n');
    expect(narrow).toEqual([IPTABLES.commands[0]?.join(' '), removal(IPTABLES), '']);
    expect(planText(WIDE, 'en').split('\n')).toEqual([
      expect.stringMatching(/^# only an address was given: .* closed ports fall silent$/),
      WIDE.commands[0]?.join(' '),
      removal(WIDE),
      '',
    ]);
    expect(planText(WIDE, 'zh')).toMatch(/^# 只给出了地址：.*\n.*\n# 撤销：iptables .*\n$/);
  });

  test('a filter in force: a line each, the columns below one another', () => {
    expect(foundText(SHOWN, 'en').split('\n')).toEqual([
      'nft                   192.0.2.1:41000 -> 192.0.2.2:8888  12 RST  4321 (running)',
      'iptables (nf_tables)  192.0.2.1:41000 -> 192.0.2.2:8888  3 RST   4321 (gone)',
      'iptables              192.0.2.1:* -> *:*                 3 RST   4321 (elsewhere, not to be seen from here)',
      'iptables              192.0.2.1:* -> *:*                 3 RST   no process holds it, and it stays',
      '',
    ]);
    expect(foundText(SHOWN.slice(0, 1), 'zh')).toBe('nft  192.0.2.1:41000 -> 192.0.2.2:8888  12 RST  4321（运行中）\n');
    expect([foundText([], 'en'), foundText([], 'zh')]).toEqual([
      'No filter of ours is in force here.\n',
      '这里没有我们的过滤规则。\n',
    ]);
  });

  test('what was removed, and what became of who held it', () => {
    expect(removedText(SHOWN, ['ip raw'], 'en').split('\n')).toEqual([
      'nft                   192.0.2.1:41000 -> 192.0.2.2:8888  12 RST  removed, and process 4321 ended',
      'iptables (nf_tables)  192.0.2.1:41000 -> 192.0.2.2:8888  3 RST   removed; process 4321 was gone',
      expect.stringMatching(/3 RST {3}removed; its owner, in another PID namespace, may live and put it back$/),
      'iptables              192.0.2.1:* -> *:*                 3 RST   removed',
      'table ip raw: what a rule of ours had brought, and iptables left when it was deleted, is removed',
      '',
    ]);
    expect(removedText([], ['a', 'b'], 'en').split('\n')).toHaveLength(3);
    expect([removedText([], [], 'en'), removedText([], [], 'zh')]).toEqual([
      'There was nothing to remove.\n',
      '没有需要移除的规则。\n',
    ]);
  });

  test('one that stays: how to remove it; of nft also what leaves the table', () => {
    const removal = ['rawshake', 'filter', '--clean'] as const;
    expect(detachedText(shown(NFT).filter, removal, 'en').split('\n')).toEqual([
      "nft drops the RSTs of this host's kernel: 192.0.2.1:41000 -> 192.0.2.2:8888",
      'It stays until it is removed: rawshake filter --clean',
      `or: ${NFT.removal.join(' ')}`,
      '',
    ]);
    expect(detachedText(shown(IPTABLES).filter, removal, 'zh').split('\n')).toEqual([
      'iptables 丢弃本机内核的 RST：192.0.2.1:41000 -> 192.0.2.2:8888',
      '规则会一直保留，移除方法：rawshake filter --clean',
      '',
    ]);
  });

  test('another one of the same connection, whose it is, and why it cannot be removed', () => {
    const said = (one: ShownFilter) => standsAlready(one).en.replace(/^another filter of this connection stands: /, '');
    const each = 'Each drops, and goes by itself.';
    expect(SHOWN.map(said)).toEqual([
      `nft ${comment}; process: 4321 (running). ${each}`,
      `iptables (nf_tables) ${comment}; process: 4321 (gone). ${each}`,
      `iptables ${comment}; process: 4321 (elsewhere, not to be seen from here). ${each}`,
      `iptables ${comment}; no process holds it, and it stays. ${each}`,
    ]);
    expect(standsAlready(shown(NFT, 'running')).zh).toContain('进程：4321（运行中）。');
    const { filter } = shown(NFT, 'running');
    expect(keptText(filter).en).toMatch(/process 4321, .* kill 4321$/);
    expect(keptElsewhereText(filter).zh).toContain('在那里是进程 4321');
  });
});

describe('JSON', () => {
  const flow = { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 };
  const open = { src: '192.0.2.1', srcPort: null, dst: null, dstPort: null };

  test('a plan: what is left open is null', () => {
    const common = { family: 4, mark: 0x36, comment };
    expect(planJson(NFT)).toEqual({
      ...common,
      ...{ backend: 'nft', flow, commands: NFT.commands, removal: NFT.removal, wholeAddress: false },
    });
    expect(planJson(WIDE)).toMatchObject({ ...common, backend: 'iptables', flow: open, wholeAddress: true });
  });

  test('what is in force: whose, where, and what it has dropped', () => {
    const common = { family: 4, mark: 0x36, comment, bytes: 120 };
    expect(SHOWN.map(foundJson)).toEqual([
      {
        ...{ ...common, backend: 'nft', variant: null, table: 'rawshake-1', flow, owner: 4321, state: 'running' },
        ...{ packets: 12, wholeAddress: false },
      },
      {
        ...{ ...common, backend: 'iptables', variant: 'nf_tables', table: 'raw', flow, owner: 4321, state: 'gone' },
        ...{ packets: 3, wholeAddress: false },
      },
      {
        ...{ ...common, backend: 'iptables', variant: null, table: 'raw', flow: open, owner: 4321, state: 'unknown' },
        ...{ packets: 3, wholeAddress: true },
      },
      {
        ...{ ...common, backend: 'iptables', variant: null, table: 'raw', flow: open, owner: null, state: 'none' },
        ...{ packets: 3, wholeAddress: true },
      },
    ]);
  });

  test('what could not be looked into', () => {
    const words = { en: 'a\x1b reason', zh: '原因' };
    const unseen = {
      program: 'nft',
      error: new RawshakeError('RS_COMMAND_FAILED', words, { hint: { en: '', zh: '' } }),
    };
    expect(unseenJson(unseen)).toEqual({ program: 'nft', because: 'a\x1b reason' });
    expect(unseenText(unseen)).toEqual({
      en: 'what nft has put there could not be looked into: a\\u001b reason',
      zh: '无法查看 nft 的规则：原因',
    });
  });
});
