/** That a port is the kernel's already, with the sockets that have it and whose they are. */
import { RawshakeError } from '../error.js';
import { endpoint } from '../wire/flow.js';
import type { PortHolder } from './port-holders.js';
import { ProcSearch } from './proc-search.js';
import { type SocketProgram, socketPrograms } from './socket-programs.js';

const MOST_NAMED = 3;

export function portInUse(
  port: number,
  holders: readonly PortHolder[],
  search: ProcSearch = new ProcSearch(),
): RawshakeError {
  const named = holders.slice(0, MOST_NAMED);
  const inodes = named.flatMap(({ inode }) => (inode === 0 ? [] : inode));
  const programs = socketPrograms(inodes, search);
  const texts = named.map((holder) => holderText(holder, programs.get(holder.inode)));
  if (holders.length > texts.length) texts.push(`${String(holders.length - texts.length)} more`);
  if (texts.length === 0) texts.push('by a socket that it does not show');
  if (search.givenUp && programs.size < inodes.length)
    texts.push('whose was not looked for any further: there is too much open on this machine');
  const number = String(port);
  return new RawshakeError('RS_PORT_IN_USE', `port ${number}: in use by this host's kernel: ${texts.join('; ')}`, {
    hint: {
      en: `Both would answer. Take another port, or end what uses this one: ss -tanp 'sport = :${number}'`,
      zh: `否则内核与 rawshake 会同时应答。请换一个端口，或结束占用它的程序：ss -tanp 'sport = :${number}'`,
    },
  });
}

function holderText({ src, srcPort, dst, dstPort, state }: PortHolder, program: SocketProgram | undefined): string {
  const peer = dstPort === 0 ? '' : ` to ${endpoint(dst, dstPort)}`;
  const whose = program === undefined ? '' : ` (${program.name}, pid ${String(program.pid)})`;
  return `${endpoint(src, srcPort)}${peer} ${state}${whose}`;
}
