/** The texts of lookup-order, in English. */
export const en = {
  title: 'The same SYN, three answers',
  claim:
    'A segment is looked up by its four-tuple among connections first, then among listeners; what it meets decides the answer.',
  steps: [
    'A listener waits on the server. A SYN made by hand gets SYN/ACK; an ACK with five bytes completes the handshake.',
    'The same SYN again, the same ports and the same number: it now meets the connection.',
    'The same SYN to a port on which nobody listens.',
  ],
  facts: {
    listener: 'SYN to a listener',
    established: 'the same SYN on the connection',
    nothing: 'the same SYN to nobody',
    owners: 'who owned the four-tuple before each SYN',
  },
  explanation:
    'tcp_v4_rcv() asks __inet_lookup_skb(), which looks twice: __inet_lookup_established() searches the connections (ehash) by the whole four-tuple, half-open ones included; only if none is found, __inet_lookup_listener() searches the listeners (lhash2) by address and port. What is found decides. A listener answers a SYN with SYN/ACK (tcp_v4_conn_request, tcp_conn_request). A connection in ESTABLISHED takes the same SYN for a stray or an attack and answers with a challenge ACK, which says what it really expects and changes nothing (tcp_validate_incoming, tcp_send_challenge_ack; RFC 5961 §4.2). Where neither is found, tcp_v4_send_reset() answers.',
  next: [
    'Send the SYN twice on the connection within half a second: the second one gets no challenge ACK (tcp_invalid_ratelimit).',
    'The SYN/ACK that answers a SYN from a raw socket is looked up just so on the client, and finds nothing: raw-alone.',
  ],
  claims: {
    byPort: {
      text: 'The kernel finds the socket by the destination port.',
      because:
        'By the four-tuple. The same SYN to the same port is answered by the listener once, and by the connection as soon as there is one.',
    },
  },
} as const;
