/** That a port is the kernel's already, with the sockets that have it and whose they are. */
import { about, RawshakeError, type Text } from '../../error.js';
import { behind } from '../../filter/argv.js';
import { shellLine } from '../../filter/shell.js';
import { endpoint } from '../../wire/flow.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { NOBODYS, type PortHolder } from '../netlink/port-holders.js';
import { ProcSearch } from '../process/proc-search.js';
import { type SocketProgram, socketPrograms } from '../process/socket-programs.js';

const MOST_NAMED = 3;

/** As messages about it begin. */
export const portNamed = (port: number): Text => ({ en: `port ${String(port)}`, zh: `端口 ${String(port)}` });

export function portInUse(
  port: number,
  holders: readonly PortHolder[],
  search: ProcSearch = new ProcSearch(),
  netns?: NetworkNamespace,
): RawshakeError {
  const named = holders.slice(0, MOST_NAMED);
  const inodes = named.flatMap(({ inode }) => (inode === NOBODYS ? [] : inode));
  const programs = socketPrograms(inodes, search);
  const texts = named.map((holder) => holderText(holder, programs.get(holder.inode)));
  const more = String(holders.length - texts.length);
  if (holders.length > texts.length) texts.push({ en: `${more} more`, zh: `另有 ${more} 个` });
  if (texts.length === 0) texts.push({ en: 'by a socket that it does not show', zh: '由它没有列出的套接字占用' });
  if (search.givenUp && programs.size < inodes.length)
    texts.push({
      en: 'whose was not looked for any further: there is too much open on this machine',
      zh: '没有再查找属于谁：这台机器上打开的太多',
    });
  const all = { en: texts.map(({ en }) => en).join('; '), zh: texts.map(({ zh }) => zh).join('；') };
  return new RawshakeError(
    'RS_PORT_IN_USE',
    about(portNamed(port), about({ en: "in use by this host's kernel", zh: '本机内核正在使用' }, all)),
    { hint: whatToDo(port, holders, [...programs.values()], netns?.enter) },
  );
}

function whatToDo(
  port: number,
  holders: readonly PortHolder[],
  programs: readonly SocketProgram[],
  enter: readonly string[] = [],
): Text {
  const listed = (options: string): string => shellLine(behind(enter, ['ss', options, `sport = :${String(port)}`]));
  if (holders.length > 0 && holders.every(({ inode }) => inode === NOBODYS)) return waitFor(listed('-tano'));
  if (holders.length > 0 && holders.every(isMerelyBound)) return endWhatHolds(programs);
  return endWhatUses(listed('-tanp'));
}

const isMerelyBound = ({ state }: PortHolder): boolean => state === 'BOUND_INACTIVE';

/** ss shows such a socket from iproute2 6.8 on; the process can be looked at everywhere. */
function endWhatHolds(programs: readonly SocketProgram[]): Text {
  const pids = [...new Set(programs.map(({ pid }) => String(pid)))];
  const line = pids.length === 0 ? undefined : shellLine(['ps', '-f', '-p', pids.join(',')]);
  return {
    en: `Take another port, or end what holds this one${line === undefined ? '' : `: ${line}`}`,
    zh: `请换一个端口，或结束占用它的程序${line === undefined ? '' : `：${line}`}`,
  };
}

const endWhatUses = (listing: string): Text => ({
  en: `Both would answer. Take another port, or end what uses this one: ${listing}`,
  zh: `否则内核与 rawshake 会同时应答。请换一个端口，或结束占用它的程序：${listing}`,
});

/** Once the other side acknowledges the FIN, or after tcp_orphan_retries, and then TIME_WAIT. tcp(7) */
const waitFor = (listing: string): Text => ({
  en: `No program has it any more: the kernel ends it by itself, mostly within a minute. Take another port, or wait: ${listing}`,
  zh: `已没有程序持有它：内核会自行结束它，通常在一分钟内。请换一个端口，或等待：${listing}`,
});

function holderText(
  { src, srcPort, dst, dstPort, state, goneInMs }: PortHolder,
  program: SocketProgram | undefined,
): Text {
  const local = endpoint(src, srcPort);
  const [whose, whoseZh] =
    program === undefined
      ? ['', '']
      : [` (${program.name}, pid ${String(program.pid)})`, `（${program.name}，进程 ${String(program.pid)}）`];
  if (state === 'BOUND_INACTIVE')
    return {
      en: `${local}, which another program has bound without listening${whose}, as another rawshake does`,
      zh: `${local}，由另一个程序绑定而未监听${whoseZh}，例如另一个 rawshake`,
    };
  const seconds = goneInMs === undefined ? undefined : String(Math.ceil(goneInMs / 1000));
  const [when, whenZh] = seconds === undefined ? ['', ''] : [`, gone in ${seconds} s`, `，${seconds} 秒后消失`];
  const [to, toZh] = dstPort === 0 ? ['', ''] : [` to ${endpoint(dst, dstPort)}`, ` 到 ${endpoint(dst, dstPort)}`];
  return { en: `${local}${to} ${state}${whose}${when}`, zh: `${local}${toZh} ${state}${whoseZh}${whenZh}` };
}
