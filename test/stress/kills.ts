/**
 * SIGKILL, and then Ctrl-C, at moments spread over the life of programs that hold filters, connections and labs, four at
 * once, some of them stopped, their peers there or gone, the processors busy, with strangers' entries in the journals: nothing
 * may be left of them, and the strangers' entries may do nothing. RAWSHAKE_SEED=N repeats the moments of another time.
 */
import { type KillResult, killRounds } from '../support/kills.js';
import { PROGRAMS } from '../support/programs.js';
import { plantStrangers } from '../support/strangers.js';

/** After SIGKILL, once in twenty apart. */
const MOST_MS = 200;

/** The figures of many rounds, and the 95th percentile. */
function figures(signal: string, results: readonly KillResult[]): number {
  const times = results.map(({ cleanAfterMs }) => cleanAfterMs).sort((a, b) => a - b);
  const at = (share: number): number => Math.round(times[Math.ceil(share * times.length) - 1] ?? 0);
  const sum = (count: (result: KillResult) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  const states = [...new Set(results.map(({ connection }) => connection))].map(
    (state) => `${sum(({ connection }) => Number(connection === state))} ${state}`,
  );
  process.stdout.write(
    `${signal}: ${results.length * PROGRAMS} programs; at that moment ${sum(({ inForce }) => inForce)} filters in force, ` +
      `${sum(({ namespaces }) => namespaces)} namespaces of labs, connections ${states.join(', ')}\n` +
      `  nothing left after ${at(0.5)} ms (median), ${at(0.95)} ms (95 %), ${at(1)} ms (longest)\n`,
  );
  const slowest = results.find(({ cleanAfterMs }) => cleanAfterMs === times.at(-1));
  process.stdout.write(`  the longest waited for: ${slowest?.last ?? ''}\n`);
  return at(0.95);
}

/** Prints how long it took until nothing was left; whether that was soon enough after SIGKILL, and nobody's entry was run. */
export async function playKills(programs = 200): Promise<boolean> {
  const rounds = Math.ceil(programs / PROGRAMS);
  const strangers = plantStrangers();
  try {
    const killed = figures('SIGKILL', await killRounds(rounds, 'SIGKILL'));
    figures('SIGINT', await killRounds(Math.ceil(rounds / 5), 'SIGINT'));
    const untouched = strangers.untouched();
    process.stdout.write(
      `strangers' entries in the journals: ${untouched ? 'neither run nor removed' : 'NOT LEFT ALONE'}\n`,
    );
    return killed <= MOST_MS && untouched;
  } finally {
    strangers.remove();
  }
}
