/** The texts of self-connect, in English. */
export const en = ({ text }: { readonly text: string }) =>
  ({
    title: 'A socket connected to itself',
    claim: 'One socket can be both ends of a connection: it connects to its own address and port, and nobody listens.',
    steps: [
      "A program on the client makes one socket, binds it to the host's address and port 41000, and connects it to that same address and port.",
      `It writes “${text}” and reads.`,
      'The loopback and the link are captured, the socket table is read, and the system calls are looked through for listen().',
    ],
    facts: {
      outcome: 'what connect() says',
      segments: 'the handshake on the loopback',
      link: 'packets on the link to the server',
      entries: "the host's whole socket table",
      owner: 'who owns the four-tuple with equal ends',
      listeners: 'listeners on the host',
      echo: 'what the socket reads back',
      states: 'states of the one socket, as the kernel says',
      calls: "the program's system calls",
    },
    explanation:
      "tcp_v4_connect() enters the socket into the table of connections (ehash), in SYN_SENT, before its SYN leaves. The route to an address of one's own leads over lo, so the SYN comes straight back to tcp_v4_rcv(), and __inet_lookup_established() finds for it the very socket that sent it: swapping two equal ends changes nothing. A SYN in SYN_SENT is simultaneous open (tcp_rcv_synsent_state_process): the socket goes to SYN_RECV and sends SYN/ACK, to itself again, and that one acknowledges its own SYN: ESTABLISHED. The third packet says once more what is known: the SYN in the SYN/ACK was there already, so it is acknowledged as a duplicate (before Linux 6.11: by a challenge ACK). What is written goes to the receive queue of the socket that wrote it.",
    next: [
      'Close it and look at the table: FIN_WAIT1, CLOSING, TIME_WAIT: it closes with itself simultaneously, too.',
      'Write more than the receive queue and the send queue hold, without reading: the program waits for itself for ever.',
    ],
    claims: {
      specialCase: {
        text: 'Self-connect is a special case of simultaneous open.',
        because:
          'In SYN_SENT the socket receives a SYN, its own, goes to SYN_RECV, and answers SYN/ACK: the states and the segments of simultaneous open, each once instead of twice.',
      },
      twoSockets: {
        text: 'A connection has two sockets.',
        because:
          'It has two ends. Where both are the same address and port, one socket is both, and the table has one entry.',
      },
    },
  }) as const;
