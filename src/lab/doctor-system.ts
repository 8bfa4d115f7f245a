/** What the kernel lets and tells, and how this host is set up: nothing of it is needed, each makes a difference. */
import { hasIpv6 } from '../linux/namespace/ipv6.js';
import { journalFolder } from '../linux/filter/journal.js';
import { readSysctl } from '../linux/namespace/sysctl.js';
import { eventFormat, findTracefs } from '../linux/trace/tracefs.js';
import { isRootless, sudoLine, userNamespaceRefusal } from '../linux/namespace/user-namespace.js';
import { type Text, verbatim } from '../error.js';
import { type Capability } from './capability.js';

/** With them an ordinary user has labs too. user_namespaces(7). */
export function userNamespaces(): Capability {
  const common = { name: 'user namespaces', needed: false };
  const refusal = userNamespaceRefusal();
  if (refusal === undefined) {
    return { ...common, ok: true, detail: { en: 'labs work without root', zh: '无需 root 也能建立实验环境' } };
  }
  const { why } = refusal;
  const hint = refusal.hint ?? settingLine(why.en) ?? (isRoot() ? undefined : verbatim(sudoLine()));
  return {
    ...common,
    ok: false,
    detail: { en: `refused to ordinary users (${why.en})`, zh: `普通用户不可用（${why.zh}）` },
    costs: { en: 'compare and lab take root', zh: 'compare 和 lab 需要 root' },
    ...(hint !== undefined && { hint }),
  };
}

/** What undoes a setting by which they are refused, `name=value`. */
function settingLine(refusal: string): Text | undefined {
  const name = /^([\w./]+)=\d$/.exec(refusal)?.[1];
  if (name === undefined) return undefined;
  const value = name.startsWith('user.max_') ? '15000' : name.includes('restrict') ? '0' : '1';
  return verbatim(`sysctl -w ${name}=${value}`);
}

const isRoot = (): boolean => process.getuid?.() === 0;

/** Labs do without it. */
export function ipv6(): Capability {
  const common = { name: 'ipv6', needed: false };
  if (hasIpv6()) return { ...common, ok: true, detail: { en: 'labs speak it', zh: '实验环境可以使用' } };
  return {
    ...common,
    ok: false,
    detail: { en: 'not in this kernel', zh: '此内核没有' },
    costs: {
      en: 'compare and lab speak IPv4; nothing can run with --family 6',
      zh: 'compare 和 lab 使用 IPv4；无法以 --family 6 运行',
    },
    hint: { en: 'Start the kernel without ipv6.disable=1', zh: '启动内核时去掉 ipv6.disable=1' },
  };
}

/** Through it the kernel itself says that, and why, it sends a RST. Root of the first user namespace only. */
export function tracefs(): Capability {
  const common = { name: 'tracefs', needed: false, costs: NO_REASONS };
  const found = findTracefs(); // mounts it where it is not yet, as a run does
  if ('missing' in found) return { ...common, ok: false, detail: found.missing, hint: found.hint };
  const format = eventFormat(found.folder, 'tcp/tcp_send_reset');
  if (format === undefined) return { ...common, ok: false, ...NO_EVENT };
  const isReasonTold = /field:.*\breason;/.test(format);
  return { ...common, ok: true, detail: isReasonTold ? TOLD_WHY : TOLD_THAT };
}

const NO_REASONS: Text = {
  en: "compare and the experiments run, without the kernel's reasons",
  zh: 'compare 和实验可以运行，但没有内核给出的原因',
};

const NO_EVENT = {
  detail: { en: 'this kernel has no event tcp_send_reset', zh: '此内核没有 tcp_send_reset 事件' },
  hint: { en: 'It takes Linux 4.16, with CONFIG_FTRACE.', zh: '需要 Linux 4.16，并带 CONFIG_FTRACE。' },
} as const satisfies Partial<Capability>;

const TOLD_WHY: Text = { en: 'the kernel says when it sends a RST, and why', zh: '内核会说明何时以及为何发送 RST' };
const TOLD_THAT: Text = {
  en: 'the kernel says when it sends a RST, but not why: that takes Linux 6.10',
  zh: '内核会说明何时发送 RST，但不说明原因：这需要 Linux 6.10',
};

/**
 * A router passes on what is addressed to somebody else: the answers to hand-made packets from an address that is not
 * this host's, where they reach its link address. ip-sysctl.rst.
 */
export function forwarding(): Capability {
  const common = { name: 'forwarding', needed: false };
  const on = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'].filter(sysctlIsOn);
  if (on.length === 0) {
    return {
      ...common,
      ok: true,
      detail: {
        en: 'off: what is addressed to somebody else is dropped in silence',
        zh: '关闭：目的地址不是本机的报文会被悄悄丢弃',
      },
    };
  }
  const line = `sysctl -w ${on.map((name) => `${name}=0`).join(' ')}`;
  return {
    ...common,
    ok: false,
    detail: { en: `on (${on.join(', ')})`, zh: `开启（${on.join('、')}）` },
    costs: {
      en: "outside a lab, and only from a source address that is not this host's: the answers to hand-made packets are passed on, or draw an ICMP error",
      zh: '仅当在实验环境之外使用非本机的源地址时：手工报文的应答会被转发，或引出 ICMP 差错',
    },
    hint: {
      en: `Where you use such addresses, and no container or virtual machine here needs it: ${line}`,
      zh: `如果使用这类地址，且本机没有容器或虚拟机需要它：${line}`,
    },
  };
}

/** With it on, the kernel's RST copies the mark of the segment that it answers, and may pass for one of ours. ip-sysctl.rst. */
export function fwmarkReflect(): Capability {
  const common = { name: 'fwmark_reflect', needed: false };
  const on = ['net.ipv4.fwmark_reflect', 'net.ipv6.fwmark_reflect'].filter(sysctlIsOn);
  if (on.length === 0) return { ...common, ok: true, detail: { en: 'off', zh: '关闭' } };
  const line = `sysctl -w ${on.map((name) => `${name}=0`).join(' ')}`;
  return {
    ...common,
    ok: false,
    detail: { en: `on (${on.join(', ')})`, zh: `开启（${on.join('、')}）` },
    costs: {
      en: 'connect, listen and filter outside a lab: a RST of the kernel may carry our mark, and pass the filter',
      zh: '在实验环境之外运行 connect、listen 和 filter 时：内核的 RST 可能带有我们的标记，从而被过滤器放行',
    },
    hint: verbatim(line),
  };
}

/** Where it is noted which rules are in force, on the host itself; a lab needs no such note. */
export function journal(): Capability {
  const folder = journalFolder();
  const common = { name: 'journal', needed: false };
  if (folder !== undefined) return { ...common, ok: true, detail: verbatim(folder) };
  return {
    ...common,
    ok: false,
    detail: { en: 'cannot be written', zh: '无法写入' },
    costs: {
      en: 'connect, listen and filter run; but where both rawshake and its guard are killed (SIGKILL), an iptables rule stays until you remove it',
      zh: 'connect、listen 和 filter 可以运行；但如果 rawshake 和守护进程都被 SIGKILL 杀死，iptables 规则会一直留到手工删除',
    },
    hint:
      isRoot() && !isRootless()
        ? { en: 'Make /run a folder that root can write.', zh: '请让 root 能够写入 /run。' }
        : {
            en: 'Set XDG_RUNTIME_DIR to a folder that is yours alone.',
            zh: '请把 XDG_RUNTIME_DIR 设为只属于你的目录。',
          },
  };
}

/** IPv6 may be absent. */
function sysctlIsOn(name: string): boolean {
  try {
    return readSysctl(name) !== '0';
  } catch {
    return false;
  }
}
