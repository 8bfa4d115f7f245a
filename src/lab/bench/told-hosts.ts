/** What is told of a lab's hosts, where other people's programs run on them: whose addresses there are, and where they run. */
import { BOTH_ENDS, type EndName, type Host } from '../../evidence/host.js';
import type { Lab } from '../lab.js';

export const toldOf = (lab: Lab, programs: readonly EndName[]): readonly Host[] =>
  BOTH_ENDS.map((host) => {
    const name: EndName = host.name === 'client' ? 'client' : 'server';
    return {
      ...{ ...host, addresses: Object.values(lab[name].addresses) },
      ...(programs.includes(name) && { runsPrograms: true }),
    };
  });
