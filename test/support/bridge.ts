/** Three hosts on one link: the two of the lab's addresses, who ask for one another, and a stranger, who writes what he likes. */
import { ADDRESSES } from '../../src/lab/addresses.js';
import { runCommand } from '../../src/linux/process/command.js';
import { Leases } from '../../src/linux/process/leases.js';
import { libc } from '../../src/linux/libc/libc.js';
import { createNamespace, type NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { openPacketSocket } from '../../src/linux/port/packet-socket.js';
import { createVethPair } from '../../src/linux/namespace/veth.js';
import { emitFrame } from '../../src/wire/index.js';

const NAMES = ['client', 'server', 'stranger'] as const;
type Name = (typeof NAMES)[number];

const STRANGER = '02:00:00:00:00:66';
const macOf = (name: Name): string => (name === 'stranger' ? STRANGER : ADDRESSES[name].mac);

export interface Bridge {
  readonly hosts: Readonly<Record<Name, NetworkNamespace>>;
  /** A frame of the stranger's, with an IP packet in it that may say what it likes. */
  forge(frame: { readonly packet: Uint8Array; readonly to: Name }): void;
  close(): void;
}

export function openBridge(family: 4 | 6): Bridge {
  const leases = new Leases();
  const create = (): NetworkNamespace => leases.add(createNamespace());
  const middle = create();
  const hosts = { client: create(), server: create(), stranger: create() };
  runCommand(['ip', 'link', 'add', 'bridge', 'type', 'bridge'], { netns: middle });
  for (const name of NAMES) {
    const addresses = name === 'stranger' ? [] : [`${ADDRESSES[name][family]}/${family === 4 ? 24 : 64}`];
    createVethPair(
      { netns: hosts[name], name: 'eth0', mac: macOf(name), addresses, neighbours: [] },
      { netns: middle, name, mac: macOf(name).replace(/^02:00/, '02:01'), addresses: [], neighbours: [] },
    );
    runCommand(['ip', 'link', 'set', name, 'master', 'bridge'], { netns: middle });
  }
  runCommand(['ip', 'link', 'set', 'bridge', 'up'], { netns: middle });
  const socket = hosts.stranger.run(() =>
    openPacketSocket({
      interfaceIndex: libc('if_nametoindex', 'eth0'),
      onFrames: () => undefined,
      onError(error) {
        throw error;
      },
    }),
  );
  leases.add(socket);
  return {
    hosts,
    forge({ packet, to }) {
      const etherType = family === 4 ? 0x0800 : 0x86dd;
      const link = { kind: 'ethernet', src: STRANGER, dst: macOf(to), etherType } as const;
      socket.send(emitFrame({ link, payload: packet }));
    },
    close() {
      leases.close();
    },
  };
}
