import { expect, test } from 'vitest';
import { ENDS } from '../../src/evidence/host.js';
import { senderWords } from '../../src/report/sender-words.js';

test.each([
  [{ sender: 'rawshake' }, 'rawshake', 'rawshake'],
  [{ sender: 'kernel' }, "client's kernel", '客户端内核'],
  [{ sender: 'kernel', sentFor: 'nobody' }, "client's kernel, for nobody", '客户端内核，不属于任何套接字'],
  [{ sender: 'kernel', sentFor: 'socket' }, "client's kernel", '客户端内核'],
  [{ sender: 'program', program: { socket: 'raw', name: 'python3' } }, 'python3 (raw socket)', 'python3（原始套接字）'],
  [{ sender: 'program', program: { socket: 'packet', name: 'nmap' } }, 'nmap (AF_PACKET)', 'nmap（AF_PACKET）'],
  [{ sender: 'program', program: { socket: 'tcp', pid: 7, name: 'nc' } }, 'nc', 'nc'],
  [{ sender: 'program', program: { name: '\u001b[2J' } }, '\\u001b[2J', '\\u001b[2J'],
  [{ sender: 'program' }, 'a program', '某个程序'],
  [{ sender: 'forwarded' }, 'forwarded by client', '由客户端转发'],
] as const)('%j: %s', (packet, en, zh) => {
  expect(senderWords(packet, ENDS.client)).toEqual({ en, zh });
});
