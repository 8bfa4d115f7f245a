/** Typical wrong answers to the course's exercises. */
import { readAnswers } from '../../../src/exercise/answers.js';

const KERNEL_CLIENT = `
import socket, sys
where = (sys.argv[3], int(sys.argv[4]))
socket.create_connection(where, source_address=(sys.argv[1], int(sys.argv[2]))).sendall(b"hello")
`;

/** Per exercise: an answer in place of the solution's, and why somebody would give it. */
export const WRONG: Readonly<Record<string, readonly (readonly [why: string, question: string, answer: unknown])[]>> = {
  '01-first-ack': [
    ['the SYN was forgotten', 'ack', 'synack.seq'],
    ['the number that the server acknowledged', 'ack', 'synack.ack + 1'],
    ["somebody else's number", 'seq', 1_000_001],
    ['no number', 'acked', 'the next one'],
  ],
  '02-closed-port': [
    ['a RST is thought to acknowledge nothing', 'syn', 'R'],
    ['every RST is thought to acknowledge', 'data', 'R.'],
    ['a RST is thought to be answered, too', 'rst', 'R'],
    ["the SYN's own number", 'syn_number', 4_281_009_459],
    ['the FIN was forgotten', 'fin_number', 4_281_010_016],
    ['the bytes were added, as if the RST counted them', 'data_number', 1_287_290_939],
  ],
  '03-options': [
    ['no window scale was offered', 'wscale', 'S 0:0(0) win 64240 <mss 1460>'],
    ['everything was offered', 'wscale', 'S 0:0(0) win 64240 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>'],
    ['SACK blocks in place of the permission', 'sack', 'S 0:0(0) win 64240 <mss 1460,nop,nop,sack 1:2>'],
    ['no timestamps', 'timestamps', 'S 0:0(0) win 64240 <mss 1460>'],
    [
      'value and echo the wrong way round',
      'timestamps',
      'S 0:0(0) win 64240 <mss 1460,nop,nop,TS val 0 ecr 1296777646>',
    ],
    ['the window in place of the segment size', 'mss', 'S 0:0(0) win 277 <mss 1460>'],
    ['no packet', 'mss', 'mss 277'],
  ],
  '04-raw-alone': [
    ['the ACK was right, so it should work', 'alone', 'ESTABLISHED'],
    ['the RST is believed to come from the peer', 'sender', 'server_kernel'],
    ["the SYN's own number", 'rst', 3_040_366_974],
    ['a bound port is taken for an owner', 'bind', 'ESTABLISHED'],
    ['the raw socket is thought to hear before INPUT', 'input', 'ESTABLISHED'],
    ['a race is believed in', 'fix', 'faster'],
  ],
  '05-wrong-ack': [
    ["the client's kernel is blamed again", 'sender', 'client_kernel'],
    ['the RST is thought to go on where the server was', 'rst', 'wrong.seq'],
    ['a RST is thought to end the connection', 'left', 'LISTEN'],
    ['one too small', 'ack', 'synack.seq'],
    ['one too large', 'ack', 'synack.seq + 2'],
    ['the wrong field', 'ack', 'synack.ack + 1'],
  ],
  '06-wrong-chain': [
    ['the RST is looked for where packets arrive', 'rule', '-A INPUT -p tcp --tcp-flags RST RST -j DROP'],
    ['the ports as in what arrives', 'rule', '-A OUTPUT -p tcp --sport 8888 --tcp-flags RST RST -j DROP'],
    ["all that leaves, the program's own SYN too", 'rule', '-t raw -A OUTPUT -p tcp --dport 8888 -j DROP'],
    ['the rule is trusted', 'after_a', 'ESTABLISHED'],
    ['a raw socket is thought to see what INPUT drops', 'after_c', 'S.'],
  ],
  '07-narrowest-rule': [
    ["it stops the program's own RST too", 'rule', narrowRule({ mark: '' })],
    ['not only RSTs', 'rule', narrowRule({ flags: '' })],
    ['of any connection of this port', 'rule', narrowRule({ dport: '' })],
    ['of any connection to this server', 'rule', narrowRule({ sport: '' })],
    ['between any addresses', 'rule', narrowRule({ src: '', dst: '' })],
    ["somebody else's port", 'rule', narrowRule({ sport: '--sport 41000' })],
    ['the mark is thought to travel', 'mark', 'header'],
  ],
  '08-bad-checksum': [
    ['a closed port is thought to reset whatever comes', 'shut', 'R.'],
    ['only the open port is thought to count', 'counted', 1],
    ['the pseudo-header was forgotten', 'checksum', 37_485],
    ['the carry was lost', 'checksum', 3667],
    ['not turned over', 'checksum', 61_872],
  ],
  '09-no-listener': [
    ['a connection is thought to need a socket at both ends', 'client_state', 'SYN_SENT'],
    ["the server's kernel is thought to know of it", 'server_state', 'ESTABLISHED'],
    ['the SYN was forgotten', 'ack', 'syn.seq'],
    ['the bytes are not acknowledged', 'reply', 'P. 1:6(5) ack 1 win 64240'],
    ["the client's SYN was forgotten", 'reply', 'P. 1:6(5) ack 7 win 64240'],
    ['its own SYN was forgotten', 'reply', 'P. 0:5(5) ack 8 win 64240'],
  ],
  '10-connect-to-yourself': [
    ['as if somebody had listened and only acknowledged', 'second', '. 1:1(0) ack 1'],
    ['one packet more, for the second end', 'packets', 4],
    ['a connection has two ends, so two sockets', 'sockets', 2],
    ["another's numbers, copied", 'peer', 8888],
    ['nobody is there to answer', 'echo', 0],
    ['the state of the second', 'synack_lost', 'SYN_SENT'],
    ['as if only one side closed', 'closed', 'FIN_WAIT2'],
  ],
  '11-open-at-once': [
    ['as if the other side had listened', 'before', 'LISTEN'],
    ['the ACK of a client whose SYN was answered', 'second', '. 1:1(0) ack 1'],
    ['only one side is thought to answer', 'synacks', 1],
    ['two SYNs, so two connections', 'connections', 2],
    ["the server's SYN takes a number", 'last', 'S. 0:0(0) ack 0'],
    ['as if the SYN had changed nothing', 'lost', 'SYN_SENT'],
  ],
  '12-challenge-ack': [
    ['no SYN at all', 'syn', '. 1:1(0) ack 1'],
    ['the number of the old SYN', 'syn', 'S 0:0(0)'],
    ['a closed port would do that', 'reply', 'R.'],
    ['a listener would do that', 'reply', 'S.'],
    ['the SYN itself was acknowledged', 'ack', 873_504_556],
    ['as if the SYN had opened it anew', 'state', 'SYN_RECV'],
    ['as if there were no limit', 'again', '.'],
    ['not the number that the challenge names', 'reset', 'R 0:0(0)'],
  ],
  '13-accept-queue': [
    ['the backlog to the letter', 'open', 3],
    ['all of them, as the client has it', 'open', 5],
    ['as the client has it', 'last', 'ESTABLISHED'],
    ['a SYN is always answered', 'reply', 'S.'],
    ['a full queue is taken for a closed port', 'reply', 'R.'],
    ['the ACK alone', 'overflows', 1],
    ['the handshake from the start', 'again', 'S 0:0(0)'],
  ],
  '14-lossy-handshake': [
    ['the lost SYN/ACK was forgotten', 'syns', 2],
    ['as if the server had taken the SYN for a new connection', 'synack', 'S. 1:1(0) ack 1'],
    ['as for a connection that is established', 'synack', '. 1:1(0) ack 1'],
    ['as the client has it', 'half', 'ESTABLISHED'],
    ['the SYN takes a number', 'data', 'P. 0:509(509) ack 1 win 64240'],
    ['without the ACK that was lost', 'data', 'P 1:1(0) win 64240'],
    ['data before the handshake is over is thought lost', 'read', 0],
  ],
  '15-three-in-ten-lost': [
    ['no SYN at all', 'first', '. 0:0(0) ack 0 win 64240'],
    ["another's number", 'first', 'S 1000:1000(0) win 64240 <mss 1460>'],
    ['each SYN is thought to begin another connection', 'entries', 5],
    ['nothing acknowledges it', 'second', '. 1:1(0) ack 1 win 64240'],
    ['data without the ACK that the handshake still needs', 'second', 'P 1:632(631) win 64240'],
    ['the SYN was forgotten', 'second', 'P. 0:631(631) ack 1 win 64240'],
    ["somebody else's length", 'second', 'P. 1:101(100) ack 1 win 64240'],
    ['ACKs are thought to be counted', 'lone', 'reset'],
  ],
  '16-hand-over': [
    ['a raw socket is thought to own the connection', 'owner', 'ESTABLISHED'],
    ['the SYN was forgotten', 'seq', 5],
    ['as if nothing had been sent', 'seq', 1],
    ['one too many', 'seq', 7],
    ["the server's SYN was forgotten", 'ack', 7],
    ['as if nothing had been received', 'ack', 1],
    ['one too many', 'ack', 9],
    ['the kernel is thought to know of nothing still', 'resets', 1],
  ],
  '17-out-of-window': [
    ['what does not fit is thought to be ignored', 'probe', 'none'],
    ['what does not fit is thought to reset', 'probe', 'R'],
    ['as if the probe took the number back', 'probe_ack', 'synack.ack + 39'],
    ["the server's own numbers", 'probe_ack', 'synack.seq + 1'],
    ['the bytes are thought to be taken twice', 'duplicate', '. 1:1(0) ack 81'],
    ['the D-SACK was forgotten', 'duplicate', '. 1:1(0) ack 41'],
    ['left open', 'duplicate', '. 1:1(0) ack 41 <...>'],
    ['the ACK jumps over the gap', 'gap', '. 1:1(0) ack 335 <nop,nop,sack 292:335>'],
    ['what lies behind the gap is thought to be read', 'readable', 83],
    ['the data behind the gap is thought to be lost', 'filled', 292],
    ['the last byte is thought to be wanted', 'why', 'data'],
  ],
  '18-client-of-your-own': [
    ["the kernel's TCP in place of a raw socket", 'client', KERNEL_CLIENT],
    ['the SYN is thought to take no number', 'client', clientWith('theirs + 1', 'theirs')],
    ['the own SYN is thought to take no number', 'client', clientWith('1001', '1000')],
    ['the checksum without the pseudo header', 'client', clientWith('pseudo + head + text)', 'head + text)')],
    ['the SYN/ACK is not acknowledged', 'client', clientWith('send(ACK, 1001', 'quit(), (ACK, 1001')],
    ['four bytes', 'client', clientWith('b"hello"', 'b"hell"')],
    ['no program', 'client', 'handshake()'],
  ],
};

/** The solution of 07 with parts of it replaced. */
function narrowRule(parts: Readonly<Record<string, string>>): string {
  const narrow = {
    ...{ src: '-s 192.0.2.1', sport: '--sport 57574', dst: '-d 192.0.2.2', dport: '--dport 8888' },
    ...{ flags: '--tcp-flags RST RST', mark: '-m mark ! --mark 0x36' },
  };
  return `-t raw -A OUTPUT -p tcp ${Object.values({ ...narrow, ...parts }).join(' ')} -j DROP`;
}

/** The solution of 18, one thing replaced wherever it stands. */
function clientWith(right: string, wrong: string): string {
  const { answers } = readAnswers('exercises/solutions/18-client-of-your-own.yaml');
  return String(answers['client']).replaceAll(right, wrong);
}
