/**
 * SIGKILL, 200 times, at moments spread over the life of programs that hold filters, four at once, the processors busy:
 * nothing may be left of them. Prints how long that took; exit status 1 where it was more than 200 ms, once in twenty apart.
 * `npx tsc -p test/stress/tsconfig.json && node build/test/stress/filter.js [ROUNDS]`; needs root, or
 * `unshare --user --map-root-user --net --mount`.
 */
import { killRounds } from '../support/kills.js';

const PROGRAMS = 4;
const rounds = Number(process.argv[2] ?? 200 / PROGRAMS);

const results = await killRounds(rounds, 'SIGKILL');
const times = results.map(({ cleanAfterMs }) => cleanAfterMs).sort((a, b) => a - b);
const at = (share: number): number => Math.round(times[Math.ceil(share * times.length) - 1] ?? 0);
const inForce = results.reduce((sum, result) => sum + result.inForce, 0);
process.stdout.write(
  `${rounds * PROGRAMS} programs killed, ${inForce} filters in force at that moment; ` +
    `nothing left after ${at(0.5)} ms (median), ${at(0.95)} ms (95 %), ${at(1)} ms (longest)\n`,
);
if (at(0.95) > 200) process.exitCode = 1;
