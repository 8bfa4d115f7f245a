/** The same handshake by hand, with the kernel's RST dropped on its way out. Netfilter: raw OUTPUT. */
import { handshakeExperiment } from '../handshake/handshake-experiment.js';
import { bilingual, claimsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

export const rawFiltered = handshakeExperiment({
  id: 'raw-filtered',
  remedy: 'iptables',
  role: 'client',
  drops: 'resets',
  ...textOf(words),
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    { host: 'client', line: 'iptables -t raw -I OUTPUT -p tcp -d 192.0.2.2 --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'client', line: 'iptables -t raw -L OUTPUT -nvx', prints: '[1-9]\\d* +[1-9]\\d* DROP' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^1$' },
    { host: 'client', line: 'iptables -t raw -F OUTPUT' },
  ],
  claims: claimsOf(words, { impossible: 'wrong' }),
});
