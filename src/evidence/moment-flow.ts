/** Whose connection a moment is of. */
import { endpoint, type Flow } from '../wire/flow.js';
import type { Moment } from './moment.js';

/** As its packet went, or its host sees it; undefined where it does not say so. */
export function flowOf(moment: Moment): Flow | undefined {
  switch (moment.type) {
    case 'packet': {
      const { packet, segment } = moment.packet;
      return { src: packet.ip.src, srcPort: segment.srcPort, dst: packet.ip.dst, dstPort: segment.dstPort };
    }
    case 'lookup': {
      const { src, srcPort, dst, dstPort } = moment.lookup;
      return { src, srcPort, dst, dstPort };
    }
    case 'event': {
      const { src, srcPort, dst, dstPort } = moment.event;
      if (src === undefined || srcPort === undefined || dst === undefined || dstPort === undefined) return undefined;
      return { src, srcPort, dst, dstPort };
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

/** The same for both directions. */
export function connectionKey({ src, srcPort, dst, dstPort }: Flow): string {
  const [one, other] = [endpoint(src, srcPort), endpoint(dst, dstPort)];
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
