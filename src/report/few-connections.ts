/** Of many connections the ladder of a few, and how much was left out: a scanner makes thousands. */
import type { Moment } from '../evidence/moment.js';
import { connectionKey, flowOf } from '../evidence/moment-flow.js';

/** Drawn in full. */
const MOST_DRAWN = 4;

/** Those whose packets came first; what is of no connection stays. */
export function fewConnections(moments: readonly Moment[]): readonly Moment[] {
  const packets = moments.filter(({ type }) => type === 'packet');
  const connections = [...new Set(packets.map(connectionOf))];
  if (connections.length <= MOST_DRAWN) return moments;
  const drawn = new Set([undefined, ...connections.slice(0, MOST_DRAWN)]);
  const left = moments.filter((moment) => !drawn.has(connectionOf(moment)));
  const packetsLeft = left.filter(({ type }) => type === 'packet').length;
  return [
    ...moments.filter((moment) => drawn.has(connectionOf(moment))),
    {
      ...{ type: 'left-out', ms: left.at(-1)?.ms ?? 0, isTelling: true },
      ...{ packets: packetsLeft, others: left.length - packetsLeft },
    },
  ];
}

function connectionOf(moment: Moment): string | undefined {
  const flow = flowOf(moment);
  return flow && connectionKey(flow);
}
