/** Where the kernel's trace is, and the instances in it that are ours. Documentation/trace/ftrace.rst, "Instances". */
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Text } from '../../error.js';
import { ownerName, ownOwner, parseOwnerName } from '../../filter/owner.js';
import { libc, SystemCallError } from '../libc/libc.js';
import { isGone } from '../process/process-identity.js';
import { sudoLine } from '../namespace/user-namespace.js';

/** Made by the kernel where sysfs is mounted. */
const SYSFS = '/sys/kernel';
const STANDARD = '/sys/kernel/tracing';
const PLACES = [STANDARD, '/sys/kernel/debug/tracing'];

export interface NoTracefs {
  readonly missing: Text;
  readonly hint: Text;
}

/** The folder, mounted at its standard place where it is not yet; or why there is none for us, and what to do about it. */
export function findTracefs(): { readonly folder: string } | NoTracefs {
  const found = PLACES.find((folder) => refusalOf(folder) === undefined);
  if (found !== undefined) return { folder: found };
  const readOnly = PLACES.find((folder) => refusalOf(folder) === 'EROFS');
  if (readOnly !== undefined) return isReadOnly(readOnly);
  if (PLACES.some((folder) => existsSync(join(folder, 'instances')))) return isNotOurs();
  if (!existsSync(SYSFS)) return NO_SYSFS;
  if (!existsSync(STANDARD)) return NOT_IN_KERNEL;
  try {
    libc('mount', 'tracefs', STANDARD, 'tracefs', 0, null);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    return error.code === 'ENODEV' ? NOT_IN_KERNEL : isNotOurs();
  }
  return refusalOf(STANDARD) === undefined ? { folder: STANDARD } : isNotOurs();
}

/** Why no instance can be made in it: errno. */
function refusalOf(folder: string): string | undefined {
  try {
    accessSync(join(folder, 'instances'), constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

const isNotOurs = (): NoTracefs => ({
  missing: {
    en: 'its trace events (tracefs) can be read by root of the first user namespace only',
    zh: '跟踪事件（tracefs）只有最初用户命名空间的 root 才能读取',
  },
  hint: {
    en: `As root of the machine, not of a user namespace: ${sudoLine()}`,
    zh: `请以机器的 root（而非用户命名空间的 root）运行：${sudoLine()}`,
  },
});

const isReadOnly = (folder: string): NoTracefs => {
  const line = `mount -o remount,rw ${folder}`;
  return {
    missing: { en: `${folder} is mounted read-only`, zh: `${folder} 以只读方式挂载` },
    hint: { en: line, zh: line },
  };
};

const MOUNT_SYSFS = `mount -t sysfs sysfs /sys && mount -t tracefs nodev ${STANDARD}`;

const NO_SYSFS: NoTracefs = {
  missing: { en: '/sys is not mounted, and with it tracefs', zh: '/sys 没有挂载，tracefs 也就没有' },
  hint: { en: MOUNT_SYSFS, zh: MOUNT_SYSFS },
};

const NOT_IN_KERNEL: NoTracefs = {
  missing: { en: 'this kernel has no tracefs', zh: '此内核没有 tracefs' },
  hint: { en: 'It takes a kernel with CONFIG_FTRACE.', zh: '需要带 CONFIG_FTRACE 的内核。' },
};

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

/** Instances whose process has ended, and whose guard has been killed too, also with all of a container. */
export function abandonedInstances(folder: string): readonly string[] {
  return readdirSync(join(folder, 'instances')).flatMap((name) => {
    const owner = parseOwnerName(OURS.exec(name)?.[1] ?? '');
    return owner !== undefined && isGone(owner) ? [join(folder, 'instances', name)] : [];
  });
}
