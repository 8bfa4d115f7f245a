/** Filters as `rawshake filter` shows them: as JSON, and as text for a person. */
import type { Language, Text } from '../error.js';
import { coversAddress, type FilterFlow, flowText } from '../filter/flow.js';
import type { FoundFilter, Unseen } from '../filter/found.js';
import type { FilterLease } from '../filter/lease.js';
import type { FilterPlan } from '../filter/plan.js';
import type { Argv } from '../filter/ports.js';
import { printable, printableData } from '../printable.js';
import { padTo, widest } from './columns.js';
import { shellLine } from '../filter/shell.js';
import { bracketed, colon } from './words.js';

/** What is left open is null. */
const flowJson = ({ src, srcPort, dst, dstPort }: FilterFlow) => ({
  src,
  srcPort: srcPort ?? null,
  dst: dst ?? null,
  dstPort: dstPort ?? null,
});

export const planJson = ({ backend, family, flow, mark, comment, commands, removal }: FilterPlan) => ({
  backend,
  family,
  flow: flowJson(flow),
  mark,
  comment,
  commands,
  removal,
  wholeAddress: coversAddress(flow),
});

/** A filter, and how the process that holds it is. */
export interface ShownFilter {
  readonly filter: FoundFilter;
  /** `none`: nobody is meant to hold it. `unknown`: its process cannot be seen from here. */
  readonly state: 'running' | 'gone' | 'unknown' | 'none';
}

export const foundJson = ({ filter: { plan, variant, owner, packets, bytes }, state }: ShownFilter) => ({
  backend: plan.backend,
  variant: variant ?? null,
  family: plan.family,
  table: plan.backend === 'nft' ? plan.table : plan.rule.table,
  flow: flowJson(plan.flow),
  mark: plan.mark,
  comment: plan.comment,
  owner: owner?.pid ?? null,
  state,
  packets,
  bytes,
  wholeAddress: coversAddress(plan.flow),
});

/** The commands, a line each. */
export const planText = (plan: FilterPlan, language: Language): string =>
  [
    ...(coversAddress(plan.flow) ? [`# ${WHOLE_ADDRESS[language]}`] : []),
    ...plan.commands.map(shellLine),
    `# ${UNDO[language]}${colon(language)}${shellLine(plan.removal)}`,
    '',
  ].join('\n');

/** Said where a filter is for more than one may have thought of. */
export const WHOLE_ADDRESS: Text = {
  en: "only an address was given: every RST of this host's kernel from it is dropped, and its closed ports fall silent",
  zh: '只给出了地址：本机内核从该地址发出的所有 RST 都会被丢弃，其关闭的端口不再应答',
};

/** Said where a filter of the same connection is in force already. */
export function standsAlready({ filter: { plan, variant, owner }, state }: ShownFilter): Text {
  const by = printable(`${variant === undefined ? plan.backend : `${plan.backend} (${variant})`} ${plan.comment}`);
  const [held, heldZh] =
    owner === undefined
      ? [STATES.none.en, STATES.none.zh]
      : [`process: ${String(owner.pid)} (${STATES[state].en})`, `进程：${String(owner.pid)}（${STATES[state].zh}）`];
  return {
    en: `another filter of this connection stands: ${by}; ${held}. Each drops, and goes by itself.`,
    zh: `此连接已有另一个过滤规则：${by}；${heldZh}。两者都会丢弃 RST，各自移除。`,
  };
}

const UNDO: Text = { en: 'to undo it', zh: '撤销' };

/** What is in force, and how it ends. */
export function leaseText(lease: FilterLease, language: Language): string {
  const { plan, variant } = printableData({ plan: lease.plan, variant: lease.variant });
  const by = variant === undefined ? plan.backend : `${plan.backend} (${variant})`;
  const text: Text = {
    en: `${by} drops the RSTs of this host's kernel: ${flowText(plan.flow)}\nCtrl-C removes the rule.`,
    zh: `${by} 丢弃本机内核的 RST：${flowText(plan.flow)}\n按 Ctrl-C 移除规则。`,
  };
  return `${text[language]}\n`;
}

/** `removal`: what removes all that came with it. */
export const detachedText = (found: FoundFilter, removal: Argv, language: Language): string => {
  const { plan } = printableData(found);
  const line = shellLine(removal);
  // iptables -D leaves the table that the rule has brought.
  const other = plan.backend === 'nft' ? shellLine(found.plan.removal) : undefined;
  const text: Text = {
    en: `${plan.backend} drops the RSTs of this host's kernel: ${flowText(plan.flow)}\nIt stays until it is removed: ${line}${other === undefined ? '' : `\nor: ${other}`}`,
    zh: `${plan.backend} 丢弃本机内核的 RST：${flowText(plan.flow)}\n规则会一直保留，移除方法：${line}${other === undefined ? '' : `\n或者：${other}`}`,
  };
  return `${text[language]}\n`;
};

/** `packets`: undefined where nobody can tell. */
export const droppedText = (packets: number | undefined, language: Language): string => {
  if (packets === undefined) return `${UNCOUNTED[language]}\n`;
  const text: Text = {
    en: `Removed. It had dropped ${String(packets)} RST${packets === 1 ? '' : 's'}.`,
    zh: `已移除。共丢弃了 ${String(packets)} 个 RST。`,
  };
  return `${text[language]}\n`;
};

const UNCOUNTED: Text = {
  en: 'Removed. How many RSTs it had dropped could not be read.',
  zh: '已移除。无法读取它丢弃了多少个 RST。',
};

const STATES: Readonly<Record<ShownFilter['state'], Text>> = {
  running: { en: 'running', zh: '运行中' },
  gone: { en: 'gone', zh: '已结束' },
  unknown: { en: 'elsewhere, not to be seen from here', zh: '在别处，从这里看不到' },
  none: { en: 'no process holds it, and it stays', zh: '没有进程持有，一直保留' },
};

/** A line for each. */
export const foundText = (filters: readonly ShownFilter[], language: Language): string =>
  filters.length === 0
    ? `${NONE_FOUND[language]}\n`
    : table(filters, ({ filter: { owner }, state }) => {
        const words = STATES[state][language];
        return owner === undefined ? words : `${String(owner.pid)}${bracketed(words, language)}`;
      });

/** A line for each that is there no more. `tidied`: tables in which such rules had left something. */
export const removedText = (filters: readonly ShownFilter[], tidied: readonly string[], language: Language): string =>
  filters.length + tidied.length === 0
    ? `${NONE_REMOVED[language]}\n`
    : table(filters, ({ filter: { owner }, state }) => REMOVED[state](owner?.pid ?? 0)[language]) +
      tidied.map((name) => `${tidiedText(name)[language]}\n`).join('');

const tidiedText = (name: string): Text => ({
  en: `table ${name}: what a rule of ours had brought, and iptables left when it was deleted, is removed`,
  zh: `表 ${name}：已移除我们的规则带来、删除规则后 iptables 留下的内容`,
});

/** By how its process was when it was removed. */
const REMOVED: Readonly<Record<ShownFilter['state'], (pid: number) => Text>> = {
  running: (pid) => ({ en: `removed, and process ${pid} ended`, zh: `已移除，进程 ${pid} 已结束` }),
  gone: (pid) => ({ en: `removed; process ${pid} was gone`, zh: `已移除；进程 ${pid} 先前已不在` }),
  unknown: () => ({
    en: 'removed; its owner, in another PID namespace, may live and put it back',
    zh: '已移除；其所有者在另一个 PID 命名空间中，可能仍在运行并重新加上它',
  }),
  none: () => ({ en: 'removed', zh: '已移除' }),
};

/** Backend, connection and counter of each, and what `last` says of it. */
function table(filters: readonly ShownFilter[], last: (shown: ShownFilter) => string): string {
  const rows = printableData(filters).map((shown) => {
    const { plan, variant, packets } = shown.filter;
    return [
      variant === undefined ? plan.backend : `${plan.backend} (${variant})`,
      flowText(plan.flow),
      `${String(packets)} RST`,
      last(shown),
    ];
  });
  const widths = [0, 1, 2].map((column) => widest(rows.map((row) => row[column] ?? '')));
  return rows.map((row) => `${row.map((cell, i) => padTo(cell, widths[i] ?? 0)).join('  ')}\n`).join('');
}

const NONE_FOUND: Text = { en: 'No filter of ours is in force here.', zh: '这里没有我们的过滤规则。' };

const NONE_REMOVED: Text = { en: 'There was nothing to remove.', zh: '没有需要移除的规则。' };

/** What is said while a filter is in force and somebody else removes it. */
export const RESTORED: Text = {
  en: 'somebody has removed the rule (a reload?); it was put back',
  zh: '有人移除了规则（重新载入？），已恢复',
};

/** Why one could not be removed. */
export function keptText({ owner }: FoundFilter): Text {
  const pid = owner?.pid ?? 0;
  return {
    en: `it belongs to process ${pid}, which lives and would put it back: end that first, kill ${pid}`,
    zh: `它属于仍在运行的进程 ${pid}，会被重新加上：请先结束它，kill ${pid}`,
  };
}

/** Its owner has another PID namespace: there is no number here by which it could be ended. */
export const keptElsewhereText = ({ owner }: FoundFilter): Text => ({
  en: `it was put back by its owner, which lives in another PID namespace (there it is process ${owner?.pid ?? 0}): end that first`,
  zh: `其所有者已把它重新加上：它运行在另一个 PID 命名空间中（在那里是进程 ${owner?.pid ?? 0}），请先结束它`,
});

export const unseenJson = ({ program, error }: Unseen) => ({ program, because: error.message });

/** Said of what may hold filters of ours, for all that is known. */
export const unseenText = ({ program, error }: Unseen): Text => ({
  en: `what ${program} has put there could not be looked into: ${printable(error.message)}`,
  zh: `无法查看 ${program} 的规则：${printable(error.messages.zh)}`,
});

/** Said of a table that is in force, and not ours to remove. */
export const MIXED_TABLE: Text = {
  en: 'a filter of ours is in it, and something that somebody else has put there',
  zh: '其中有我们的过滤规则，也有别人放入的内容',
};

/** Something in the journal that somebody else may have put there. */
export const leftAloneText = (path: string, why: Text): Text => ({
  en: `${printable(path)} was left alone: ${why.en}`,
  zh: `${printable(path)} 未予理会：${why.zh}`,
});
