/** The texts of raw-alone, in English. */
export const en = {
  title: 'A raw socket alone',
  claim: "A handshake by hand over a raw socket fails, because the client's own kernel answers the SYN/ACK with RST.",
  steps: [
    'A real listener waits on the server. The client sends a SYN over a raw socket; its kernel knows nothing of it.',
    "The SYN/ACK arrives. The raw socket gets a copy, and the kernel's TCP gets the segment.",
    'The ACK by hand follows, some hundred microseconds later.',
  ],
  explanation:
    'Sending a SYN over a raw socket puts nothing into ehash: only tcp_v4_connect() does. When the SYN/ACK arrives, the raw sockets are served first (raw_local_deliver), and that changes nothing for TCP. tcp_v4_rcv() asks __inet_lookup_skb() for the four-tuple, finds no socket, and tcp_v4_send_reset() answers: the segment has ACK set, so the RST takes the acknowledged number for its own. It is exactly the one that the server expects, tcp_check_req() drops the half-open entry, and the ACK by hand meets the listener alone, which answers it with a second RST. A faster program would change nothing: the RST is made in the same softirq in which the SYN/ACK is received.',
  next: ['Keep the RST from leaving: raw-filtered.', 'Take away what the RST destroys, instead: cookies-alone.'],
  claims: {
    rawSocketResets: {
      text: 'The raw socket answers the SYN/ACK with RST.',
      because:
        "A raw socket sends only what its program writes. The RST is made by the kernel's TCP; the capture shows it without the mark that all packets of the raw socket carry.",
    },
    fastEnough: {
      text: 'A program that is fast enough gets its ACK out before the RST.',
      because: 'The RST is made while the SYN/ACK is being received, before any program is woken. There is no race.',
    },
  },
} as const;
