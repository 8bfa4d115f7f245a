/** The texts of reset-rules, in English. */
export const en = {
  title: 'Nine segments to nobody',
  claim:
    'A segment that no socket owns is answered by RST, unless it is a RST itself; whether its ACK flag is set decides which numbers the RST carries.',
  steps: [
    'Nine segments go to a port of the server on which nobody listens, right behind each other. Each has numbers of its own, so that an answer tells which one it answers.',
    'Four without ACK, two RSTs, three with ACK. When the last one has its answer, what has none by then gets none: answers come in order.',
  ],
  facts: {
    syn: 'SYN',
    fin: 'FIN without ACK',
    data: 'five bytes without ACK',
    synFinData: 'SYN, FIN and five bytes at once',
    rst: 'RST',
    rstAck: 'RST/ACK',
    ack: 'ACK',
    synAck: 'SYN/ACK',
    finAckData: 'FIN/ACK with five bytes',
    owner: 'who owned the four-tuple',
    reason: "the kernel's reason for every RST",
  },
  explanation:
    'tcp_v4_rcv() finds no socket and calls tcp_v4_send_reset(). That returns at once if th->rst is set: a RST answered by a RST would go to and fro for ever. Otherwise the RST must be believable to whoever sent the segment. With ACK set, the other side has said which number it expects next, and the RST takes exactly that for its own: seq = ack_seq, and no ACK flag. Without ACK nothing is known of what it expects; the RST then has seq 0 and proves by its acknowledgment that it has seen the segment: ack = seq + SYN + FIN + length. A receiver believes the first by its place in the window, the second, in SYN_SENT, because it acknowledges the SYN. Nothing else of the segment matters: a senseless set of flags such as SYN with FIN is counted and answered like any other.',
  next: [
    'Send the same nine to a listener: of those without ACK, only a SYN is answered; those with ACK get the same RST.',
    'A segment without any flag and without data: what will the RST acknowledge?',
    'A raw handshake fails by the second rule: the SYN/ACK has ACK set, so the RST carries just the number that the server expects (raw-alone).',
  ],
  claims: {
    alwaysReset: {
      text: 'A segment with a right checksum to a port without a socket is answered by RST.',
      because:
        'Not if it is a RST itself. And there are two kinds of answer: without ACK in the segment, RST/ACK with sequence number 0; with ACK, a RST that takes the acknowledgment for its sequence number.',
    },
  },
} as const;
