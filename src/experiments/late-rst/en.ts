/** The texts of late-rst, in English. */
export const en = {
  title: 'The filter removed too early',
  claim:
    'A hand-made connection needs its filter for as long as the peer may still send: the first segment that comes after its removal is answered RST, and the established connection dies.',
  steps: [
    'Behind a filter, the client makes the handshake by hand. The server program accepts and says "welcome".',
    "The segment arrives. The kernel's RST stays behind the filter, and the client does not acknowledge.",
    'The filter is removed: the handshake is done, is it not? Some 200 ms later the server sends the segment again.',
    'The client sends a byte and looks what is left of the connection.',
  ],
  facts: {
    owner: 'the connection on the server',
    first: "the server's first data",
    quiet: 'RSTs on the link up to then',
    again: 'what the server repeats',
    reset: "the client's kernel answers",
    program: "what the server's program gets",
    after: 'the answer to a byte of the client',
  },
  explanation:
    "The handshake left nothing in the client's ehash, then or later: there is nothing that the kernel could take over. Each segment of the server goes through tcp_v4_rcv() anew, finds no socket, and makes tcp_v4_send_reset() answer; the filter has only kept those answers away. The server's segment was not acknowledged, so after some 200 ms the timer sends it once more (tcp_retransmit_timer). This time the RST leaves. Its number is that of the server's own acknowledgment, exactly RCV.NXT, so tcp_validate_incoming() accepts it and tcp_reset() ends the connection. The client's next byte meets the listener alone, which answers an ACK with RST. Hence the order: close the connection, wait until the peer's last segment has been acknowledged, then remove the filter.",
  next: [
    'Remove the filter in SYN_RECV, before the last ACK: the SYN/ACK comes again after a second, and its RST destroys the half-open entry.',
    'Hand the connection to the kernel instead (adopt): from then on the four-tuple has an owner, and the filter may go.',
  ],
  claims: {
    filterNoLongerNeeded: {
      text: 'Once the handshake is done, the RST filter is no longer needed.',
      because:
        'The kernel knows the connection no better than before. The next segment of the peer draws the RST, and an established connection dies of it.',
    },
  },
  scenes: {
    filtered: 'behind the filter',
    unfiltered: 'without it',
  },
} as const;
