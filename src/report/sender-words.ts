/** Who sent a packet, and for whom, in English and Chinese. */
import type { Text } from '../error.js';
import type { Host } from '../evidence/host.js';
import type { ObservedPacket, SendingProgram, SentFor } from '../evidence/packet.js';
import { printable } from '../printable.js';
import { kernelOf } from './words.js';

/** Of a packet that left `host`: `rawshake`, `client's kernel, for nobody`, `python3 (raw socket)`. */
export function senderWords(
  { sender, program, sentFor }: Pick<ObservedPacket, 'sender' | 'program' | 'sentFor'>,
  host: Host,
): Text {
  switch (sender) {
    case 'rawshake':
      return { en: 'rawshake', zh: 'rawshake' };
    case 'kernel': {
      const kernel = kernelOf(host);
      return sentFor === undefined ? kernel : joined(kernel, SENT_FOR[sentFor]);
    }
    case 'program':
      return programWords(program);
    case 'forwarded':
      return { en: `forwarded by ${host.title.en}`, zh: `由${host.title.zh}转发` };
    case 'unknown':
      return host.sender ?? { en: `${host.title.en}, unknown`, zh: `${host.title.zh}，未知` };
  }
}

function programWords({ name, socket }: SendingProgram = {}): Text {
  const known = name === undefined ? A_PROGRAM : { en: printable(name), zh: printable(name) };
  return socket === undefined ? known : joined(known, SOCKETS[socket]);
}

const joined = (first: Text, second: Text): Text => ({ en: first.en + second.en, zh: first.zh + second.zh });

const A_PROGRAM: Text = { en: 'a program', zh: '某个程序' };

const SOCKETS: Readonly<Record<NonNullable<SendingProgram['socket']>, Text>> = {
  raw: { en: ' (raw socket)', zh: '（原始套接字）' },
  'by-hand': { en: ' (by hand)', zh: '（手工构造）' },
  packet: { en: ' (AF_PACKET)', zh: '（AF_PACKET）' },
  tcp: { en: '', zh: '' },
};

const SENT_FOR: Readonly<Record<SentFor, Text>> = {
  nobody: { en: ', for nobody', zh: '，不属于任何套接字' },
  listener: { en: ', for a listener', zh: '，代监听套接字' },
  'half-open': { en: ', for a half-open entry', zh: '，代半开连接' },
  'not-accepted': { en: ', before accept()', zh: '，在 accept() 之前' },
  socket: { en: '', zh: '' },
  orphan: { en: ', for a closed socket', zh: '，代已关闭的套接字' },
  'time-wait': { en: ', in TIME_WAIT', zh: '，处于 TIME_WAIT' },
  firewall: { en: ', for a rule', zh: '，代防火墙规则' },
};
