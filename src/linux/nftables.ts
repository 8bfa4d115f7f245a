/** nf_tables through libnftables (koffi), or where that is not installed through the program nft. libnftables(3). */
import { readdirSync, readlinkSync } from 'node:fs';
import { RawshakeError } from '../error.js';
import type { NftContent, NftFamily, NftSession } from '../filter/ports.js';
import { commandFailed, runCommand } from './command.js';
import { F_DUPFD_CLOEXEC, F_SETFD, FD_CLOEXEC } from './constants.js';
import { closeInBackground, koffi, libc, SystemCallError } from './libc.js';
import type { NetworkNamespace } from './netns.js';
import { nftContents, nftGeneration } from './nf-contents.js';
import { asNoPrivilege } from './no-privilege.js';

export interface NftHandle extends NftSession {
  /** The library by which the kernel is spoken to, or the program. */
  readonly by: 'libnftables' | 'nft';
  /** Ends the session, and with it the tables that it owns. Idempotent. */
  close(): void;
}

/** A context of the library: one netlink socket, in the namespace in which it was made. */
type Context = object;

interface Library {
  nft_ctx_new(flags: number): Context | null;
  nft_ctx_free(context: Context): void;
  nft_ctx_buffer_output(context: Context): number;
  nft_ctx_buffer_error(context: Context): number;
  nft_ctx_output_set_flags(context: Context, flags: number): void;
  nft_ctx_set_dry_run(context: Context, dry: boolean): void;
  nft_run_cmd_from_buffer(context: Context, commands: string): number;
  nft_ctx_get_output_buffer(context: Context): string | null;
  nft_ctx_get_error_buffer(context: Context): string | null;
}

const SIGNATURES: Readonly<Record<keyof Library, string>> = {
  nft_ctx_new: 'void *nft_ctx_new(uint32_t)',
  nft_ctx_free: 'void nft_ctx_free(void *)',
  nft_ctx_buffer_output: 'int nft_ctx_buffer_output(void *)',
  nft_ctx_buffer_error: 'int nft_ctx_buffer_error(void *)',
  nft_ctx_output_set_flags: 'void nft_ctx_output_set_flags(void *, unsigned int)',
  nft_ctx_set_dry_run: 'void nft_ctx_set_dry_run(void *, bool)',
  nft_run_cmd_from_buffer: 'int nft_run_cmd_from_buffer(void *, const char *)',
  nft_ctx_get_output_buffer: 'const char *nft_ctx_get_output_buffer(void *)',
  nft_ctx_get_error_buffer: 'const char *nft_ctx_get_error_buffer(void *)',
};

const NFT_CTX_DEFAULT = 0;
const NFT_CTX_OUTPUT_JSON = 1 << 4;

let loaded: Library | undefined;

function library(): Library {
  if (loaded === undefined) {
    const opened = koffi().load('libnftables.so.1');
    loaded = Object.fromEntries(
      Object.entries(SIGNATURES).map(([name, signature]) => [name, opened.func(signature)]),
    ) as unknown as Library; // koffi's functions are untyped; SIGNATURES and Library stand side by side above
  }
  return loaded;
}

/**
 * A session with the nf_tables of `netns`, or of the namespace that one stands in.
 * @throws {RawshakeError} RS_NO_PRIVILEGE; RS_MISSING_TOOL where neither library nor program is installed
 */
export function openNft(netns?: NetworkNamespace): NftHandle {
  let nft: Library;
  try {
    nft = library();
  } catch {
    return openProgram(netns);
  }
  // Where it is refused, the library would say so on stderr by itself.
  unlessRefused(['list', 'ruleset'], () => {
    nftGeneration(netns);
  });
  return openLibrary(nft, netns);
}

function openLibrary(nft: Library, netns: NetworkNamespace | undefined): NftHandle {
  const create = () => closingOnExec(() => nft.nft_ctx_new(NFT_CTX_DEFAULT));
  const { opened: context, sockets } = netns === undefined ? create() : netns.run(create);
  if (context === null) throw noContext();
  nft.nft_ctx_buffer_output(context);
  nft.nft_ctx_buffer_error(context);
  nft.nft_ctx_output_set_flags(context, NFT_CTX_OUTPUT_JSON);
  const run = (commands: string): string => {
    const status = nft.nft_run_cmd_from_buffer(context, commands);
    const output = nft.nft_ctx_get_output_buffer(context) ?? '';
    const errors = nft.nft_ctx_get_error_buffer(context) ?? '';
    if (status !== 0) throw asNoPrivilege(commandFailed(['nft', commands], errors, status));
    return output;
  };
  let open = true;
  return {
    by: 'libnftables',
    ownsTables: true,
    run,
    contents: (family) => contentsIn(family, netns),
    check(commands) {
      nft.nft_ctx_set_dry_run(context, true);
      try {
        run(commands);
      } finally {
        nft.nft_ctx_set_dry_run(context, false);
      }
    },
    close() {
      if (!open) return;
      open = false;
      // The library is for one thread. What takes long is the end of the socket, in which the kernel lets go of deleted
      // tables (an RCU grace period): that is put off to a thread of the pool.
      const last = sockets.map((fd) => libc('fcntl', fd, F_DUPFD_CLOEXEC, 0));
      nft.nft_ctx_free(context);
      for (const fd of last) closeInBackground(fd);
    },
  };
}

/** Every call of the library that is given none ends in a segmentation fault. */
const noContext = (): RawshakeError =>
  new RawshakeError('RS_SYSTEM_CALL', 'nft: the library could not be started (nft_ctx_new)', {
    hint: {
      en: 'See whether descriptors or memory have run out: ulimit -n; free -m',
      zh: '请查看文件描述符或内存是否已耗尽：ulimit -n; free -m',
    },
  });

const contentsIn = (family: NftFamily, netns: NetworkNamespace | undefined): readonly NftContent[] =>
  unlessRefused(['list', 'chains', family], () => nftContents(family, netns));

/** @throws {RawshakeError} RS_NO_PRIVILEGE, as nft would fail at `words` */
function unlessRefused<T>(words: readonly string[], ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof SystemCallError && (error.code === 'EPERM' || error.code === 'EACCES'))) throw error;
    throw asNoPrivilege(commandFailed(['nft', ...words], 'Operation not permitted', 1));
  }
}

/** By name; the one by which the folder itself is read is closed again by the time its link is. */
const openDescriptors = (): string[] =>
  readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) !== '';
    } catch {
      return false;
    }
  });

/**
 * The library opens its socket without SOCK_CLOEXEC, and a child that inherits it keeps the tables alive.
 * Gives what was opened, and by which descriptors.
 */
function closingOnExec<T>(open: () => T): { readonly opened: T; readonly sockets: readonly number[] } {
  const before = new Set(openDescriptors());
  const opened = open();
  const sockets = openDescriptors().filter((name) => !before.has(name));
  for (const name of sockets) libc('fcntl', Number(name), F_SETFD, FD_CLOEXEC);
  return { opened, sockets: sockets.map(Number) };
}

/** A process for each transaction: no table could outlive it and be owned. */
function openProgram(netns: NetworkNamespace | undefined): NftHandle {
  const run = (commands: string, ...options: readonly string[]): string => {
    try {
      // As an argument: nft opens its stdin by name (/dev/stdin), which Node's, a socket, does not allow.
      return runCommand(['nft', '-j', ...options, commands], netns === undefined ? {} : { netns });
    } catch (error) {
      throw error instanceof RawshakeError ? asNoPrivilege(error) : error;
    }
  };
  return {
    by: 'nft',
    ownsTables: false,
    run: (commands) => run(commands),
    contents: (family) => contentsIn(family, netns),
    check: (commands) => {
      run(commands, '-c');
    },
    close: () => undefined,
  };
}
