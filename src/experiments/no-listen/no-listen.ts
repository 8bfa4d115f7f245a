/** A socket that is bound and does not listen: the SYN is refused, and ping is answered. RFC 9293 §3.10.7.1; tcp_v4_rcv. */
import { bindWithoutListening } from '../../linux/port/kernel-socket.js';
import { setSysctls } from '../../linux/namespace/sysctl.js';
import { hasAnsweredEcho, sendEchoRequest } from '../../lab/bench/echo.js';
import type { Experiment } from '../experiment.js';
import { RESET_PATH, resetPath, resetReasons } from '../../lab/bench/kernel-words.js';
import { callResult, connectResult } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { linesOfSs, notInstalled, runTool } from '../../lab/bench/tool.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

type Fact = keyof typeof words.facts;

interface World {
  /** Whether the server's program calls listen() after bind(). */
  readonly listening: boolean;
  /** Whether the server answers ICMP echo requests. */
  readonly answersEcho: boolean;
}

export const noListen: Experiment<Fact, World> = {
  id: 'no-listen',
  ...textOf(words),
  facts: factsOf(words, {
    secondBind: 'EADDRINUSE',
    listed: 0,
    owner: 'none',
    ping: true,
    answer: 'R. 0:0(0) ack 1',
    program: 'ECONNREFUSED',
    curl: 7,
    reason: ['NO_SOCKET'],
    path: RESET_PATH,
  }),
  byHand: [
    {
      host: 'server',
      line: `timeout 20 perl -MSocket -e 'socket S, AF_INET, SOCK_STREAM, 0; bind S, pack_sockaddr_in(8888, inet_aton "192.0.2.2"); $| = 1; print "bound\\n"; sleep 20' & sleep 1`,
      prints: 'bound',
    },
    { host: 'server', line: 'timeout 3 nc -l 192.0.2.2 8888', prints: 'Address already in use' },
    { host: 'server', line: 'ss -Htan sport = :8888 | wc -l', prints: '^0$' },
    { host: 'client', line: 'ping -c 1 192.0.2.2', prints: '1 received' },
    { host: 'client', line: 'nc -v -w 2 192.0.2.2 8888', prints: 'Connection refused' },
    { host: 'client', line: 'curl -sS http://192.0.2.2:8888/', prints: 'curl: \\(7\\)' },
  ],
  claims: claimsOf(words, { pingFails: 'wrong', boundIsOpen: 'wrong' }),
  world: { listening: false, answersEcho: true },
  observe: (options, { listening, answersEcho }) =>
    observe(options, async (bench) => {
      const { client, server } = bench.lab;
      const { dst, dstPort } = bench.flow;
      if (!answersEcho) setSysctls(server.netns, IGNORE_ECHO);
      const bind = () => bindWithoutListening(server.netns, dst, dstPort);
      if (listening) await server.listen(bench.family, dstPort, (socket) => socket.end());
      else bench.leases.add(bind());
      const secondBind = callResult(() => {
        bind().close();
      });
      const listed = await linesOfSs(bench, 'server', '-tan', 'sport', '=', `:${dstPort}`);

      bench.scene(words.scenes.byHand);
      const owner = bench.lookup('server');
      const endpoint = bench.byHand('client');
      sendEchoRequest(endpoint);
      endpoint.send('S 0:0(0) win 64240 <mss 1460>');
      const answer = await endpoint.answer();
      // The echo request went first: with the SYN answered, its own answer has passed, or there is none.
      const ping = hasAnsweredEcho(bench, 'server');

      bench.scene(words.scenes.program);
      const socket = client.connect({ ...bench.flow, srcPort: 0 });
      bench.leases.defer(() => socket.destroy());
      const program = await connectResult(socket);
      bench.scene(words.scenes.curl);
      const curl = await curlStatus(bench);
      return {
        ...{ secondBind, listed: listed?.length, owner, ping, answer, program, curl },
        reason: resetReasons(bench, 'server'),
        path: resetPath(bench, 'server'),
      };
    }),
};

const IGNORE_ECHO = { 'net.ipv4.icmp_echo_ignore_all': 1, 'net.ipv6.icmp.echo_ignore_all': 1 };

async function curlStatus(bench: Bench): Promise<number | undefined> {
  const { dst, dstPort } = bench.flow;
  const url = `http://${dst.includes(':') ? `[${dst}]` : dst}:${dstPort}/`;
  const argv = ['curl', '-q', '-sS', '--noproxy', '*', '--max-time', '5', url] as const; // -q: no ~/.curlrc
  const result = await runTool(bench.lab.client, argv, bench.signal);
  if (result === undefined) bench.lacks(notInstalled('curl'));
  return result?.status ?? undefined;
}
