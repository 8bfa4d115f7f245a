/** What arrives at the other side: without a cure the kernel's RST; with each of them none but our own. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { connect, handshake } from '../../src/driver/connect.js';
import type { RemedyId } from '../../src/evidence/run.js';
import { DEFAULT_MARK } from '../../src/filter/plan.js';
import { createLab } from '../../src/lab/lab.js';
import { REMEDIES } from '../../src/lab/remedies/index.js';
import type { CapturedFrame } from '../../src/linux/capture/capture.js';
import { systemClock } from '../../src/linux/libc/clock.js';
import { Leases } from '../../src/linux/process/leases.js';
import { parsePacket, TcpFlag } from '../../src/wire/index.js';

/** Whether it brings a RST to the host that captured it. */
function bringsReset({ bytes, linkHeaderBytes, direction }: CapturedFrame): boolean {
  const parsed = parsePacket(bytes.subarray(linkHeaderBytes));
  return direction === 'incoming' && parsed.ok && ((parsed.value.tcp?.flags ?? 0) & TcpFlag.RST) !== 0;
}

/** A handshake behind a remedy, watched at the server's end of the link. */
async function behind<T>(
  id: RemedyId,
  family: 4 | 6,
  use: (connection: ReturnType<typeof connect>, resets: () => number, accepted: Promise<Socket>) => Promise<T>,
): Promise<T> {
  const leases = new Leases();
  const { client, server } = leases.add(createLab());
  try {
    const remedy = REMEDIES[id];
    const src = remedy.source?.(client, family) ?? client.address(family);
    const flow = { src, srcPort: 41_000, dst: server.address(family), dstPort: 8888 };
    remedy.apply(client, flow, leases);
    const capture = leases.add(server.capture(DEFAULT_MARK));
    const accepted = new Promise<Socket>((resolve) => {
      void server.listen(family, flow.dstPort, resolve).then((listener) => leases.add(listener));
    });
    const where = { local: src, localPort: flow.srcPort, remote: flow.dst, remotePort: flow.dstPort };
    const options = { ...where, mark: DEFAULT_MARK };
    const port = leases.add(remedy.openPort?.(client, options) ?? client.openPort('auto', options));
    const connection = connect({ port, clock: systemClock, flow });
    connection.on('error', () => undefined);
    leases.defer(() => {
      connection.abandon();
    });
    await handshake(connection);
    return await use(connection, () => capture.frames().filter(bringsReset).length, accepted);
  } finally {
    leases.close();
  }
}

describe.each([4, 6] as const)('seen by a server in another namespace, IPv%i', (family) => {
  test.each(['none', 'dummy-bind'] as const)("%s: the kernel's RST arrives", async (id) => {
    await behind(id, family, async (connection, resets) => {
      // The server has answered our ACK with a RST when it is over.
      if (!connection.closed) await new Promise<void>((resolve) => connection.once('close', () => resolve()));
      expect(resets()).toBe(1);
    });
  });

  test.each(['iptables', 'nft', 'ingress', 'spare-address'] as const)(
    "%s: no RST of the kernel's arrives, and ours does",
    async (id) => {
      await behind(id, family, async (connection, resets, accepted) => {
        const socket = await accepted;
        const failure = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
        socket.pipe(socket);
        connection.write('to and fro');
        const [data] = (await once(connection, 'data')) as [Buffer];
        expect(data.toString()).toBe('to and fro');
        // A kernel answers a segment in the moment in which it arrives, and the data was the server's last.
        expect(resets()).toBe(0);
        connection.resetAndDestroy();
        const [{ code }] = await failure;
        expect(code).toBe('ECONNRESET');
        expect(resets()).toBe(1);
      });
    },
  );
});
