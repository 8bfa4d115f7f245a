/** The texts of raw-filtered, in English. */
export const en = {
  title: 'A raw socket behind a filter',
  claim:
    "If the kernel's RST is dropped on its way out, a handshake by hand over a raw socket completes, and the server's program reads what is sent.",
  steps: [
    'One iptables rule on the client: RSTs of this four-tuple are dropped in the OUTPUT chain of the table raw, except those that carry the mark of the program itself.',
    'The same handshake by hand as in raw-alone, then "hello".',
    'An orderly close; the rule tells how many RSTs it has dropped.',
  ],
  explanation:
    "The filter changes nothing in TCP: tcp_v4_rcv() still finds no socket, and tcp_v4_send_reset() still answers every segment of the server. ip_send_unicast_reply() hands the RST to Netfilter, where the rule drops it (NETFILTER_DROP); the counter TcpOutRsts has grown all the same. The server sees a SYN, an ACK and data with right numbers, and that is all it takes: tcp_check_req() makes a full socket of the half-open entry, and accept() returns it. The rule stands in raw, before connection tracking: in the table filter, conntrack would have seen the RST, taken the connection for closed, and a stateful firewall would later throw the peer's data away.",
  next: [
    'Look at the server during the connection (compare --step): ss shows ESTAB there, and nothing on the client.',
    'Remove the rule too early: late-rst.',
  ],
  claims: {
    impossible: {
      text: 'An application cannot do the TCP handshake itself over raw sockets.',
      because:
        'It can. What fails without help is not the handshake but the silence of the own kernel. With its RST dropped, accept() returns on the server and the data is read.',
    },
  },
} as const;
