/** Options of `rawshake filter`: which connection, by what, in which network namespace. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Language, RawshakeError } from '../error.js';
import type { FilterFlow } from '../filter/flow.js';
import { type FoundFilter, mixedTables, unlessUnseen, type Unseen } from '../filter/found.js';
import { ownerName } from '../filter/owner.js';
import { type Backend, DEFAULT_MARK } from '../filter/plan.js';
import { throwIfInterrupted } from '../lab/until.js';
import { type SystemHost, systemHost } from '../linux/filter/filter-host.js';
import { requireLinux } from '../linux/libc/platform.js';
import { holderState, type OwnerState } from '../linux/process/process-identity.js';
import { leftAloneText, MIXED_TABLE, type ShownFilter, unseenText } from '../report/filter.js';
import { addressVersion } from '../wire/address.js';
import { endpointOf } from './endpoint.js';
import { interruptible } from './interrupt.js';
import { inNamespace, mark } from './live-options.js';
import { languageOf, note } from './output.js';
import { jsonOption, languageOption } from './view-options.js';
import { told } from './told.js';

export interface PlaceOptions {
  readonly netns?: string;
  readonly json?: boolean;
  readonly lang?: Language;
}

export interface FlowOptions extends PlaceOptions {
  readonly from: Side;
  readonly to?: Side;
  readonly backend: 'auto' | Backend;
  readonly mark: number;
}

interface Side {
  readonly address: string;
  readonly port?: number;
}

export const placeOptions = (command: Command): Command =>
  command
    .option('--netns <name|pid>', told({ en: 'work in another network namespace', zh: '在另一个网络命名空间中工作' }))
    .addOption(jsonOption())
    .addOption(languageOption());

export const flowOptions = (command: Command): Command =>
  placeOptions(
    command
      .requiredOption(
        '--from <addr[:port]>',
        told({
          en: "this host's address and port; any port where left out",
          zh: '本机的地址和端口；不给端口则为任意端口',
        }),
        side,
      )
      .option(
        '--to <addr[:port]>',
        told({ en: "the other side's; any where left out", zh: '对方的地址和端口；不给则为任意' }),
        side,
      )
      .addOption(
        new Option('--backend <name>', told({ en: 'what drops the RSTs', zh: '用什么丢弃 RST' }))
          .choices(['auto', 'nft', 'iptables'])
          .default('auto'),
      )
      .addOption(
        new Option('--mark <n>', told({ en: 'SO_MARK of the packets that are spared', zh: '放行的报文的 SO_MARK' }))
          .argParser(mark)
          .default(DEFAULT_MARK, `0x${DEFAULT_MARK.toString(16)}`),
      ),
  );

/** An address, with or without a port. */
function side(text: string): Side {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (addressVersion(bare) !== undefined) return { address: bare };
  try {
    return endpointOf(text);
  } catch {
    throw new InvalidArgumentError(
      told({
        en: 'An address, with or without a port: 192.0.2.1:80, 192.0.2.1, [2001:db8::1]:80.',
        zh: '地址，端口可有可无：192.0.2.1:80、192.0.2.1、[2001:db8::1]:80。',
      }),
    );
  }
}

export const flowOf = ({ from, to }: FlowOptions): FilterFlow => ({
  src: from.address,
  ...(from.port !== undefined && { srcPort: from.port }),
  ...(to !== undefined && { dst: to.address }),
  ...(to?.port !== undefined && { dstPort: to.port }),
});

/**
 * Each with how the process that holds it is: asked once of each process, however many rules name it.
 * @throws {RawshakeError} RS_INTERRUPTED
 */
export function shown(filters: readonly FoundFilter[], host: SystemHost): readonly ShownFilter[] {
  const states = new Map<string, OwnerState>();
  return filters.map((filter) => {
    throwIfInterrupted();
    if (filter.owner === undefined) return { filter, state: 'none' };
    const name = ownerName(filter.owner);
    const state = states.get(name) ?? holderState(filter.owner, host.networkNamespace);
    states.set(name, state);
    return { filter, state };
  });
}

/** Names the tables of ours that others use, too: nothing here removes them. */
export function noteMixed(tables: readonly string[], options: PlaceOptions): void {
  const language = languageOf(options);
  for (const table of tables) note(leftAloneText(`table inet ${table}`, MIXED_TABLE)[language]);
}

/** `mixedTables`, or none where nftables is not there, or cannot be looked into. */
export function mixedTablesOf(host: SystemHost): readonly string[] {
  const found = unlessUnseen(() => mixedTables(host));
  return found instanceof RawshakeError ? [] : found;
}

/** Says what could not be looked into. */
export function noteUnseen(unseen: readonly Unseen[], options: PlaceOptions): void {
  const language = languageOf(options);
  for (const each of unseen) note(unseenText(each)[language]);
}

/** Removes what killed programs have left; names what only looks as if they had. */
export function sweep(host: SystemHost, options: PlaceOptions): void {
  const language = languageOf(options);
  for (const { path, why } of host.sweep()) note(leftAloneText(path, why)[language]);
}

/** Runs `action`, interruptible, on the host, or the namespace, that was asked for. `command`: as a person calls it. */
export async function onHost(
  command: string,
  options: PlaceOptions,
  action: (host: SystemHost, signal: AbortSignal) => Promise<void> | void,
): Promise<void> {
  requireLinux();
  const run = (signal: AbortSignal) =>
    inNamespace(options.netns, async (netns) => {
      const host = systemHost(netns);
      try {
        await action(host, signal);
      } finally {
        host.close();
      }
    });
  await interruptible(command, run);
}
