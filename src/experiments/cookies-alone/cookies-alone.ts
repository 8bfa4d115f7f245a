/** With SYN cookies the server keeps nothing that a RST could destroy: the raw handshake succeeds without a filter. cookie_v4_check. */
import type { Socket } from 'node:net';
import { setSysctls } from '../../linux/namespace/sysctl.js';
import { openPeer } from '../../lab/peer.js';
import { onAnyOf, until } from '../../lab/until.js';
import type { Experiment } from '../experiment.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

type Fact = keyof typeof words.facts;

interface World {
  /** net.ipv4.tcp_syncookies on the server: 2 always, 1 only when the queue of half-open connections overflows. */
  readonly syncookies: 1 | 2;
}

export const cookiesAlone: Experiment<Fact, World> = {
  id: 'cookies-alone',
  ...textOf(words),
  facts: factsOf(words, {
    kernelReset: 'R 1:1(0)',
    afterReset: 'LISTEN',
    accepted: true,
    owner: 'ESTABLISHED',
    received: 'hello',
    program: 'ECONNRESET',
  }),
  byHand: [
    {
      host: 'server',
      line: 'sysctl -qw net.ipv4.tcp_syncookies=2; timeout 10 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1',
    },
    { host: 'client', line: 'iptables -t raw -I OUTPUT -p tcp -d 192.0.2.2 --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^0$' },
    { host: 'server', line: 'nstat -asz TcpExtSyncookiesSent', prints: 'TcpExtSyncookiesSent +[1-9]' },
    { host: 'server', line: 'sysctl -qw net.ipv4.tcp_syncookies=1' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^1$' },
  ],
  claims: claimsOf(words, { mustStore: 'wrong' }),
  world: { syncookies: 2 },
  observe: (options, { syncookies }) =>
    observe(options, async (bench) => {
      const { server } = bench.lab;
      setSysctls(server.netns, { 'net.ipv4.tcp_syncookies': syncookies });
      // The program answers what it reads; a connection that was reset meanwhile says so at the latest then.
      const echo = (socket: Socket) => socket.on('data', (chunk) => socket.write(chunk));
      const peer = bench.leases.add(await openPeer(server, bench.family, bench.flow.dstPort, echo));
      const endpoint = bench.byHand('client');

      bench.scene(words.scenes.handshake);
      endpoint.send('S 0:0(0) win 64240 <mss 1460>');
      await endpoint.answer();
      await bench.until({ en: "the kernel's RST", zh: '内核的 RST' }, () => bench.kernelResets('client').length > 0);
      const kernelReset = bench.kernelResets('client').map((segment) => endpoint.sayOurs(segment))[0];
      const afterReset = bench.lookup('server');
      endpoint.send('. 1:1(0) ack 1 win 64240');
      const onStep = onAnyOf(
        (check) => peer.onProgress(check),
        (check) => endpoint.onArrival(check),
      );
      await until(
        { en: 'accept() or a RST', zh: 'accept() 或 RST' },
        () => peer.accepted || endpoint.hasNext,
        onStep,
        bench.signal,
      );
      const { accepted } = peer;
      const owner = bench.lookup('server');
      const handshake = { kernelReset, afterReset, accepted, owner };
      if (!accepted) return { ...handshake, received: '', program: 'never connected' };

      bench.scene(words.scenes.data);
      endpoint.send('P. 1:6(5) ack 1 win 64240', { payload: 'hello' });
      await until(
        { en: 'the connection to be reset', zh: '连接被复位' },
        () => peer.error !== undefined,
        onStep,
        bench.signal,
      );
      return { ...handshake, received: peer.received, program: peer.error };
    }),
};
