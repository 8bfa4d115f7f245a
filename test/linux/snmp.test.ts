import { expect, test } from 'vitest';
import { counterDifference } from '../../src/evidence/counters.js';
import { createLab } from '../../src/lab/lab.js';
import { emitPacket } from '../../src/wire/index.js';

test('the counters of a host are those that nstat reads', () => {
  const lab = createLab();
  const lines = lab.server.run(['nstat', '-asz']).split('\n').slice(1);
  const byProgram = lines.filter((line) => line !== '').map((line) => line.trim().split(/\s+/));
  const counters = lab.server.counters();
  expect(byProgram.length).toBeGreaterThan(100);
  expect(byProgram.filter(([name = '', value]) => counters.get(name) !== Number(value))).toEqual([]);
  lab.close();
});

test.each([4, 6] as const)(
  'a SYN to a closed port, IPv%i: one RST out, and nothing but what it takes',
  async (family) => {
    const lab = createLab();
    const before = { client: lab.client.counters(), server: lab.server.counters() };
    const [src, dst] = [lab.client.address(family), lab.server.address(family)];
    const port = lab.client.openPort('libc', { local: src, remote: dst });
    const answered = new Promise<void>((resolve) => {
      port.onPacket(() => {
        resolve();
      });
    });
    port.send(emitPacket({ ip: { version: family, src, dst }, tcp: { srcPort: 41000, dstPort: 8888, flags: 'S' } }));
    await answered;
    const grown = counterDifference(before.server, lab.server.counters());
    expect(grown).toMatchObject({ TcpInSegs: 1, TcpOutRsts: 1 });
    expect(Object.values(grown).filter((difference) => difference === 0)).toEqual([]);
    expect(grown).not.toHaveProperty('TcpPassiveOpens');
    expect(counterDifference(before.client, lab.client.counters())).not.toHaveProperty('TcpOutRsts');
    port.close();
    lab.close();
  },
);

test('only what has changed, also what has fallen and what is new', () => {
  const before = new Map([['a', 1], ['b', 5], ['c', 2]]); // prettier-ignore
  const after = new Map([['a', 1], ['b', 3], ['c', 9], ['d', 4]]); // prettier-ignore
  expect(counterDifference(before, after)).toEqual({ b: -2, c: 7, d: 4 });
});
