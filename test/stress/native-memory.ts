/**
 * All that is handed to native code, over and over: sessions of nf_tables that overlap in two namespaces and fail now and then,
 * whole handshakes by every cure and transport with their captures, ports and socket tables, and the worker threads of many
 * handshakes. `node --expose-gc native-memory.js ROUNDS`, for `allocator.ts`; other checkers may be preloaded as well.
 */
import { manyHandshakes } from '../../src/bulk/index.js';
import { RawshakeError } from '../../src/error.js';
import { tableOf } from '../../src/filter/nft.js';
import { planFilter } from '../../src/filter/plan.js';
import { compare } from '../../src/lab/compare.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { REMEDY_IDS } from '../../src/lab/remedies/index.js';
import { openNfTables } from '../../src/linux/netfilter/nf-tables.js';
import { loadRawSocket } from '../../src/linux/port/raw-socket-module.js';

const SESSIONS = 6;
const TRANSPORTS = ['libc', 'packet', ...('module' in loadRawSocket() ? (['raw-socket'] as const) : [])] as const;

function refused(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (error instanceof RawshakeError && error.code === 'RS_COMMAND_FAILED') return;
    throw error;
  }
  throw new Error('nf_tables took what it should refuse');
}

/** Sessions in either namespace, each with a filter of its own, closed in another order than they were opened. */
function overlappingSessions({ client, server }: Lab): number {
  const sessions = Array.from({ length: SESSIONS }, (_, i) => {
    const host = i % 2 === 0 ? client : server;
    const flow = { src: host.address(4), srcPort: 1000 + i };
    const plan = planFilter({ flow, backend: 'nft', comment: `rawshake:stress-${i}` });
    return { session: openNfTables(host.netns), plan };
  });
  for (const { session, plan } of sessions) {
    session.check(tableOf(plan));
    session.create(tableOf(plan), { owned: true });
  }
  for (const { session, plan } of sessions) {
    refused(() => {
      session.create(tableOf(plan), { owned: true });
    });
    refused(() => {
      session.deleteTable('inet', 'nobody');
    });
    if (session.rules('inet', plan.table).length !== 1) throw new Error('nf_tables does not list what it took');
    session.contents('inet');
  }
  sessions.sort(({ plan: a }, { plan: b }) => (a.table.at(-1) ?? '').localeCompare(b.table.at(-1) ?? ''));
  for (const { session, plan } of sessions) {
    session.deleteTable('inet', plan.table);
    session.close();
  }
  return sessions.length;
}

async function bulk(lab: Lab): Promise<void> {
  for (const close of ['rst', 'server'] as const) {
    const { outcomes } = await manyHandshakes(lab, { count: 500, close }).summary;
    if (outcomes.established !== 500) throw new Error(`many handshakes: ${JSON.stringify(outcomes)}`);
  }
}

const rounds = Number(process.argv[2]);
let filters = 0;
let handshakes = 0;
for (let round = 0; round < rounds; round++) {
  const lab = createLab();
  filters += overlappingSessions(lab);
  if (round % 10 === 0) await bulk(lab);
  lab.close();
  const transport = TRANSPORTS[round % TRANSPORTS.length] ?? 'libc';
  const remedy = REMEDY_IDS[round % REMEDY_IDS.length] ?? 'none';
  handshakes += (await compare({ remedies: [remedy], transport, families: [4, 6] })).length;
  globalThis.gc?.();
}
process.stdout.write(`${filters} filters by nf_tables, ${handshakes} handshakes by hand\n`);
