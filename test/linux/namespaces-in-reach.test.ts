/** Which namespaces are lost, on machines whose processes are all to be seen, or not: folders that look like their /proc. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProcSearch } from '../../src/linux/process/proc-search.js';
import { outOfReach } from '../../src/linux/namespace/namespaces-in-reach.js';

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'rawshake-proc-'));
});
afterEach(() => {
  rmSync(proc, { recursive: true });
});

/** Ends of links begin with their kind, as in `net:[1]`; all else is the text of a file. */
function place(files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(proc, name);
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    if (/^\w+:\[/.test(content)) symlinkSync(content, path);
    else writeFileSync(path, content);
  }
}

const MACHINE = {
  'self/ns/pid': 'pid:[4026531836]',
  'self/ns/user': 'user:[4026531837]',
  '1/ns/net': 'net:[1]',
  '1/ns/mnt': 'mnt:[1]',
  '1/task/1/ns/net': 'net:[1]',
  '1/mountinfo': '22 1 0:20 / /proc rw - proc proc rw\n',
  '1/fdinfo/0': 'pos:\t0\nflags:\t0100000\nmnt_id:\t23\nino:\t3\n',
  '7/ns/mnt': 'mnt:[7]',
  '7/task/7/ns/net': 'net:[1]',
  uptime: '1 1',
};
const lost = (): readonly string[] => [...outOfReach(['net:[5]', 'net:[6]'], proc)];

test('what nobody is in, has open or has mounted', () => {
  place(MACHINE);
  expect(lost()).toEqual(['net:[5]', 'net:[6]']);
});

test.each<[string, Readonly<Record<string, string>>]>([
  ['a thread in it', { '7/task/8/ns/net': 'net:[5]' }],
  ['a descriptor of it', { '7/fdinfo/3': 'pos:\t0\nino:\t5\n' }],
  ['a mount of it in another mount namespace', { '7/mountinfo': '30 1 0:4 net:[5] /run/netns/a rw - nsfs nsfs rw\n' }],
])('not where there is %s', (_, more) => {
  place({ ...MACHINE, ...more });
  expect(lost()).toEqual(['net:[6]']);
});

test.each<[string, Readonly<Record<string, string>>]>([
  ['of a container are seen', { 'self/ns/pid': 'pid:[4026532316]' }],
  ['of a user namespace may be looked into', { 'self/ns/user': 'user:[4026532316]' }],
  ['say no inode of what they have open', { '7/fdinfo/3': 'pos:\t0\n' }],
])('none where only processes %s', (_, more) => {
  place({ ...MACHINE, ...more });
  expect(lost()).toEqual([]);
});

test('none where the first process of all is hidden', () => {
  place(MACHINE);
  rmSync(join(proc, '1'), { recursive: true });
  expect(lost()).toEqual([]);
});

test('none where a process may not be looked into: what cannot be read is not known', () => {
  place(MACHINE);
  mkdirSync(join(proc, '7/mountinfo')); // EISDIR, for root may read whatever has a mode
  expect(lost()).toEqual([]);
});

test('none where a stranger has so much open that the search is given up', () => {
  place({ ...MACHINE, ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`7/fdinfo/${i}`, 'ino:\t3\n'])) });
  expect([...outOfReach(['net:[5]'], proc, new ProcSearch(60))]).toEqual([]);
  expect([...outOfReach(['net:[5]'], proc)]).toEqual(['net:[5]']);
});
