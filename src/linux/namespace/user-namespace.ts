/** Runs this program again, in place, as root of a user namespace of its own: private labs without being root. user_namespaces(7). */
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { about, RawshakeError, type Text, verbatim } from '../../error.js';
import { shellLine } from '../../filter/shell.js';
import { tryCommand } from '../process/command.js';
import { F_SETFD } from '../libc/constants.js';
import { libc } from '../libc/libc.js';
import { NETWORK_NAMESPACES, type NetworkNamespace } from './netns.js';

/** In the environment of the second run, and of what that starts: its process id, so that a second refusal is not answered by a third. */
const MARKER = 'RAWSHAKE_USER_NAMESPACE';

const UNSHARE = ['unshare', '--user', '--map-root-user', '--net', '--mount', '--'] as const;

/** The user's environment, without what the first run told the second. */
export const environmentOfUser = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== MARKER));

/** Whether this process is not in the first user namespace: the kernel's trace events are out of reach then. */
export const isRootless = (): boolean => !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));

/**
 * Replaces this process by the same command in a new user namespace: same pid, same terminal, no parent that could be
 * killed alone. Returns only by throwing.
 * @throws {RawshakeError} RS_NO_PRIVILEGE with the cause and a line to paste, where user namespaces are refused;
 * RS_MISSING_TOOL without the program unshare, and else as `tryCommand`
 */
export function rerunInUserNamespace(): never {
  if (isRootless() && process.env[MARKER] === String(process.pid)) throw refused(undefined);
  const probe = tryUserNamespace();
  if (probe.status !== 0) throw refused(probe.stderr.trim());
  process.env[MARKER] = String(process.pid);
  for (const fd of [0, 1, 2]) libc('fcntl', fd, F_SETFD, 0); // Node marks them close-on-exec
  libc('execvp', UNSHARE[0], [...UNSHARE, process.execPath, ...process.execArgv, ...process.argv.slice(1), null]);
  throw new TypeError('execvp returned');
}

/**
 * What opens a shell in `netns` from another terminal of the same user, as long as this process lives: through the user
 * namespace that we re-ran in, if we did, for no other gives a right to it.
 */
export const nsenterArgv = (netns: NetworkNamespace): readonly string[] => [
  ...(process.env['SUDO_USER'] === undefined ? [] : ['sudo']),
  'nsenter',
  ...(process.env[MARKER] === undefined || !isRootless()
    ? []
    : ['--user', '--preserve-credentials', '--target', String(process.pid)]),
  `--net=${netns.path}`,
  'bash',
];

/** The same command as root, to be pasted. */
export const sudoLine = (): string => shellLine(['sudo', process.execPath, ...process.argv.slice(1)]);

/** CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN. `<linux/capability.h>` */
const NEEDED_CAPABILITIES = (1n << 12n) | (1n << 13n) | (1n << 21n);

/** Whether whoever started this has put them out of reach, of root too: what is not in the bounding set sudo cannot give. capabilities(7). */
function isBounded(): boolean {
  const [, bounding = '0'] = /^CapBnd:\s*([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return (BigInt(`0x${bounding}`) & NEEDED_CAPABILITIES) !== NEEDED_CAPABILITIES;
}

/** What gives this program the right to private networks: in a container its start, elsewhere root. */
export const privilegeHint = (): Text =>
  isBounded()
    ? {
        en: 'Start the container as in docs/install.md, with: --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add NET_RAW --security-opt systempaths=unconfined --security-opt apparmor=unconfined',
        zh: '请在启动容器时加上（见 docs/install.md）：--cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add NET_RAW --security-opt systempaths=unconfined --security-opt apparmor=unconfined',
      }
    : verbatim(sudoLine());

function refused(detail: string | undefined): RawshakeError {
  const why = refusalCause(detail ?? '');
  const isRoot = process.getuid?.() === 0;
  const [who, whoZh] = isRoot ? ['root without CAP_SYS_ADMIN', 'root 没有 CAP_SYS_ADMIN'] : ['not root', '不是 root'];
  const [more, moreZh] = detail === undefined || detail === '' ? ['', ''] : [`; ${detail}`, `；${detail}`];
  return new RawshakeError(
    'RS_NO_PRIVILEGE',
    about(NETWORK_NAMESPACES, {
      en: `${who}, and user namespaces are refused (${why.en}${more})`,
      zh: `${whoZh}，用户命名空间也被拒绝（${why.zh}${moreZh}）`,
    }),
    { hint: privilegeHint() },
  );
}

/** Why an ordinary user may not make one; undefined where trying works. Root is asked no such questions, so settings count. */
export function userNamespaceRefusal(): { readonly why: Text; readonly hint?: Text } | undefined {
  if (isRootless() && process.env[MARKER] === String(process.pid)) return undefined; // this runs in one
  const setting = refusingSetting();
  if (setting !== undefined) return { why: verbatim(setting) };
  try {
    const { status, stderr } = tryUserNamespace();
    return status === 0 ? undefined : { why: refusalCause(stderr) };
  } catch (error) {
    if (!(error instanceof RawshakeError) || error.code === 'RS_INTERRUPTED') throw error;
    return { why: error.messages, hint: error.hints };
  }
}

const tryUserNamespace = () => tryCommand([...UNSHARE, 'true']);

const sysctl = (name: string): string | undefined => {
  const file = `/proc/sys/${name}`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
};

/** The setting by which an administrator has refused them. */
function refusingSetting(): string | undefined {
  for (const kind of ['user', 'net', 'mnt']) {
    const limit = `max_${kind}_namespaces`;
    if (sysctl(`user/${limit}`) === '0') return `user.${limit}=0`;
  }
  if (sysctl('kernel/unprivileged_userns_clone') === '0') return 'kernel.unprivileged_userns_clone=0';
  if (sysctl('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'kernel.apparmor_restrict_unprivileged_userns=1';
  }
  return undefined;
}

/** What stands in the way, as far as the system says. */
function refusalCause(detail: string): Text {
  const setting = refusingSetting();
  if (setting !== undefined) return verbatim(setting);
  // unshare(2), ENOSPC
  if (detail.includes('No space left on device'))
    return { en: 'a limit of namespaces is reached: sysctl user', zh: '已达到命名空间的上限：sysctl user' };
  if (process.getuid?.() === 0 && detail.includes('uid_map'))
    return { en: 'root without CAP_SETFCAP cannot map itself', zh: '没有 CAP_SETFCAP 的 root 不能映射自己' };
  if (existsSync('/.dockerenv') || existsSync('/run/.containerenv'))
    return { en: "the container's seccomp profile", zh: '容器的 seccomp 配置' };
  if (/microsoft/i.test(release()) && !/WSL2/i.test(release()))
    return { en: 'WSL1 has no Linux kernel of its own', zh: 'WSL1 没有自己的 Linux 内核' };
  return { en: 'the kernel gives no reason', zh: '内核没有给出原因' };
}
