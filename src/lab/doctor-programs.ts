/** The system programs that commands and experiments run, beside those that are tried in a lab. */
import { type Text, verbatim } from '../error.js';
import { searchPath } from '../linux/process/command.js';
import { installLine, packageOf, presenceOf } from '../linux/process/programs.js';
import { type Capability } from './capability.js';
import { hasOpenBsdNc } from './bench/child.js';

interface Program {
  readonly program: string;
  /** Where that differs from whether a program of this name is there. */
  readonly isThere?: () => boolean;
  readonly costs: Text;
}

const PROGRAMS: readonly Program[] = [
  {
    program: 'sh',
    isThere: () => presenceOf('sh', searchPath()) !== 'absent', // any will do
    costs: {
      en: "compare and the experiments run, without the kernel's reasons; filters by iptables have no guard, and cannot be added",
      zh: 'compare 和实验可以运行，但没有内核给出的原因；iptables 过滤器没有守护进程，无法添加',
    },
  },
  {
    program: 'unshare',
    costs: { en: 'compare and lab take root', zh: 'compare 和 lab 需要 root' },
  },
  {
    program: 'nsenter',
    costs: {
      en: 'lab shell runs; no second terminal in its hosts',
      zh: 'lab shell 可以运行，但不能在第二个终端进入其主机',
    },
  },
  {
    program: 'setpriv',
    costs: {
      en: 'no program of yours can be run in an enclosure in a lab',
      zh: '无法在实验环境的隔离环境中运行自己的程序',
    },
  },
  {
    program: 'ss',
    costs: {
      en: 'lab run no-listen and raw-listen: without what ss lists',
      zh: 'lab run no-listen 和 raw-listen：没有 ss 列出的内容',
    },
  },
  {
    program: 'nc',
    isThere: hasOpenBsdNc,
    costs: {
      en: 'lab run self-connect-nc: without nc itself (it takes the nc of OpenBSD)',
      zh: 'lab run self-connect-nc：没有 nc 本身的部分（需要 OpenBSD 的 nc）',
    },
  },
  {
    program: 'strace',
    costs: {
      en: 'lab run self-connect-nc: without the system calls of nc where tracefs does not show them',
      zh: 'lab run self-connect-nc：tracefs 不可用时看不到 nc 的系统调用',
    },
  },
  {
    program: 'curl',
    costs: { en: 'lab run no-listen: without what curl says', zh: 'lab run no-listen：没有 curl 的结果' },
  },
  {
    program: 'conntrack',
    costs: {
      en: 'lab run conntrack runs; what it tells to type in by hand does not',
      zh: 'lab run conntrack 可以运行，但其中让人手工输入的命令不能',
    },
  },
  {
    program: 'ip',
    costs: {
      en: 'lab run spare-address runs; what it and some hints tell to type in by hand does not',
      zh: 'lab run spare-address 可以运行，但其中和一些提示里让人手工输入的命令不能',
    },
  },
];

const isThere = ({ program, isThere: tried }: Program): boolean =>
  tried?.() ?? presenceOf(program, searchPath()) === 'installed';

/** Whoever has typed it knows that there is one. */
const nameOf = ({ program }: Program): string =>
  presenceOf(program, searchPath()) === 'busybox' ? `${program} (BusyBox)` : program;

/** One row for all, so that there is one line to paste. */
export function programs(): Capability {
  const missing = PROGRAMS.filter((one) => !isThere(one));

  const common = { name: 'programs', needed: false };
  if (missing.length === 0)
    return { ...common, ok: true, detail: verbatim(PROGRAMS.map(({ program }) => program).join(', ')) };
  const each = (language: keyof Text): string =>
    missing.map(({ program, costs }) => `${program}: ${costs[language]}`).join('\n');
  return {
    ...common,
    ok: false,
    detail: {
      en: `not installed: ${missing.map(nameOf).join(', ')}`,
      zh: `未安装：${missing.map(nameOf).join('、')}`,
    },
    costs: { en: each('en'), zh: each('zh') },
    hint: install(missing.map(({ program }) => program)),
  };
}

function install(missing: readonly string[]): Text {
  const line = installLine(missing, searchPath());
  if (line !== undefined) return { en: `Install them: ${line}`, zh: `请安装：${line}` };
  const packages = [...new Set(missing.map((program) => packageOf(program)))].join(' ');
  return {
    en: `Install what holds them; on Debian: ${packages}`,
    zh: `请安装相应的软件包，在 Debian 上是：${packages}`,
  };
}
