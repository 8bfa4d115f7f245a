/** A run's moments as sentences, for those who have them read out: nothing drawn, no columns. */
import type { Language, Text } from '../error.js';
import { printable } from '../printable.js';
import type { View } from './view.js';
import { numbersText, packetName, remarkOf, type SenderWords, TO_ITSELF, wordsOf } from './moment-words.js';
import type { Moment, MomentOf } from '../evidence/moment.js';
import { HOSTS } from '../evidence/host.js';
import { kernelOf, say } from './words.js';

/** A line each, however long. */
export const sentences = (moments: readonly Moment[], view: View, senderOf: SenderWords): string[] =>
  moments.map((moment) => momentSentence(moment, view, senderOf));

/** `0.058 ms: server's kernel sends SYN/ACK to client`; of a packet with its numbers, where they are asked for. Text from outside is made printable. */
export const momentSentence = (
  moment: Moment,
  { language, numbers = false }: Pick<View, 'language' | 'numbers'>,
  senderOf: SenderWords = kernelOf,
): string => printable(timeOf(moment, language) + say(sentence(moment, numbers, senderOf), language));

function timeOf(moment: Moment, language: Language): string {
  if (moment.type === 'scene' || moment.ms < 0 || (moment.type === 'dropped' && !moment.isTimed)) return '';
  return { en: `${moment.ms.toFixed(3)} ms: `, zh: `${moment.ms.toFixed(3)} 毫秒：` }[language];
}

function sentence(moment: Moment, numbers: boolean, senderOf: SenderWords): Text {
  switch (moment.type) {
    case 'packet':
      return packetSentence(moment, numbers, senderOf);
    case 'dropped': {
      const [kernel, words] = [senderOf(moment.host), wordsOf(moment)];
      return { en: `${kernel.en}: RST ${words.en}`, zh: `${kernel.zh}：RST ${words.zh}` };
    }
    case 'scene':
    case 'adopted':
    case 'lookup':
    case 'event':
    case 'call':
    case 'bulk':
    case 'left-out':
      return wordsOf(moment, senderOf);
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

function packetSentence(moment: MomentOf<'packet'>, numbers: boolean, senderOf: SenderWords): Text {
  const { packet, to } = moment;
  const who: Text =
    packet.sender === 'rawshake'
      ? { en: `${HOSTS[packet.from].en} (rawshake)`, zh: `${HOSTS[packet.from].zh}（rawshake）` }
      : senderOf(packet.from);
  const name = packetName(moment);
  const ports = portsWords(moment);
  const what = (language: Language): string =>
    [name[language], numbers ? numbersText(moment) : '', ports[language]].filter((text) => text !== '').join(' ');
  const remark = remarkOf(moment);
  const way: Text = to === packet.from ? TO_ITSELF : { en: `to ${HOSTS[to].en}`, zh: `发给${HOSTS[to].zh}` };
  return {
    en: `${who.en} sends ${what('en')} ${way.en}${remark === undefined ? '' : `, ${remark.en}`}`,
    zh: `${who.zh}${way.zh} ${what('zh')}${remark === undefined ? '' : `，${remark.zh}`}`,
  };
}
