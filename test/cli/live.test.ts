/** connect, listen and probe, each in the namespace of a lab's host, towards kernels and towards one another. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RawConnection } from '../../src/driver/raw-connection.js';
import { LINK } from '../../src/lab/addresses.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import type { LabHost } from '../../src/lab/host.js';
import { runCommand } from '../../src/linux/process/command.js';
import { IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF } from '../../src/linux/libc/constants.js';
import { bindWithoutListening } from '../../src/linux/port/kernel-socket.js';
import { setOption } from '../../src/linux/libc/socket.js';
import { insertConnection } from '../../src/linux/port/tcp-repair.js';
import type { HandOver } from '../../src/tcp/index.js';
import { reverseFlow } from '../../src/wire/flow.js';
import { seq, seqAdd } from '../../src/wire/seq.js';
import { converse } from '../../src/live/converse.js';
import { dial, type DialOptions } from '../../src/live/dial.js';
import { serve } from '../../src/live/serve.js';
import { readOnly } from '../../src/live/services.js';
import { loadRawSocket } from '../../src/linux/port/raw-socket-module.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import { openNarrowPath } from '../live/narrow-path.js';
import { startStreaming } from '../support/stream-programs.js';
import { type CliResult, finish, json, rawshake, start } from '../support/cli.js';

const inside = (host: LabHost) => ({ prefix: ['nsenter', `--net=${host.netns.path}`] });

/** The package is optional: `npm ci --omit=optional` leaves it out. */
const BY_IP = ['libc', ...('module' in loadRawSocket() ? ['raw-socket'] : [])];

const forbidOutput = (host: LabHost): void => {
  for (const program of ['iptables', 'ip6tables']) host.run([program, '-A', 'OUTPUT', '-p', 'tcp', '-j', 'DROP']);
};

/** What both ends of a connection agree on that nobody has opened. */
const REPAIRED: Omit<HandOver, 'sndNxt' | 'rcvNxt' | 'sndWl1'> = {
  ...{ mss: 1400, sndWnd: 64_000, maxSndWnd: 64_000, rcvWnd: 64_000 },
  ...{ sndShift: 0, rcvShift: 0, sack: true, timestamp: undefined },
};

interface Connect {
  readonly outcome: string;
  readonly received: string;
  readonly handshakeMs: number | null;
  readonly rule: { readonly packets: number; readonly backend: string } | null;
  readonly negotiated: { readonly mss: number; readonly timestamps: boolean; readonly windowShift: number } | null;
  readonly packets: readonly {
    readonly at: number;
    readonly sender: string;
    readonly from: string;
    readonly text: string;
    readonly flags: string;
  }[];
}

/** Acknowledges the handshake, and nothing of what comes after it. */
function deaf(): Pick<DialOptions, 'alter'> {
  const first = new Map<number, number>();
  return {
    alter(packet) {
      const { ack = 0, dstPort = 0 } = packet.tcp ?? {};
      if (ack === 0) return packet;
      const handshake = first.get(dstPort) ?? ack;
      first.set(dstPort, handshake);
      return { ...packet, tcp: { ...packet.tcp, ack: handshake } };
    },
  };
}

describe.each([4, 6] as const)('IPv%i', (family) => {
  let lab: Lab;
  beforeEach(() => {
    lab = createLab();
  });
  afterEach(() => {
    lab.close();
  });
  const server = () => lab.server.address(family);
  const rules = (host: LabHost) =>
    ['iptables-save', 'ip6tables-save'].map((save) => host.run([save])).join('') + host.run(['nft', 'list', 'ruleset']);
  const connect = (port: number, ...args: string[]): Promise<CliResult> =>
    rawshake(['connect', server(), String(port), '--json', ...args], inside(lab.client));

  /** `rawshake listen` on the server, answering; stopped by Ctrl-C, after which nothing of it is left. */
  const listening = async (
    args: readonly string[],
    use: (port: number, lines: AsyncIterator<string>) => Promise<void>,
  ): Promise<void> => {
    const before = rules(lab.server);
    const child: ChildProcess = start(['listen', '8080', '--address', server(), ...args], inside(lab.server));
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error('no pipes');
    const closed = once(child, 'close');
    await once(stderr, 'data'); // it says that it answers
    expect(lab.server.run(['ss', '-Hltn'])).toBe('');
    await use(8080, createInterface(stdout)[Symbol.asyncIterator]());
    child.kill('SIGINT');
    expect((await closed)[0]).toBe(130);
    expect(rules(lab.server)).toBe(before);
  };

  describe('connect', () => {
    test.each(['nft', 'iptables'])(
      'to a kernel listener, behind %s: data both ways, an orderly close',
      async (filter) => {
        const before = rules(lab.client);
        const listener = await lab.server.listen(family, 80, (socket) => socket.pipe(socket));
        const result = await connect(80, '--send', 'hello', '--filter', filter);
        expect(result).toMatchObject({ code: 0, stderr: '' });
        const { outcome, received, rule, packets, handshakeMs, negotiated } = json(result) as Connect;
        expect(json(result)).toMatchObject({
          findings: [{ id: 'established', certainty: 'seen', packets: [0, 1, 2] }],
        });
        expect({ outcome, received }).toEqual({ outcome: 'established', received: 'hello' });
        expect(rule?.backend).toBe(filter);
        // Each segment of the server draws a RST but a RST: one may follow the end, when a FIN was repeated.
        const segments = packets.filter(({ from, flags }) => from === 'server' && !flags.includes('R'));
        expect(rule?.packets).toBe(segments.length);
        expect(packets.filter(({ from, flags }) => from === 'client' && flags.includes('R'))).toEqual([]);
        // From the SYN to the ACK, as the packets show them.
        const [syn, , ack] = packets.map(({ at }) => at * 1000);
        expect(handshakeMs).toBeCloseTo((ack ?? 0) - (syn ?? 0), 1);
        expect(negotiated).toMatchObject({ timestamps: true });
        expect(rules(lab.client)).toBe(before);
        listener.close();
      },
    );

    test('--pcap: tshark reads every packet, with who sent it', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'rawshake-pcap-'));
      const file = join(folder, 'c.pcapng');
      const listener = await lab.server.listen(family, 80, (socket) => socket.pipe(socket));
      const { packets } = json(await connect(80, '--send', 'x', '--pcap', file)) as Connect;
      const fields = lab.client.run([
        'tshark',
        '-r',
        file,
        '-T',
        'fields',
        '-e',
        'tcp.checksum.status',
        '-e',
        'frame.comment',
      ]);
      const lines = fields.trimEnd().split('\n');
      expect(lines).toHaveLength(packets.length);
      expect(lines[0]).toContain('sent by rawshake');
      expect(lines[1]).toContain('sent by the other side');
      rmSync(folder, { recursive: true });
      listener.close();
    });

    test('without a filter it says whose RST it was', async () => {
      const listener = await lab.server.listen(family, 80, (socket) => socket.resume());
      const result = await connect(80, '--filter', 'none');
      expect(result.code).toBe(1);
      expect(json(result)).toMatchObject({ outcome: 'reset-by-own-kernel', rule: null });
      listener.close();
    });

    test('to a closed port: refused', async () => {
      const result = await connect(9);
      expect(result.code).toBe(1);
      expect(json(result)).toMatchObject({ outcome: 'refused', negotiated: null, received: '' });
    });

    test('to one that is silent: no answer, after the SYN was sent three times', async () => {
      lab.server.run([family === 4 ? 'iptables' : 'ip6tables', '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP']);
      const result = await connect(80);
      expect(result.code).toBe(1);
      const { outcome, packets } = json(result) as Connect;
      expect(outcome).toBe('no-answer');
      expect(packets.map(({ flags }) => flags)).toEqual(['S', 'S', 'S']);
    });

    test('to an address that nobody can reach: what ICMP said', async () => {
      const [far, network] =
        family === 4 ? ['198.51.100.7', '198.51.100.0/24'] : ['2001:db8:99::7', '2001:db8:99::/64'];
      setSysctls(lab.server.netns, { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
      lab.server.run(['ip', 'route', 'add', 'unreachable', network]);
      lab.client.run(['ip', 'route', 'add', network, 'via', server()]);
      const result = await rawshake(['connect', far, '80', '--json'], inside(lab.client));
      expect(result.code).toBe(1);
      expect(json(result)).toMatchObject({
        outcome: 'icmp-unreachable',
        failure: expect.stringContaining(`says ${server()}`) as string,
      });
    });

    test('to an address without a route: said at once', async () => {
      const far = family === 4 ? '203.0.113.1' : '2001:db8:ffff::1';
      const result = await rawshake(['connect', far, '80', '--json'], inside(lab.client));
      expect(json(result)).toMatchObject({ error: { code: 'RS_NO_ROUTE' } });
    });

    test('an address that stands on two links, or twice on one, is answered for once', async () => {
      const add = (prefix: number, link: string): void => {
        lab.server.run(['ip', 'address', 'add', `${server()}/${String(prefix)}`, 'dev', link]);
      };
      if (family === 4) add(16, 'eth0'); // of IPv6 no link has it twice
      add(family === 4 ? 32 : 128, 'lo');
      const served = await serve({
        port: 8080,
        netns: lab.server.netns,
        onConnection: (socket) => socket.pipe(socket),
      });
      expect(new Set(served.addresses).size).toBe(served.addresses.length);
      for (let i = 0; i < 5; i++) {
        const client = lab.client.connect({
          src: lab.client.address(family),
          srcPort: 0,
          dst: server(),
          dstPort: 8080,
        });
        client.end('hello');
        let answer = '';
        for await (const chunk of client) answer += String(chunk);
        expect(answer).toBe('hello');
      }
      await served.close();
    });

    test.each(BY_IP)('%s, and this host’s own rules forbid the SYN: said with what to look at', async (transport) => {
      forbidOutput(lab.client);
      const result = await connect(80, '--transport', transport);
      expect(result.code).toBe(1);
      expect(json(result)).toMatchObject({
        error: { code: 'RS_NOT_SENT', message: expect.stringContaining('firewall') as string },
      });
    });

    test.each(BY_IP)(
      '%s, and this host’s own rules drop the answers: said so, with the transport that sees them',
      async (transport) => {
        for (const program of ['iptables', 'ip6tables'])
          lab.client.run([program, '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP']);
        await lab.server.listen(family, 80, (socket) => socket.end('good day'));
        const result = await connect(80, '--transport', transport);
        expect(result.code).toBe(1);
        expect(json(result)).toMatchObject({
          outcome: 'no-answer',
          obstacle: {
            why: expect.stringContaining('the firewall of this host dropped them') as string,
            hint: expect.stringContaining('--transport packet') as string,
          },
        });
        expect(json(await connect(80, '--transport', 'packet'))).toMatchObject({ received: 'good day' });
      },
    );

    test('to itself, address and port: a connection, and said to be no other’s', async () => {
      const own = lab.client.address(family);
      const args = ['connect', own, '4000', '--source-port', '4000', '--send', 'hi'];
      expect(json(await rawshake([...args, '--json'], inside(lab.client)))).toMatchObject({
        ...{ outcome: 'established', toItself: true, received: 'hi' },
      });
      expect((await rawshake(args, inside(lab.client))).stderr).toContain('a connection to itself');
    });

    test('AF_PACKET and this host itself: reached over IPv6, and over IPv4 it is said why not', async () => {
      await lab.client.listen(family, 80, (socket) => socket.end('good day'));
      const args = ['connect', lab.client.address(family), '80', '--transport', 'packet', '--json'];
      expect(json(await rawshake(args, inside(lab.client)))).toMatchObject(
        family === 6
          ? { outcome: 'established', received: 'good day' }
          : { outcome: 'no-answer', obstacle: { why: expect.stringContaining('martian source') as string } },
      );
    });

    test('this host’s own rules begin to forbid in the middle: what was not sent is said to be so', async () => {
      const input = new Readable({ read: () => undefined });
      await lab.server.listen(family, 80, (socket) => {
        socket.once('data', () => {
          forbidOutput(lab.client);
          input.push('what cannot go on');
          input.push(null);
        });
      });
      input.push('begin');
      const evidence = await converse({
        ...{ host: server(), port: 80, netns: lab.client.netns, input, close: 'fin', waitMs: 1000, adopt: false },
        ...{ output: undefined, onPacket: undefined, signal: new AbortController().signal },
      });
      expect(evidence).toMatchObject({
        outcome: 'incomplete',
        obstacle: { why: { en: 'the firewall of this host forbids the packet (EPERM)' } },
      });
    });

    test('the SYN is the one that was asked for', async () => {
      const listener = await lab.server.listen(family, 80, (socket) => socket.end());
      const result = await connect(80, '--seq', '77', '--mss', '900', '--window', '1234', '--ttl', '33');
      const [syn] = (json(result) as Connect).packets;
      expect(syn).toMatchObject({ seq: 77, window: 1234, options: ['mss 900'] });
      expect((json(result) as Connect).negotiated).toMatchObject({ timestamps: false });
      listener.close();
    });

    test.each(['S.', 'SR', 'FS', 'SA'])('--flags %s: what opened is in the ladder', async (flags) => {
      const listener = await lab.server.listen(family, 80, (socket) => socket.end());
      const { packets } = json(await connect(80, '--flags', flags, '--wait', '0.5')) as Connect;
      expect(packets[0]).toMatchObject({ from: 'client', sender: 'rawshake', flags });
      listener.close();
    });

    test.each([
      [['--packet', 'S 0:0(0) win 64240 <mss 1460>'], false],
      [['--packet', 'S 7000:7000(0) win 512 <mss 1000,wscale 3>'], true],
      [['--option', '2:05b4', '--option', '3:07'], true],
    ])('the connection is the one that %j opens', async (options, isScaled) => {
      const listener = await lab.server.listen(family, 80, (socket) => socket.pipe(socket));
      const result = await connect(80, ...options, '--send', 'x'.repeat(5000));
      expect(result.code).toBe(0);
      const { outcome, received, negotiated } = json(result) as Connect;
      expect({ outcome, bytes: received.length }).toEqual({ outcome: 'established', bytes: 5000 });
      expect(negotiated?.timestamps).toBe(false);
      expect((negotiated?.windowShift ?? 0) > 0).toBe(isScaled);
      listener.close();
    });

    test.each([
      ['a server that takes what comes with the SYN', 0x602],
      ['one that does not', 0],
    ])('--payload, to %s: it arrives once, before what is sent', async (_, fastOpen) => {
      setSysctls(lab.server.netns, { 'net.ipv4.tcp_fastopen': fastOpen });
      const listener = await lab.server.listen(family, 80, (socket) => socket.pipe(socket));
      let connections = 0;
      listener.on('connection', () => connections++);
      const result = await connect(80, '--payload', 'hello, ', '--option', '34:', '--send', 'world');
      expect(json(result)).toMatchObject({ outcome: 'established', received: 'hello, world' });
      expect({ code: result.code, connections }).toEqual({ code: 0, connections: 1 });
      listener.close();
    });

    test('--close rst ends it by our own RST, which the filter lets pass', async () => {
      const ended = new Promise<string>((resolve) => {
        void lab.server.listen(family, 80, (socket) => {
          socket.resume().on('error', (error: NodeJS.ErrnoException) => {
            resolve(error.code ?? '');
          });
        });
      });
      const { packets } = json(await connect(80, '--close', 'rst', '--wait', '0')) as Connect;
      expect(packets.at(-1)).toMatchObject({ sender: 'rawshake', from: 'client' });
      expect(packets.at(-1)?.flags).toContain('R');
      expect(await ended).toBe('ECONNRESET');
    });

    test('--adopt: the filter goes with the handshake, ss shows the connection, and the kernel ends it', async () => {
      const before = rules(lab.client);
      let seen: { readonly rules: string; readonly ss: string } | undefined;
      const listener = await lab.server.listen(family, 80, (socket) => {
        socket.on('error', () => undefined); // our RST
        socket.on('data', () => {
          seen = { rules: rules(lab.client), ss: lab.client.run(['ss', '-Htn']) };
          socket.end('seen');
        });
      });
      const result = await connect(80, '--adopt', '--send', 'look', '--close', 'rst', '--wait', '5');
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(seen?.ss).toMatch(/^ESTAB .*:80\b/);
      expect(seen?.rules).toBe(before);
      const { packets, rule, ...rest } = json(result) as Connect;
      expect(rest).toMatchObject({ outcome: 'established', received: 'seen', adopted: true });
      expect(rule).toMatchObject({ packets: 1, afterHandshakeMs: expect.any(Number) as number });
      const senders = packets.filter(({ from }) => from === 'client').map(({ sender }) => sender);
      expect([senders.slice(0, 2), new Set(senders.slice(2))]).toEqual([['rawshake', 'rawshake'], new Set(['kernel'])]);
      expect(rules(lab.client)).toBe(before);
      listener.close();
    });

    test("--adopt --close rst: the kernel's RST is what was asked for", async () => {
      const ended = new Promise<string>((resolve) => {
        void lab.server.listen(family, 80, (socket) => {
          socket.resume().on('error', (error: NodeJS.ErrnoException) => {
            resolve(error.code ?? '');
          });
        });
      });
      const result = json(await connect(80, '--adopt', '--close', 'rst', '--wait', '0')) as Connect;
      expect(result.outcome).toBe('established');
      expect(result.packets.at(-1)).toMatchObject({ sender: 'kernel', from: 'client' });
      expect(result.packets.at(-1)?.flags).toContain('R');
      expect(await ended).toBe('ECONNRESET');
    });

    test('--adopt without a filter says whose RST it was; --close none is no choice', async () => {
      const listener = await lab.server.listen(family, 80, (socket) => socket.resume());
      const unfiltered = await connect(80, '--adopt', '--filter', 'none');
      expect(unfiltered.code).toBe(1);
      expect(json(unfiltered)).toMatchObject({ outcome: 'reset-by-own-kernel', adopted: false });
      const silent = await connect(80, '--adopt', '--close', 'none');
      expect([silent.code, json(silent)]).toMatchObject([2, { error: { code: 'RS_USAGE' } }]);
      listener.close();
    });

    test.each([
      [['--send', 'unheard', '--close', 'rst']],
      [['--send', 'unheard', '--close', 'none']],
      [['--send', 'unheard', '--wait', '0.3']],
      [['--wait', '0.3']], // the FIN
    ])('%o: what is never acknowledged is no success', async (args) => {
      const where = { netns: lab.server.netns, address: server(), port: 8080 };
      const mute = await serve({ ...deaf(), ...where, allowHalfOpen: true, onConnection: readOnly });
      const result = await connect(8080, ...args);
      await mute.close();
      const { outcome, inputLeftOut } = json(result) as { outcome: string; inputLeftOut: boolean };
      expect([result.code, outcome, inputLeftOut]).toEqual([1, 'incomplete', args.includes('unheard')]);
    });

    function* zeros(): Generator<Buffer> {
      for (;;) yield Buffer.alloc(1 << 16);
    }

    test.each([[], ['--adopt']])('--stdin %s, and the peer breaks off: said, and no success', async (...args) => {
      const listener = await lab.server.listen(family, 80, (socket) => {
        // Not before there is data: a connection of which the other side has closed its half cannot be adopted any more.
        socket
          .on('error', () => undefined)
          .once('data', () => {
            // A socket whose end is under way cannot be reset (uv_tcp_close_reset).
            socket.end(() => socket.once('data', () => socket.resetAndDestroy()));
          });
      });
      const child = startStreaming(lab.client.netns, ['connect', server(), '80', '--stdin', ...args]);
      const endless = Readable.from(zeros());
      if (child.stdin === null) throw new Error('no pipe');
      endless.pipe(child.stdin.on('error', () => endless.destroy()));
      const { code, stderr } = await finish(child);
      expect([code, stderr]).toEqual([1, expect.stringContaining('not all of the input was sent')]);
      expect(stderr).toContain('RESET by the other side');
      listener.close();
    });

    test('for a person: what was received on stdout, the ladder on stderr', async () => {
      const listener = await lab.server.listen(family, 80, (socket) => socket.end('for you'));
      const { code, stdout, stderr } = await rawshake(['connect', server(), '80'], inside(lab.client));
      expect([code, stdout]).toEqual([0, 'for you']);
      expect(stderr).toMatch(/SYN ─+▶ {2}rawshake/);
      expect(stderr).toContain('ESTABLISHED');
      listener.close();
    });
  });

  describe('listen', () => {
    test('--echo: an ordinary client connects to a port on which nothing listens', async () => {
      await listening(['--echo'], async (port) => {
        const client = lab.client.connect({
          src: lab.client.address(family),
          srcPort: 41000,
          dst: server(),
          dstPort: port,
        });
        client.end('to and fro');
        let answer = '';
        for await (const chunk of client) answer += String(chunk);
        expect(answer).toBe('to and fro');
      });
    });

    test.each([
      ['en', 'resets each connection'],
      ['zh', '会重置每个连接'],
    ])('without a filter: what its own kernel will do is said (%s)', async (language, words) => {
      const args = ['listen', '8080', '--address', server(), '--filter', 'none', '--lang', language];
      const child = start(args, inside(lab.server));
      const closed = finish(child);
      const said = createInterface({ input: child.stderr ?? process.stdin })[Symbol.asyncIterator]();
      const lines = [(await said.next()).value, (await said.next()).value] as const;
      expect(lines[1]).toContain(words);
      const socket = lab.client.connect({ src: lab.client.address(family), srcPort: 0, dst: server(), dstPort: 8080 });
      expect((await once(socket, 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' });
      child.kill('SIGINT');
      expect((await closed).code).toBe(130);
    });

    test.each([
      { args: ['--transport', 'packet'] },
      { args: ['--interface', LINK] },
      { args: ['--interface', LINK, '--transport', 'packet'] },
    ])('$args: the only link is gone: said once, and of no other', async ({ args }) => {
      const child = start(['listen', '8080', '--address', server(), ...args], inside(lab.server));
      const closed = finish(child);
      let said = '';
      const hears = (word: string): Promise<void> =>
        new Promise((resolve) => {
          child.stderr?.on('data', (text: string) => {
            said += text;
            if (said.includes(word)) resolve();
          });
        });
      await hears('answering');
      said = '';
      const told = hears('is gone');
      lab.server.run(['ip', 'link', 'add', 'other', 'type', 'veth', 'peer', 'name', 'another']);
      for (const link of ['other', LINK]) lab.server.run(['ip', 'link', 'delete', link]);
      await told;
      child.kill('SIGINT');
      const { code, stderr } = await closed;
      expect(code).toBe(130);
      expect(stderr.match(/the link \S+ is gone/g)).toEqual([`the link ${LINK} is gone`]);
    });

    test.each(BY_IP)('%s, and this host’s own rules forbid the answer: said once', async (transport) => {
      const args = ['listen', '8080', '--address', server(), '--transport', transport];
      forbidOutput(lab.server);
      const child = start(args, inside(lab.server));
      const closed = finish(child);
      let said = '';
      child.stderr?.on('data', (text: string) => (said += text));
      const hearing = async (words: string): Promise<void> => {
        while (!said.includes(words) && child.stderr !== null) await once(child.stderr, 'data');
      };
      const probing = () => rawshake(['probe', server(), '8080', '--timeout', '0.1'], inside(lab.client));
      await hearing('answering');
      await probing();
      await hearing('firewall');
      await probing();
      child.kill('SIGINT');
      const { code, stderr } = await closed;
      expect(code).toBe(130);
      expect(stderr.match(/the firewall of this host forbids the packet \(EPERM\)\. Look at its rules/g)).toHaveLength(
        1,
      );
    });

    test('--send and --json: a line for each connection; connect is its other end', async () => {
      await listening(['--send', 'good day', '--json'], async (port, lines) => {
        expect(json(await connect(port))).toMatchObject({ outcome: 'established', received: 'good day' });
        const { value } = (await lines.next()) as { value: string };
        expect(JSON.parse(value)).toMatchObject({ command: 'listen', outcome: 'established', bytesWritten: 8 });
      });
    });

    test('--connections: one that is over while the other addresses are set up counts', async () => {
      // Setting up so many takes longer than the second after which a SYN comes again that nobody answered.
      const others = Array.from({ length: 200 }, (_, i) => `address add 198.51.100.${String(i)}/32 dev ${LINK}`);
      runCommand(['ip', '-batch', '-'], { netns: lab.server.netns, input: others.join('\n') });
      const child = start(['listen', '8080', '--send', 'x', '--connections', '1', '--json'], inside(lab.server));
      const ended = finish(child);
      const loopback = family === 4 ? '127.0.0.1' : '::1'; // the first that is set up
      const fetched = async (srcPort: number): Promise<string> => {
        const client = lab.server.connect({ src: loopback, srcPort, dst: loopback, dstPort: 8080 });
        return String(await buffer(client));
      };
      for (let srcPort = 41_000; !(await fetched(srcPort).catch(() => '')); srcPort++);
      const result = await ended;
      expect([result.code, json(result)]).toMatchObject([0, { outcome: 'established', bytesWritten: 1 }]);
    });

    test.each([
      [['--send', 'unheard'], '', 'read 0 bytes, wrote 7, 0 acknowledged; reset here'],
      [['--echo'], 'echo', 'read 4 bytes, wrote 4, 0 acknowledged; reset here'],
      [['--lang', 'zh', '--echo'], 'echo', '读取 4 字节，写入 4 字节，对方确认 0 字节；由本端复位'],
      [['--json', '--echo'], 'echo', { outcome: 'incomplete', bytesWritten: 4, bytesAcknowledged: 0 }],
    ] as const)('%o: ended while what it wrote is not acknowledged: said so', async (args, input, said) => {
      let line: Promise<IteratorResult<string, unknown>> | undefined;
      await listening(args, async (port, lines) => {
        const client = await opened(port, deaf());
        client.write(input);
        await once(client, 'data');
        line = lines.next();
      });
      const text = String((await line)?.value);
      if (typeof said === 'string') expect(text).toContain(said);
      else expect(JSON.parse(text)).toMatchObject(said);
    });

    test('--echo: closed in order, or reset here while all was acknowledged', async () => {
      let line: Promise<IteratorResult<string, unknown>> | undefined;
      await listening(['--echo', '--json'], async (port, lines) => {
        const client = await opened(port, { tcp: { delayedAckMs: 0 } });
        client.write('echo');
        await once(client, 'data');
        // When this one is over, the acknowledgment of the other has been read.
        await connect(port, '--send', 'x');
        const { value } = (await lines.next()) as { value: string };
        expect(JSON.parse(value)).toMatchObject({ outcome: 'established', bytesWritten: 1, bytesAcknowledged: 1 });
        line = lines.next();
      });
      const ended = { outcome: 'aborted', bytesWritten: 4, bytesAcknowledged: 4 };
      expect(JSON.parse(String((await line)?.value))).toMatchObject(ended);
    });

    /** A connection by hand, let go of when `listen` has reset it. */
    const opened = async (port: number, options: Partial<DialOptions>): Promise<RawConnection> => {
      const { netns } = lab.client;
      const dialled = await dial({ netns, host: server(), port, allowHalfOpen: true, ...options });
      return dialled.connection.on('error', () => undefined).on('close', () => void dialled.close());
    };

    test('--http: curl fetches a file as it is, and 404 for what is not there', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'rawshake-http-'));
      writeFileSync(join(folder, 'page.html'), '<p>by hand</p>');
      const host = family === 4 ? server() : `[${server()}]`;
      await listening(['--http', folder], async (port, lines) => {
        const curl = (...args: [string, ...string[]]) => lab.client.run(['curl', '-sS', ...args]);
        expect(curl(`http://${host}:${port}/page.html`)).toBe('<p>by hand</p>');
        const status = curl('-o', '/dev/null', '-w', '%{http_code}', `http://${host}:${port}/nothing`);
        expect(status).toBe('404');
        const asked = [];
        const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+:\d+: /;
        while (asked.length < 4) asked.push(String((await lines.next()).value).replace(time, ''));
        expect(asked.filter((line) => line.startsWith('GET'))).toEqual(['GET /page.html 200', 'GET /nothing 404']);
        expect(asked.filter((line) => /^read \d+ bytes, wrote \d+; closed in order$/.test(line))).toHaveLength(2);
      });
      rmSync(folder, { recursive: true });
    });
  });

  describe('beside programs on kernel sockets', () => {
    const named = (host: LabHost, port: number): string =>
      family === 4 ? `${host.address(4)}:${String(port)}` : `[${host.address(6)}]:${String(port)}`;
    /** Its socket is this very process's. */
    const whose = new RegExp(`\\(.+, pid ${String(process.pid)}\\)`);
    /** A connection of the client's to the server's port, where it is echoed. */
    const echoed = async (srcPort: number): Promise<Socket> => {
      await lab.server.listen(family, 8080, (socket) => socket.pipe(socket));
      const flow = { src: lab.client.address(family), srcPort, dst: server(), dstPort: 8080 };
      const client = lab.client.connect(flow);
      await once(client, 'connect');
      return client;
    };
    const exchange = async (socket: Socket, said: string): Promise<void> => {
      socket.write(said);
      expect(String((await once(socket, 'data'))[0])).toBe(said);
    };

    test.each([
      [
        'en',
        "port 8080: in use by this host's kernel: ",
        'Both would answer. Take another port',
        `, pid ${process.pid})`,
      ],
      ['zh', '端口 8080：本机内核正在使用：', '请换一个端口', `，进程 ${process.pid}）`],
    ])(
      'listen on a port where a program listens: refused, in %s, and its connections go on',
      async (lang, why, hint, by) => {
        const client = await echoed(41_000);
        const before = rules(lab.server);
        const args = ['listen', '8080', '--address', server(), '--lang', lang];
        const { code, stderr } = await rawshake(args, inside(lab.server));
        expect(code).toBe(2);
        expect(stderr).toContain(`rawshake: ${why}${named(lab.server, 8080)} LISTEN`);
        expect(stderr).toContain(by);
        expect(stderr).toContain(hint);
        expect(rules(lab.server)).toBe(before);
        await exchange(client, 'still here');
        client.destroy();
      },
    );

    test('listen for all addresses, where a program has one of them: refused', async () => {
      const loopback = family === 4 ? '127.0.0.1' : '::1';
      const bound = bindWithoutListening(lab.server.netns, loopback, 8080);
      const result = await rawshake(['listen', '8080', '--json'], inside(lab.server));
      expect(result).toMatchObject({ code: 2, stderr: '' });
      expect(json(result)).toMatchObject({ error: { code: 'RS_PORT_IN_USE' } });
      bound.close();
    });

    test.each<[string, () => Promise<() => unknown>]>([
      [
        'bound',
        () => {
          const socket = bindWithoutListening(lab.client.netns, lab.client.address(family), 41_000);
          return Promise.resolve(() => {
            socket.close();
          });
        },
      ],
      [
        'listening',
        async () => {
          const listener = await lab.client.listen(family, 41_000, () => undefined);
          return () => listener.close();
        },
      ],
      [
        'connected to the same peer',
        async () => {
          const client = await echoed(41_000);
          return () => exchange(client, 'still here').then(() => client.destroy());
        },
      ],
    ])('connect --source-port, where a program’s socket is %s: refused, and that goes on', async (state, open) => {
      const end = await open();
      const result = await connect(8080, '--source-port', '41000');
      expect(result).toMatchObject({ code: 2, stderr: '' });
      const { error } = json(result) as { error: { code: string; message: string; hint: string } };
      expect(error.code).toBe('RS_PORT_IN_USE');
      expect(error.message).toContain(`port 41000: in use by this host's kernel: ${named(lab.client, 41_000)}`);
      expect(error.message).toMatch(whose);
      expect(error.hint).toMatch(state === 'bound' ? /ps -f -p \d+/ : /ss -tanp 'sport = :41000'/);
      await end();
    });

    test('connect --source-port holds it to the end, and no longer', async () => {
      const listener = await lab.server.listen(family, 80, (socket) => socket.end('x'));
      const src = lab.client.address(family);
      const { netns } = lab.client;
      const dialled = await dial({ netns, host: server(), port: 80, sourcePort: 41_000 });
      const bind = () => bindWithoutListening(lab.client.netns, src, 41_000);
      expect(bind).toThrow(/EADDRINUSE/);
      await buffer(dialled.connection);
      await dialled.close();
      bind().close();
      listener.close();
    });

    test('what a program comes to own while listen runs is left to it: connections put in place by TCP_REPAIR', async () => {
      await listening(['--echo'], async (port) => {
        expect(() => bindWithoutListening(lab.server.netns, server(), port)).toThrow(/EADDRINUSE/);
        const flow = { src: lab.client.address(family), srcPort: 41_000, dst: server(), dstPort: port };
        const ends = [
          [lab.client, flow, seq(1000), seq(2000)],
          [lab.server, reverseFlow(flow), seq(2000), seq(1000)],
        ] as const;
        const descriptors = ends.map(([host, ends, sndNxt, rcvNxt]) =>
          host.netns.run(() => insertConnection({ ...REPAIRED, sndNxt, rcvNxt, sndWl1: seqAdd(rcvNxt, -1) }, ends)),
        );
        for (const fd of descriptors) setOption(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF);
        const [near, far] = descriptors.map((fd) => new Socket({ fd }));
        if (near === undefined || far === undefined) throw new Error('no sockets');
        far.pipe(far);
        for (let i = 0; i < 20; i++) await exchange(near, `round ${String(i)}`);
        // Beside it the server goes on.
        expect(json(await connect(port, '--send', 'by hand'))).toMatchObject({ received: 'by hand' });
        near.end();
        await once(near, 'close');
      });
    });

    test('a connection that serve() has given to the kernel is not answered for, and others are', async () => {
      const { netns } = lab.server;
      const byKernel: Socket[] = [];
      const served = await serve({
        ...{ netns, address: server(), port: 8080 },
        onConnection: (connection) => {
          if (connection.flow.dstPort !== 41_000) connection.end('by hand');
          else void connection.adopt().then((socket) => byKernel.push(socket.pipe(socket)));
        },
      });
      const flow = { src: lab.client.address(family), srcPort: 41_000, dst: server(), dstPort: 8080 };
      const client = lab.client.connect(flow);
      await once(client, 'connect');
      for (let i = 0; i < 20; i++) await exchange(client, `round ${String(i)}`);
      expect(lab.server.lookup(reverseFlow(flow)).owner).toBe('ESTABLISHED');
      expect(json(await connect(8080))).toMatchObject({ outcome: 'established', received: 'by hand' });
      await served.close();
      await exchange(client, 'after it has ended');
      client.end();
      await once(client, 'close');
      expect(byKernel).toHaveLength(1);
    });
  });

  describe('probe', () => {
    test('an open port answers SYN/ACK, a closed one RST', async () => {
      const listener = await lab.server.listen(family, 80, () => undefined);
      const probe = (port: number, ...args: string[]) =>
        rawshake(['probe', server(), String(port), '--json', ...args], inside(lab.client));
      expect(json(await probe(80))).toMatchObject({ command: 'probe', outcome: 'syn-ack', sent: { flags: 'S' } });
      expect(json(await probe(81))).toMatchObject({ outcome: 'refused', replies: [{ flags: 'R.' }] });
      expect(json(await probe(81, '--flags', '.', '--ack', '99'))).toMatchObject({
        replies: [{ flags: 'R', seq: 99 }],
      });
      expect(json(await probe(81, '--flags', 'R', '--timeout', '0.2'))).toMatchObject({
        outcome: 'no-answer',
        replies: [],
      });
      listener.close();
    });

    test('a wrong checksum gets no answer, not even from an open port', async () => {
      const listener = await lab.server.listen(family, 80, () => undefined);
      const args = ['probe', server(), '80', '--bad-checksum', '--timeout', '0.2', '--json'];
      expect(json(await rawshake(args, inside(lab.client)))).toMatchObject({ outcome: 'no-answer' });
      listener.close();
    });
  });
});

test('probe: what ICMP answers, in its own words, with the MTU and when it came', async () => {
  const path = openNarrowPath({ mtu: 1300, tells: true });
  const [server, near] = [path.address.server[4], path.router[4][0]];
  const probe = (...args: string[]) =>
    rawshake(['probe', server, '80', ...args], { prefix: ['nsenter', `--net=${path.client.path}`] });
  const large = ['--payload', 'x'.repeat(1400)];
  const { icmp } = json(await probe(...large, '--json')) as { icmp: { at: number } };
  expect(icmp).toMatchObject({ from: near, kind: 'unreachable', code: 4, mtu: 1300 });
  expect(icmp.at).toBeGreaterThan(0);
  expect((await probe(...large)).stdout).toMatch(
    /\n\d+\.\d{3} ms {2}ICMP: fragmentation needed \(MTU 1300\), says 192\.0\.2\.2\n/,
  );
  const expired = await probe('--ttl', '1', '--lang', 'zh');
  expect(expired.stdout).toContain(`  ICMP: 生存时间（TTL）耗尽，由 ${near} 报告\n`);
  const asJson = json(await probe('--ttl', '1', '--json')) as { icmp: object };
  expect(asJson).toMatchObject({ outcome: 'icmp-unreachable', icmp: { kind: 'timeExceeded', from: near } });
  expect(asJson.icmp).not.toHaveProperty('mtu');
  path.close();
});

describe('--netns', () => {
  test('a process id names the namespace that it is in', async () => {
    const lab = createLab();
    const listener = await lab.server.listen(4, 80, (socket) => socket.end('hi'));
    const sleeper = lab.client.netns.run(() => start(['listen', '9', '--address', lab.client.address(4)]));
    if (sleeper.stderr === null) throw new Error('no pipe');
    const ended = finish(sleeper);
    await once(sleeper.stderr, 'data');
    const args = ['connect', lab.server.address(4), '80', '--netns', String(sleeper.pid), '--json'];
    expect(json(await rawshake(args))).toMatchObject({ outcome: 'established', received: 'hi' });
    sleeper.kill('SIGINT');
    await ended;
    listener.close();
    lab.close();
  });

  test('a name that nobody made is bad input', async () => {
    const result = await rawshake(['connect', '192.0.2.2', '80', '--netns', 'no-such', '--json']);
    expect(result.code).toBe(2);
    expect(json(result)).toMatchObject({ error: { code: 'RS_USAGE' } });
  });
});
