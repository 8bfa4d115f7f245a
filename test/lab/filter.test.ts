/** The rule on the real kernel: what it drops, what it spares, and that what is shown is what is in force. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RawshakeError, verbatim } from '../../src/error.js';
import type { FilterFlow } from '../../src/filter/flow.js';
import { applyFilter } from '../../src/filter/lease.js';
import { parseSavedRules } from '../../src/filter/iptables-save.js';
import { DEFAULT_MARK, planFilter } from '../../src/filter/plan.js';
import type { FilterHost } from '../../src/filter/ports.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { observedPacket } from '../../src/lab/observe-frame.js';
import { runCommand } from '../../src/linux/process/command.js';
import { emitPacket, formatFlags } from '../../src/wire/index.js';

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

type Family = 4 | 6;

const flowOf = (family: Family) => ({
  src: lab.client.address(family),
  srcPort: 41000,
  dst: lab.server.address(family),
  dstPort: 8888,
});

/** Segments that the server's kernel never sent, to which the client's kernel owes a RST; and the client's own RST. */
function provoke(family: Family): { readonly fromKernel: number; readonly own: number } {
  const { src, dst } = flowOf(family);
  const capture = lab.client.capture(DEFAULT_MARK);
  const server = lab.server.openPort('libc', { local: dst, remote: src });
  const client = lab.client.openPort('libc', { local: src, remote: dst, mark: DEFAULT_MARK });
  const ip = { version: family, src: dst, dst: src } as const;
  server.send(emitPacket({ ip, tcp: { srcPort: 8888, dstPort: 41000, flags: 'S.', ack: 7 } }));
  client.send(emitPacket({ ip: { ...ip, src, dst }, tcp: { srcPort: 41000, dstPort: 8888, flags: 'R', seq: 7 } }));
  const resets = capture
    .frames()
    .flatMap((frame) => observedPacket(frame, 'client') ?? [])
    .filter(({ from, segment }) => from === 'client' && formatFlags(segment.flags).includes('R'));
  for (const port of [server, client, capture]) port.close();
  const own = resets.filter(({ sender }) => sender === 'rawshake').length;
  return { own, fromKernel: resets.length - own };
}

const CASES = [
  ['nft', 4],
  ['nft', 6],
  ['iptables', 4],
  ['iptables', 6],
] as const;

describe.each(CASES)('%s, IPv%i', (backend, family) => {
  const apply = (flow: FilterFlow, mark = DEFAULT_MARK) => applyFilter(planFilter({ flow, backend, mark }), lab.client);

  test("without it the kernel's RST leaves, with it only our own", () => {
    expect(provoke(family)).toEqual({ fromKernel: 1, own: 1 });
    const lease = apply(flowOf(family));
    expect(lease.counters()).toEqual({ packets: 0, bytes: 0 });
    expect(provoke(family)).toEqual({ fromKernel: 0, own: 1 });
    expect(lease.counters()).toEqual({ packets: 1, bytes: family === 4 ? 40 : 60 });
    lease.close();
    expect(provoke(family)).toEqual({ fromKernel: 1, own: 1 });
  });

  test('another four-tuple, another mark: not ours to drop', () => {
    const flow = flowOf(family);
    const near = [{ srcPort: 41001 }, { dstPort: 8889 }, { src: flow.dst, dst: flow.src }];
    for (const change of near) {
      const lease = apply({ ...flow, ...change });
      expect(provoke(family)).toEqual({ fromKernel: 1, own: 1 });
      expect(lease.counters().packets).toBe(0);
      lease.close();
    }
    const otherMark = apply(flow, 0x99);
    expect(() => provoke(family)).not.toThrow();
    expect(otherMark.counters().packets).toBe(2); // ours too: it does not carry the mark that is spared
    otherMark.close();
  });

  test('what is left open matches any, the rest exactly', () => {
    const { src, srcPort, dst, dstPort } = flowOf(family);
    const wide: FilterFlow[] = [{ src }, { src, srcPort }, { src, dst }, { src, dst, dstPort }, { src, dstPort }];
    for (const flow of wide) {
      const lease = apply(flow);
      expect(provoke(family)).toEqual({ fromKernel: 0, own: 1 });
      expect(lease.counters().packets).toBe(1);
      lease.close();
    }
    for (const flow of [{ src: dst }, { src, srcPort: 41001 }, { src, dst: src }, { src, dstPort: 8889 }]) {
      const lease = apply(flow);
      expect(provoke(family)).toEqual({ fromKernel: 1, own: 1 });
      lease.close();
    }
  });

  test('two leases at once do not disturb one another', () => {
    const first = apply(flowOf(family));
    const second = apply({ ...flowOf(family), srcPort: 41001 });
    const same = apply(flowOf(family));
    first.close();
    expect(provoke(family)).toEqual({ fromKernel: 0, own: 1 });
    expect(second.counters()).toEqual({ packets: 0, bytes: 0 });
    expect(same.counters().packets).toBe(1);
    second.close();
    same.close();
    expect(provoke(family)).toEqual({ fromKernel: 1, own: 1 });
  });

  test('the commands that are shown, typed by a person, do the same', () => {
    const plan = planFilter({ flow: flowOf(family), backend, comment: 'rawshake:by-hand' });
    for (const command of plan.commands) lab.client.run(command);
    expect(provoke(family)).toEqual({ fromKernel: 0, own: 1 });
    lab.client.run(plan.removal);
    expect(provoke(family)).toEqual({ fromKernel: 1, own: 1 });
  });
});

describe.each([4, 6] as const)('iptables/rst-v%i.rules', (family) => {
  const name = family === 4 ? 'iptables' : 'ip6tables';

  test('can be loaded by hand as it stands, and is the rule that the program loads', () => {
    const load = (input: string) => runCommand([`${name}-restore`, '--noflush'], { netns: lab.client.netns, input });
    const text = readFileSync(`iptables/rst-v${family}.rules`, 'utf8');
    load(text);
    const [byHand] = parseSavedRules(lab.client.run([`${name}-save`, '-c', '-t', 'raw']));
    const { rule } = planFilter({ flow: flowOf(family), backend: 'iptables', comment: 'rawshake:by-hand' });
    expect(byHand?.match).toEqual(rule.match);
    expect(provoke(family)).toEqual({ fromKernel: 0, own: 1 });
    load(text.replace(/^-I OUTPUT 1/m, '-D OUTPUT')); // as its comment says how to take it out
    expect(parseSavedRules(lab.client.run([`${name}-save`, '-c', '-t', 'raw']))).toEqual([]);
  });
});

describe('iptables/rst.nft', () => {
  const listed = (table: string) => lab.client.run(['nft', 'list', 'table', 'inet', table]);
  const byHand = 'rawshake-by-hand';

  test('can be loaded by hand as it stands, for both IP versions, and taken out', () => {
    lab.client.run(['nft', '-f', 'iptables/rst.nft']);
    for (const family of [4, 6] as const) expect(provoke(family)).toEqual({ fromKernel: 0, own: 1 });
    lab.client.run(['nft', 'delete', 'table', 'inet', byHand]);
    expect(provoke(4)).toEqual({ fromKernel: 1, own: 1 });
  });

  test('is what the program loads, less the other IP version, in a table that it owns', () => {
    lab.client.run(['nft', '-f', 'iptables/rst.nft']);
    const file = listed(byHand);
    lab.client.run(['nft', 'delete', 'table', 'inet', byHand]);
    for (const family of [4, 6] as const) {
      const plan = planFilter({ flow: flowOf(family), backend: 'nft', comment: 'rawshake:by-hand' });
      const lease = applyFilter(plan, lab.client);
      const other = family === 4 ? /^\t\tip6 saddr.*\n/m : /^\t\tip saddr.*\n/m;
      const ours = listed(byHand);
      expect(ours).toContain('flags owner');
      expect(ours.replace(/ # progname .*/, '').replace('\tflags owner\n\n', '')).toBe(file.replace(other, ''));
      lease.close();
    }
  });
});

test('a kernel that does not know the table says so through iptables, with the command', () => {
  const plan = planFilter({ flow: flowOf(4), backend: 'iptables' });
  const commands = plan.commands.map(
    ([program, ...words]) => [program, ...words.map((word) => (word === 'raw' ? 'nosuch' : word))] as const,
  );
  expect(() => applyFilter({ ...plan, commands }, lab.client)).toThrow(
    expect.objectContaining({ code: 'RS_COMMAND_FAILED', stderr: expect.stringContaining('nosuch') as string }),
  );
});

test('where no session can own a table, the program nft adds it, and it is removed all the same', () => {
  const commands: string[] = [];
  const { client } = lab;
  const host: FilterHost = {
    run: (argv) => client.run(argv),
    nft: () => ({
      ...client.nft(),
      create: () => {
        throw new RawshakeError('RS_COMMAND_FAILED', verbatim('no owned tables'), { hint: { en: '', zh: '' } }); // as before Linux 5.12
      },
    }),
    addRule: (rule) => {
      client.addRule(rule);
    },
    removeRule: (rule) => {
      client.removeRule(rule);
    },
    holdRule: (rule) => {
      commands.push(rule.add[0]);
      return client.holdRule(rule);
    },
  };
  const lease = applyFilter(planFilter({ flow: flowOf(4), backend: 'nft' }), host);
  expect(commands).toEqual(['nft']);
  expect(provoke(4)).toEqual({ fromKernel: 0, own: 1 });
  expect(lease.counters().packets).toBe(1);
  lease.close();
  expect(client.run(['nft', 'list', 'ruleset'])).toBe('');
});
