/** What the events print, field by field, whatever the kernel's version calls them. <trace/events/tcp.h>, skb.h, fib.h. */
import type { TcpState } from '../../tcp/types.js';
import type { Flow } from '../../wire/flow.js';

export type Fields = Readonly<Record<string, string | undefined>>;

/** `skbaddr=… reason: NO_SOCKET` */
export function fieldsOf(text: string): Fields {
  const fields: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/(\w+)(?:=|: )(\S+)/g)) fields[name] = value;
  return fields;
}

/** One end of a flow; what is zero stands for nothing and is left out. */
interface End {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** `192.0.2.1:41000`, `[2001:db8::1]:41000` (%pISpc). */
function endOf(text: string): End {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([\d.]+)):(\d+)$/.exec(text) ?? [];
  return orNothing(bracketed ?? plain, Number(port));
}

const MAPPED = '::ffff:';

/** An IPv4 packet's address stays one where the socket is of IPv6. */
function orNothing(text: string | undefined, port: number): End {
  const address = text?.startsWith(MAPPED) === true && text.includes('.') ? text.slice(MAPPED.length) : text;
  return {
    address: address === '0.0.0.0' || address === '::' ? undefined : address,
    port: port === 0 ? undefined : port,
  };
}

/** The older way: two ports, and the addresses in both families. Kernels before 5.16 do not name the family. */
function endOfFields(fields: Fields, side: 's' | 'd'): End {
  const [v4, v6] = [fields[`${side}addr`], fields[`${side}addrv6`]];
  const isV4 =
    fields['family'] === undefined ? fields['saddrv6']?.startsWith(MAPPED) === true : fields['family'] === 'AF_INET';
  return orNothing(isV4 ? v4 : v6, Number(fields[`${side}port`] ?? 0));
}

/** The four-tuple that an event names, as far as it does. */
export function flowOf(fields: Fields): Partial<Flow> {
  const { src, dest } = fields;
  const [from, to] =
    src !== undefined && dest !== undefined
      ? [endOf(src), endOf(dest)]
      : [endOfFields(fields, 's'), endOfFields(fields, 'd')];
  return {
    ...(from.address !== undefined && { src: from.address }),
    ...(from.port !== undefined && { srcPort: from.port }),
    ...(to.address !== undefined && { dst: to.address }),
    ...(to.port !== undefined && { dstPort: to.port }),
  };
}

/** The same, seen from the other side. */
export const reversed = ({ src, srcPort, dst, dstPort }: Partial<Flow>): Partial<Flow> => ({
  ...(dst !== undefined && { src: dst }),
  ...(dstPort !== undefined && { srcPort: dstPort }),
  ...(src !== undefined && { dst: src }),
  ...(srcPort !== undefined && { dstPort: srcPort }),
});

/** `TCP_NEW_SYN_RECV`, a half-open entry, is SYN_RECV here as everywhere. No socket has none. */
export const stateOf = (name: string | undefined): TcpState | undefined =>
  name === undefined || name === 'UNKNOWN' ? undefined : (name.replace(/^TCP_(NEW_)?/, '') as TcpState);

/** A pointer that is none. */
export const identity = (pointer: string | undefined): string | undefined =>
  pointer === undefined || /^0*$/.test(pointer) ? undefined : pointer;

/** `tcp_v4_rcv+0x91/0x13f0 [module]`, `do_softirq.part.0`: the function. A bare address is none. */
export const functionOf = (symbol: string | undefined): string | undefined =>
  symbol === undefined || /^(0x)?[0-9a-f]+$/.test(symbol) ? undefined : symbol.replace(/[.+].*$/, '');

/** A route looked up for a packet that came in: through which interface, from whom to whom. */
export interface Arrival {
  readonly link: number;
  readonly src: string;
  readonly dst: string;
}

const LOOKUP = /\biif (\d+) .*?(\S+)\/\d+ -> (\S+)\/\d+ /;

/** Of fib_table_lookup and fib6_table_lookup. */
export function arrivalOf(text: string): Arrival | undefined {
  const [, link, src, dst] = LOOKUP.exec(text) ?? [];
  return link === undefined || src === undefined || dst === undefined ? undefined : { link: Number(link), src, dst };
}
