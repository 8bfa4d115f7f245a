/** Filters as `rawshake filter` shows them: as JSON, and as text for a person. */
import type { Language, Text } from '../error.js';
import { type FilterFlow, flowText } from '../filter/flow.js';
import type { FoundFilter } from '../filter/found.js';
import type { FilterLease } from '../filter/lease.js';
import type { FilterPlan } from '../filter/plan.js';
import { printableData } from '../printable.js';
import { shellLine } from '../filter/shell.js';

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
});

/** A filter, and how the process that holds it is. */
export interface ShownFilter {
  readonly filter: FoundFilter;
  readonly state: 'running' | 'gone' | 'none';
}

export const foundJson = ({ filter, state }: ShownFilter) => ({
  backend: filter.backend,
  variant: filter.variant ?? null,
  family: filter.family,
  table: filter.table,
  flow: flowJson(filter.flow),
  mark: filter.mark,
  comment: filter.comment,
  owner: filter.owner ?? null,
  state,
  packets: filter.packets,
  bytes: filter.bytes,
});

/** The commands, a line each. */
export const planText = (plan: FilterPlan, language: Language): string =>
  [...plan.commands.map(shellLine), `# ${UNDO[language]}: ${shellLine(plan.removal)}`, ''].join('\n');

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

export const detachedText = (found: FoundFilter, language: Language): string => {
  const filter = printableData(found);
  const removal = shellLine(found.removal);
  const text: Text = {
    en: `${filter.backend} drops the RSTs of this host's kernel: ${flowText(filter.flow)}\nIt stays until it is removed: ${removal}`,
    zh: `${filter.backend} 丢弃本机内核的 RST：${flowText(filter.flow)}\n规则会一直保留，移除方法：${removal}`,
  };
  return `${text[language]}\n`;
};

export const droppedText = (packets: number, language: Language): string => {
  const text: Text = {
    en: `Removed. It had dropped ${String(packets)} RST${packets === 1 ? '' : 's'}.`,
    zh: `已移除。共丢弃了 ${String(packets)} 个 RST。`,
  };
  return `${text[language]}\n`;
};

const STATES: Readonly<Record<ShownFilter['state'], Text>> = {
  running: { en: 'running', zh: '运行中' },
  gone: { en: 'gone', zh: '已结束' },
  none: { en: 'none, it stays', zh: '无，一直保留' },
};

/** A line for each; `none`: what is said where there is none. */
export function foundText(filters: readonly ShownFilter[], none: Text, language: Language): string {
  if (filters.length === 0) return `${none[language]}\n`;
  const rows = printableData(filters).map(({ filter, state }) => {
    const { backend, variant, flow, packets, owner } = filter;
    const words = STATES[state][language];
    return [
      variant === undefined ? backend : `${backend} (${variant})`,
      flowText(flow),
      `${String(packets)} RST`,
      owner === undefined ? words : `${String(owner)} (${words})`,
    ];
  });
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => `${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}\n`).join('');
}

export const NONE_FOUND: Text = { en: 'No filter of ours is in force here.', zh: '这里没有我们的过滤规则。' };

export const NONE_REMOVED: Text = { en: 'There was nothing to remove.', zh: '没有需要移除的规则。' };

/** What is said while a filter is in force and somebody else removes it. */
export const RESTORED: Text = {
  en: 'somebody has removed the rule (a reload?); it was put back',
  zh: '有人移除了规则（重新载入？），已恢复',
};

/** Why one could not be removed. */
export const keptText = (filter: FoundFilter): Text => ({
  en: `it belongs to process ${String(filter.owner ?? 0)}, which lives: end that first, kill ${String(filter.owner ?? 0)}`,
  zh: `它属于仍在运行的进程 ${String(filter.owner ?? 0)}：请先结束它，kill ${String(filter.owner ?? 0)}`,
});
