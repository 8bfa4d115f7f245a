/** A port that is held: by what a program meets there, and by what its kernel answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import type { LabHost } from '../../src/lab/host.js';
import { runCommand } from '../../src/linux/process/command.js';
import { createNamespace } from '../../src/linux/namespace/netns.js';
import { portHolders } from '../../src/linux/netlink/port-holders.js';
import { portInUse } from '../../src/linux/port/port-in-use.js';
import { ProcSearch } from '../../src/linux/process/proc-search.js';
import { bindWithoutListening } from '../../src/linux/port/kernel-socket.js';
import { holdFlow, holdPort, type PortHold } from '../../src/linux/port/port-hold.js';
import { holdEphemeralPort } from '../../src/linux/port/source-port.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';

const PORT = 8888;
const IN_USE = { code: 'RS_PORT_IN_USE' };

/** Binds to each address as the options say, and says what came of it. */
const BIND = `
import socket, sys
hosts, port, *options = sys.argv[1:]
for host in hosts.split(','):
    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
    for name in ('SO_REUSEADDR', 'SO_REUSEPORT'):
        if name in options: s.setsockopt(socket.SOL_SOCKET, getattr(socket, name), 1)
    if 'V6ONLY' in options: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        s.bind((host, int(port)))
        if 'listen' in options: s.listen()
        print('bound', flush=True)
        if 'stay' in options: sys.stdin.read()
    except OSError as e:
        print(e.strerror)
    s.close()
`;

/** Connects until the kernel has no port left to give it. */
const CONNECT = `
import socket, sys
sockets = []
try:
    while True: sockets.append(socket.create_connection((sys.argv[1], 80)))
except OSError:
    print(*sorted(s.getsockname()[1] for s in sockets))
`;

const bindTo = (host: LabHost, addresses: readonly string[], ...options: readonly string[]): string[] =>
  host
    .run(['python3', '-c', BIND, addresses.join(','), String(PORT), ...options])
    .trim()
    .split('\n');

describe.each([4, 6] as const)('a port that is held, IPv%i', (family) => {
  let lab: Lab;
  const open: { close(): void }[] = [];
  beforeEach(() => {
    lab = createLab();
  });
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
    lab.close();
  });
  const keep = <T extends { close(): void }>(one: T): T => {
    open.push(one);
    return one;
  };
  const hold = (port = PORT): PortHold =>
    keep(holdPort({ address: lab.server.address(family), port }, lab.server.netns));
  const fromServer = (dstPort: number) => ({
    ...{ src: lab.server.address(family), srcPort: PORT },
    ...{ dst: lab.client.address(family), dstPort },
  });
  const states = (): string[] => lab.server.sockets(family).map(({ state }) => state);
  /** A connection from the client to the server's port, accepted. */
  const connected = async (dstPort = PORT): Promise<Socket> => {
    const flow = { ...fromServer(dstPort), ...{ src: lab.client.address(family), srcPort: 40_000 } };
    const socket = lab.client.connect({ ...flow, dst: lab.server.address(family) });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };

  /** A program that binds, says so, and ends with its input. */
  const stay = (address: string, ...options: readonly string[]) => {
    const args = [`--net=${lab.server.netns.path}`, 'python3', '-c', BIND, address, String(PORT), ...options, 'stay'];
    return spawn('nsenter', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  };

  test.each(['', 'SO_REUSEADDR', 'SO_REUSEPORT'])(
    'no program binds it meanwhile (%s): neither its address nor any',
    (option) => {
      const held = hold();
      const all = [lab.server.address(family), '::', ...(family === 4 ? ['0.0.0.0'] : [])];
      const other = family === 4 ? '127.0.0.1' : '::1';
      const taken = all.map(() => 'Address already in use');
      expect(bindTo(lab.server, [...all, other], option)).toEqual([...taken, 'bound']);
      held.close();
      held.close();
      expect(bindTo(lab.server, all, option)).toEqual(all.map(() => 'bound'));
    },
  );

  test('connect() of a program that binds nothing never picks it', async () => {
    await lab.client.listen(family, 80, () => undefined);
    setSysctls(lab.server.netns, { 'net.ipv4.ip_local_port_range': `${PORT} ${PORT + 3}` });
    const held = hold(PORT + 1);
    const ports = (): string => lab.server.run(['python3', '-c', CONNECT, lab.client.address(family)]).trim();
    expect(ports()).toBe([PORT, PORT + 2, PORT + 3].join(' '));
    held.close();
  });

  test('to a packet it is not there: the kernel answers RST, as on any port that nobody has', async () => {
    const flow = { src: lab.client.address(family), srcPort: 40_000, dst: lab.server.address(family), dstPort: PORT };
    const errorOf = async (): Promise<unknown> => (await once(lab.client.connect(flow), 'error'))[0] as unknown;
    const before = await errorOf();
    hold();
    expect(await errorOf()).toMatchObject({ code: 'ECONNREFUSED' });
    expect(before).toMatchObject({ code: 'ECONNREFUSED' });
    expect(lab.server.lookup(fromServer(40_000)).owner).toBe('none');
  });

  describe('refused, and the socket is named', () => {
    const endpoint = (): string =>
      family === 4 ? `${lab.server.address(4)}:${PORT}` : `[${lab.server.address(6)}]:${PORT}`;
    const any = family === 4 ? `0.0.0.0:${PORT}` : `[::]:${PORT}`;
    const named = (text: string): unknown =>
      expect.objectContaining({ ...IN_USE, message: expect.stringContaining(text) as string });

    test.each([
      ['listens on the address', () => [lab.server.address(family), 'listen'], () => `${endpoint()} LISTEN`],
      ['listens on any', () => [family === 4 ? '0.0.0.0' : '::', 'listen'], () => `${any} LISTEN`],
      ['listens on both families', () => ['::', 'listen'], () => `[::]:${PORT} LISTEN`],
      [
        'is bound',
        () => [lab.server.address(family)],
        () => `${endpoint()}, which another program has bound without listening`,
      ],
      [
        'shares it',
        () => [lab.server.address(family), 'SO_REUSEPORT'],
        () => `${endpoint()}, which another program has bound without listening`,
      ],
    ])('where a program %s', async (_, options, text) => {
      const [address = '', ...rest] = options();
      const program = stay(address, ...rest);
      await once(program.stdout, 'data');
      // Before 6.8 the kernel shows no socket that is merely bound.
      const isShown = [4, 6].some((each) => lab.server.sockets(each as 4 | 6).length > 0);
      expect(hold).toThrow(named(isShown ? text() : 'a socket that it does not show'));
      if (isShown) expect(hold).toThrow(named(`(python3, pid ${String(program.pid)})`));
      program.stdin.end();
      await once(program, 'close');
      hold();
    });

    test('where a program has accepted a connection there, and listens no more', async () => {
      const accepted: Socket[] = [];
      const listener = await lab.server.listen(family, PORT, (socket) => accepted.push(socket));
      const client = await connected();
      await vi.waitFor(() => {
        expect(accepted).toHaveLength(1);
      });
      listener.close();
      await vi.waitFor(() => {
        expect(states()).toEqual(['ESTABLISHED']);
      });
      expect(hold).toThrow(named(`${endpoint()} to `));
      client.destroy();
      accepted[0]?.destroy();
    });
  });

  /** A program that listens without SO_REUSEADDR takes one connection, closes it, and is gone. */
  const ORPHAN = `
import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
s.bind((sys.argv[1], int(sys.argv[2])))
s.listen()
print('listens', flush=True)
s.accept()[0].close()
`;

  test.each([
    ['TIME_WAIT', true, /TIME_WAIT, gone in \d+ s$/],
    ['FIN_WAIT2', false, /FIN_WAIT2(, gone in \d+ s)?$/],
  ] as const)(
    'an orphan in %s that nothing can be bound beside is named, with how long it stays',
    async (state, ends, text) => {
      const address = lab.server.address(family);
      const program = lab.server.netns.run(() => spawn('python3', ['-c', ORPHAN, address, String(PORT)]));
      await once(program.stdout, 'data');
      const gone = once(program, 'close');
      const client = await connected();
      await gone;
      if (ends) {
        client.resume().end();
        await once(client, 'close');
      }
      await vi.waitFor(() => {
        expect(states()).toEqual([state]);
      });
      expect(hold).toThrow(
        expect.objectContaining({
          ...IN_USE,
          message: expect.stringMatching(text) as string,
          hint: expect.stringContaining('No program has it any more') as string,
        }),
      );
      expect(hold).toThrow(lab.client.address(family));
      client.destroy();
    },
  );

  test('a program on another address does not hinder, nor one that is there for IPv6 alone', async () => {
    keep(bindWithoutListening(lab.server.netns, family === 4 ? '127.0.0.1' : '::1', PORT));
    const program = stay(family === 4 ? '::' : '127.0.0.2', ...(family === 4 ? ['V6ONLY', 'listen'] : ['listen']));
    await once(program.stdout, 'data');
    hold();
    program.stdin.end();
    await once(program, 'close');
  });

  test('connections that no program has any more do not hinder: a restart need not wait a minute', async () => {
    const listener = await lab.server.listen(family, PORT, (socket) => socket.end());
    const client = await connected();
    client.resume().end();
    await once(client, 'close');
    listener.close();
    await vi.waitFor(() => {
      expect(states()).toEqual(['TIME_WAIT']);
    });
    const held = hold();
    expect(bindTo(lab.server, [lab.server.address(family)], 'SO_REUSEADDR')).toEqual(['Address already in use']);
    // But that one four-tuple is the kernel's to the end of it.
    held.close();
    expect(() => holdFlow(fromServer(40_000), lab.server.netns)).toThrow(
      expect.objectContaining({ ...IN_USE, message: expect.stringMatching(/TIME_WAIT, gone in \d+ s$/) as string }),
    );
    keep(holdFlow(fromServer(40_001), lab.server.netns));
  });

  test('of a random port, too', () => {
    setSysctls(lab.server.netns, { 'net.ipv4.ip_local_port_range': '1026 65535' });
    const held = keep(holdEphemeralPort(lab.server.address(family), lab.server.netns));
    expect([1024, 1025]).toContain(held.port);
    const second = keep(holdEphemeralPort(lab.server.address(family), lab.server.netns));
    expect(held.port + second.port).toBe(1024 + 1025);
    expect(() => holdEphemeralPort(lab.server.address(family), lab.server.netns)).toThrow(
      expect.objectContaining({ code: 'RS_NO_PORT' }),
    );
  });
});

test('a port that another holds without listening: it is said so, with a line that shows the program', () => {
  const netns = createNamespace();
  try {
    const end = { address: '0.0.0.0', port: 7000 };
    const held = holdPort(end, netns);
    const holders = portHolders(end, netns);
    // Before 6.8 the kernel shows no socket that is merely bound.
    if (holders.length > 0) {
      const { message, hint } = portInUse(7000, holders, undefined, netns);
      expect(message).toMatch(
        /0\.0\.0\.0:7000, which another program has bound without listening \(.+, pid \d+\), as another rawshake does$/,
      );
      const [, line = ''] = /: (.+)$/.exec(hint) ?? [];
      expect(runCommand(['sh', '-c', line])).toContain(String(process.pid));
    }
    held.close();
  } finally {
    netns.close();
  }
});

test('the line that shows the sockets of another namespace is entered into it', () => {
  const netns = createNamespace();
  try {
    const listener = {
      src: '127.0.0.1',
      srcPort: 7000,
      dst: '0.0.0.0',
      dstPort: 0,
      state: 'LISTEN',
      inode: 1,
    } as const;
    const { hint } = portInUse(7000, [listener], undefined, netns);
    expect(hint).toContain(`${netns.enter.join(' ')} ss -tanp 'sport = :7000'`);
  } finally {
    netns.close();
  }
});

test('whose a port is, is not looked for longer than it takes on any machine, and it says so', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const holders = portHolders({ address: '127.0.0.1', port });
    expect(portInUse(port, holders).message).toMatch(/ LISTEN \(.+, pid \d+\)$/);
    expect(portInUse(port, holders, new ProcSearch(3)).message).toMatch(
      / LISTEN; whose was not looked for any further/,
    );
  } finally {
    server.close();
  }
});
