/** What connect tells of the path, of what was sent again or left out, and of how the handshake went. In labs. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConnectionEvidence } from '../../src/evidence/connection.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import type { NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import { converse, type ConverseOptions } from '../../src/live/converse.js';
import { connectionJson, connectionText } from '../../src/report/connection.js';
import { openNarrowPath } from './narrow-path.js';
import { kernelServer } from './there-and-back.js';

const talk = (host: string, port: number, netns: NetworkNamespace, options: Partial<ConverseOptions> = {}) =>
  converse({
    ...{ host, port, netns, adopt: false, close: 'fin', waitMs: undefined, input: undefined },
    ...{ output: undefined, onPacket: undefined, signal: new AbortController().signal },
    ...options,
  });

const textOf = (evidence: ConnectionEvidence, language: 'en' | 'zh' = 'en', plain = false): string =>
  connectionText(evidence, { columns: 80, unicode: true, language, plain });

describe.each([
  [
    true,
    { mtu: 1300, by: 'icmp', from: '192.0.2.2' },
    'path MTU 1300, says 192.0.2.2',
    '路径 MTU 1300，由 192.0.2.2 报告',
  ],
  [
    false,
    { mtu: 1064, by: 'smaller-segments' },
    'path MTU 1064, found by smaller segments',
    '路径 MTU 1064，由较小的报文段试出',
  ],
] as const)('a path of MTU 1300, whose routers say so: %s', (tells, pathMtu, en, zh) => {
  test('what the handshake agreed on stays, and the path has a line of its own', async () => {
    const path = openNarrowPath({ mtu: 1300, tells });
    for (const netns of [path.client, path.server]) setSysctls(netns, { 'net.ipv4.tcp_mtu_probing': 1 });
    const close = await kernelServer(path, 4);
    const input = 'x'.repeat(tells ? 200_000 : 20_000);
    const evidence = await talk(path.address.server[4], 9000, path.client, { input, waitMs: 20_000 });
    await close();
    path.close();
    expect(evidence).toMatchObject({ outcome: 'established', negotiated: { mss: 1448 }, pathMtu });
    expect(connectionJson(evidence)).toMatchObject({ negotiated: { mss: 1448 }, pathMtu });
    expect(textOf(evidence)).toContain('; mss 1460 (1448 beside TS), ');
    expect(textOf(evidence)).toContain(en);
    expect(textOf(evidence, 'zh')).toContain(zh);
    const again = evidence.packets.filter(({ retransmission }) => retransmission === true);
    expect(again.length).toBeGreaterThan(0);
    expect(new Set(again.map(({ from, sender }) => `${from} ${sender}`))).toEqual(new Set(['client rawshake']));
    expect(textOf(evidence)).toContain('sent again: it was not acknowledged');
    expect(textOf(evidence, 'zh', true)).toContain('，重传：未得到确认');
    expect(JSON.stringify(connectionJson(evidence))).toContain('"retransmission":true');
    if (!tells) return;
    const lines = textOf(evidence).split('\n');
    const count = new Intl.NumberFormat('en').format(evidence.leftOut.packets);
    const gap = lines.findIndex((line) => line.trim() === `… ${count} packets left out …`);
    const last = lines.findLastIndex((line) => line.includes('▶'));
    expect(gap).toBeGreaterThan(0);
    expect(gap).toBeLessThan(last);
    expect(textOf(evidence, 'zh')).toContain(`… 省略 ${count} 个数据包 …`);
  });
});

describe('in a lab', () => {
  let lab: Lab;
  beforeEach(() => {
    lab = createLab();
  });
  afterEach(() => {
    lab.close();
  });

  test.each([
    ['never', 'incomplete'],
    ['soon', 'established'],
  ])('nothing gets through, of whatever size, and %s again: that tells nothing of the path', async (when, outcome) => {
    const drops = (rule: '-A' | '-D'): string => lab.server.run(['iptables', rule, 'INPUT', '-p', 'tcp', '-j', 'DROP']);
    await lab.server.listen(4, 80, (socket) => {
      socket
        .on('error', () => undefined)
        .on('end', () => socket.end())
        .once('data', () => {
          drops('-A');
          if (when === 'soon') void delay(1000).then(() => drops('-D')); // the moment is the stimulus
        });
    });
    const evidence = await talk(lab.server.address(4), 80, lab.client.netns, {
      ...{ input: 'x'.repeat(100_000), waitMs: 20_000, tcp: { maxRetransmissions: when === 'soon' ? 15 : 4 } },
    });
    expect([evidence.outcome, evidence.pathMtu]).toEqual([outcome, undefined]);
  });

  test.each([
    [1500, 2],
    [8000, 4],
  ])('nobody answers for %i ms, and one waits so long: %i SYNs', async (waitMs, syns) => {
    lab.server.run(['iptables', '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP']);
    const { outcome, packets } = await talk(lab.server.address(4), 80, lab.client.netns, { waitMs });
    expect([outcome, packets.length]).toEqual(['no-answer', syns]);
    expect(packets.map(({ retransmission = false }) => retransmission)).toEqual(packets.map((_, i) => i > 0));
  });

  test('reset by this host’s own kernel: one sentence, and no handshake, for the server had none', async () => {
    await lab.server.listen(4, 80, (socket) => socket.resume());
    const evidence = await talk(lab.server.address(4), 80, lab.client.netns, { filter: 'none' });
    expect(evidence).toMatchObject({ outcome: 'reset-by-own-kernel', handshakeMs: undefined, negotiated: undefined });
    const lines = textOf(evidence).split('\n');
    expect(lines).toContain("RESET by this host's own kernel; --filter auto keeps it silent");
    expect(lines.filter((line) => line.startsWith('handshake'))).toEqual([]);
  });

  test.each([
    [4, 'nobody on the link answered ARP', '链路上无人应答 ARP'],
    [6, 'nobody on the link answered the neighbour solicitation', '链路上无人应答邻居请求'],
  ] as const)('IPv%i: an address of the link that nobody has', async (family, en, zh) => {
    const nobody = lab.server.address(family).replace(/\d+$/, '77');
    const evidence = await talk(nobody, 80, lab.client.netns, { waitMs: 10_000 });
    expect(evidence.outcome).toBe('icmp-unreachable');
    expect(textOf(evidence)).toContain(`(${en}`);
    expect(textOf(evidence, 'zh')).toContain(`（${zh}`);
    expect(textOf(evidence)).not.toContain(`says ${lab.client.address(family)}`);
  });
});
