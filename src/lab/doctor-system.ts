/** What the kernel lets and tells, and how this host is set up: nothing of it is needed, each makes a difference. */
import { readFileSync } from 'node:fs';
import { hasIpv6 } from '../linux/ipv6.js';
import { readSysctl } from '../linux/sysctl.js';
import { findTracefs } from '../linux/tracefs.js';
import { isRootless, sudoLine, userNamespaceRefusal } from '../linux/user-namespace.js';
import { type Diagnosis, plain } from './diagnosis.js';

/** With them an ordinary user has labs too. user_namespaces(7). */
export function userNamespaces(): Diagnosis {
  const common = { name: 'user namespaces', needed: false };
  const refusal = userNamespaceRefusal();
  if (refusal === undefined) {
    return { ...common, ok: true, detail: { en: 'labs work without root', zh: '无需 root 也能建立实验环境' } };
  }
  const setting = /^([\w./]+)=\d$/.exec(refusal)?.[1];
  const to = setting?.startsWith('user.max_') === true ? '15000' : setting?.includes('restrict') === true ? '0' : '1';
  return {
    ...common,
    ok: false,
    detail: {
      en: `refused to ordinary users (${refusal}); labs need root`,
      zh: `普通用户不可用（${refusal}）；实验环境需要 root`,
    },
    hint: setting === undefined ? plain(sudoLine()) : plain(`sysctl -w ${setting}=${to}`),
  };
}

/** Labs do without it. */
export function ipv6(): Diagnosis {
  const common = { name: 'ipv6', needed: false };
  if (hasIpv6()) return { ...common, ok: true, detail: { en: 'labs speak it', zh: '实验环境可以使用' } };
  return {
    ...common,
    ok: false,
    detail: {
      en: 'not in this kernel; labs speak IPv4, --family 6 cannot be run',
      zh: '此内核没有；实验环境使用 IPv4，无法运行 --family 6',
    },
    hint: { en: 'Start the kernel without ipv6.disable=1', zh: '启动内核时去掉 ipv6.disable=1' },
  };
}

/** Where root finds it; the second is its place before Linux 4.1. */
const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const;

/** Through it the kernel itself says that, and why, it sends a RST. Root of the first user namespace only. */
export function tracefs(): Diagnosis {
  const common = { name: 'tracefs', needed: false };
  if (isRootless()) return { ...common, ok: false, ...UNREADABLE.forbidden() };
  findTracefs(); // mounts it where it is not yet, as a run does
  const reads = TRACEFS.map((folder) => read(`${folder}/events/tcp/tcp_send_reset/format`));
  const format = reads.find(({ text }) => text !== undefined)?.text;
  if (format === undefined)
    return { ...common, ok: false, ...UNREADABLE[reads.some(isForbidden) ? 'forbidden' : 'absent']() };
  if (/field:.*\breason;/.test(format)) {
    return {
      ...common,
      ok: true,
      detail: { en: 'the kernel says when it sends a RST, and why', zh: '内核会说明何时以及为何发送 RST' },
    };
  }
  return {
    ...common,
    ok: true,
    detail: {
      en: 'the kernel says when it sends a RST, but not why: that takes Linux 6.10',
      zh: '内核会说明何时发送 RST，但不说明原因：这需要 Linux 6.10',
    },
  };
}

interface Read {
  readonly text?: string;
  /** errno, where it cannot be read. */
  readonly code?: string;
}

function read(file: string): Read {
  try {
    return { text: readFileSync(file, 'utf8') };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? '' };
  }
}

const isForbidden = ({ code }: Read): boolean => code === 'EACCES' || code === 'EPERM';

const UNREADABLE: Readonly<Record<'forbidden' | 'absent', () => Pick<Diagnosis, 'detail' | 'hint'>>> = {
  forbidden: () => ({
    detail: {
      en: "not for this user; packets and socket tables remain, the kernel's own words do not",
      zh: '当前用户无权读取；仍可看到报文和套接字表，但看不到内核自己的说明',
    },
    hint: {
      en: `As root of the machine, not of a user namespace: ${sudoLine()}`,
      zh: `请以机器的 root（而非用户命名空间的 root）运行：${sudoLine()}`,
    },
  }),
  absent: () => ({
    detail: {
      en: "not mounted, or a kernel without trace events; the kernel's own words are missing",
      zh: '未挂载，或内核没有跟踪事件；看不到内核自己的说明',
    },
    hint: plain('mount -t tracefs nodev /sys/kernel/tracing'),
  }),
};

/**
 * A router passes on what is addressed to somebody else: the answers to hand-made packets from an address that is not
 * this host's, where they reach its link address. ip-sysctl.rst.
 */
export function forwarding(): Diagnosis {
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
    detail: {
      en: `on (${on.join(', ')}): answers to a source address that is not this host's are passed on, or draw an ICMP error`,
      zh: `开启（${on.join('、')}）：发往非本机源地址的应答会被转发，或引出 ICMP 差错`,
    },
    hint: {
      en: `Only for such addresses, outside a lab: ${line} (containers and virtual machines here may need it on)`,
      zh: `仅当在实验环境之外使用这类地址时：${line}（本机的容器和虚拟机可能需要保持开启）`,
    },
  };
}

/** With it on, the kernel's RST copies the mark of the segment that it answers, and may pass for one of ours. ip-sysctl.rst. */
export function fwmarkReflect(): Diagnosis {
  const common = { name: 'fwmark_reflect', needed: false };
  const on = ['net.ipv4.fwmark_reflect', 'net.ipv6.fwmark_reflect'].filter(sysctlIsOn);
  if (on.length === 0) return { ...common, ok: true, detail: { en: 'off', zh: '关闭' } };
  const line = `sysctl -w ${on.map((name) => `${name}=0`).join(' ')}`;
  return {
    ...common,
    ok: false,
    detail: {
      en: `on (${on.join(', ')}): a RST of the kernel may carry our mark, and a filter spare it`,
      zh: `开启（${on.join('、')}）：内核的 RST 可能带有我们的标记，从而被过滤器放行`,
    },
    hint: plain(line),
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
