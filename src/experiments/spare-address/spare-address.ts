/** The handshake from an address that the host does not own: its kernel has nothing to answer. ip_route_input, RTN_LOCAL. */
import { handshakeExperiment } from '../handshake/handshake-experiment.js';
import { bilingual, claimsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

export const spareAddressExperiment = handshakeExperiment({
  id: 'spare-address',
  remedy: 'spare-address',
  role: 'client',
  ...textOf(words),
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'server',
      line: 'ip neighbour replace 192.0.2.3 lladdr 02:00:00:00:00:03 dev eth0',
    },
    {
      host: 'client',
      line: 'nping -c 1 -e eth0 --send-eth --source-mac 02:00:00:00:00:03 --dest-mac 02:00:00:00:00:02 -S 192.0.2.3 --tcp --flags syn -g 41000 -p 8888 192.0.2.2',
      prints: 'RCVD[^]*192\\.0\\.2\\.2:8888 > 192\\.0\\.2\\.3:41000 SA',
    },
    { host: 'server', line: 'ss -Htan state syn-recv', prints: '192\\.0\\.2\\.3' },
  ],
  claims: claimsOf(words, { ruleNeeded: 'wrong' }),
});
