/** The segments are dropped before the kernel's TCP sees them, and received before they are dropped. nft(8): netdev ingress. */
import { handshakeExperiment } from '../handshake/handshake-experiment.js';
import { bilingual, claimsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

export const ingressExperiment = handshakeExperiment({
  id: 'ingress',
  remedy: 'ingress',
  role: 'client',
  drops: 'segments',
  ...textOf(words),
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'client',
      line: `nft 'table netdev by-hand { chain ingress { type filter hook ingress device "eth0" priority -500; ip saddr 192.0.2.2 tcp sport 8888 counter drop; }; }'`,
    },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'client', line: 'nft list table netdev by-hand', prints: 'counter packets [1-9]' },
    { host: 'client', line: 'nstat -asz TcpOutRsts', prints: 'TcpOutRsts +0' },
    { host: 'client', line: 'nft delete table netdev by-hand' },
  ],
  claims: claimsOf(words, { cannotBeCaptured: 'wrong' }),
});
