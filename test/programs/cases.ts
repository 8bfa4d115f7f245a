/** Programs that fail in public, as people ask about them: how each is run, and what is to be found. */
import { join } from 'node:path';
import type { FindingId } from '../../src/diagnosis/finding.js';
import type { CureId } from '../../src/evidence/program-run.js';
import type { RunOptions } from '../../src/lab/run/options.js';
import { scapyPython } from '../judges/programs.js';

export type Argv = RunOptions['argv'];
export type Options = Omit<RunOptions, 'argv'>;

export interface Case {
  readonly name: string;
  readonly argv: Argv;
  readonly options?: Options;
  /** All that is found, in the order in which it is told. */
  readonly found: readonly FindingId[];
  /** The same behind a cure. */
  readonly behind?: Readonly<Partial<Record<CureId, readonly FindingId[]>>>;
}

export const ENDS_IN_ARGUMENTS = ['{server}', '{port}'] as const;
export const programIn = (file: string): string => join('test/programs', file);
export const PYTHON = scapyPython();
export const python = (file: string, ...words: readonly string[]): Argv => [PYTHON, programIn(file), ...words];
const scapy = (...words: readonly string[]): Argv => python('scapy-client.py', ...ENDS_IN_ARGUMENTS, ...words);
export const raw = (...words: readonly string[]): Argv => python('raw-client.py', ...ENDS_IN_ARGUMENTS, ...words);
const served = (...words: readonly string[]): Argv => python('raw-server.py', '{port}', ...words);
const hping = (...words: readonly string[]): Argv => [
  ...(['sh', programIn('hping3-handshake.sh')] as const),
  ...[...ENDS_IN_ARGUMENTS, ...words],
];
const dummy = (how: string): Argv => python('dummy-socket.py', ...ENDS_IN_ARGUMENTS, how);
export const nmap = (scan: string): Argv => ['nmap', scan, '-Pn', '-n', '-p', '{port}', '{server}'];
export const masscan = (...words: readonly string[]): Argv => [
  ...(['masscan', '{server}', '-p', '{port}', '--banners', '--rate', '1000', '--wait', '0'] as const),
  ...words,
];
const nping = (...words: readonly string[]): Argv => ['nping', '-c', '1', '-p', '{port}', ...words, '{server}'];

/** What is written inside of those that have all written inside. */
export const OF_C = { port: 80, serverAddress: '192.168.1.1', clientAddress: '192.168.1.10' } as const;
export const OF_TUN = { port: 443, serverAddress: '203.0.113.80' } as const;
const OF_FRAMES: Options = {
  port: 80,
  serverAddress: '198.51.100.7',
  clientAddress: '198.51.100.8',
  names: ['www.example.com'],
  interfaceName: 'enp3s0',
  peer: 'http',
};
const SERVED = { role: 'server', port: 80 } as const;
/** It goes on where nothing more comes. */
export const SCANNED = { peer: 'http', port: 80, timeoutMs: 1500 } as const;

const RESET = ['own-kernel-reset'] as const;
export const WORKS = ['established'] as const;
const CURED = { owner: WORKS, input: WORKS } as const;

/** `client`: where raw-client.c is, compiled. */
export const casesOf = (client: string): readonly (readonly [program: string, cases: readonly Case[]])[] => [
  [
    'scapy over a raw socket, which reads by AF_PACKET',
    [
      { name: 'its kernel resets it', argv: scapy('raw'), found: RESET, behind: CURED },
      {
        ...{ name: 'it listens at lo', argv: scapy('raw', 'interface') },
        ...{ found: ['unread', ...RESET], behind: { owner: ['unread', 'half-open'] } },
      },
      { name: 'with a rule', argv: scapy('raw', 'rule'), found: WORKS },
    ],
  ],
  [
    'scapy that makes whole frames; name, port, source and interface are written inside',
    [
      {
        name: 'its kernel resets it',
        argv: python('frame-client.py'),
        options: OF_FRAMES,
        found: RESET,
        behind: CURED,
      },
      ...(['router', 'broadcast'] as const).map((mistake): Case => ({
        ...{ name: `its frames are for a wrong card: ${mistake}`, argv: python('frame-client.py', mistake) },
        ...{ options: OF_FRAMES, found: ['wrong-link-address', 'no-answer'] },
      })),
      {
        ...{ name: "a checksum of IP's is wrong", argv: python('frame-client.py', 'ip-checksum'), options: OF_FRAMES },
        ...{ found: ['bad-ip-checksum', 'no-answer'] },
      },
      {
        ...{ name: 'from an address that its kernel does not have', argv: python('frame-client.py', 'spare') },
        ...{ options: OF_FRAMES, found: WORKS, behind: CURED },
      },
    ],
  ],
  [
    'a raw socket in Python',
    [
      {
        name: 'its kernel resets it',
        argv: raw(),
        found: RESET,
        behind: { owner: WORKS, input: ['unread', 'half-open'] },
      },
      {
        ...{ name: 'its ACK is one too low', argv: raw('ack') },
        ...{ found: ['wrong-ack', ...RESET], behind: { owner: ['wrong-ack', 'reset-by-peer'] } },
      },
      {
        ...{
          name: 'a rule on INPUT',
          argv: ['sh', '-c', 'iptables -A INPUT -p tcp -j DROP; exec "$@"', 'sh', ...raw()],
        },
        found: ['unread', 'half-open'],
      },
      { name: 'with a rule', argv: raw('rule'), found: WORKS },
    ],
  ],
  [
    'a raw socket in C; addresses and ports are written inside',
    [
      {
        ...{ name: 'its kernel resets it', argv: [client], options: OF_C },
        ...{ found: RESET, behind: { owner: WORKS, input: ['unread', 'half-open'] } },
      },
      { name: 'nobody has its server', argv: [client], found: ['no-such-host', 'no-answer'] },
      {
        ...{ name: 'it is not at its address', argv: [client], options: { port: 80, serverAddress: '192.168.1.1' } },
        found: ['foreign-source', 'half-open'],
      },
      {
        ...{ name: 'it reads from IPPROTO_RAW', argv: [client, 'unread'], options: OF_C },
        ...{ found: ['unread', ...RESET], behind: { owner: ['unread', 'half-open'] } },
      },
      {
        ...{ name: 'its ACK is in the wrong order of bytes', argv: [client, 'endian'], options: OF_C },
        ...{ found: ['wrong-ack', ...RESET], behind: { owner: ['wrong-ack', 'reset-by-peer'] } },
      },
      { name: 'with a rule', argv: [client, 'rule'], options: OF_C, found: WORKS },
    ],
  ],
  [
    'a server by a raw socket in Python',
    [
      {
        name: 'its kernel refuses the client',
        argv: served(),
        options: SERVED,
        found: RESET,
        behind: { owner: WORKS },
      },
      {
        ...{ name: 'its ACK is one too low', argv: served('ack'), options: SERVED },
        ...{ found: ['wrong-ack', ...RESET], behind: { owner: ['wrong-ack', 'reset-by-peer'] } },
      },
      {
        ...{ name: 'its checksum is wrong', argv: served('checksum'), options: SERVED },
        ...{ found: ['bad-checksum', ...RESET], behind: { owner: ['bad-checksum', 'half-open'] } },
      },
      { name: 'with a rule', argv: served('rule'), options: SERVED, found: WORKS },
    ],
  ],
  [
    'nmap',
    [
      {
        name: 'its kernel resets it; a cure leaves it half-open',
        argv: nmap('-sS'),
        found: RESET,
        behind: { owner: ['half-open'] },
      },
      {
        name: 'a closed port',
        argv: nmap('-sS'),
        options: { peer: 'closed' },
        found: ['refused'],
        behind: { owner: ['refused'] },
      },
      { name: 'no SYN', argv: nmap('-sA'), found: ['no-syn'] },
      { name: "by the kernel's sockets, which it resets", argv: nmap('-sT'), found: ['aborted'] },
    ],
  ],
  [
    'hping3, a packet at a time',
    [
      { name: 'its kernel resets it', argv: hping(), found: RESET, behind: CURED },
      {
        ...{ name: 'the ACK comes from the next port', argv: hping('port') },
        ...{ found: ['no-syn', ...RESET], behind: { owner: ['no-syn', 'half-open'] } },
      },
      { name: 'with a rule', argv: hping('rule'), found: WORKS },
    ],
  ],
  [
    'masscan with banners',
    [
      { name: 'its kernel resets it', argv: masscan(), options: SCANNED, found: RESET, behind: CURED },
      { name: 'a closed port', argv: masscan(), options: { ...SCANNED, peer: 'closed' }, found: ['refused'] },
      {
        ...{ name: 'from an address that its kernel does not have', argv: masscan('--source-ip', '192.0.2.77') },
        ...{ options: SCANNED, found: WORKS },
      },
    ],
  ],
  [
    'nping',
    [
      { name: 'its kernel resets it', argv: nping('--tcp'), found: RESET, behind: { owner: ['half-open'] } },
      {
        ...{ name: 'a wrong checksum', argv: nping('--tcp', '--badsum') },
        ...{ found: ['bad-checksum', 'no-answer'] },
      },
      { name: "by the kernel's sockets", argv: nping('--tcp-connect'), found: WORKS },
    ],
  ],
  [
    'a stack behind a TUN; all addresses are written inside',
    [
      {
        name: 'its ACK is one too low',
        argv: python('tun-stack.py', 'ack'),
        options: OF_TUN,
        found: ['wrong-ack', 'reset-by-peer'],
      },
      {
        name: 'its checksum is wrong',
        argv: python('tun-stack.py', 'checksum'),
        options: OF_TUN,
        found: ['bad-checksum', 'no-answer'],
      },
      { name: 'nobody has its server', argv: python('tun-stack.py'), found: ['no-such-host', 'no-answer'] },
      { name: 'it works', argv: python('tun-stack.py'), options: OF_TUN, found: WORKS },
    ],
  ],
  [
    'a SYN by hand from the port of a socket',
    [
      { name: 'that is bound', argv: dummy('bind'), found: RESET, behind: CURED },
      { name: 'that listens', argv: dummy('listen'), found: RESET },
      { name: 'that is connected', argv: dummy('twice'), found: ['in-use', 'no-answer', 'established'] },
      { name: 'left to the socket', argv: dummy('connect'), found: WORKS },
    ],
  ],
];
