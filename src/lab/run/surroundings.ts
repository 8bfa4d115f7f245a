/** The lab that a program is told of, or has written inside: whose addresses are whose, and what they are called. */
import { type EndName, otherEnd } from '../../evidence/host.js';
import { hasIpv6 } from '../../linux/namespace/ipv6.js';
import { addressVersion } from '../../wire/address.js';
import type { Family } from '../addresses.js';
import type { Lab, LabOptions } from '../lab.js';
import type { RunOptions } from './options.js';

/** What is given says it, or else it is IPv4. */
export const familyOf = ({ family, serverAddress = '', clientAddress = '' }: RunOptions): Family =>
  family ?? addressVersion(serverAddress) ?? addressVersion(clientAddress) ?? 4;

export const familiesHere = (): readonly Family[] => (hasIpv6() ? [4, 6] : [4]);

export function labOf(
  { clientAddress, serverAddress, interfaceName }: RunOptions,
  role: EndName,
): Omit<LabOptions, 'link'> {
  return {
    addressing: 'any',
    addresses: { client: addressesOf(clientAddress), server: addressesOf(serverAddress) },
    ...(interfaceName !== undefined && { linkNames: { [role]: interfaceName } }),
  };
}

/** What is no address is refused as one of IPv4. */
const addressesOf = (address: string | undefined): { readonly 4?: string; readonly 6?: string } =>
  address === undefined ? {} : { [addressVersion(address) ?? 4]: address };

/** Hosts on which programs run that are not rawshake's. */
export const programHosts = ({ serverArgv }: RunOptions, role: EndName): readonly EndName[] =>
  serverArgv === undefined ? [role] : [role, otherEnd(role)];

/** The names that stand for the server: for the address that was given, or for all that it has. */
export function namesIn({ server }: Lab, { names = [], serverAddress = '' }: RunOptions) {
  const version = addressVersion(serverAddress);
  const families = version === undefined ? familiesHere() : [version];
  return families.flatMap((family) => names.map((name) => ({ name, address: server.address(family) })));
}
