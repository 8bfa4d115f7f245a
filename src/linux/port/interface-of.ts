/** On which interface an address of this host stands: what a socket is to be bound to, or not at all, to get its packets there. */
import { networkInterfaces } from 'node:os';
import { libc } from '../libc/libc.js';
import type { NetworkNamespace } from '../namespace/netns.js';

/** Its number; 0 where none that is up has the address. */
export function interfaceOf(address: string, netns?: NetworkNamespace): number {
  const find = (): number => {
    for (const [name, entries] of Object.entries(networkInterfaces()))
      if (entries?.some((entry) => entry.address === address) === true) return libc('if_nametoindex', name);
    return 0;
  };
  return netns === undefined ? find() : netns.run(find);
}
