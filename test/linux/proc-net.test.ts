import { describe, expect, test } from 'vitest';
import { parseSnmp, parseTcpSockets } from '../../src/linux/proc-net.js';

const HEADING = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';

describe('/proc/net/tcp', () => {
  test('a listener with two connections that wait, and a half-open entry', () => {
    const rows = parseTcpSockets(
      HEADING +
        '   0: 020200C0:22B8 00000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0\n' +
        '   1: 020200C0:22B8 010200C0:A028 03 00000000:00000000 01:00000064 00000000     0        0 0 1 0\n',
    );
    expect(rows).toEqual([
      { src: '192.0.2.2', srcPort: 8888, dst: '0.0.0.0', dstPort: 0, state: 'LISTEN', receiveQueue: 2, sendQueue: 0 },
      {
        ...{ src: '192.0.2.2', srcPort: 8888, dst: '192.0.2.1', dstPort: 41000 },
        ...{ state: 'SYN_RECV', receiveQueue: 0, sendQueue: 0 },
      },
    ]);
  });

  test('IPv6 addresses are in words of the machine', () => {
    const [row] = parseTcpSockets(
      `${HEADING}   0: B80D0120000000000000000001000000:A028 B80D0120000000000000000002000000:22B8 01 00000005:00000000 00:0 0 0 0 1 1 0\n`,
    );
    expect(row).toMatchObject({ src: '2001:db8::1', dst: '2001:db8::2', state: 'ESTABLISHED', sendQueue: 5 });
  });

  test('no socket, no row', () => {
    expect(parseTcpSockets(HEADING)).toEqual([]);
  });
});

test('/proc/net/snmp and netstat: pairs of lines, by nstat’s names', () => {
  const text = 'Tcp: RtoMin MaxConn OutRsts\nTcp: 200 -1 3\nTcpExt: SyncookiesSent ListenDrops\nTcpExt: 15 5\n';
  expect(parseSnmp(text)).toEqual({
    TcpRtoMin: 200,
    TcpMaxConn: -1,
    TcpOutRsts: 3,
    TcpExtSyncookiesSent: 15,
    TcpExtListenDrops: 5,
  });
});
