/** A rule of iptables removed over netlink, with what it brought, and nothing that is somebody else's. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/linux/process/command.js';
import { MADE_CHAIN, MADE_TABLE } from '../../src/linux/process/guard-script.js';
import { createNamespace, type NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { removeFromRaw, tidyRaw } from '../../src/linux/netlink/raw-table.js';

let netns: NetworkNamespace;
beforeEach(() => {
  netns = createNamespace();
});
afterEach(() => {
  netns.close();
});

const run = (...argv: [string, ...string[]]): string => runCommand(argv, { netns });
const ruleset = (): string =>
  run('nft', 'list', 'ruleset')
    .replace(/^#.*\n/gm, '')
    .replace(/\s+/g, ' ')
    .trim();

describe.each([
  [4, 'iptables', 'ip'],
  [6, 'ip6tables', 'ip6'],
] as const)('IPv%i', (family, iptables, name) => {
  const add = (comment: string, chain = 'OUTPUT', program: string = iptables): void => {
    run(program, '-t', 'raw', '-I', chain, '-p', 'tcp', '-m', 'comment', '--comment', comment, '-j', 'DROP');
  };
  const remove = (comment: string): boolean => removeFromRaw(comment, { family, netns });
  /** As a guard makes them. */
  const make = (mark: string): void => {
    const base = '{ type filter hook output priority raw; policy accept; }';
    run('nft', `add table ${name} raw; create chain ${name} raw ${mark}; create chain ${name} raw OUTPUT ${base}`);
  };

  test('the last of ours takes the table along that was made for it', () => {
    make(MADE_TABLE);
    add('rawshake:1');
    add('rawshake:2');
    expect(remove('rawshake:1')).toBe(true);
    expect(ruleset()).toContain(MADE_TABLE);
    expect(remove('rawshake:2')).toBe(true);
    expect(ruleset()).toBe('');
  });

  test('or the chain', () => {
    run('nft', `create table ${name} raw; create chain ${name} raw mine`);
    const before = ruleset();
    make(MADE_CHAIN);
    add('rawshake:1');
    expect(remove('rawshake:1')).toBe(true);
    expect(ruleset()).toBe(before);
  });

  test("a table that was there stays, and so do the user's rules and chains", () => {
    run(iptables, '-t', 'raw', '-A', 'OUTPUT', '-p', 'udp', '-j', 'ACCEPT');
    const before = ruleset();
    add('rawshake:1');
    expect(remove('rawshake:1')).toBe(true);
    expect(ruleset()).toBe(before);
  });

  test.each([
    ['a rule', 'OUTPUT', ['-A', 'OUTPUT', '-p', 'udp', '-j', 'ACCEPT']],
    ['a rule in the other chain', 'PREROUTING', ['-A', 'PREROUTING', '-p', 'udp', '-j', 'ACCEPT']],
    ['a chain', 'mine', ['-N', 'mine']],
  ] as const)('%s that somebody has put into what was made stays, and the mark goes', (_what, where, words) => {
    make(MADE_TABLE);
    add('rawshake:1');
    run(iptables, '-t', 'raw', ...words);
    expect(remove('rawshake:1')).toBe(true);
    expect(ruleset()).toContain(`chain ${where} {`);
    expect(ruleset()).not.toContain('rawshake');
  });

  test.each([
    ['a set', 'set mine', '{ type inet_service; elements = { 80 }; }'],
    ['a map', 'map mine', '{ type inet_service : mark; }'],
    ['a counter', 'counter mine', ''],
  ])('%s that somebody has put there stays, with the table', (_what, named, definition) => {
    make(MADE_TABLE);
    add('rawshake:1');
    const [kind = '', ...rest] = named.split(' ');
    run('nft', `add ${kind} ${name} raw ${rest.join(' ')} ${definition}`);
    expect(remove('rawshake:1')).toBe(true);
    expect(ruleset()).toContain(`${named} {`);
    expect(ruleset()).not.toMatch(/rawshake|OUTPUT/);
  });

  test('a policy that somebody has given the chain stays in force', () => {
    make(MADE_TABLE);
    add('rawshake:1');
    run(iptables, '-t', 'raw', '-P', 'OUTPUT', 'DROP');
    expect(remove('rawshake:1')).toBe(true);
    expect(ruleset()).toMatch(/^table \w+ raw \{ chain OUTPUT \{ [^{}]* policy drop; \} \}$/);
  });

  test('what was made before its guard was killed, with no rule in it yet, goes; not while there is one of ours', () => {
    const tidy = (): boolean => tidyRaw({ family, netns });
    make(MADE_TABLE);
    expect(tidy()).toBe(true);
    expect(ruleset()).toBe('');
    make(MADE_TABLE);
    add('rawshake:1');
    const before = ruleset();
    expect(tidy()).toBe(false);
    expect(ruleset()).toBe(before);
  });

  test('a comment is taken whole', () => {
    add('rawshake:12');
    add('not rawshake:1');
    expect(remove('rawshake:1')).toBe(false);
    expect(ruleset()).toContain('drop');
  });

  test('one of the old kind is none of its business', () => {
    add('rawshake:1', 'OUTPUT', `${iptables}-legacy`);
    expect(remove('rawshake:1')).toBe(false);
    expect(run(`${iptables}-legacy-save`)).toContain('rawshake:1');
  });
});
