/** The segments are dropped in INPUT, and received by AF_PACKET long before. As masscan's manual has it. */
import { handshakeExperiment } from '../handshake/handshake-experiment.js';
import { bilingual, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

export const inputExperiment = handshakeExperiment({
  id: 'input',
  remedy: 'input',
  role: 'client',
  drops: 'segments',
  ...textOf(words),
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    { host: 'client', line: 'iptables -A INPUT -s 192.0.2.2 -p tcp --sport 8888 -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'client', line: 'iptables -L INPUT -nvx', prints: '[1-9]\\d* +[1-9]\\d* DROP' },
    { host: 'client', line: 'nstat -asz TcpOutRsts', prints: 'TcpOutRsts +0' },
    { host: 'client', line: 'iptables -F' },
  ],
  claims: [],
});
