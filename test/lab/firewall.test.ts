/** A stateful firewall on the client, and time: whether the peer's data still comes in when connection tracking has had its say. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verbatim } from '../../src/error.js';
import { handshake } from '../../src/driver/connect.js';
import { planFilter } from '../../src/filter/plan.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { until } from '../../src/lab/until.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import { dial, type Dialled } from '../../src/live/dial.js';

const words = (line: string) => line.split(' ') as [string, ...string[]];

const SERVER_PORT = 8888;
/** Behind a rule in `filter OUTPUT`, and behind ours. */
const [MISTAKEN, OURS] = [41000, 41001];

describe.each([4, 6] as const)('IPv%i', (family) => {
  const iptables = family === 4 ? 'iptables' : 'ip6tables';
  let lab: Lab;
  const sockets = new Map<number, Socket>();
  const dialled: Dialled[] = [];

  beforeEach(() => {
    lab = createLab();
    // What is established may come in, and nothing else of TCP.
    for (const rule of ['-m conntrack --ctstate ESTABLISHED -j ACCEPT', '-p tcp -j DROP']) {
      lab.client.run(words(`${iptables} -w -A INPUT ${rule}`));
    }
    try {
      setSysctls(lab.client.netns, { 'net.netfilter.nf_conntrack_tcp_timeout_close': 1 });
    } catch {
      // Without root it stays at ten seconds, and the test takes them.
    }
  });
  afterEach(async () => {
    for (const open of dialled.splice(0)) {
      open.connection.abandon();
      await open.close();
    }
    for (const socket of sockets.values()) socket.destroy();
    sockets.clear();
    lab.close();
  });

  /** Connected by hand, with what it has received. */
  const connect = async (sourcePort: number, filter: 'nft' | 'iptables' | 'none') => {
    const peer = await dial({
      host: lab.server.address(family),
      port: SERVER_PORT,
      netns: lab.client.netns,
      sourcePort,
      filter,
    });
    dialled.push(peer);
    let received = '';
    peer.connection.on('data', (chunk: Buffer) => (received += chunk.toString()));
    expect(await handshake(peer.connection)).toEqual({ outcome: 'established' });
    peer.connection.write('hello');
    return { ...peer, received: () => received };
  };

  const tracked = (port: number): string =>
    lab.client.run(words(`conntrack -L -f ipv${String(family)} -p tcp --orig-port-src ${String(port)}`));

  /** Asked again and again: that an entry has run out is no event. */
  const poll = (check: () => void): (() => void) => {
    const timer = setInterval(check, 20);
    return () => {
      clearInterval(timer);
    };
  };

  /** What the last rule of INPUT has dropped. */
  const dropped = (): number =>
    Number(/\[(\d+):\d+\] -A INPUT -p tcp -j DROP/.exec(lab.client.run([`${iptables}-save`, '-c']))?.[1]);

  test.each(['nft', 'iptables'] as const)(
    "behind our %s filter the peer's data comes in after the time-out of CLOSE; behind a rule in filter OUTPUT it does not",
    async (filter) => {
      const greeted = new Map<number, Promise<unknown>>();
      const listener = await lab.server.listen(family, SERVER_PORT, (socket) => {
        const port = socket.remotePort ?? 0;
        sockets.set(
          port,
          socket.on('error', () => undefined),
        );
        greeted.set(port, once(socket, 'data'));
      });
      const { rule } = planFilter({
        flow: { src: lab.client.address(family), srcPort: MISTAKEN, dst: lab.server.address(family) },
        backend: 'iptables',
      });
      lab.client.run([iptables, '-w', '-A', 'OUTPUT', ...rule.match]);
      const mistaken = await connect(MISTAKEN, 'none');
      const ours = await connect(OURS, filter);
      for (const port of [MISTAKEN, OURS]) {
        await until(verbatim(`a connection from ${String(port)}`), () => greeted.has(port), poll);
        await greeted.get(port);
      }
      expect(tracked(OURS)).toContain('ESTABLISHED');
      expect(tracked(MISTAKEN)).toContain('CLOSE');

      await until(verbatim('the entry to run out'), () => tracked(MISTAKEN) === '', poll, undefined, 30_000);
      expect(tracked(OURS)).toContain('ESTABLISHED');
      const before = dropped();
      for (const socket of sockets.values()) socket.write('late');
      await until(verbatim('our data'), () => ours.received() === 'late', poll);
      await until(verbatim('the firewall to drop'), () => dropped() > before, poll);
      expect(mistaken.received()).toBe('');
      listener.close();
    },
  );
});
