import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { refuseSameFile } from '../../src/cli/same-file.js';

let folder: string;

/** `d` has a file of two names and a folder `e`; links lead to both folders. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rawshake-same-'));
  mkdirSync(join(folder, 'd', 'e'), { recursive: true });
  writeFileSync(join(folder, 'd', 'there'), '');
  linkSync(join(folder, 'd', 'there'), join(folder, 'd', 'again'));
  symlinkSync('d', join(folder, 'dl'));
  symlinkSync('d/e', join(folder, 'el'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const given = (pcap: string, html: string) => () => {
  refuseSameFile({ pcap, html });
};

describe('two names of one file are refused', () => {
  test.each([
    ['d/x', 'd/./x'],
    ['d/x', 'dl/x'],
    ['d/new/x', 'dl/new/x'],
    ['d/x', 'el/../x'],
    ['d/there', 'dl/there'],
    ['d/there', 'd/again'],
  ])('%s and %s', (one, other) => {
    expect(given(`${folder}/${one}`, `${folder}/${other}`)).toThrow(/^usage: --pcap and --html name the same file: /);
  });

  test('by the folder one is in', () => {
    expect(given('rawshake-none-yet', '/proc/self/cwd/rawshake-none-yet')).toThrow(/name the same file/);
  });
});

test.each([
  ['d/x', 'd/y'],
  ['x', 'el/../../x/x'],
  ['x', 'el/../x'],
])('%s and %s are two files', (one, other) => {
  expect(given(`${folder}/${one}`, `${folder}/${other}`)).not.toThrow();
});

test('a device takes any number', () => {
  expect(given('/dev/null', '/dev/null')).not.toThrow();
});
