/** The texts of dummy-bind, in English. */
export const en = {
  title: 'A dummy socket on the source port',
  claim:
    'A socket on the source port does not keep the RST away, be it bound, listening or connected elsewhere: the SYN/ACK is looked up by its four-tuple.',
  steps: [
    "A socket of the client binds port 41000. From the same port, a SYN by hand; the server answers SYN/ACK; then ACK and data by hand. The server's answer to them tells whether its half-open entry was still there.",
    'The same with a socket that listens on port 41000.',
    'The same with a socket that is connected from port 41000 to another port of the server.',
  ],
  facts: {
    bound: 'with a socket that is bound, the data is answered',
    listening: 'with one that listens',
    connectedElsewhere: 'with one that is connected elsewhere',
    owners: "who gets the SYN/ACK on the client, by the kernel's look-up",
    resets: "RSTs of the client's kernel",
    reasons: "the kernel's reasons for them",
  },
  explanation:
    'tcp_v4_rcv() hands the SYN/ACK to __inet_lookup_skb(). The socket that is merely bound stands in the table of bound ports (bhash) only, which is not searched. The one that is connected elsewhere stands in ehash, under another four-tuple, so it is not found either: both end in tcp_v4_send_reset() with NO_SOCKET. The listener is found, for listeners are looked up by address and port alone; but a listener has no use for a segment with ACK (tcp_rcv_state_process returns TCP_FLAGS), and the RST comes from there. Only a socket in SYN_SENT or later, with exactly this four-tuple, would own the segment, and such a socket would make the connection itself.',
  next: [
    'Put a socket with exactly this four-tuple into the table without sending anything: TCP_REPAIR can do it, after the handshake (adopt).',
    'What the dummy is good for: nobody else gets the port meanwhile. That is what bind() is for.',
  ],
  claims: {
    boundKeepsRstAway: {
      text: "A dummy socket bound to the source port keeps the kernel's RST away.",
      because:
        "The kernel's look-up finds nobody for the four-tuple while the socket is bound, and the RST leaves as if it were not there.",
    },
  },
  scenes: {
    bound: 'bound',
    listening: 'listening',
    connectedElsewhere: 'connected elsewhere',
  },
} as const;
