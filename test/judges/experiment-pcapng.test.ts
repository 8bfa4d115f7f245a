/** An experiment's capture file, read by tshark: interfaces, comments, and the kernel's words on the packets that they are about. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCommand } from '../../src/linux/process/command.js';
import { experimentPcapng } from '../../src/report/experiment-pcapng.js';
import { RUN } from '../support/experiment-evidence.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-pcapng-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const rows = (run: Parameters<typeof experimentPcapng>[0]): readonly string[] => {
  const file = join(folder, 'run.pcapng');
  writeFileSync(file, experimentPcapng(run));
  const fields = ['-T', 'fields', '-e', 'frame.interface_name', '-e', 'frame.comment'] as const;
  return runCommand(['tshark', '-r', file, ...fields])
    .trim()
    .split('\n');
};

test('each packet is on the interface of who sent it, with what the kernel said of it', () => {
  expect(rows(RUN)).toEqual([
    'client\tsent by rawshake',
    "server\tsent by the server's kernel",
    "client\tsent by rawshake; server's kernel: finds the checksum wrong: tcp_bad_csum",
    "client\tsent by rawshake; server's kernel: throws a packet away in tcp_v4_rcv: kfree_skb reason=NO_SOCKET",
    "server\tsent by the server's kernel; server's kernel: makes a RST: tcp_send_reset reason=NO_SOCKET " +
      '(tcp_v4_send_reset <- tcp_v4_rcv <- ip_protocol_deliver_rcu)',
    "client\tsent by the client's kernel",
  ]);
});

test('a frame that carries no TCP stands between, and what was sent twice is told apart', () => {
  const [syn, ...rest] = RUN.frames;
  if (syn === undefined) throw new Error('no frame');
  const arp = { ...syn, bytes: Buffer.from(`${'ff'.repeat(6)}${'02'.repeat(6)}0806${'00'.repeat(28)}`, 'hex') };
  const [first] = RUN.packets;
  if (first === undefined) throw new Error('no packet');
  const packets = [first, { ...first, at: first.at }, ...RUN.packets.slice(1)];
  const shown = rows({ ...RUN, packets, frames: [syn, arp, syn, ...rest] });
  expect(shown).toHaveLength(8);
  expect(shown.filter((row) => row.includes('tcp_send_reset'))).toHaveLength(1);
});
