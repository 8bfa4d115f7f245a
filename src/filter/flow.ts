/** The connections that a filter covers: a four-tuple of which parts may be left open. */
import { about, RawshakeError, type Text } from '../error.js';
import { noHost, type NoHost } from '../wire/address-class.js';
import { addressVersion, formatIpv6Address, parseAddress } from '../wire/address.js';
import { endpoint } from '../wire/flow.js';

export type Family = 4 | 6;

/** Seen from the host whose kernel is to stay silent. What is left out matches any. */
export interface FilterFlow {
  readonly src: string;
  readonly srcPort?: number;
  readonly dst?: string;
  readonly dstPort?: number;
}

/** The addresses as the kernel writes them, and their IP version. */
export interface CanonicalFlow {
  readonly flow: FilterFlow;
  readonly family: Family;
}

/**
 * @throws {RawshakeError} RS_USAGE where it is none: a text that is no address, or one that no connection can have (`::`,
 * multicast, broadcast), two IP versions, a port out of range or 0
 */
export function canonicalFlow({ src, srcPort, dst, dstPort }: FilterFlow): CanonicalFlow {
  const family = addressVersion(src);
  if (family === undefined) throw unusable(notAnAddress(src));
  if (dst !== undefined && addressVersion(dst) !== family) {
    throw unusable(
      addressVersion(dst) === undefined
        ? notAnAddress(dst)
        : { en: `${src} and ${dst} do not go together`, zh: `${src} 和 ${dst} 不能配在一起` },
    );
  }
  for (const address of [src, dst]) {
    const why = address === undefined ? undefined : noHost(canonicalAddress(address));
    if (why !== undefined)
      throw unusable({
        en: `${address ?? ''} is no address of a connection (${why})`,
        zh: `${address ?? ''} 不是连接的地址（${NO_HOST_ZH[why]}）`,
      });
  }
  for (const port of [srcPort, dstPort]) {
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port <= 65_535)) {
      throw unusable(
        { en: `${String(port)} is no port of a connection`, zh: `${String(port)} 不是连接的端口` },
        A_PORT,
      );
    }
  }
  return {
    family,
    flow: {
      src: canonicalAddress(src),
      ...(srcPort !== undefined && { srcPort }),
      ...(dst !== undefined && { dst: canonicalAddress(dst) }),
      ...(dstPort !== undefined && { dstPort }),
    },
  };
}

function canonicalAddress(text: string): string {
  const bytes = parseAddress(text);
  return bytes?.length === 16 ? formatIpv6Address(bytes) : text;
}

/** Whether it is no connection's nor a port's, but all that leaves an address. */
export const coversAddress = ({ srcPort, dst, dstPort }: FilterFlow): boolean =>
  srcPort === undefined && dst === undefined && dstPort === undefined;

/** `192.0.2.1:41000 -> 192.0.2.2:*`. */
export const flowText = ({ src, srcPort, dst, dstPort }: FilterFlow): string =>
  `${side(src, srcPort)} -> ${side(dst, dstPort)}`;

const side = (address: string | undefined, port: number | undefined): string => {
  if (address === undefined) return `*:${String(port ?? '*')}`;
  return port === undefined ? endpoint(address, 0).replace(/0$/, '*') : endpoint(address, port);
};

/** What such an address is. */
const NO_HOST_ZH: Readonly<Record<NoHost, string>> = { unspecified: '未指定', multicast: '多播', broadcast: '广播' };

const notAnAddress = (text: string): Text => ({ en: `${text} is no IP address`, zh: `${text} 不是 IP 地址` });

/** As messages about filters begin. */
export const FILTER: Text = { en: 'filter', zh: '过滤器' };

const TWO_ADDRESSES: Text = {
  en: 'Give two addresses of the same IP version: --from 192.0.2.1:41000 --to 192.0.2.2:8888',
  zh: '请给出同一 IP 版本的两个地址：--from 192.0.2.1:41000 --to 192.0.2.2:8888',
};
const A_PORT: Text = { en: 'Give a whole number from 1 to 65535.', zh: '请给出 1 到 65535 的整数。' };

const unusable = (why: Text, hint = TWO_ADDRESSES): RawshakeError =>
  new RawshakeError('RS_USAGE', about(FILTER, why), { hint });
