/** `rawshake filter`: the RST filter by itself, for a program that crafts its packets elsewhere, and for tidying up. */
import { Command } from 'commander';
import { RawshakeError } from '../error.js';
import { chooseBackend } from '../filter/backend.js';
import { addDetached, detachedComment } from '../filter/detached.js';
import { coversAddress, type FilterFlow } from '../filter/flow.js';
import { covers, lookForFilters, unlessUnseen } from '../filter/found.js';
import { applyFilter } from '../filter/lease.js';
import { type Backend, planFilter, type PlanOptions, typedFromOutside } from '../filter/plan.js';
import type { Argv } from '../filter/ports.js';
import { endpoint } from '../wire/flow.js';
import { throwIfInterrupted } from '../lab/until.js';
import type { SystemHost } from '../linux/filter/filter-host.js';
import {
  detachedText,
  droppedText,
  foundJson,
  foundText,
  leaseText,
  MIXED_TABLE,
  planJson,
  planText,
  RESTORED,
  type ShownFilter,
  standsAlready,
  unseenJson,
  WHOLE_ADDRESS,
} from '../report/filter.js';
import { EXIT } from './exit-code.js';
import {
  type FlowOptions,
  flowOf,
  flowOptions,
  mixedTablesOf,
  noteMixed,
  noteUnseen,
  onHost,
  type PlaceOptions,
  placeOptions,
  shown,
  sweep,
} from './filter-options.js';
import { clear, remove } from './filter-removal.js';
import { languageOf, note, printJson, printText } from './output.js';
import { exampleText, told } from './told.js';

export const filterCommand = (): Command =>
  new Command('filter')
    .description(
      told({
        en: "the RST filter by itself: keep this host's kernel away from one hand-made connection",
        zh: '单独使用 RST 过滤器：让本机内核不干预一条手工连接',
      }),
    )
    .addCommand(
      flowOptions(new Command('plan'))
        .description(
          told({
            en: 'print what add would run; touches nothing and needs no privilege',
            zh: '打印 add 将执行的命令；不改动任何东西，也不需要权限',
          }),
        )
        .addHelpText('after', example('plan --from 192.0.2.1:41000 --to 192.0.2.2:8888 --backend iptables'))
        .action(plan),
    )
    .addCommand(
      flowOptions(new Command('add'))
        .option(
          '--detach',
          told({ en: 'leave the rule there, until remove or clear --all', zh: '留下规则，直到 remove 或 clear --all' }),
        )
        .description(told({ en: 'put the filter in force until Ctrl-C', zh: '启用过滤器，直到 Ctrl-C' }))
        .addHelpText('after', example('add --from 192.0.2.1:41000 --to 192.0.2.2:8888'))
        .action(add),
    )
    .addCommand(
      placeOptions(new Command('list'))
        .description(
          told({
            en: 'show the filters of ours, what they have dropped, and whose they are',
            zh: '列出 rawshake 的过滤器、各自丢弃了什么、属于谁',
          }),
        )
        .addHelpText('after', example('list --json'))
        .action(list),
    )
    .addCommand(
      flowOptions(new Command('remove'))
        .description(
          told({
            en: 'remove the filter of exactly this connection; ends the `filter add` that holds it',
            zh: '移除只针对这条连接的过滤器；占有它的 `filter add` 随之结束',
          }),
        )
        .addHelpText('after', example('remove --from 192.0.2.1:41000 --to 192.0.2.2:8888'))
        .action(remove),
    )
    .addCommand(
      placeOptions(new Command('clear'))
        .option(
          '--all',
          told({
            en: 'every filter of ours, also those that a process holds or that were added with --detach',
            zh: 'rawshake 的全部过滤器，包括仍由进程占有的和用 --detach 添加的',
          }),
        )
        .description(
          told({
            en: 'remove the filters of ours whose process is gone, and what deleted ones have left; no rule of others',
            zh: '移除所属进程已不在的 rawshake 过滤器及已删除者的残留；不动别人的规则',
          }),
        )
        .addHelpText('after', example('clear'))
        .action(clear),
    )
    .addHelpText('after', example('add --from 192.0.2.1:41000 --to 192.0.2.2:8888'));

const example = (words: string): string => exampleText(`rawshake filter ${words}`);

async function plan(options: FlowOptions): Promise<void> {
  const { backend, enter } = await plannedPlace(options);
  const planned = planFilter({
    flow: flowOf(options),
    backend,
    mark: options.mark,
    comment: 'rawshake:by-hand', // it will belong to nobody
  });
  const typed = typedFromOutside(planned, enter);
  if (options.json === true) printJson({ command: 'filter plan', version: 1, ...planJson(typed) });
  else printText(planText(typed, languageOf(options)));
}

/** Without the privilege to find out, or /proc to find the place by, the backend that `add` tries first; and how to get there. */
async function plannedPlace(
  options: FlowOptions,
): Promise<{ readonly backend: Backend; readonly enter?: readonly string[] | undefined }> {
  let backend: Backend = options.backend === 'auto' ? 'nft' : options.backend;
  let enter: readonly string[] | undefined;
  try {
    await onHost('filter plan', options, (host) => {
      if (options.backend === 'auto') backend = likelyBackend(host);
      ({ enter } = host);
      throwIfInterrupted();
    });
  } catch (error) {
    if (!(error instanceof RawshakeError && error.code === 'RS_NOT_LINUX')) throw error;
  }
  return { backend, enter };
}

function likelyBackend(host: SystemHost): Backend {
  try {
    return chooseBackend(host);
  } catch (error) {
    if (error instanceof RawshakeError) return 'nft';
    throw error;
  }
}

interface AddOptions extends FlowOptions {
  readonly detach?: boolean;
}

async function add(options: AddOptions): Promise<void> {
  await onHost('filter add', options, async (host, signal) => {
    const backend = options.backend === 'auto' ? chooseBackend(host) : options.backend;
    const planOptions = { flow: flowOf(options), backend, mark: options.mark };
    sweep(host, options);
    for (const other of othersOf(planOptions.flow, host)) note(standsAlready(other)[languageOf(options)]);
    if (coversAddress(planOptions.flow)) note(WHOLE_ADDRESS[languageOf(options)]);
    throwIfInterrupted();
    if (options.detach === true) {
      const added = addDetached(planFilter({ ...planOptions, comment: detachedComment() }), host);
      const found = { ...added, plan: typedFromOutside(added.plan, host.enter) };
      const removal = removalOf(options, backend);
      if (options.json === true) {
        printJson({
          command: 'filter add',
          version: 1,
          detached: true,
          ...foundJson({ filter: found, state: 'none' }),
          removal,
        });
      } else printText(detachedText(found, removal, languageOf(options)));
      return;
    }
    await holdUntil(signal, host, planOptions, options);
  });
}

/** What removes such a filter, with all that came with it. */
const removalOf = ({ netns, from, to }: FlowOptions, backend: Backend): Argv => [
  'rawshake',
  ...['filter', 'remove', '--from', sideText(from)],
  ...(to === undefined ? [] : ['--to', sideText(to)]),
  ...['--backend', backend],
  ...(netns === undefined ? [] : ['--netns', netns]),
];

const sideText = ({ address, port }: FlowOptions['from']): string =>
  port === undefined ? address : endpoint(address, port);

/** Those that are in force for the very same connection. What cannot be looked into keeps nobody from adding one. */
function othersOf(flow: FilterFlow, host: SystemHost): readonly ShownFilter[] {
  try {
    const { filters } = lookForFilters(host);
    return shown(
      filters.filter((filter) => covers(filter, flow)),
      host,
    );
  } catch (error) {
    if (error instanceof RawshakeError && error.code !== 'RS_INTERRUPTED') return [];
    throw error;
  }
}

async function holdUntil(
  signal: AbortSignal,
  host: SystemHost,
  planOptions: PlanOptions,
  options: PlaceOptions,
): Promise<void> {
  const language = languageOf(options);
  const lease = applyFilter(planFilter(planOptions), host, {
    onRestored: () => {
      note(RESTORED[language]);
    },
  });
  try {
    const { plan: planned, variant = null } = lease;
    const owner = { variant, owner: process.pid, detached: false };
    if (options.json === true)
      printJson({ command: 'filter add', version: 1, ...planJson(typedFromOutside(planned, host.enter)), ...owner });
    else printText(leaseText(lease, language));
    await aborted(signal);
    const counted = unlessUnseen(() => lease.counters());
    lease.close();
    if (counted instanceof RawshakeError) note(counted.messages[language]);
    if (options.json !== true)
      printText(droppedText(counted instanceof RawshakeError ? undefined : counted.packets, language));
    process.exitCode = EXIT.interrupted;
  } finally {
    lease.close();
  }
}

/** The longest that a timer can wait: it keeps the process alive, which a listener for signals does not. */
const LONG_MS = 2 ** 31 - 1;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const alive = setInterval(() => undefined, LONG_MS);
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });

async function list(options: PlaceOptions): Promise<void> {
  await onHost('filter list', options, (host) => {
    const search = lookForFilters(host);
    const filters = shown(search.filters, host);
    if (search.unseen.length > 0) process.exitCode = EXIT.notAsExpected;
    const mixed = mixedTablesOf(host);
    throwIfInterrupted();
    if (options.json === true) {
      const leftAlone = mixed.map((table) => ({ table, because: MIXED_TABLE[languageOf(options)] }));
      const unseen = search.unseen.map(unseenJson);
      printJson({ command: 'filter list', version: 1, filters: filters.map(foundJson), leftAlone, unseen });
      return;
    }
    noteUnseen(search.unseen, options);
    if (filters.length > 0 || mixed.length + search.unseen.length === 0)
      printText(foundText(filters, languageOf(options)));
    noteMixed(mixed, options);
  });
}
