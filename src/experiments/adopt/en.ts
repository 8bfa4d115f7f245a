/** The texts of adopt, in English. */
export const en = {
  title: 'The kernel adopts the connection',
  claim:
    'A connection made by hand can be handed to the kernel: with its four-tuple in the table there is nothing left to filter.',
  steps: [
    'Behind a filter the handshake is made by hand, as in raw-filtered.',
    'A kernel socket is put into repair mode, given both addresses, both sequence numbers, the window and the negotiated options, and switched back on. Nothing is sent.',
    'The filter is removed. "hello" and the close are now the kernel\'s own.',
  ],
  explanation:
    'With TCP_REPAIR set, connect() sends no SYN: tcp_v4_connect() enters the socket into ehash (inet_hash_connect) and tcp_finish_connect() makes it ESTABLISHED at once. TCP_QUEUE_SEQ, TCP_REPAIR_OPTIONS and TCP_REPAIR_WINDOW say what the handshake has agreed upon. From then on __inet_lookup_skb() finds an owner for every segment of the server, and tcp_v4_send_reset() is not called any more. This is the cure at the root: the other remedies keep an answer away that the kernel is right to give, this one makes the answer unnecessary. It needs CAP_NET_ADMIN.',
  next: [
    'Look at ss on both hosts: the connection is ESTAB on either side, and no rule is in force.',
    'The way back exists too: CRIU takes a connection out of one kernel and puts it into another by the same calls.',
  ],
  claims: {
    onlySenderOwns: {
      text: 'Only a socket that has sent the SYN itself can own a connection.',
      because:
        'TCP_REPAIR enters a four-tuple and its numbers into the table without a packet. The kernel carries on as if it had made the handshake.',
    },
  },
} as const;
