/** NAT in this host's own OUTPUT: the connection is the one that was asked for, and the packets are shown as they pass the wire. */
import { beforeEach, describe, expect, test } from 'vitest';
import { handshake } from '../../src/driver/connect.js';
import { runCommand } from '../../src/linux/process/command.js';
import { openLibcPort } from '../../src/linux/port/libc-port.js';
import { dial } from '../../src/live/dial.js';
import { emitPacket } from '../../src/wire/index.js';
import { seq } from '../../src/wire/seq.js';
import { json, rawshake } from '../support/cli.js';
import { endings, kernelClient, kernelServer, PORT } from './kernel-ends.js';
import { openUplinks, type Uplinks } from './uplinks.js';

let net: Uplinks;
beforeEach(() => {
  net = openUplinks();
  endings.push(() => net.close());
});

interface Answer {
  readonly outcome: string;
  readonly flow: object;
  readonly translated?: { readonly srcPort: number };
  readonly received: string;
  readonly packets: readonly {
    readonly from: string;
    readonly sender: string;
    readonly flags: string;
    readonly seq: number;
    readonly ack: number;
    readonly length: number;
  }[];
}

describe.each([4, 6] as const)('IPv%i', (family) => {
  const nat = (...rule: string[]) =>
    runCommand([family === 4 ? 'iptables' : 'ip6tables', '-w', '-t', 'nat', ...rule], { netns: net.client });
  const target = () => (family === 4 ? net.serverAddress[4] : `[${net.serverAddress[6]}]`);
  const inClient = () => ({ prefix: ['nsenter', `--net=${net.client.path}`] });
  const connect = async (to: string, port: number, ...options: string[]): Promise<Answer> =>
    json(await rawshake(['connect', to, String(port), '--json', ...options], inClient())) as Answer;

  /** An address that is nobody's, and the client's own, which is routed to the loopback before it is translated. */
  const DESTINATIONS = [
    { what: 'a service address', to: () => (family === 4 ? '192.0.2.77' : '2001:db8:1::77') },
    { what: 'a published port of its own', to: () => net.first[family] },
  ];

  test.each(DESTINATIONS)('DNAT of $what', async ({ to }) => {
    await kernelServer(net.server, net.serverAddress[family]);
    nat('-A', 'OUTPUT', '-p', 'tcp', '-d', to(), '--dport', '80', '-j', 'DNAT', '--to', `${target()}:${PORT}`);
    nat('-A', 'POSTROUTING', '-o', 'first', '-j', 'MASQUERADE');
    expect(await kernelClient(net.client, { to: to(), port: 80 })).toBe(net.first[family]);
    for (const transport of ['libc', 'auto']) {
      const answer = await connect(to(), 80, '--transport', transport);
      const translated = { src: net.first[family], dst: net.serverAddress[family], dstPort: PORT };
      expect(answer).toMatchObject({ outcome: 'established', received: net.first[family], translated });
      expect(answer).toMatchObject({ flow: { dst: to(), dstPort: 80 } });
      expect(answer.packets.slice(0, 2)).toMatchObject([
        { from: 'client', sender: 'rawshake', dst: net.serverAddress[family], dstPort: PORT },
        { from: 'server', src: net.serverAddress[family], srcPort: PORT },
      ]);
    }
  });

  test('another source, and another port of it: answered by another interface', async () => {
    await kernelServer(net.server, net.serverAddress[family]);
    const source = net.second[family];
    const to = family === 4 ? source : `[${source}]`;
    nat('-A', 'POSTROUTING', '-o', 'first', '-p', 'tcp', '-j', 'SNAT', '--to-source', `${to}:2000-2005`);
    runCommand([family === 4 ? 'iptables' : 'ip6tables', '-w', '-F', 'FORWARD'], { netns: net.router });
    expect(await kernelClient(net.client, { to: net.serverAddress[family] })).toBe(source);
    const answer = await connect(net.serverAddress[family], PORT);
    expect(answer).toMatchObject({ outcome: 'established', received: source, translated: { src: source } });
    expect(answer.translated?.srcPort).toSatisfy((port: number) => port >= 2000 && port <= 2005);
    expect(answer.packets.map(({ from }) => from).slice(0, 2)).toEqual(['client', 'server']);
  });

  test('refused: the RST is shown, and the words say what the address became', async () => {
    const [to] = DESTINATIONS.map((one) => one.to());
    nat('-A', 'OUTPUT', '-p', 'tcp', '-d', to ?? '', '--dport', '80', '-j', 'DNAT', '--to', `${target()}:${PORT}`);
    const { stderr, code } = await rawshake(['connect', to ?? '', '80'], inClient());
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`own NAT makes of it.*${net.serverAddress[family]}\\]?:${PORT}`));
    expect(stderr).toContain('REFUSED');
    expect(stderr).toMatch(/◀.*RST/);
  });

  test('a bridge above the interface: each packet is shown once', async () => {
    await kernelServer(net.server, net.serverAddress[family]);
    for (const command of [
      'link add bridge type bridge',
      'link set first master bridge',
      `link set bridge address 02:00:00:00:01:01`,
      'link set bridge up',
      `address add ${net.first[family]}/${family === 4 ? 24 : '64 nodad'} dev bridge`,
      `-${family} route replace default via ${net.first[family].replace(/1$/, '2')} dev bridge`,
    ])
      runCommand(['ip', ...command.split(' ')], { netns: net.client });
    const answer = await connect(net.serverAddress[family], PORT, '--source', net.first[family]);
    expect(answer).toMatchObject({ outcome: 'established', received: net.first[family] });
    const numbers = answer.packets.map(({ from, flags, seq, ack, length }) =>
      [from, flags, seq, ack, length].join(' '),
    );
    expect(numbers.length).toBeGreaterThanOrEqual(6);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test('a rule that changes marks does not make the kernel the sender', async () => {
    await kernelServer(net.server, net.serverAddress[family]);
    const program = family === 4 ? 'iptables' : 'ip6tables';
    for (const chain of ['OUTPUT', 'POSTROUTING'])
      runCommand([program, '-w', '-t', 'mangle', '-A', chain, '-j', 'MARK', '--set-mark', '7'], { netns: net.client });
    for (const close of ['fin', 'rst']) {
      const answer = await connect(net.serverAddress[family], PORT, '--close', close);
      expect(answer).toMatchObject({ outcome: 'established', received: net.first[family] });
      expect(answer.packets.filter(({ from }) => from === 'client')).toSatisfy(
        (sent: Answer['packets']) => sent.length > 2 && sent.every(({ sender }) => sender === 'rawshake'),
      );
    }
  });

  test('a stranger’s SYN with the same number, which this host sends on, is not taken for the first', async () => {
    await kernelServer(net.server, net.serverAddress[family]);
    const [src, dst] = [net.second[family], net.serverAddress[family]];
    const stranger = net.client.run(() => openLibcPort({ local: src, remote: dst }));
    endings.push(() => stranger.close());
    const forged = emitPacket({
      ip: { version: family, src, dst },
      tcp: { srcPort: 9, dstPort: 9999, flags: 'S', seq: 7, window: 64240 },
    });
    const dialled = await dial({
      ...{ host: dst, port: PORT, netns: net.client, tcp: { iss: seq(7) } },
      onTrace: ({ type }) => {
        if (type === 'sent') stranger.send(forged);
      },
    });
    endings.push(() => dialled.close());
    expect(await handshake(dialled.connection)).toEqual({ outcome: 'established' });
    expect(dialled.capture.translated()).toBeUndefined();
    expect(
      dialled.capture
        .record()
        .packets.map(({ from }) => from)
        .slice(0, 2),
    ).toEqual(['client', 'server']);
  });

  test('without NAT nothing is said of it', async () => {
    await kernelServer(net.server, net.serverAddress[family]);
    const answer = await connect(net.serverAddress[family], PORT);
    expect(answer).toMatchObject({ outcome: 'established' });
    expect(answer).not.toHaveProperty('translated');
  });
});
