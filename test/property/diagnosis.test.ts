/** What holds for findings, whatever the moments they are made of. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diagnose, Diagnosis, MOST_CONNECTIONS } from '../../src/diagnosis/diagnosis.js';
import { COURSE_IDS } from '../../src/diagnosis/finding.js';
import { beginHandshake, seeHandshake } from '../../src/diagnosis/handshake.js';
import { BOTH_ENDS, type EndName, otherEnd } from '../../src/evidence/host.js';
import type { Moment, MomentOf } from '../../src/evidence/moment.js';
import type { Ending, Subject } from '../../src/evidence/recording.js';
import { millis } from '../../src/tcp/types.js';
import { TcpFlag } from '../../src/wire/index.js';
import { observed } from '../support/evidence.js';
import { FLOW } from '../support/memory.js';

const TEMPLATE = observed(0, 'client', 'kernel', 'S');
const PORTS = { client: 41000, server: 8888 } as const;

/** Written out without bytes: nothing here reads them. `port`: the client's. */
function packet(ms: number, from: EndName, flags: number, port: number = PORTS.client, seq = 0): MomentOf<'packet'> {
  const [src, dst] = from === 'client' ? [FLOW.src, FLOW.dst] : [FLOW.dst, FLOW.src];
  const [srcPort, dstPort] = from === 'client' ? [port, PORTS.server] : [PORTS.server, port];
  const { packet, segment } = TEMPLATE;
  return {
    ...{ type: 'packet', ms, isTelling: true, numbers: {} },
    packet: {
      ...{ at: millis(ms), from, to: otherEnd(from), sender: seq % 2 === 0 ? 'kernel' : 'rawshake' },
      packet: { ...packet, ip: { ...packet.ip, src, dst } },
      segment: { ...segment, flags, seq: seq as typeof segment.seq, srcPort, dstPort },
    },
  };
}

const hosts = fc.constantFrom<EndName[]>('client', 'server');
const ports = fc.integer({ min: 41000, max: 41003 });
const flowOf = (host: EndName, port: number) =>
  host === 'client'
    ? { ...FLOW, srcPort: port }
    : { src: FLOW.dst, srcPort: FLOW.dstPort, dst: FLOW.src, dstPort: port };

const moment: fc.Arbitrary<Moment> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(hosts, fc.nat(0x1f), ports, fc.nat(4))
      .map(([from, flags, port, seq]) => packet(0, from, flags, port, seq)),
  },
  fc.tuple(hosts, ports, fc.constantFrom('none', 'LISTEN', 'ESTABLISHED')).map(([host, port, owner]): Moment => {
    const lookup = { ...flowOf(host, port), atMs: 0, host, owner } as const;
    return { type: 'lookup', ms: 0, isTelling: true, lookup, tellRemotePort: false };
  }),
  fc.tuple(hosts, ports, fc.boolean()).map(([host, port, hasFlow]): Moment => {
    const of = hasFlow ? flowOf(host, port) : {};
    return {
      type: 'event',
      ms: 0,
      isTelling: true,
      event: { atMs: 0, host, event: 'tcp_send_reset', reason: 'NO_SOCKET', ...of },
    };
  }),
  hosts.map((host): Moment => ({ type: 'adopted', ms: 0, isTelling: true, host })),
  fc.constant<Moment>({ type: 'scene', ms: 0, isTelling: true, title: { en: 'next', zh: '下一个' } }),
  fc.nat(9).map((packets): Moment => ({ type: 'left-out', ms: 0, isTelling: true, packets })),
);

const moments = fc
  .array(moment, { maxLength: 60 })
  .map((all): readonly Moment[] => all.map((one, ms) => ({ ...one, ms })));

const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.constant({}),
  hosts.map((host) => ({ handMade: { host, flow: flowOf(host, PORTS.client) } })),
);

const ending: fc.Arbitrary<Ending> = fc.oneof(
  fc.constant({}),
  fc.boolean().map((dataArrived) => ({ dataArrived })),
);

test('findings moment by moment are those of the finished recording, however often one asks in between', () => {
  fc.assert(
    fc.property(subject, moments, ending, (about, all, end) => {
      const diagnosis = new Diagnosis(about);
      const told = all.flatMap((one) => {
        diagnosis.end(end);
        return diagnosis.see(one);
      });
      expect([...told, ...diagnosis.end(end)]).toEqual(
        diagnose({ hosts: BOTH_ENDS, subject: about, moments: all, ending: end }),
      );
    }),
  );
});

test('one hand-made connection whose end is known has exactly one finding on how it went', () => {
  fc.assert(
    fc.property(hosts, moments, fc.boolean(), (host, all, dataArrived) => {
      const about = { handMade: { host, flow: flowOf(host, PORTS.client) } };
      const found = diagnose({ hosts: BOTH_ENDS, subject: about, moments: all, ending: { dataArrived } });
      expect(found.filter(({ id }) => (COURSE_IDS as readonly string[]).includes(id))).toHaveLength(1);
    }),
  );
});

test('a million moments of one connection: after its handshake the state does not change', () => {
  const opening = [
    packet(0, 'client', TcpFlag.SYN),
    packet(1, 'server', TcpFlag.SYN | TcpFlag.ACK),
    packet(2, 'client', TcpFlag.ACK),
    packet(3, 'server', TcpFlag.ACK),
  ];
  const open = opening.reduce(seeHandshake, beginHandshake({ hosts: BOTH_ENDS, subject: {}, flow: FLOW }));
  const data = [packet(4, 'client', TcpFlag.ACK), packet(5, 'server', TcpFlag.ACK)] as const;
  let state = open;
  for (let i = 0; i < 500_000; i++) state = seeHandshake(seeHandshake(state, data[0]), data[1]);
  expect(state).toBe(open);
});

test('any number of connections: so many are followed and no more, and each has its finding', () => {
  const diagnosis = new Diagnosis();
  const CONNECTIONS = 10 * MOST_CONNECTIONS;
  let [findings, most] = [0, 0];
  for (let i = 0; i < CONNECTIONS; i++) {
    findings += diagnosis.see(packet(i, 'client', TcpFlag.SYN, 1 + (i % 65_535), i)).length;
    most = Math.max(most, diagnosis.connections);
  }
  expect(most).toBe(MOST_CONNECTIONS);
  expect(findings + diagnosis.end().length).toBe(CONNECTIONS);
});
