import { copyFileSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/linux/process/command.js';
import { createNamespace } from '../../src/linux/namespace/netns.js';
import { zombies } from '../support/zombies.js';
import { setSysctls, readSysctl } from '../../src/linux/namespace/sysctl.js';

const here = (): string => readlinkSync('/proc/thread-self/ns/net');

test('a namespace is another one, and run comes back from it', () => {
  const home = here();
  const netns = createNamespace();
  expect(here()).toBe(home);
  expect(netns.run(here)).not.toBe(home);
  expect(here()).toBe(home);
  netns.close();
});

test('run comes back from a namespace when what it runs throws', () => {
  const home = here();
  const netns = createNamespace();
  expect(() =>
    netns.run(() => {
      throw new Error('inside');
    }),
  ).toThrow('inside');
  expect(here()).toBe(home);
  netns.close();
});

test('children are started inside, and other programs reach it by its path', () => {
  const netns = createNamespace();
  const inside = netns.run(here);
  expect(runCommand(['readlink', '/proc/self/ns/net'], { netns }).trim()).toBe(inside);
  expect(runCommand(['nsenter', `--net=${netns.path}`, 'readlink', '/proc/self/ns/net']).trim()).toBe(inside);
  netns.close();
});

test('settings belong to the namespace', () => {
  const netns = createNamespace();
  const outside = readSysctl('net.ipv4.tcp_syn_retries');
  setSysctls(netns, { 'net.ipv4.tcp_syn_retries': 3 });
  expect(netns.run(() => readSysctl('net.ipv4.tcp_syn_retries'))).toBe('3');
  expect(readSysctl('net.ipv4.tcp_syn_retries')).toBe(outside);
  netns.close();
});

test.each([
  ['net.ipv4.conf', 'no such setting'],
  ['net.ipv4.', 'no such setting'],
  ['net.ipv4.tcp_syncookies.more', 'no such setting'],
  ['net.ipv4.tcp_no_such_thing', 'no such setting'],
  ['net.ipv4.tcp_available_congestion_control', 'can only be read'],
])('%s cannot be set, and that is no matter of privileges: %s', (name, why) => {
  const netns = createNamespace();
  expect(() => {
    setSysctls(netns, { [name]: 1 });
  }).toThrow(expect.objectContaining({ code: 'RS_USAGE', message: expect.stringContaining(why) as string }) as Error);
  netns.close();
});

test('closing twice is closing once, and nothing of it stays open', () => {
  const openNamespaces = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith('net:');
      } catch {
        return false; // the descriptor by which the folder is read
      }
    }).length;
  const before = openNamespaces();
  const namespaces = Array.from({ length: 5 }, () => createNamespace());
  expect(openNamespaces()).toBe(before + 5);
  for (const netns of [...namespaces, ...namespaces]) netns.close();
  expect(openNamespaces()).toBe(before);
});

describe('commands', () => {
  test('one that is not installed names what to do', () => {
    expect(() => runCommand(['no-such-program-here'])).toThrow(
      expect.objectContaining({
        code: 'RS_MISSING_TOOL',
        message: 'no-such-program-here: the program is not installed',
      }),
    );
  });

  test('a folder of the PATH that may not be read makes it no less missing', () => {
    const path = process.env['PATH'];
    process.env['PATH'] = `/proc/1/cwd:${path ?? ''}`;
    try {
      expect(() => runCommand(['no-such-program-here'])).toThrow(expect.objectContaining({ code: 'RS_MISSING_TOOL' }));
    } finally {
      process.env['PATH'] = path;
    }
  });

  test("one that fails and is BusyBox's alone: that another takes its place", () => {
    const folder = mkdtempSync(join(tmpdir(), 'rawshake-busybox-'));
    copyFileSync('/bin/false', join(folder, 'busybox'));
    symlinkSync('busybox', join(folder, 'no-such-program-here'));
    const path = process.env['PATH'];
    process.env['PATH'] = `${folder}:${path ?? ''}`;
    try {
      expect(() => runCommand(['no-such-program-here'])).toThrow(
        expect.objectContaining({
          code: 'RS_MISSING_TOOL',
          message: "no-such-program-here: only BusyBox's is installed, and it cannot do this",
        }),
      );
    } finally {
      process.env['PATH'] = path;
      rmSync(folder, { recursive: true });
    }
  });

  test('one that fails hands on argv and stderr', () => {
    expect(() => runCommand(['ip', 'link', 'show', 'nothing'])).toThrow(
      expect.objectContaining({
        code: 'RS_COMMAND_FAILED',
        command: ['ip', 'link', 'show', 'nothing'],
        stderr: expect.stringContaining('does not exist') as string,
      }),
    );
  });

  test('arguments are never read by a shell', () => {
    expect(runCommand(['printf', '%s', '$(id); `id` "']).trim()).toBe('$(id); `id` "');
  });

  test('a child has its own session, so that Ctrl-C does not end it half way', () => {
    const session = (stat: string) => stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
    const own = session(readFileSync('/proc/self/stat', 'utf8'));
    expect(session(runCommand(['cat', '/proc/self/stat']))).not.toBe(own);
  });

  test('many in one go: none is left as a zombie until the event loop runs', () => {
    for (let count = 1; count <= 20; count++) runCommand(['true']);
    expect(() => runCommand(['sh', '-c', 'kill -TERM $$'])).toThrow('exit status null');
    expect(zombies()).toEqual([]);
  });
});
