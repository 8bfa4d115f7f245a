/** The handshake by hand, and nothing else: the client's own kernel resets it. tcp_v4_rcv, tcp_v4_send_reset. */
import { handshakeExperiment } from '../handshake/handshake-experiment.js';
import { bilingual, claimsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

export const rawAlone = handshakeExperiment({
  id: 'raw-alone',
  remedy: 'none',
  role: 'client',
  ...textOf(words),
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'client',
      line: 'timeout 5 tcpdump -nli eth0 -c 3 tcp 2>/dev/null & sleep 1; nmap -n -Pn -sS -p 8888 192.0.2.2; wait $!',
      prints: 'Flags \\[S\\][^]*Flags \\[S\\.\\][^]*Flags \\[R\\]',
    },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^0$' },
  ],
  claims: claimsOf(words, { rawSocketResets: 'wrong', fastEnough: 'wrong' }),
});
