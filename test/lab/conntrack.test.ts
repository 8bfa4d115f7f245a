/** Why the RST is dropped in `raw OUTPUT` and not in `filter OUTPUT`: what connection tracking makes of the difference. */
import { describe, expect, test } from 'vitest';
import { planFilter } from '../../src/filter/plan.js';
import { iptables } from '../../src/lab/remedies/iptables.js';
import type { Remedy } from '../../src/lab/remedies/remedy.js';
import { runHandshake } from '../../src/lab/handshake.js';
import type { LabHost } from '../../src/lab/host.js';

const words = (line: string) => line.split(' ') as [string, ...string[]];

/** A stateful firewall: what is established may come in, nothing else. It also makes connections tracked at all. */
const FIREWALL = [
  'iptables -w -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT',
  'iptables -w -A INPUT -p tcp -j DROP',
];

/** The client's tracking entry for its connection, asked while the connection is open. */
async function trackedState(dropIn: 'raw' | 'filter'): Promise<{ readonly state: string; readonly observed: string }> {
  let client: LabHost | undefined;
  let state = '';
  const remedy: Remedy = {
    ...iptables,
    apply(host, flow, leases) {
      client = host;
      for (const rule of FIREWALL) host.run(words(rule));
      if (dropIn === 'raw') return iptables.apply(host, flow, leases);
      // The same rule, one table later.
      const { rule } = planFilter({ flow, backend: 'iptables' });
      host.run(['iptables', '-w', '-t', 'filter', '-I', 'OUTPUT', ...rule.match]);
      return undefined;
    },
  };
  const run = await runHandshake({
    remedy,
    family: 4,
    transport: 'libc',
    data: 'hello',
    whileOpen: () => {
      state = client?.run(words('conntrack -L -p tcp --orig-port-src 41000 -o extended')) ?? '';
    },
  });
  return { state: /tcp\s+6\s+\d+\s+(\w+)/.exec(state)?.[1] ?? state, observed: run.observed };
}

describe('with a stateful firewall on the client', () => {
  test('dropped in raw, the entry stays ESTABLISHED', async () => {
    expect(await trackedState('raw')).toEqual({ state: 'ESTABLISHED', observed: 'established' });
  });

  test('dropped in filter, connection tracking has seen the RST and closes the entry', async () => {
    expect((await trackedState('filter')).state).toBe('CLOSE');
  });
});
