/** A third host, which reaches the lab's server over a long way: each frame takes its time, in both directions. */
import type { Lab } from '../../src/lab/lab.js';
import { Leases } from '../../src/linux/process/leases.js';
import { runCommand } from '../../src/linux/process/command.js';
import { libc } from '../../src/linux/libc/libc.js';
import { createNamespace, type NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { openPacketSocket, type PacketSocket } from '../../src/linux/port/packet-socket.js';
import { createVethPair, type VethEnd } from '../../src/linux/namespace/veth.js';

const MACS = { far: '02:00:00:00:02:01', server: '02:00:00:00:02:02' };
const ADDRESS = { far: '198.18.0.1', server: '198.18.0.2' };

export interface FarHost {
  readonly netns: NetworkNamespace;
  close(): void;
}

export function addFarHost(lab: Lab, oneWayMs: number): FarHost {
  const leases = new Leases();
  const [netns, middle] = [leases.add(createNamespace()), leases.add(createNamespace())];
  const end = (at: NetworkNamespace, name: string, me: 'far' | 'server', other: 'far' | 'server'): VethEnd => ({
    netns: at,
    name,
    mac: MACS[me],
    addresses: [`${ADDRESS[me]}/24`],
    neighbours: [{ address: ADDRESS[other], mac: MACS[other] }],
  });
  const wire = (name: string, mac: string): VethEnd => ({ netns: middle, name, mac, addresses: [], neighbours: [] });
  createVethPair(end(netns, 'eth0', 'far', 'server'), wire('far', '02:00:00:00:03:01'));
  createVethPair(end(lab.server.netns, 'eth1', 'server', 'far'), wire('server', '02:00:00:00:03:02'));
  const open = (name: string, other: () => PacketSocket): PacketSocket =>
    leases.add(
      middle.run(() =>
        openPacketSocket({
          interfaceIndex: libc('if_nametoindex', name),
          onFrames(frames) {
            setTimeout(() => {
              for (const frame of frames) other().send(frame);
            }, oneWayMs);
          },
          onError: (error) => {
            if (error.code !== 'ENOBUFS') throw error;
          },
        }),
      ),
    );
  const farEnd: PacketSocket = open('far', () => serverEnd);
  const serverEnd: PacketSocket = open('server', () => farEnd);
  runCommand(['ip', 'route', 'add', lab.server.address(4), 'via', ADDRESS.server], { netns });
  return {
    netns,
    close() {
      leases.close();
    },
  };
}
