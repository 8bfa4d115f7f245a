/** Where the kernel's trace is, and the instances in it that are ours. Documentation/trace/ftrace.rst, "Instances". */
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Text } from '../error.js';
import { ownerName, ownOwner, parseOwnerName } from '../filter/owner.js';
import { libc, SystemCallError } from './libc.js';
import { stateOf } from './process-identity.js';

const STANDARD = '/sys/kernel/tracing';
const PLACES = [STANDARD, '/sys/kernel/debug/tracing'];

/** The folder, mounted at its standard place where it is not yet; or why there is none for us. */
export function findTracefs(): { readonly folder: string } | { readonly missing: Text } {
  const found = PLACES.find(isWritable);
  if (found !== undefined) return { folder: found };
  if (PLACES.some((folder) => existsSync(join(folder, 'instances')))) return { missing: REASONS.notOurs };
  if (!existsSync(STANDARD)) return { missing: REASONS.notInKernel };
  try {
    libc('mount', 'tracefs', STANDARD, 'tracefs', 0, null);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    return { missing: error.code === 'ENODEV' ? REASONS.notInKernel : REASONS.notOurs };
  }
  return isWritable(STANDARD) ? { folder: STANDARD } : { missing: REASONS.notOurs };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(join(folder, 'instances'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const REASONS = {
  notOurs: {
    en: 'its trace events (tracefs) can be read by root of the first user namespace only',
    zh: '跟踪事件（tracefs）只有最初用户命名空间的 root 才能读取',
  },
  notInKernel: { en: 'this kernel has no tracefs', zh: '此内核没有 tracefs' },
} as const satisfies Record<string, Text>;

/** What the kernel says of an event such as `tcp/tcp_send_reset`; undefined where it has none of that name. */
export function eventFormat(folder: string, event: string): string | undefined {
  try {
    return readFileSync(join(folder, 'events', event, 'format'), 'utf8');
  } catch {
    return undefined;
  }
}

let made = 0;

/** A name that says whose it is, so that one left behind by a killed process is known for what it is. */
export function newInstance(folder: string): string {
  return join(folder, 'instances', `rawshake-${ownerName(ownOwner())}-${made++}`);
}

const OURS = /^rawshake-(.+)-\d+$/;

/** Instances whose process has ended, and whose guard has been killed too. */
export function abandonedInstances(folder: string): readonly string[] {
  return readdirSync(join(folder, 'instances')).flatMap((name) => {
    const owner = parseOwnerName(OURS.exec(name)?.[1] ?? '');
    return owner !== undefined && stateOf(owner) === 'gone' ? [join(folder, 'instances', name)] : [];
  });
}
