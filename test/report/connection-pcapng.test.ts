/** The capture file of a connection, written while it passes. */
import { expect, test } from 'vitest';
import { connectionPcapngPacket, connectionPcapngStart } from '../../src/report/connection-pcapng.js';
import { reading } from '../capture/reading.js';
import { observed } from '../support/evidence.js';

test('bare IP packets, when they passed, and who sent each', async () => {
  const packets = [
    observed(1.5, 'client', 'rawshake', 'S'),
    observed(2, 'server', 'kernel', 'S.'),
    observed(2.25, 'client', 'kernel', 'R'),
  ];
  const file = [connectionPcapngStart(), ...packets.map((packet) => connectionPcapngPacket(packet, 1_700_000_000_000))];
  const { records, error } = await reading(Buffer.concat(file));
  expect(error).toBeUndefined();
  expect(records).toMatchObject(
    [
      { ns: 1_500_000n, sender: 'rawshake' },
      { ns: 2_000_000n, sender: 'the other side' },
      { ns: 2_250_000n, sender: "this host's kernel" },
    ].map(({ ns, sender }, i) => ({
      epochNs: 1_700_000_000_000_000_000n + ns,
      linkType: 101,
      interfaceName: 'rawshake connect',
      bytes: packets[i]?.packet.bytes,
      comments: [`sent by ${sender}`],
    })),
  );
});
