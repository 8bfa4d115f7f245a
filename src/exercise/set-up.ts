/** What a case's lab is like before its first step: the link's faults, the hosts' settings. */
import type { EndName } from '../evidence/host.js';
import { setSysctls } from '../linux/namespace/sysctl.js';
import { isRelayed } from './host-check.js';
import type { Play } from './play.js';
import type { Exercise } from './schema.js';

export const HOSTS: readonly EndName[] = ['client', 'server'];

/** Settings come before anything is opened that they apply to. */
export function setUp(play: Play): void {
  const { exercise, bench, played } = play;
  if (isRelayed(exercise)) {
    const { loss, duplication, delay: delayMs, seed = played.linkSeed } = exercise.link;
    play.relay.faults({
      seed: play.number(seed),
      ...(loss !== undefined && { loss }),
      ...(duplication !== undefined && { duplication }),
      ...(delayMs !== undefined && { delayMs }),
    });
  }
  for (const host of HOSTS) setSysctls(bench.lab[host].netns, exercise.sysctls[host] ?? {});
}

export const rawHosts = ({ hosts }: Exercise): readonly EndName[] => HOSTS.filter((host) => hosts[host] === 'raw');
