/** The texts of no-listen, in English. */
export const en = {
  title: 'Bound, and nobody listens',
  claim:
    'bind() reserves a port, but only listen() lets the kernel find the socket for a SYN; without it the kernel refuses, while ping is answered all the same.',
  steps: [
    'On the server a program binds port 8888 and does not call listen(). Another bind() to the same port shows that it is taken.',
    'The client sends an ICMP echo request, as ping does, and then a SYN.',
    'An ordinary program on the client calls connect(); so does curl.',
  ],
  facts: {
    secondBind: 'another bind() to the port',
    listed: 'sockets on the port that ss shows',
    owner: 'who would get the SYN',
    ping: 'the echo request is answered',
    answer: 'the answer to the SYN',
    program: 'what connect() gives a program',
    curl: "curl's exit status (7: could not connect)",
    reason: "the kernel's reason for the RST",
    path: 'where in the kernel the RST was made',
  },
  explanation:
    'bind() enters the socket into the table of bound ports (bhash): enough to refuse a second bind(), and nothing more. tcp_v4_rcv() never looks there. It asks __inet_lookup_skb(), which searches the connections (ehash) and then the listeners (lhash2), and only listen() enters a socket into the latter. Nothing is found, so it goes to no_tcp_socket: the checksum is right, and tcp_v4_send_reset() answers RST/ACK. The client finds its SYN acknowledged by a RST in SYN_SENT (tcp_rcv_synsent_state_process, tcp_reset), and connect() returns ECONNREFUSED. Ping never comes near any of this: icmp_echo() answers in the kernel, for the address, and an address has no ports.',
  next: [
    'Open http://192.0.2.2:8888/ in a browser inside the lab: Chromium says ERR_CONNECTION_REFUSED.',
    'Drop the SYN on the server instead (iptables -A INPUT -p tcp --dport 8888 -j DROP): connect() now waits for minutes. A refusal is an answer.',
    'Connections can be made without listen(): see raw-listen, self-connect and simultaneous-open.',
  ],
  claims: {
    pingFails: {
      text: 'When nobody listens on a server, ping fails.',
      because:
        "Ping asks the host, not a program: the kernel's ICMP answers for the address. The same server refused a SYN in the same millisecond.",
    },
    boundIsOpen: {
      text: 'A port that is bound is open.',
      because: 'The port is taken, and yet the SYN finds no socket. What opens a port is listen().',
    },
  },
  scenes: {
    byHand: 'an echo request and a SYN by hand',
    program: 'a program calls connect()',
    curl: 'curl',
  },
} as const;
