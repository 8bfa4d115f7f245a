/** Native parts of npm packages that do not load: why, by the words of dlopen(3), and what to do about it. */
import { about, RawshakeError, type Text } from '../../error.js';
import { shellLine } from '../../filter/shell.js';

/** What the kernel refuses to map for execution; glibc leaves the errno out. mmap(2), EPERM. */
const FORBIDDEN = /failed to map segment|Operation not permitted|Permission denied/;

/** What to do where no program may be run from there; undefined where it is not that. */
export function noExecHint({ message }: Error): Text | undefined {
  if (!FORBIDDEN.test(message)) return undefined;
  const [, file = '.'] = /^(?:Error loading shared library )?(\/[^:]*): /.exec(message) ?? [];
  const look = shellLine(['findmnt', '-T', file]);
  return {
    en: `No program may be run from there, be it mounted noexec or forbidden by a policy; install rawshake elsewhere, or see: ${look}`,
    zh: `那里不允许运行程序（以 noexec 挂载，或被安全策略禁止）；请把 rawshake 安装到别处，或查看：${look}`,
  };
}

/** Of a package that cannot be done without. */
export function notLoaded(name: string, error: Error): RawshakeError {
  const [first = ''] = error.message.split('\n');
  const why = { en: `its native part does not load (${first})`, zh: `本机模块无法加载（${first}）` };
  return new RawshakeError('RS_MISSING_TOOL', about(name, why), { cause: error, hint: noExecHint(error) ?? ANOTHER });
}

const ANOTHER: Text = {
  en: `It is damaged or left out, or for another architecture or C library than this Node.js (${process.arch}): install rawshake again on this machine, without --omit=optional`,
  zh: `它已损坏或缺失，或属于另一种体系结构或 C 库（当前 Node.js 为 ${process.arch}）：请在这台机器上重新安装 rawshake，不要加 --omit=optional`,
};
