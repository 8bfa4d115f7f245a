/** Names and their addresses as lines of a hosts file. hosts(5). */
import { about, RawshakeError, type Text } from '../../error.js';
import { addressVersion } from '../../wire/address.js';

export interface HostEntry {
  readonly name: string;
  readonly address: string;
}

/** @throws {RawshakeError} RS_USAGE where a name or an address is none, so that no line can mean another */
export const hostLines = (hosts: readonly HostEntry[]): string => hosts.map(line).join('');

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
