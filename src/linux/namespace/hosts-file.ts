/** Names and their addresses as lines of a hosts file. hosts(5). */
import { about, RawshakeError, type Text } from '../../error.js';
import { addressVersion } from '../../wire/address.js';

export interface HostEntry {
  readonly name: string;
  readonly address: string;
}

/**
 * A hosts file with them, and of `present`, another one, what does not contradict them: of a name that is there twice the C library
 * may give both addresses.
 * @throws {RawshakeError} RS_USAGE where a name or an address is none, so that no line can mean another
 */
export function hostsFile(hosts: readonly HostEntry[], present: string): string {
  const names = new Set(hosts.map(({ name }) => name.toLowerCase()));
  return hosts.map(line).join('') + present.replaceAll(/^[^\n]+/gm, (one) => withoutNames(one, names));
}

/** A line that loses none is left as it is; one that loses all, a comment. */
function withoutNames(one: string, names: ReadonlySet<string>): string {
  const [entry = '', comment] = one.split(/#(.*)/s);
  const [address = '', ...words] = entry.trim().split(/\s+/);
  const left = words.filter((word) => !names.has(word.toLowerCase()));
  if (left.length === words.length) return one;
  const end = comment === undefined ? '' : ` #${comment}`;
  return left.length === 0 ? `#${end}` : `${[address, ...left].join(' ')}${end}`;
}

function line({ name, address }: HostEntry): string {
  if (!/^[\w.-]+$/.test(name)) throw unusable(name, NO_NAME);
  if (addressVersion(address) === undefined) throw unusable(address, NO_ADDRESS);
  return `${address}\t${name}\n`;
}

const NO_NAME: Text = { en: 'it is no name of a host', zh: '它不是主机名' };
const NO_ADDRESS: Text = { en: 'it is no IP address', zh: '它不是 IP 地址' };

const unusable = (word: string, why: Text): RawshakeError =>
  new RawshakeError('RS_USAGE', about(word, why), {
    hint: {
      en: 'Give a name of letters, digits, dots and hyphens, and an IPv4 or IPv6 address.',
      zh: '请给出由字母、数字、点和连字符组成的名字，以及 IPv4 或 IPv6 地址。',
    },
  });
