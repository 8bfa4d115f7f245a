/** The texts of bad-checksum, in English. */
export const en = {
  title: 'A wrong checksum, and silence',
  claim:
    'A segment with a wrong checksum is thrown away in silence, whether the port is open or closed: not even a RST answers it.',
  steps: [
    'To a port with a listener: a SYN with a wrong checksum, and right behind it a sound SYN whose sequence number is 500 higher.',
    'The same to a port on which nobody listens.',
    'Segments are answered in the order in which they come. When the second SYN has its answer and the first has none, it will get none.',
  ],
  facts: {
    open: 'answer of the open port to the wrong checksum',
    openSound: 'to the sound SYN behind it',
    closed: 'answer of the closed port to the wrong checksum',
    closedSound: 'to the sound SYN behind it',
    counter: "what the server's TcpInCsumErrors grew by",
    reasons: "the kernel's reasons for throwing them away",
  },
  explanation:
    'The checksum covers the addresses, the ports and all numbers. If it is wrong, none of them can be believed, so there is nobody to answer: the RST might hit a stranger. tcp_v4_rcv() checks it in skb_checksum_init() (short segments) or, where no socket is found, in tcp_checksum_complete() before it would call tcp_v4_send_reset(). Either way it goes to csum_error: trace_tcp_bad_csum(), TCP_MIB_CSUMERRORS and TCP_MIB_INERRS grow, and the segment is freed with the reason TCP_CSUM. For the sender this looks like loss, and its TCP sends again.',
  next: [
    'Capture on a machine with checksum offload: packets that its own kernel sends seem to have wrong checksums. They are put right by the network card, after the capture.',
    'A firewall that answers a wrong checksum with a RST gives itself away: no real host behind it would have done so (nmap --badsum).',
  ],
  claims: {
    socketFirst: {
      text: 'The kernel first looks for the socket and leaves the checksum to it.',
      because:
        'No socket is needed for it: the closed port is as silent as the open one, so the checksum was looked at before the RST was made. A long segment of which a socket is found is checked there, in tcp_v4_do_rcv().',
    },
  },
  scenes: {
    open: 'to an open port',
    closed: 'to a closed port',
  },
} as const;
