/** Filters on a host with rules of its own: those are what they were, and ours come back after a reload, or go for good. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { applyFilter, type FilterLease } from '../../src/filter/lease.js';
import { addDetached, detachedComment } from '../../src/filter/detached.js';
import { findFilters, removeFilter } from '../../src/filter/found.js';
import { iptablesCommands } from '../../src/filter/iptables.js';
import type { FilterFlow } from '../../src/filter/flow.js';
import { type Backend, planFilter } from '../../src/filter/plan.js';
import { type SystemHost, systemHost } from '../../src/linux/filter/filter-host.js';
import { createNamespace, type NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { allRules, guardsOf, journalEntries, loadRules } from '../support/host-rules.js';
import { zombies } from '../support/zombies.js';
import { type LegacyPath, legacyPath } from '../support/legacy.js';
import { NFT_RULE_SETS, RULE_SETS } from '../support/rule-sets.js';

let netns: NetworkNamespace;
let host: SystemHost;
beforeEach(() => {
  netns = createNamespace();
  host = systemHost(netns);
});
afterEach(() => {
  host.close();
  netns.close();
});

const FLOWS = [
  { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 },
  { src: '2001:db8::1', srcPort: 41000 },
] as const;

const apply = (backend: Backend, flow: FilterFlow = FLOWS[0], on = host): FilterLease =>
  applyFilter(planFilter({ flow, backend }), on);

const nft = (...words: string[]): string => host.run(['nft', ...words]);

/** For both IP versions: in force, seen, and gone without a trace. */
function comesAndGoes(backend: Backend): void {
  const before = allRules(netns);
  const leases = FLOWS.map((flow) => apply(backend, flow));
  expect(allRules(netns)).not.toBe(before);
  expect(findFilters(host).map(({ plan }) => plan.flow)).toEqual(FLOWS);
  for (const lease of leases) lease.close();
  expect(allRules(netns)).toBe(before);
  expect(journalEntries(netns)).toEqual([]);
  expect(leases.flatMap(({ plan }) => guardsOf(plan.comment))).toEqual([]);
}

describe.each(['nft', 'iptables'] as const)('%s: the rules of the host are byte for byte what they were', (backend) => {
  test.each([...RULE_SETS, ...NFT_RULE_SETS])('$name', (rules) => {
    loadRules(netns, rules);
    comesAndGoes(backend);
  });
});

describe('iptables of the old kind', () => {
  const path = process.env['PATH'];
  let legacy: LegacyPath;
  beforeAll(() => {
    legacy = legacyPath();
    process.env['PATH'] = legacy.path;
  });
  afterAll(() => {
    process.env['PATH'] = path;
    legacy.remove();
  });
  // That the table has been used stays for the life of the namespace: it does so before the comparison begins.
  beforeEach(() => {
    for (const program of ['iptables', 'ip6tables'] as const) host.run([program, '-t', 'raw', '-S']);
  });

  test.each(RULE_SETS)('the rules of the host are byte for byte what they were: $name', (rules) => {
    loadRules(netns, rules);
    comesAndGoes('iptables');
  });

  test('is named', () => {
    const lease = apply('iptables');
    expect(lease.variant).toBe('legacy');
    lease.close();
  });

  test('a reload is noticed when the counters are read', () => {
    let said = 0;
    const lease = applyFilter(planFilter({ flow: FLOWS[0], backend: 'iptables' }), host, {
      onRestored: () => (said += 1),
    });
    host.run(['iptables', '-t', 'raw', '-F']);
    expect(lease.counters()).toEqual({ packets: 0, bytes: 0 });
    expect(said).toBe(1);
    expect(findFilters(host)).toHaveLength(1);
    lease.close();
    expect(findFilters(host)).toEqual([]);
  });
});

describe('iptables on nf_tables brings tables and chains', () => {
  test('several programs at once: the last one to leave takes them along', () => {
    const before = allRules(netns);
    const hosts = [1, 2, 3].map(() => systemHost(netns));
    const leases = hosts.map((each) => apply('iptables', FLOWS[0], each));
    for (const i of [1, 0, 2]) {
      expect(findFilters(host)).not.toEqual([]);
      leases[i]?.close();
    }
    for (const each of hosts) each.close();
    expect(allRules(netns)).toBe(before);
  });

  test('what somebody else has put into them since stays, and our mark goes', () => {
    const lease = apply('iptables');
    host.run(['iptables', '-t', 'raw', '-A', 'OUTPUT', '-p', 'udp', '-j', 'ACCEPT']);
    lease.close();
    const [after] = allRules(netns).split('----');
    expect(after).toContain('meta l4proto udp counter accept');
    expect(after).not.toContain('rawshake');
  });

  test('the same in another chain of the table', () => {
    const lease = apply('iptables');
    host.run(['iptables', '-t', 'raw', '-A', 'PREROUTING', '-p', 'udp', '-j', 'ACCEPT']);
    lease.close();
    const [after = ''] = allRules(netns).split('----');
    expect(after.replace(/\s+/g, ' ').trim()).toMatch(/^table ip raw \{ chain PREROUTING \{ [^}]+ \} \}$/);
  });

  test('a rule that cannot be added leaves nothing either', () => {
    const before = allRules(netns);
    const plan = planFilter({ flow: FLOWS[0], backend: 'iptables' });
    const [add = plan.removal] = plan.commands;
    const broken = [...add.slice(0, -1), 'NOSUCHTARGET'] as unknown as typeof add;
    expect(() => applyFilter({ ...plan, commands: [broken] }, host)).toThrow(
      expect.objectContaining({ code: 'RS_COMMAND_FAILED', stderr: expect.stringContaining('NOSUCHTARGET') as string }),
    );
    expect(allRules(netns)).toBe(before);
    expect(journalEntries(netns)).toEqual([]);
  });
});

describe('a reload during the run', () => {
  test('nft: a flush of everything does not touch a table that is owned', () => {
    const lease = apply('nft');
    nft('flush', 'ruleset');
    expect(lease.counters()).toEqual({ packets: 0, bytes: 0 });
    expect(lease.restored).toBe(0);
    lease.close();
  });

  test.each([
    ['nft', 'flush', 'ruleset'],
    ['iptables', '-t', 'raw', '-F'],
  ] as const)('iptables: %s %s %s is noticed at once, and the rule is back', async (...command) => {
    const before = allRules(netns);
    let restored: () => void = () => undefined;
    const noticed = new Promise<void>((resolve) => (restored = resolve));
    const plan = planFilter({ flow: FLOWS[0], backend: 'iptables' });
    const lease = applyFilter(plan, host, { onRestored: restored });
    host.run([...command]);
    expect(findFilters(host)).toEqual([]);
    await noticed;
    expect(findFilters(host).map((filter) => filter.plan.comment)).toEqual([plan.comment]);
    expect(lease.restored).toBe(1);
    lease.close();
    expect(allRules(netns)).toBe(before);
  });

  test("somebody else's deletions are none of ours", () => {
    nft('add', 'table', 'inet', 'mine');
    const lease = apply('iptables');
    nft('delete', 'table', 'inet', 'mine');
    expect(lease.counters()).toEqual({ packets: 0, bytes: 0 });
    expect(lease.restored).toBe(0);
    lease.close();
  });
});

describe('a rule that somebody has flushed: what it brought goes all the same', () => {
  const flush = (): string => host.run(['iptables', '-t', 'raw', '-F']);

  test('when its filter is closed', () => {
    const before = allRules(netns);
    const lease = apply('iptables');
    flush();
    lease.close();
    expect(allRules(netns)).toBe(before);
    expect(journalEntries(netns)).toEqual([]);
  });

  test('by a guard that is alone', async () => {
    const before = allRules(netns);
    const { add, remove, plan } = iptablesCommands(planFilter({ flow: FLOWS[0], backend: 'iptables' }));
    const hold = host.holdRule({ plan, add, remove });
    for (const pid of guardsOf(plan.comment)) process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => {
      expect(guardsOf(plan.comment)).toEqual([]);
    });
    flush();
    hold.close();
    expect(allRules(netns)).toBe(before);
  });

  test('but not while another of ours is there, beside what is not ours', () => {
    const leases = [apply('iptables'), apply('iptables', { ...FLOWS[0], srcPort: 41001 })];
    const [gone, stays] = leases.map(({ plan }) => plan.removal);
    host.run(['iptables', '-t', 'raw', '-A', 'OUTPUT', '-p', 'udp', '-j', 'ACCEPT']);
    host.run(gone ?? ['false']);
    leases[0]?.close();
    expect(allRules(netns)).toContain('rawshake-made-table');
    expect(allRules(netns)).toContain((stays ?? []).find((word) => word.startsWith('rawshake:')));
    leases[1]?.close();
    expect(allRules(netns)).not.toContain('rawshake');
  });
});

test('a guard that somebody kills: the rule is removed all the same', async () => {
  const before = allRules(netns);
  const lease = apply('iptables');
  const guards = guardsOf(lease.plan.comment);
  expect(guards).toHaveLength(1);
  for (const pid of guards) process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => {
    expect(guardsOf(lease.plan.comment)).toEqual([]);
  });
  expect(journalEntries(netns)).toHaveLength(1);
  lease.close();
  expect(allRules(netns)).toBe(before);
  expect(journalEntries(netns)).toEqual([]);
});

describe('of the kind of iptables that the plain name does not lead to', () => {
  const path = process.env['PATH'];
  const addWith = (newPath: string | undefined): void => {
    process.env['PATH'] = newPath;
    for (const flow of FLOWS) addDetached(planFilter({ flow, backend: 'iptables', comment: detachedComment() }), host);
  };

  test.each(['legacy', 'nf_tables'] as const)('a filter in %s is found, named and removed', (variant) => {
    const legacy = legacyPath();
    try {
      addWith(variant === 'legacy' ? legacy.path : path);
      process.env['PATH'] = variant === 'legacy' ? path : legacy.path;
      const found = findFilters(host);
      expect(found.map(({ plan: { flow }, variant }) => ({ flow, variant }))).toEqual(
        FLOWS.map((flow) => ({ flow, variant })),
      );
      for (const filter of found) removeFilter(filter, host);
      expect(findFilters(host)).toEqual([]);
      expect(allRules(netns)).not.toContain('rawshake');
    } finally {
      process.env['PATH'] = path;
      legacy.remove();
    }
  });
});

test('many guards in one go: those that have ended do not stay as zombies', () => {
  for (let port = 1; port <= 12; port++) {
    const added = addDetached(
      planFilter({ flow: { src: '192.0.2.1', srcPort: port }, backend: 'iptables', comment: detachedComment() }),
      host,
    );
    removeFilter(added, host);
  }
  // The latest may end while this looks.
  expect(zombies().length).toBeLessThan(6);
});

test('two kinds at once are both found', () => {
  const leases = [apply('nft'), apply('iptables')];
  expect(findFilters(host).map(({ plan, owner }) => ({ backend: plan.backend, owner: owner?.pid }))).toEqual([
    { backend: 'nft', owner: process.pid },
    { backend: 'iptables', owner: process.pid },
  ]);
  for (const lease of leases) lease.close();
});

test('no child inherits a line to nf_tables, which would keep its tables alive', () => {
  const inherited = (): number => host.run(['sh', '-c', 'ls -l /proc/$$/fd']).split('socket:').length;
  const before = inherited();
  const hosts = [1, 2, 3].map(() => systemHost(netns));
  for (const each of hosts) each.nft().contents('inet');
  const leases = hosts.map((each) => apply('iptables', FLOWS[0], each));
  expect(inherited()).toBe(before);
  for (const { plan } of leases) {
    for (const guard of guardsOf(plan.comment)) {
      expect(readdirSync(`/proc/${guard}/fd`).filter((fd) => Number(fd) > 2 && isNetlink(guard, fd))).toEqual([]);
    }
  }
  for (const lease of leases) lease.close();
  for (const each of hosts) each.close();
});

/** Whether a descriptor of a process is a netlink socket of this namespace. */
function isNetlink(pid: number, fd: string): boolean {
  const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
  const sockets = readFileSync(`/proc/${pid}/net/netlink`, 'utf8').split('\n');
  return inode !== '' && sockets.some((line) => line.trim().endsWith(` ${inode}`));
}
