/** One line for each connection that was served. */
import type { RawConnection } from '../driver/raw-connection.js';
import type { Text } from '../error.js';
import { outcomeOfService, type ServiceEnd } from '../live/service-end.js';
import { endpoint } from '../wire/flow.js';

export function serviceJson(connection: RawConnection, end: ServiceEnd) {
  const { flow, bytesRead, bytesWritten, bytesAcknowledged } = connection;
  const { mss, sendWindowShift, sack, timestamps } = connection.negotiated;
  return {
    command: 'listen',
    outcome: outcomeOfService(end, connection),
    flow,
    bytesRead,
    bytesWritten,
    bytesAcknowledged,
    negotiated: { mss, windowShift: sendWindowShift, sack, timestamps },
  };
}

export function serviceText(
  { flow, bytesRead, bytesWritten, bytesAcknowledged }: RawConnection,
  end: ServiceEnd,
): Text {
  const peer = endpoint(flow.dst, flow.dstPort);
  const how = ENDS[end];
  const isAll = bytesAcknowledged === bytesWritten;
  const [ofIt, ofItZh] = isAll
    ? ['', '']
    : [`, ${bytesAcknowledged} acknowledged`, `，对方确认 ${bytesAcknowledged} 字节`];
  return {
    en: `${peer}: read ${bytesRead} bytes, wrote ${bytesWritten}${ofIt}; ${how.en}`,
    zh: `${peer}：读取 ${bytesRead} 字节，写入 ${bytesWritten} 字节${ofItZh}；${how.zh}`,
  };
}

const ENDS: Readonly<Record<ServiceEnd, Text>> = {
  closed: { en: 'closed in order', zh: '正常关闭' },
  reset: { en: 'reset by the other side', zh: '被对方复位' },
  refused: { en: 'reset by the other side', zh: '被对方复位' },
  aborted: { en: 'reset here', zh: '由本端复位' },
  'timed-out': { en: 'the other side no longer answers', zh: '对方不再应答' },
  'given-up': { en: 'given up: the other side did not close it', zh: '已放弃：对方没有关闭连接' },
};
