/** Of many connections the ladder of a few, and how much was left out: a scanner makes thousands. */
import type { Moment } from '../evidence/moment.js';

/** Drawn in full. */
const MOST_DRAWN = 4;

export function fewConnections(moments: readonly Moment[]): readonly Moment[] {
  const order: string[] = [];
  for (const moment of moments) {
    const key = connectionOf(moment);
    if (moment.type === 'packet' && key !== undefined && !order.includes(key) && order.length <= MOST_DRAWN)
      order.push(key);
  }
  if (order.length <= MOST_DRAWN) return moments;
  const drawn = new Set(order.slice(0, MOST_DRAWN));
  const isDrawn = (moment: Moment): boolean => {
    const key = connectionOf(moment);
    return key === undefined || drawn.has(key);
  };
  const left = moments.filter((moment) => !isDrawn(moment));
  const packets = left.filter(({ type }) => type === 'packet').length;
  const ms = left.at(-1)?.ms ?? 0;
  const rest: Moment = { type: 'left-out', ms, isTelling: true, packets, others: left.length - packets };
  return [...moments.filter(isDrawn), rest];
}

/** The same for both directions; undefined of what is of none, or of more than one. */
function connectionOf(moment: Moment): string | undefined {
  switch (moment.type) {
    case 'packet': {
      const { packet, segment } = moment.packet;
      return [`${packet.ip.src} ${segment.srcPort}`, `${packet.ip.dst} ${segment.dstPort}`].sort().join(' ');
    }
    case 'lookup': {
      const { src, srcPort, dst, dstPort } = moment.lookup;
      return [`${src} ${srcPort}`, `${dst} ${dstPort}`].sort().join(' ');
    }
    case 'event': {
      const { src, srcPort, dst, dstPort } = moment.event;
      if (src === undefined || dst === undefined) return undefined;
      return [`${src} ${srcPort ?? 0}`, `${dst} ${dstPort ?? 0}`].sort().join(' ');
    }
    case 'scene':
    case 'dropped':
    case 'adopted':
    case 'call':
    case 'bulk':
    case 'left-out':
      return undefined;
  }
}
