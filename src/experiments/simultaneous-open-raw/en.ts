/** The texts of simultaneous-open-raw, in English. */
export const en = {
  title: 'A SYN answered by a SYN',
  claim:
    'A program that called connect() is content with a SYN for an answer: a hand-made peer opens simultaneously with it.',
  steps: [
    "An ordinary program on the server connects to port 41000 of the client, on which there is no socket. A filter keeps the client's kernel from answering RST.",
    'Its SYN is answered, by hand, with a SYN. It comes back with SYN/ACK.',
    'SYN/ACK by hand, and then five bytes of data.',
  ],
  facts: {
    syn: "what the program's kernel sends first",
    synAck: 'its answer to our SYN',
    ack: 'its answer to our SYN/ACK',
    acknowledged: 'its answer to our data',
    outcome: "what the program's connect() says",
    received: 'what the program reads',
    owners: 'its socket before our SYN, after it, after our SYN/ACK',
    ownKernel: 'who owns the four-tuple on the hand-made side',
    states: 'states of the socket, as its kernel says',
  },
  explanation:
    "In SYN_SENT, tcp_rcv_synsent_state_process() looks at the ACK flag first: with it, SYN/ACK completes the handshake of every day; without it, a SYN makes SYN_RECV and draws SYN/ACK (tcp_send_synack). From there on the socket waits for any acceptable ACK (tcp_rcv_state_process), our SYN/ACK carries one. Nothing here was ever in LISTEN. The hand-made side has no socket at all, and its kernel would have answered the program's SYN with RST (tcp_v4_send_reset): that is why it is filtered.",
  next: [
    'Send a plain ACK, `. 1:1(0) ack 1`, in place of our SYN/ACK: it is enough.',
    'Put data into our SYN: Linux acknowledges the SYN only, and the data has to come again.',
  ],
  claims: {
    synAckNeeded: {
      text: 'connect() must be answered with SYN/ACK.',
      because: 'A SYN will do. It leads through SYN_RECV to ESTABLISHED, and the program notices nothing.',
    },
    stateOfServers: {
      text: 'SYN_RECV is a state of servers.',
      because: "A server's half-open entry is in it, and so is a client whose SYN was met by another SYN.",
    },
  },
} as const;
