/** The texts of simultaneous-open, in English. */
export const en = {
  title: 'Two that call each other',
  claim: 'Two sockets that connect to each other at the same time become one connection, and neither of them listens.',
  steps: [
    "The naive try: the server only binds its port, and the client connects. Then the server connects to the client's port.",
    "Now each connects from its own port to the other's. The link holds both SYNs until both are out, and then lets them pass: so they cross, every time.",
    'The two SYN/ACKs are held, too, while both socket tables are asked; then they pass.',
    'The client writes “hello”, the server “world”.',
  ],
  facts: {
    naive: 'one after the other: what the two connect() say',
    naiveAnswer: 'the answer of a port that is merely bound',
    crossing: 'states, client and server: SYNs under way, SYN/ACKs under way, after',
    outcomes: 'what the two connect() say',
    clientSegments: 'segments of the client',
    serverSegments: 'segments of the server',
    listeners: 'listeners on both hosts',
    data: 'what server and client read',
    clientStates: "states of the client's socket, as its kernel says",
    serverStates: "states of the server's socket, as its kernel says",
    calls: 'system calls of the two programs',
  },
  explanation:
    "bind() keeps a port from others, and enters nothing into the tables that tcp_v4_rcv() looks into; so a SYN to it finds no socket, and RST is the answer. connect() enters the socket into ehash, with the whole four-tuple, in SYN_SENT. The SYN of the other side has just this four-tuple, the other way round, and finds it. tcp_rcv_synsent_state_process() takes a SYN without ACK for what it is: the state becomes SYN_RECV (on the full socket, not in a half-open entry, and so the kernel's trace shows it), and SYN/ACK leaves, with the same initial number. The other side's SYN/ACK acknowledges our SYN: ESTABLISHED. Four segments, says RFC 9293. Linux sends one ACK more on each side: the SYN in the SYN/ACK was there already, and a duplicate is acknowledged (before Linux 6.11: by a challenge ACK, and only this ACK brings the other side to ESTABLISHED).",
  next: [
    "TCP hole punching is this: two hosts behind NATs connect to each other's public address at the same time, each SYN opening its own NAT for the other's.",
    "Without the hold, try it by two shells: on a link of microseconds one SYN is always there before the other side's connect().",
  ],
  claims: {
    synAgain: {
      text: 'In simultaneous open each side, having received a SYN, sends its SYN again.',
      because:
        "It sends SYN/ACK: SYN again, indeed, with the same initial number, and with the ACK of the other's. RFC 9293 figure 8 shows the same.",
    },
    boundIsEnough: {
      text: 'For simultaneous open it is enough that the other side has bound its port.',
      because: 'A merely bound port answers RST. Both sockets must be in SYN_SENT when the SYNs arrive.',
    },
    twoConnections: {
      text: 'Simultaneous open yields two connections.',
      because: 'One connection: both SYNs belong to the same four-tuple, and each host has one entry for it.',
    },
  },
  scenes: {
    bothAtOnce: 'both at once',
    bound: 'the server has only bound its port',
  },
} as const;
