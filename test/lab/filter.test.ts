/** The rule on the real kernel: what it drops, what it spares, and that nothing of it stays. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyFilter } from '../../src/filter/lease.js';
import { parseSavedRules } from '../../src/filter/iptables-save.js';
import { DEFAULT_MARK, planFilter } from '../../src/filter/plan.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { observedPacket } from '../../src/lab/observe-frame.js';
import { runCommand } from '../../src/linux/command.js';
import { emitPacket, formatFlags } from '../../src/wire/index.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  const [iptables, save, restore] = (family === 4 ? ['iptables'] : ['ip6tables']).flatMap((name) => [
    name,
    `${name}-save`,
    `${name}-restore`,
  ]) as [string, string, string];
  let lab: Lab;
  beforeEach(() => {
    lab = createLab();
  });
  afterEach(() => {
    lab.close();
  });

  const flow = () => ({
    src: lab.client.address(family),
    srcPort: 41000,
    dst: lab.server.address(family),
    dstPort: 8888,
  });

  /** Segments that the server's kernel never sent, to which the client's kernel owes a RST; and the client's own RST. */
  const provoke = (): { readonly fromKernel: number; readonly own: number } => {
    const { src, dst } = flow();
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
  };

  test("without it the kernel's RST leaves, with it only our own", () => {
    expect(provoke()).toEqual({ fromKernel: 1, own: 1 });
    const lease = applyFilter(planFilter({ flow: flow() }), lab.client);
    expect(lease.counters()).toEqual({ packets: 0, bytes: 0 });
    expect(provoke()).toEqual({ fromKernel: 0, own: 1 });
    expect(lease.counters()).toEqual({ packets: 1, bytes: family === 4 ? 40 : 60 });
    lease.close();
    expect(provoke()).toEqual({ fromKernel: 1, own: 1 });
  });

  test('another four-tuple, another flag, another mark: not ours to drop', () => {
    const near = [{ srcPort: 41001 }, { dstPort: 8889 }, { src: flow().dst, dst: flow().src }];
    for (const change of near) {
      const lease = applyFilter(planFilter({ flow: { ...flow(), ...change } }), lab.client);
      expect(provoke()).toEqual({ fromKernel: 1, own: 1 });
      expect(lease.counters().packets).toBe(0);
      lease.close();
    }
    const otherMark = applyFilter(planFilter({ flow: flow(), mark: 0x99 }), lab.client);
    expect(() => provoke()).not.toThrow();
    expect(otherMark.counters().packets).toBe(2); // ours too: it does not carry the mark that is spared
    otherMark.close();
  });

  test("the user's rules are what they were", () => {
    const add = (...rule: string[]) => lab.client.run([iptables, '-w', ...rule]);
    add('-t', 'raw', '-A', 'OUTPUT', '-p', 'udp', '-j', 'ACCEPT');
    add('-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT');
    add('-t', 'raw', '-N', 'mine');
    const rules = () => lab.client.run([save]).replace(/^#.*$/gm, '');
    const before = rules();
    const lease = applyFilter(planFilter({ flow: flow() }), lab.client);
    expect(rules()).not.toBe(before);
    lease.close();
    expect(rules()).toBe(before);
  });

  test('the rule file can be loaded by hand as it stands, and is the rule that the program loads', () => {
    const file = `iptables/rst-v${family}.rules`;
    const load = (text: string) => runCommand([restore, '--noflush'], { netns: lab.client.netns, input: text });
    const text = readFileSync(file, 'utf8');
    load(text);
    const [byHand] = parseSavedRules(lab.client.run([save, '-c', '-t', 'raw']));
    expect(byHand?.match).toEqual(planFilter({ flow: flow(), comment: 'rawshake:by-hand' }).rule.match);
    expect(provoke()).toEqual({ fromKernel: 0, own: 1 });
    load(text.replace(/^-I OUTPUT 1/m, '-D OUTPUT')); // as its comment says how to take it out
    expect(parseSavedRules(lab.client.run([save, '-c', '-t', 'raw']))).toEqual([]);
  });

  test('two leases at once do not disturb one another', () => {
    const first = applyFilter(planFilter({ flow: flow(), comment: 'rawshake:1' }), lab.client);
    const second = applyFilter(planFilter({ flow: { ...flow(), srcPort: 41001 }, comment: 'rawshake:2' }), lab.client);
    first.close();
    expect(second.counters()).toEqual({ packets: 0, bytes: 0 });
    second.close();
    expect(parseSavedRules(lab.client.run([save, '-c', '-t', 'raw']))).toEqual([]);
  });

  test('a kernel that does not know the table says so through iptables, with the command', () => {
    const plan = planFilter({ flow: flow() });
    const [program, ...args] = plan.add;
    const broken = { ...plan, add: [program, ...args.map((word) => (word === 'raw' ? 'nosuch' : word))] as const };
    expect(() => applyFilter({ ...broken, add: [program, ...broken.add.slice(1)] }, lab.client)).toThrow(
      expect.objectContaining({ code: 'RS_COMMAND_FAILED', stderr: expect.stringContaining('nosuch') as string }),
    );
  });
});
