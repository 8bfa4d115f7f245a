/** One line for each connection that was served, and one for each request. Times are UTC, as ISO 8601 writes them. */
import type { RawConnection } from '../driver/raw-connection.js';
import { diagnose } from '../diagnosis/diagnosis.js';
import type { Language, Text } from '../error.js';
import { serviceRecording } from '../evidence/recording.js';
import { missingOf, outcomeOfService, type ServiceEnd } from '../live/service-end.js';
import type { Answered } from '../live/http-answers.js';
import { printable } from '../printable.js';
import { findingsJson } from '../report/finding-json.js';
import { missingText } from '../report/missing.js';
import { missingBehindFin } from '../tcp/index.js';
import { endpoint } from '../wire/flow.js';

/** What was asked of it and answered, since it began; of HTTP alone. */
export interface ServiceLog {
  readonly at: Date;
  readonly requests?: readonly Answered[];
}

/** `language`: of the findings. */
export function serviceJson(
  connection: RawConnection,
  end: ServiceEnd,
  { at, requests }: ServiceLog,
  language: Language,
) {
  const outcome = outcomeOfService(end, connection);
  const missing = missingOf(connection.tcb);
  const { flow, bytesRead, bytesWritten, bytesAcknowledged } = connection;
  const { mss, sendWindowShift, sack, timestamps } = connection.negotiated;
  return {
    command: 'listen',
    /** When the handshake was complete, and when the end was known. */
    at: at.toISOString(),
    endedAt: new Date().toISOString(),
    outcome,
    flow,
    bytesRead,
    bytesWritten,
    bytesAcknowledged,
    ...(missing !== undefined && { missing }),
    negotiated: { mss, windowShift: sendWindowShift, sack, timestamps },
    findings: findingsJson(diagnose(serviceRecording(flow, outcome, missing)), NO_PACKETS, language),
    ...(requests !== undefined && {
      requests: requests.map(({ asked, status = null, whole }) => ({
        method: asked === undefined ? null : asked.method,
        url: asked === undefined ? null : asked.url,
        ...{ status, whole },
      })),
    }),
  };
}

const NO_PACKETS = { packets: [], startMs: 0 };

export function serviceText(
  { flow, bytesRead, bytesWritten, bytesAcknowledged, tcb }: RawConnection,
  end: ServiceEnd,
): Text {
  const peer = endpoint(flow.dst, flow.dstPort);
  const isForged = end === 'closed' && missingBehindFin(tcb) !== undefined;
  const how = isForged ? CLOSED_BEFORE_TEXT : ENDS[end];
  const missing = isForged ? undefined : missingOf(tcb);
  const [lack, lackZh] =
    missing === undefined ? ['', ''] : [`; ${missingText(missing).en}`, `；${missingText(missing).zh}`];
  const isAll = bytesAcknowledged === bytesWritten;
  const [ofIt, ofItZh] = isAll
    ? ['', '']
    : [`, ${bytesAcknowledged} acknowledged`, `，对方确认 ${bytesAcknowledged} 字节`];
  const now = new Date().toISOString();
  return {
    en: `${now} ${peer}: read ${bytesRead} bytes, wrote ${bytesWritten}${ofIt}; ${how.en}${lack}`,
    zh: `${now} ${peer}：读取 ${bytesRead} 字节，写入 ${bytesWritten} 字节${ofItZh}；${how.zh}${lackZh}`,
  };
}

/** As a web server's log has it. */
export function answeredText({ connection, asked, status, whole }: Answered): Text {
  const peer = endpoint(connection.flow.dst, connection.flow.dstPort);
  const line = (no: string, none: string, cut: string): string => {
    const what = asked === undefined ? no : `${asked.method} ${asked.url}`;
    return printable(`${new Date().toISOString()} ${peer}: ${what} ${status ?? none}${whole ? '' : cut}`);
  };
  return {
    en: line('(no request)', '(no answer)', ', not all of it taken'),
    zh: line('（不是请求）', '（没有应答）', '，未全部接收'),
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

/** No TCP sends any: the FIN was forged, or the text was. */
const CLOSED_BEFORE_TEXT: Text = {
  en: "closed, but text came behind the other side's FIN: one of the two was forged",
  zh: '已关闭，但对方的 FIN 之后仍有数据到来：二者之一是伪造的',
};
