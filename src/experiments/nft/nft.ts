/** The RST filter made with nftables, in a table that the process owns. nft(8): `flags owner`. */
import { handshakeExperiment } from '../handshake/handshake-experiment.js';
import { bilingual, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

export const nftExperiment = handshakeExperiment({
  id: 'nft',
  remedy: 'nft',
  role: 'client',
  drops: 'resets',
  ...textOf(words),
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'client',
      line: `nft 'table ip by-hand { chain output { type filter hook output priority -310; ip daddr 192.0.2.2 tcp flags & rst == rst counter drop; }; }'`,
    },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'client', line: 'nft list table ip by-hand', prints: 'counter packets [1-9]' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^1$' },
    { host: 'client', line: 'nft delete table ip by-hand' },
  ],
  claims: [],
});
