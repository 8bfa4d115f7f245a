/** `rawshake lab shell`: two hosts to stand in, and nothing left of them afterwards. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { shellLine } from '../../src/filter/shell.js';
import { runCommand } from '../../src/linux/process/command.js';
import { rawshake, WITHOUT_CAPABILITIES } from '../support/cli.js';
import { holdNamespacesMadeBy } from '../support/held-namespaces.js';
import { LabShells } from '../support/lab-shell.js';
import { TRACING } from '../support/root.js';
import { Terminal } from '../support/terminal.js';
import { linksAndRules, namespacesMadeBy, stillAlive, traceInstancesOf } from '../support/traces.js';

let terminal: Terminal | undefined;
afterEach(() => terminal?.close());

/** CLONE_NEWNET takes along the thread that calls, and no other: unshare(2). */
const ELSEWHERE = [
  'import ctypes, threading, time',
  'threading.Thread(target=time.sleep, args=(600,), daemon=True).start()',
  'ctypes.CDLL(None).unshare(0x40000000)',
  'time.sleep(600)',
].join('; ');

describe('lines from a pipe', () => {
  test('the addresses, a shell in each host that reaches the other, and nothing left', async () => {
    const before = linksAndRules();
    const shells = new LabShells();
    const line = await shells.enterLine('server');
    expect(line).toMatch(/^nsenter .*--net=\/proc\/\d+\/fd\/\d+ bash$/);
    expect(shells.client.printed).toMatch(/^ {2}client {2}192\.0\.2\.1 +2001:db8::1 +you are here$/m);
    const namespaces = holdNamespacesMadeBy(shells.client.pid);
    expect(namespaces).toHaveLength(2);
    expect((await shells.run('client', 'ping -c1 -W2 192.0.2.2')).printed).toContain('1 received');
    expect((await shells.run('server', 'ip -br addr show eth0')).printed).toContain('192.0.2.2/24');
    expect(await shells.end()).toBe(0);
    expect(stillAlive(namespaces)).toEqual([]);
    expect(linksAndRules()).toBe(before);
  });

  test("the shell's own exit status is no error", async () => {
    const shells = new LabShells();
    await shells.enterLine('client');
    shells.client.write('exit 7');
    expect(await shells.end()).toBe(0);
  });

  test.each(['/tmp', '/etc/passwd', 'bash'])('SHELL=%s is none: the usual one takes its place', async (shell) => {
    expect(await rawshake(['lab', 'shell'], { env: { SHELL: shell } })).toMatchObject({ code: 0, stderr: '' });
  });

  test('what still runs when the shell ends is ended too, even if it does not listen', async () => {
    const shells = new LabShells();
    const { printed } = await shells.run('client', 'bash -c \'trap "" HUP; exec sleep 1000\' & echo pid $!');
    const [, pid = ''] = /pid (\d+)/.exec(printed) ?? [];
    expect(readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(readlinkSync('/proc/self/ns/net'));
    const namespaces = holdNamespacesMadeBy(shells.client.pid);
    expect(await shells.end()).toBe(0);
    expect(shells.client.printed).toContain('the lab is gone, and with it 1 program that still ran in it');
    expect(stillAlive(namespaces)).toEqual([]);
  });

  test('what forks and ends all the time does not escape', async () => {
    const shells = new LabShells();
    const mark = `rawshake-chain-${String(process.pid)}`;
    const chain = `$SIG{HUP} = q(IGNORE); my $end = time + 6; while (time < $end) { my $child = fork; exit 0 if $child }`;
    await shells.run('client', `setsid perl -e '${chain}' ${mark} </dev/null >/dev/null 2>&1 & true`);
    expect(await shells.end()).toBe(0);
    const looks = Array.from({ length: 50 }, () =>
      runCommand(['sh', '-c', `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c '^${mark}$' || true`]),
    );
    expect(new Set(looks)).toEqual(new Set(['0\n']));
  });

  test('SIGTERM: the shell ends, and the lab with it; 130', async () => {
    const shells = new LabShells();
    await shells.run('client', 'true');
    const namespaces = holdNamespacesMadeBy(shells.client.pid);
    shells.client.kill('SIGTERM');
    // Its input is still open: were that closed, the shell might end of itself before.
    expect(await shells.client.ended()).toBe(130);
    expect(stillAlive(namespaces)).toEqual([]);
  });

  test.each(['client', 'server'] as const)('SIGKILL: nothing is left of what runs in the %s', async (host) => {
    const shells = new LabShells();
    await shells.run(host, 'bash -c \'trap "" HUP; exec sleep 1000\' &');
    const namespaces = holdNamespacesMadeBy(shells.client.pid);
    shells.client.kill('SIGKILL');
    // Nobody has told the shells to end: their input is still open.
    await vi.waitFor(
      () => {
        expect(stillAlive(namespaces)).toEqual([]);
      },
      { timeout: 10_000 },
    );
    await shells.end();
  });

  describe('a lab shell within, whose shell does not listen', () => {
    const innerIn = async (shells: LabShells): Promise<string[]> => {
      const words = shellLine([process.execPath, 'bin/rawshake.js', 'lab', 'shell']);
      const lines = `trap "" HUP; bash -c "echo inner pid \\$PPID \\$PPID; exec sleep 1000"`;
      // Its own session, as of a second terminal; its input stays open.
      const ran = await shells.run('client', `(echo '${lines}'; exec sleep 1000) | setsid ${words} &`);
      const [, shell = ''] = /inner pid (\d+)/.exec(await ran.later(/inner pid \d+/)) ?? [];
      const [, inner = ''] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${shell}/status`, 'utf8')) ?? [];
      const outside = new Set(namespacesMadeBy(shells.client.pid));
      const namespaces = holdNamespacesMadeBy(Number(inner)).filter((name) => !outside.has(name));
      expect(namespaces).toHaveLength(2);
      return namespaces;
    };

    test.each(['ends', 'is killed'])('the outer one %s: nothing is left of either', async (how) => {
      const shells = new LabShells();
      const inner = await innerIn(shells);
      const outer = holdNamespacesMadeBy(shells.client.pid);
      if (how === 'ends') expect(await shells.end()).toBe(0);
      else shells.client.kill('SIGKILL');
      await vi.waitFor(() => expect(stillAlive([...inner, ...outer])).toEqual([]), { timeout: 10_000 });
      await shells.end();
    });
  });

  test.each(['ends', 'is killed'])(
    'a program whose first thread has gone elsewhere, where it is stopped, and the shell %s: it is gone',
    async (how) => {
      const shells = new LabShells();
      const words = shellLine(['python3', '-c', ELSEWHERE]);
      const { printed } = await shells.run('client', `${words} >/dev/null 2>&1 & echo pid $!`);
      const pid = Number(/pid (\d+)/.exec(printed)?.[1]);
      const namespaceOf = (path: string) => readlinkSync(`/proc/${pid}/${path}ns/net`);
      const threads = () => readdirSync(`/proc/${pid}/task`).map((thread) => namespaceOf(`task/${thread}/`));
      await vi.waitFor(() => expect(new Set(threads()).size).toBe(2), { timeout: 20_000 });
      process.kill(pid, 'SIGSTOP');
      if (how === 'ends') expect(await shells.end()).toBe(0);
      else shells.client.kill('SIGKILL');
      await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 10_000 });
      await shells.end();
    },
  );

  test.runIf(TRACING).each(['ends', 'is killed'])(
    'a program that traces is stopped, and the shell %s: its trace goes',
    async (how) => {
      const shells = new LabShells();
      const words = shellLine([process.execPath, 'bin/rawshake.js', 'lab', 'run', 'all']);
      const { printed } = await shells.run('client', `${words} >/dev/null 2>&1 & echo pid $!`);
      const pid = Number(/pid (\d+)/.exec(printed)?.[1]);
      expect(pid).toBeGreaterThan(1);
      const instances = () => traceInstancesOf(pid);
      await vi.waitFor(() => expect(instances()).not.toEqual([]), { timeout: 20_000 });
      process.kill(pid, 'SIGSTOP');
      if (how === 'ends') expect(await shells.end()).toBe(0);
      else shells.client.kill('SIGKILL');
      await vi.waitFor(() => expect(instances()).toEqual([]), { timeout: 10_000 });
      await shells.end();
    },
  );

  test('without a capability: in a user namespace, which the line for the second terminal enters too', async () => {
    const result = await rawshake(['lab', 'shell'], { prefix: WITHOUT_CAPABILITIES });
    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout).toMatch(
      /^ {2}server {2}nsenter --user --preserve-credentials --target (\d+) --net=\/proc\/\1\/fd/m,
    );
  });
});

describe("an exercise's lab", () => {
  test("the task, what is in place, and the student's numbers as variables; nothing left", async () => {
    const before = linksAndRules();
    const shells = new LabShells(['--exercise', 'exercises/16-hand-over.yaml', '--student', 'teacher']);
    const namespaces = holdNamespacesMadeBy(shells.client.pid);
    await shells.enterLine('server');
    expect(shells.client.printed).toContain('you have connected 192.0.2.39 to 192.0.2.150, port 8888');
    expect(shells.client.printed).toMatch(/^ {2}server {2}a program listens on 192\.0\.2\.150:8888$/m);
    const probe = await shells.run(
      'client',
      'rawshake probe $SERVER $SERVER_PORT --source-port $CLIENT_PORT --seq $CLIENT_ISS',
    );
    expect(probe.printed).toContain('192.0.2.39:41000 > 192.0.2.150:8888  S 0:0(0)');
    expect(probe.printed).toContain('S. 0:0(0) ack 1');
    expect((await shells.run('server', 'ss -tan state syn-recv')).printed).toContain('192.0.2.39:41000');
    expect(await shells.end()).toBe(0);
    expect(stillAlive(namespaces)).toEqual([]);
    expect(linksAndRules()).toBe(before);
  });

  test('rules of the exercise, settings and a link that loses are in place too, in Chinese', async () => {
    const run = (name: string) => rawshake(['lab', 'shell', '--exercise', `exercises/${name}.yaml`, '--lang', 'zh']);
    expect((await run('06-wrong-chain')).stdout).toMatch(/^ {2}客户端 {2}iptables -A INPUT -p tcp --sport 8888 /m);
    const { stdout } = await run('15-three-in-ten-lost');
    expect(stdout).toMatch(/^ {2}链路 {4}丢失 30 %$/m);
    expect(stdout).toContain('net.ipv4.tcp_invalid_ratelimit = 0');
  });

  test('a student without an exercise: usage', async () => {
    const { code, stderr } = await rawshake(['lab', 'shell', '--student', 'alice']);
    expect(code).toBe(2);
    expect(stderr).toContain('hint: Add --exercise FILE.yaml');
  });
});

describe('on a terminal', () => {
  test('a prompt that says where one is; Ctrl-C is for what runs in it', async () => {
    terminal = new Terminal(['lab', 'shell', 'server']);
    await terminal.until(/lab:server \S+ [$#] /);
    // It speaks once it has the terminal: before that, Ctrl-C would be for the shell.
    terminal.type("bash -c 'echo up; exec cat'\n");
    await terminal.until(/^up\s/m);
    terminal.type('\u0003');
    await terminal.until(/lab:server \S+ [$#] /);
    terminal.type('ip -br addr show eth0; exit 5\n');
    await terminal.until(/192\.0\.2\.2\/24/);
    expect(await terminal.ended()).toBe(0);
  });

  test("a user's own prompt does not take its place", async () => {
    const home = runCommand(['mktemp', '-d']).trim();
    runCommand(['tee', `${home}/.bashrc`], {
      input: "PS1='mine> '\nPROMPT_COMMAND=\"PS1='mine> '\"\nalias greet='echo well met'\n",
    });
    terminal = new Terminal(['lab', 'shell'], { HOME: home });
    await terminal.until(/lab:client \S+ [$#] /);
    terminal.type('greet; exit\n');
    await terminal.until(/well met/);
    expect(await terminal.ended()).toBe(0);
    runCommand(['rm', '-r', home]);
  });
});
