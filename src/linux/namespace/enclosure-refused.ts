/** Why an enclosure could not be made, and what to do about it. */
import { about, RawshakeError, type Text, verbatim } from '../../error.js';
import { limitHint } from '../../limit.js';
import { missingTool, notStarted, searchPath } from '../process/command.js';
import { presenceOf } from '../process/programs.js';
import type { EnclosureStep, SentError } from './enclosure-messages.js';
import { NETWORK_NAMESPACES } from './netns.js';
import { privilegeHint } from './user-namespace.js';

/** The program of util-linux by which the first process goes with this one; BusyBox's cannot. */
const SETPRIV = 'setpriv';

/** What was refused, as messages begin. */
const WHAT: Readonly<Record<EnclosureStep, Text>> = {
  network: NETWORK_NAMESPACES,
  mounts: { en: 'mount namespaces', zh: '挂载命名空间' },
  hosts: verbatim('/etc/hosts'),
  root: { en: 'a root folder of its own', zh: '独立的根目录' },
  processes: { en: 'PID namespaces', zh: 'PID 命名空间' },
  init: { en: 'the first process of an enclosure', zh: '隔离环境的首个进程' },
};

/** The sysctl that bounds them. namespaces(7) */
const LIMITS: Partial<Record<EnclosureStep, string>> = {
  mounts: 'user.max_mnt_namespaces',
  processes: 'user.max_pid_namespaces',
};

export function notOpened(step: EnclosureStep, { code = '', syscall, message }: SentError): RawshakeError {
  const cause = Object.assign(new Error(message), { code, syscall });
  const limit = LIMITS[step];
  if (code === 'ENOSPC' && limit !== undefined) return limitReached(WHAT[step], limit, cause);
  if (step === 'init') return noInit(cause);
  if (step === 'hosts' && code === 'ENOENT') return noHostsFile(cause);
  if (code === 'EPERM' || code === 'EACCES')
    return new RawshakeError(
      'RS_NO_PRIVILEGE',
      about(WHAT[step], { en: `the kernel refused (${message})`, zh: `内核拒绝（${message}）` }),
      { cause, hint: privilegeHint() },
    );
  return new RawshakeError('RS_SYSTEM_CALL', about(WHAT[step], verbatim(message)), {
    cause,
    hint: limitHint(cause) ?? {
      en: 'See what this kernel offers: rawshake doctor',
      zh: '请查看此内核支持什么：rawshake doctor',
    },
  });
}

const limitReached = (what: Text, limit: string, cause: Error): RawshakeError =>
  new RawshakeError(
    'RS_LIMIT',
    about(what, { en: `the limit ${limit} is reached (ENOSPC)`, zh: `已达到 ${limit} 的上限（ENOSPC）` }),
    {
      cause,
      hint: {
        en: `Raise it, in the user namespace that sets it too: sysctl -w ${limit}=15000`,
        zh: `请提高该限制，包括设置它的用户命名空间：sysctl -w ${limit}=15000`,
      },
    },
  );

const noHostsFile = (cause: Error): RawshakeError =>
  new RawshakeError(
    'RS_FILE',
    about(WHAT.hosts, { en: 'there is none to put names before', zh: '没有该文件，无法在其前加入名字' }),
    {
      cause,
      hint: { en: 'Make an empty one: touch /etc/hosts', zh: '请建立一个空文件：touch /etc/hosts' },
    },
  );

/** By looking: a shell's and BusyBox's words differ. */
function noInit(cause: Error & { readonly code: string }): RawshakeError {
  if (cause.code !== '') return notStarted(SETPRIV, cause);
  if (presenceOf(SETPRIV, searchPath()) !== 'installed') return missingTool(SETPRIV, cause);
  return new RawshakeError('RS_COMMAND_FAILED', about(WHAT.init, verbatim(cause.message)), {
    cause,
    hint: {
      en: 'See whether this works: setpriv --pdeathsig KILL true',
      zh: '请检查该命令能否运行：setpriv --pdeathsig KILL true',
    },
  });
}

/** What one is without, that may not have a /proc of its own. */
export const procOfOutside = (why: string): Text => ({
  en: `/proc inside shows the processes outside, by other ids (${why})`,
  zh: `其中的 /proc 显示的是外部的进程，进程号不同（${why}）`,
});
