/** What stood around the packets: the socket tables of the hosts, and which of their counters have grown. */
import { colours } from './colours.js';
import { hangingText, wrapList, wrapText } from './wrap.js';
import type { Language, Text } from '../error.js';
import type { Evidence } from '../evidence/evidence.js';
import { type Host, hostNamed } from '../evidence/host.js';
import type { SocketRow, SocketTableSnapshot } from '../evidence/socket-table.js';
import { endpoint } from '../wire/flow.js';
import { EXPERIMENT_HEADINGS } from './experiment-words.js';
import { colon, COMMA, say } from './words.js';

const WHEN: Readonly<Record<SocketTableSnapshot['when'], Text>> = {
  before: { en: 'before', zh: '之前' },
  during: { en: 'during', zh: '期间' },
  after: { en: 'after', zh: '之后' },
};

/** TCP's own, the others count the same packets once more: TcpOutRsts, TcpExtTCPChallengeACK. */
const isTelling = (name: string): boolean => name.startsWith('Tcp');

/** The lines, none wider than `width`; none at all where nothing was asked. */
export function circumstanceLines(
  { hosts, sockets, counters }: Pick<Evidence, 'hosts' | 'sockets' | 'counters'>,
  width: number,
  language: Language,
): string[] {
  return [
    ...sockets
      .filter(({ rows }) => rows.length > 0)
      .flatMap((snapshot) => tableLines(snapshot, hosts, width, language)),
    ...hosts.flatMap((host) => counterLines(host, counters[host.name] ?? {}, width, language)),
  ];
}

function tableLines(
  { host, when, rows }: SocketTableSnapshot,
  hosts: readonly Host[],
  width: number,
  language: Language,
): string[] {
  const [what, moment] = [say(EXPERIMENT_HEADINGS.sockets, language), say(WHEN[when], language)];
  const title = `${of(hostNamed(hosts, host), what, language)}${language === 'zh' ? `（${moment}）` : ` (${moment})`}`;
  return [
    ...wrapText(colours.dim(title), width, '  '),
    ...rows.flatMap((row) => hangingText('  ', socketWords(row), width)),
  ];
}

/** As ss prints it: state, both queues, both ends. */
const socketWords = ({ state, receiveQueue, sendQueue, src, srcPort, dst, dstPort }: SocketRow): string =>
  [state, receiveQueue, sendQueue, endpoint(src, srcPort), dstPort === 0 ? '*' : endpoint(dst, dstPort)].join(' ');

function counterLines(
  host: Host,
  counters: Readonly<Record<string, number>>,
  width: number,
  language: Language,
): string[] {
  const grown = Object.entries(counters).filter(([name]) => isTelling(name));
  if (grown.length === 0) return [];
  const title = of(host, say(EXPERIMENT_HEADINGS.counters, language), language);
  const values = grown.map(([name, by]) => `${name} ${by > 0 ? '+' : ''}${String(by)}`);
  return wrapList(`${colours.dim(title)}${colon(language)}`, values, say(COMMA, language), width, '  ');
}

const of = ({ title }: Host, what: string, language: Language): string =>
  [say(title, language), what].join(language === 'zh' ? '' : ' ');
