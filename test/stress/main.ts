/**
 * What takes too long for every run of the tests. `npm run stress` plays all, and one part of it `npm run stress -- ` with
 * `kills [PROGRAMS]`, `flood [SECONDS] [PER SECOND]`, `crowd [SECONDS]` or `allocator [ROUNDS]`. Exit status 1 where it did not hold.
 * Needs root; the kills alone also run behind `unshare --user --map-root-user --net --mount`.
 */
import { playAllocator } from './allocator.js';
import { playFlood } from './flood.js';
import { playCrowd } from './crowd.js';
import { playKills } from './kills.js';

const PARTS = { allocator: playAllocator, kills: playKills, flood: playFlood, crowd: playCrowd };

const [wanted = 'all', ...rest] = process.argv.slice(2);
const numbers = rest.map(Number);
for (const [name, play] of Object.entries(PARTS)) {
  if (wanted !== 'all' && wanted !== name) continue;
  if (!(await play(...(wanted === name ? numbers : [])))) process.exitCode = 1;
}
