/** A run's moments as sentences, for those who have them read out: nothing drawn, no columns. */
import type { Language, Text } from '../error.js';
import { printable } from '../printable.js';
import type { View } from './view.js';
import { numbersText, packetName, remarkOf, TO_ITSELF, wordsOf } from './moment-words.js';
import type { Moment, MomentOf } from '../evidence/moment.js';
import { BOTH_ENDS, type Host, hostNamed } from '../evidence/host.js';
import { senderWords } from './sender-words.js';
import { kernelOf, say } from './words.js';

/** A line each, however long. */
export const sentences = (moments: readonly Moment[], hosts: readonly Host[], view: View): string[] =>
  moments.map((moment) => momentSentence(moment, view, hosts));

/**
 * `0.058 ms: server's kernel sends SYN/ACK to client`; of a packet with its numbers, where they are asked for. Text from outside is
 * made printable.
 * @param hosts those of the recording; where left out, the two of an ordinary lab
 */
export const momentSentence = (
  moment: Moment,
  { language, numbers = false }: Pick<View, 'language' | 'numbers'>,
  hosts: readonly Host[] = BOTH_ENDS,
): string => printable(timeOf(moment, language) + say(sentence(moment, numbers, hosts), language));

function timeOf(moment: Moment, language: Language): string {
  if (moment.type === 'scene' || moment.ms < 0 || (moment.type === 'dropped' && !moment.isTimed)) return '';
  return { en: `${moment.ms.toFixed(3)} ms: `, zh: `${moment.ms.toFixed(3)} 毫秒：` }[language];
}

function sentence(moment: Moment, numbers: boolean, hosts: readonly Host[]): Text {
  switch (moment.type) {
    case 'packet':
      return packetSentence(moment, numbers, hosts);
    case 'dropped': {
      const [kernel, words] = [kernelOf(hostNamed(hosts, moment.host)), wordsOf(moment, hosts)];
      return { en: `${kernel.en}: RST ${words.en}`, zh: `${kernel.zh}：RST ${words.zh}` };
    }
    case 'scene':
    case 'adopted':
    case 'lookup':
    case 'event':
    case 'call':
    case 'bulk':
    case 'left-out':
      return wordsOf(moment, hosts);
  }
}

/** Which ports, where one has to know; an arrow is not read out. */
function portsWords({ fromPort, toPort }: MomentOf<'packet'>): Text {
  const [from, to] = [fromPort, toPort].map((port) => (port === undefined ? undefined : String(port)));
  if (from !== undefined && to !== undefined)
    return { en: `from port ${from} to port ${to}`, zh: `（端口 ${from} 到端口 ${to}）` };
  if (from !== undefined) return { en: `from port ${from}`, zh: `（源端口 ${from}）` };
  return to === undefined ? { en: '', zh: '' } : { en: `to port ${to}`, zh: `（目的端口 ${to}）` };
}

function packetSentence(moment: MomentOf<'packet'>, numbers: boolean, hosts: readonly Host[]): Text {
  const { packet } = moment;
  const [from, to] = [hostNamed(hosts, packet.from), hostNamed(hosts, packet.to)];
  const who: Text =
    packet.sender === 'rawshake'
      ? { en: `${from.title.en} (rawshake)`, zh: `${from.title.zh}（rawshake）` }
      : senderWords(packet, from);
  const name = packetName(moment);
  const ports = portsWords(moment);
  const what = (language: Language): string =>
    [name[language], numbers ? numbersText(moment) : '', ports[language]].filter((text) => text !== '').join(' ');
  const remark = remarkOf(moment, hosts);
  const way: Text = to === from ? TO_ITSELF : { en: `to ${to.title.en}`, zh: `发给${to.title.zh}` };
  return {
    en: `${who.en} sends ${what('en')} ${way.en}${remark === undefined ? '' : `, ${remark.en}`}`,
    zh: `${who.zh}${way.zh} ${what('zh')}${remark === undefined ? '' : `，${remark.zh}`}`,
  };
}
