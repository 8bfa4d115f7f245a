import { describe, expect, test } from 'vitest';
import { RawshakeError, verbatim } from '../../src/error.js';
import { applyFilter } from '../../src/filter/lease.js';
import { planFilter } from '../../src/filter/plan.js';
import type { Argv, FilterHost, Hold, NftSession, RuleCommands } from '../../src/filter/ports.js';

const plan = planFilter({
  flow: { src: '192.0.2.1', srcPort: 1, dst: '192.0.2.2', dstPort: 2 },
  backend: 'iptables',
});

const saved = (match: string, packets = 0, bytes = 0): string =>
  `*raw\n[${String(packets)}:${String(bytes)}] -A OUTPUT ${match}\nCOMMIT\n`;
const OURS = plan.rule.match.join(' ');

/** A host whose kernel says what the test wants it to; the real one is in test/lab. */
class SayingHost implements FilterHost {
  readonly did: string[] = [];
  #onDeletion: (() => void) | undefined;

  constructor(public saved: string) {}

  run(argv: Argv): string {
    this.did.push('read');
    expect(argv).toEqual(plan.save);
    return this.saved;
  }

  nft(): NftSession {
    throw new Error('not asked for');
  }

  addRule({ add }: RuleCommands): void {
    expect(add).toEqual(plan.commands[0]);
    this.did.push('add');
  }

  removeRule({ remove }: RuleCommands): void {
    expect(remove).toEqual(plan.removal);
    this.did.push('remove');
  }

  holdRule(rule: RuleCommands): Hold {
    this.addRule(rule);
    return {
      restore: () => {
        this.did.push('restore');
        this.saved = saved(OURS);
      },
      close: () => {
        this.removeRule(rule);
      },
    };
  }

  onRulesDeleted(listener: () => void): () => void {
    this.#onDeletion = listener;
    return () => (this.#onDeletion = undefined);
  }

  /** Somebody reloads the rules. */
  flush(): void {
    this.saved = saved('');
    this.#onDeletion?.();
  }
}

test('a rule that is not there when read back is an error, and is taken out again', () => {
  const host = new SayingHost('*raw\nCOMMIT\n');
  expect(() => applyFilter(plan, host)).toThrow(expect.objectContaining({ code: 'RS_FILTER_NOT_APPLIED' }));
  expect(host.did).toEqual(['add', 'read', 'remove']);
});

test('a rule that another program changed is not ours', () => {
  const host = new SayingHost(saved(OURS.replace('DROP', 'ACCEPT')));
  expect(() => applyFilter(plan, host)).toThrow(RawshakeError);
});

test('closing twice removes once', () => {
  const host = new SayingHost(saved(OURS));
  const lease = applyFilter(plan, host);
  lease.close();
  lease.close();
  expect(host.did.filter((what) => what === 'remove')).toHaveLength(1);
});

test('a closed one keeps the counters that were read last, and does not put the rule back', () => {
  const host = new SayingHost(saved(OURS, 5, 200));
  const lease = applyFilter(plan, host);
  lease.close();
  host.saved = '';
  const before = [...host.did];
  expect(lease.counters()).toEqual({ packets: 5, bytes: 200 });
  expect(host.did).toEqual(before);
});

describe('a rule that vanishes during the run', () => {
  test('is put back at once where the host tells of it, and that is said', () => {
    const host = new SayingHost(saved(OURS));
    let said = 0;
    const lease = applyFilter(plan, host, { onRestored: () => (said += 1) });
    host.flush();
    expect(said).toBe(1);
    expect(lease.restored).toBe(1);
    expect(host.did).toContain('restore');
    lease.close();
    host.flush();
    expect(said).toBe(1);
  });

  test('is put back when the counter is read, which goes on from where it was', () => {
    const host = new SayingHost(saved(OURS, 5, 200));
    const lease = applyFilter(plan, host);
    expect(lease.counters()).toEqual({ packets: 5, bytes: 200 });
    host.saved = '';
    expect(lease.counters()).toEqual({ packets: 5, bytes: 200 });
    host.saved = saved(OURS, 2, 80);
    expect(lease.counters()).toEqual({ packets: 7, bytes: 280 });
    expect(lease.restored).toBe(1);
  });

  test('twice, with no reading in between: what it had dropped counts once', () => {
    const host = new SayingHost(saved(OURS, 5, 200));
    const lease = applyFilter(plan, host);
    expect(lease.counters()).toEqual({ packets: 5, bytes: 200 });
    host.flush();
    host.flush();
    expect(lease.restored).toBe(2);
    host.saved = saved(OURS, 2, 80);
    expect(lease.counters()).toEqual({ packets: 7, bytes: 280 });
  });

  test('is an error where it cannot be put back', () => {
    const host = new SayingHost(saved(OURS));
    const lease = applyFilter(plan, {
      ...methodsOf(host),
      holdRule: () => ({ restore: () => undefined, close: () => undefined }),
    });
    host.flush();
    expect(() => lease.counters()).toThrow(expect.objectContaining({ code: 'RS_FILTER_NOT_APPLIED' }));
  });
});

const methodsOf = (host: SayingHost): FilterHost => ({
  run: (argv) => host.run(argv),
  nft: () => host.nft(),
  addRule: (rule) => {
    host.addRule(rule);
  },
  removeRule: (rule) => {
    host.removeRule(rule);
  },
  holdRule: (rule) => host.holdRule(rule),
  onRulesDeleted: (listener) => host.onRulesDeleted(listener),
});

test('a rule that somebody else has removed need not be removed', () => {
  const host = new SayingHost(saved(OURS));
  const lease = applyFilter(plan, {
    ...methodsOf(host),
    holdRule: () => ({
      restore: () => undefined,
      close: () => {
        throw new RawshakeError('RS_COMMAND_FAILED', verbatim('iptables: no such rule'), { hint: { en: '', zh: '' } });
      },
    }),
  });
  host.saved = '';
  expect(() => {
    lease.close();
  }).not.toThrow();
});

test('which iptables it is, is said', () => {
  const header = '# Generated by iptables-save v1.8.9 (nf_tables) on Sun Nov 22 10:00:00 2026\n';
  expect(applyFilter(plan, new SayingHost(header + saved(OURS))).variant).toBe('nf_tables');
  expect(applyFilter(plan, new SayingHost(header.replace(' (nf_tables)', '') + saved(OURS))).variant).toBe('legacy');
});
