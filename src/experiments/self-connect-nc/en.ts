/** The texts of self-connect-nc, in English. */
export const en = {
  title: 'nc talks to itself',
  claim:
    'The everyday nc connects to itself when its own port is the one that it calls; whether it can do so twice depends on SO_REUSEADDR.',
  steps: [
    "nc is bound to the host's address and port 41000 and connects to the same: nc -N -p 41000 -s ADDRESS ADDRESS 41000. strace writes its system calls down.",
    'A line goes into its standard input; then the input is closed, and nc closes the connection.',
    'The same command once more, at once.',
    'A program that sets SO_REUSEADDR, as ncat does, connects to itself on the next port, closes, and does so again.',
  ],
  facts: {
    segments: 'the handshake on the loopback',
    owner: 'who owns the four-tuple with equal ends',
    echo: 'what nc prints',
    calls: 'which of bind, connect, listen, accept nc calls',
    left: 'what is left once nc has ended',
    again: 'the second nc, at once',
    reusing: 'twice in a row with SO_REUSEADDR',
  },
  explanation:
    "For the kernel this is self-connect as in the experiment of that name. nc closes with itself simultaneously: its FIN comes back in FIN_WAIT1 and leads to CLOSING, the ACK of it to TIME_WAIT, for 60 s. A second bind() to the port finds that entry in the table of bound ports (inet_csk_get_port, inet_bind_conflict) and fails, for OpenBSD's nc does not set SO_REUSEADDR when it connects. With it set on both sockets, bind() succeeds; and connect() may take the place of the TIME_WAIT entry, since timestamps tell the two connections' segments apart (tcp_twsk_unique): its first number is the old one's next plus 65537.",
  next: [
    'With ncat, from nmap, in place of nc: the second run works.',
    'sysctl net.ipv4.tcp_timestamps=0, and SO_REUSEADDR no longer helps: connect() gives EADDRNOTAVAIL.',
  ],
  claims: {
    twoMinutes: {
      text: 'After a connection is closed its port cannot be used for two minutes.',
      because:
        'It is 60 s on Linux, and only for bind() without SO_REUSEADDR. With it, and with timestamps, even the very same four-tuple is connected again at once.',
    },
  },
  scenes: {
    nc: 'nc',
    program: 'a program that sets SO_REUSEADDR',
  },
  missing: {
    nc: 'nc of the package netcat-openbsd is not installed: nothing is said about nc.',
    strace: 'strace is not installed, or may not trace: nothing is said about the system calls of nc.',
  },
} as const;
