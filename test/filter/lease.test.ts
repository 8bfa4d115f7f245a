import { expect, test } from 'vitest';
import { RawshakeError } from '../../src/error.js';
import { applyFilter } from '../../src/filter/lease.js';
import { planFilter } from '../../src/filter/plan.js';
import type { Argv, FilterHost } from '../../src/filter/ports.js';

const plan = planFilter({ flow: { src: '192.0.2.1', srcPort: 1, dst: '192.0.2.2', dstPort: 2 } });

/** A host whose kernel says what the test wants it to; the real one is in test/lab. */
class SayingHost implements FilterHost {
  readonly ran: Argv[] = [];
  constructor(public saved: string) {}
  run(argv: Argv): string {
    this.ran.push(argv);
    return argv[0].endsWith('-save') ? this.saved : '';
  }
}

test('a rule that is not there when read back is an error, and is taken out again', () => {
  const host = new SayingHost('*raw\nCOMMIT\n');
  expect(() => applyFilter(plan, host)).toThrow(expect.objectContaining({ code: 'RS_FILTER_NOT_APPLIED' }));
  expect(host.ran).toEqual([plan.add, plan.save, plan.remove]);
});

test('a rule that another program changed is not ours', () => {
  const host = new SayingHost(`[0:0] -A OUTPUT ${plan.rule.match.join(' ').replace('DROP', 'ACCEPT')}\n`);
  expect(() => applyFilter(plan, host)).toThrow(RawshakeError);
});

test('closing twice removes once', () => {
  const host = new SayingHost(`[0:0] -A OUTPUT ${plan.rule.match.join(' ')}\n`);
  const lease = applyFilter(plan, host);
  lease.close();
  lease.close();
  expect(host.ran.filter((argv) => argv === plan.remove)).toHaveLength(1);
});

test('a filter that vanishes during the run is said when its counter is read', () => {
  const host = new SayingHost(`[5:200] -A OUTPUT ${plan.rule.match.join(' ')}\n`);
  const lease = applyFilter(plan, host);
  expect(lease.counters()).toEqual({ packets: 5, bytes: 200 });
  host.saved = '';
  expect(() => lease.counters()).toThrow(expect.objectContaining({ code: 'RS_FILTER_NOT_APPLIED' }));
});
