/** The texts of raw-listen, in English. */
export const en = {
  title: 'Connected to a port on which nothing listens',
  claim:
    "An ordinary program connects to a port on which no socket listens, if somebody answers its SYN by hand and a filter keeps the kernel's RST away.",
  steps: [
    'Nothing listens on the server. A raw socket waits for SYNs to port 8888; no filter. A program on the client calls connect(); the SYN is answered SYN/ACK by hand.',
    'The same with a filter on the server.',
    'The program sends "hello" and gets it back; both sides close.',
  ],
  facts: {
    unfiltered: 'connect() without a filter',
    late: 'what the late SYN/ACK gets',
    listeners: 'listeners that ss shows on the server',
    owner: 'who owns the four-tuple there',
    filtered: 'connect() with the filter',
    received: 'what arrives by hand',
    replied: 'what the program gets back',
    reasons: "the server's kernel on its RSTs",
  },
  explanation:
    'The kernel gives every TCP segment to the raw sockets first (raw_local_deliver), and then to tcp_v4_rcv() as if there were none. That finds no socket for the SYN and answers RST/ACK within microseconds, before any program has been woken: connect() returns ECONNREFUSED, and the SYN/ACK by hand comes to a socket that is gone. With the RST dropped on its way out, the only answer is ours. To the client it makes no difference who wrote a segment: tcp_rcv_synsent_state_process() checks that its SYN is acknowledged, and the connection is ESTABLISHED. On the server there is no socket before, during or after; what listen() does for other programs is done here by a program that reads and writes packets.',
  next: [
    'rawshake listen 8080 --http DIR: a browser shows a page from a port on which nothing listens.',
    'A scanner finds the port open. What would a scanner have to do to notice?',
  ],
  claims: {
    listenNeeded: {
      text: 'Without listen() no TCP connection can come about.',
      because:
        'Here a kernel client is connected while ss shows no listener on the server, and data goes to and fro. (Two kernel sockets can do without listen() too: see simultaneous-open and self-connect.)',
    },
  },
  scenes: {
    unfiltered: 'without a filter',
    filtered: 'with the filter',
  },
} as const;
