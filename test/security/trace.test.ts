/** The kernel's trace is the whole machine's: what other users do may cost evidence, which is said, but neither time nor memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../src/linux/process/command.js';
import { finish, json, start } from '../support/cli.js';
import { TRACING } from '../support/root.js';
import { processesWith, traceInstancesOf } from '../support/traces.js';

/** An ordinary user's, who connects to a port where nobody listens, as fast as it goes; each time the kernel tells of a RST and a drop. */
const STORM = `
  const koffi = process.getBuiltinModule('node:module').createRequire(process.cwd() + '/')('koffi');
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int, int, int)');
  const connect = libc.func('int connect(int, void *, uint32_t)');
  const close = libc.func('int close(int)');
  const address = new DataView(new ArrayBuffer(16)); // struct sockaddr_in: 127.0.0.1:1
  address.setUint16(0, 2, true);
  address.setUint16(2, 1);
  address.setUint32(4, 0x7f000001);
  process.setgid(65534);
  process.setuid(65534);
  const refused = () => {
    const fd = socket(2, 1, 0);
    const result = connect(fd, address, 16);
    close(fd);
    return result === -1;
  };
  console.log(refused());
  const until = Date.now() + 120_000; // should nobody end it
  while (Date.now() < until) refused();
`;

const NAMESPACE = ['unshare', ['--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']] as const;

const { ECONNREFUSED, ETIMEDOUT } = constants.errno;

const MOST_MEMORY_KB = 200 * 1024;
/** Has the program say in the end how much memory it had at most. */
const TELLS_PEAK = {
  NODE_OPTIONS: `--import=data:text/javascript,process.on('exit',()=>console.error('peak',process.resourceUsage().maxRSS))`,
};
const peakOf = (stderr: string): number => Number(/^peak (\d+)$/m.exec(stderr)?.[1]);

describe.runIf(TRACING)('under a storm of refused connections, which does not end before the program', () => {
  let storm: readonly ChildProcess[];

  beforeEach(async () => {
    const [program, args] = NAMESPACE;
    storm = Array.from({ length: 3 }, () =>
      spawn(program, [...args, process.execPath, '-e', STORM], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const begun = await Promise.all(storm.map(({ stdout }) => once(stdout ?? process, 'data')));
    expect(begun.map(String)).toEqual(['true\n', 'true\n', 'true\n']);
  });

  afterEach(async () => {
    const ended = Promise.all(storm.map((child) => once(child, 'exit')));
    for (const child of storm) child.kill('SIGKILL');
    await ended;
  });

  const stillStorms = (): boolean =>
    storm.every(({ exitCode, signalCode }) => exitCode === null && signalCode === null);

  test('compare ends with its result, and stays small', async () => {
    const result = await finish(start(['compare', '--json'], { env: TELLS_PEAK }));
    expect(stillStorms()).toBe(true);
    expect(result.code).toBe(0);
    expect(json(result)).toMatchObject({ ok: true });
    expect(peakOf(result.stderr)).toBeLessThan(MOST_MEMORY_KB);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it while it reads the trace', async (signal) => {
    const child = start(['compare', '--json'], {
      env: TELLS_PEAK,
    });
    const end = finish(child);
    await vi.waitFor(() => expect(traceInstancesOf(child.pid ?? 0)).not.toEqual([]), {
      timeout: 30_000,
      interval: 5,
    });
    child.kill(signal);
    const { code, stderr } = await end;
    expect(stillStorms()).toBe(true);
    expect(code).toBe(130);
    expect(peakOf(stderr)).toBeLessThan(MOST_MEMORY_KB);
  });
});

/** An ordinary user's: on a loopback of its own with the lab's addresses, under the name of a thread of the kernel's. */
const FORGER = `
import ctypes, os, socket, time
ctypes.CDLL(None).prctl(15, b'ksoftirqd/0', 0, 0, 0)  # PR_SET_NAME
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
def refused():
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('192.0.2.1', 41000))
        return s.connect_ex(('192.0.2.2', 8888))
print(refused(), flush=True)
while True:
    refused()
    time.sleep(0.01)  # not so many that the trace is lost over them
`;

test.runIf(TRACING)("a program under the name of a kernel's thread adds nothing to what is said of a lab", async () => {
  const addresses = 'ip link set lo up && ip addr add 192.0.2.1 dev lo && ip addr add 192.0.2.2 dev lo && exec "$@"';
  const forger = spawn('unshare', ['--net', 'sh', '-c', addresses, 'sh', 'timeout', '120', 'python3', '-c', FORGER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(forger, 'exit');
  try {
    expect(String((await once(forger.stdout, 'data'))[0])).toContain(String(ECONNREFUSED));
    const { stdout } = await finish(start(['lab', 'run', 'raw-filtered']));
    expect(forger.exitCode).toBeNull();
    expect(stdout.match(/makes a RST/g)).toHaveLength(3);
  } finally {
    forger.kill();
    await ended;
  }
});

/**
 * An ordinary user's, in namespaces of its own: connects between the lab's addresses, each socket through a device of its own
 * on which nobody answers, until a timer of the kernel ends it.
 */
const TIMED_OUT = `
import socket, subprocess, threading, time
ends = [('192.0.2.1', 41000), ('192.0.2.2', 8888)]
devices = [f'near{i}' for i in range(48)]
lines = ['link set lo up', 'rule add from all lookup local pref 1000', 'rule del pref 0']
lines += [f'addr add {address} dev lo' for address, _ in ends]
for i, device in enumerate(devices):
    lines += [f'link add {device} type veth peer name {device}x', f'link set {device} up', f'link set {device}x up']
    lines += [f'neigh add {address} lladdr 02:00:00:00:00:02 dev {device}' for address, _ in ends]
    lines += [f'route add {address} dev {device} table {100 + i}' for address, _ in ends]
    lines += [f'rule add oif {device} lookup {100 + i} pref {10 + i}']
subprocess.run(['ip', '-batch', '-'], check=True, text=True, input='\\n'.join(lines))
def unanswered(device, near, far):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 5)
        s.bind(near)
        return s.connect_ex(far)
def again_and_again(i):
    time.sleep(i / len(devices))  # all through the second that a SYN is waited for
    near, far = ends if i % 2 else ends[::-1]
    while True:
        print(f'{unanswered(devices[i], near, far)}\\n', end='', flush=True)  # a line at once, whatever other threads print
for i in range(len(devices)):
    threading.Thread(target=again_and_again, args=(i,)).start()
`;

test.runIf(TRACING)("a timer of an ordinary user's sockets adds nothing to what is said of a lab", async () => {
  const asUser = ['--reuid=65534', '--regid=65534', '--clear-groups', 'timeout', '120'];
  const forgers = Array.from({ length: 4 }, () =>
    spawn('setpriv', [...asUser, 'unshare', '--user', '--map-root-user', '--net', 'python3', '-c', TIMED_OUT], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const ended = forgers.map((forger) => once(forger, 'exit'));
  try {
    const begun = await Promise.all(forgers.map(({ stdout }) => once(stdout, 'data')));
    expect(begun.map((data) => parseInt(String(data)))).toEqual(Array(4).fill(ETIMEDOUT));
    const { code, stdout } = await finish(start(['lab', 'run', 'simultaneous-open']));
    expect(forgers.map(({ exitCode }) => exitCode)).toEqual(Array(4).fill(null));
    // The naive tries, one after the other, are refused.
    expect(stdout.match(/SYN_SENT → CLOSE/g)).toHaveLength(2);
    expect(code).toBe(0);
  } finally {
    for (const forger of forgers) forger.kill();
    await Promise.all(ended);
  }
});

describe.runIf(TRACING)('no process can be started when the program is gone', () => {
  const USER = 54_323; // of no other program, for the limit counts all of a user
  const asUser = [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'];
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rawshake-trace-'));
    chownSync(folder, USER, USER);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const limit = (pid: string, most: number): string =>
    runCommand(['setpriv', ...asUser, 'prlimit', '--pid', pid, `--nproc=${most}:`]);

  test.each(['the limit is raised', 'it stays so'])('%s: the instance goes', async (what) => {
    const instance = join(folder, 'instance');
    const program = `import { TraceGuard } from './dist/linux/trace/trace-guard.js';
      console.log(new TraceGuard([{ folder: ${JSON.stringify(instance)}, writes: [] }], []).failure());
      setInterval(() => undefined, 1e6);`;
    const child = spawn('setpriv', [...asUser, process.execPath, '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, RAWSHAKE_TEST: folder },
    });
    await once(child.stdout, 'data');
    expect(existsSync(instance)).toBe(true);
    const [guard = ''] = processesWith(`RAWSHAKE_TEST=${folder}`).filter((pid) => pid !== String(child.pid));
    limit(guard, 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await vi.waitFor(() => expect(readFileSync(`/proc/${guard}/wchan`, 'utf8')).toMatch(/unix_dgram|skb/));
    if (what === 'the limit is raised') limit(guard, 500);
    await vi.waitFor(() => expect(existsSync(`/proc/${guard}`)).toBe(false), { timeout: 30_000 });
    expect(existsSync(instance)).toBe(false);
  });
});
