/**
 * What takes too long for every run of the tests. `npm run stress` plays all, `npm run stress -- kills [PROGRAMS]` and
 * `npm run stress -- flood [SECONDS] [PER SECOND]` one part. Exit status 1 where it did not hold. Needs root; the kills alone
 * also run behind `unshare --user --map-root-user --net --mount`.
 */
import { playFlood } from './flood.js';
import { playKills } from './kills.js';

const [part = 'all', ...rest] = process.argv.slice(2);
const numbers = rest.map(Number);
if (part !== 'flood' && !(await playKills(numbers[0]))) process.exitCode = 1;
if (part !== 'kills' && !(await playFlood(...(part === 'flood' ? numbers : [])))) process.exitCode = 1;
