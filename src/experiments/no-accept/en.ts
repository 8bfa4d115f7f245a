/** The texts of no-accept, in English. */
export const en = ({ data }: { readonly data: string }) =>
  ({
    title: 'Nobody calls accept()',
    claim:
      'The kernel completes the handshake and takes the data by itself; accept() only hands over a connection that is there already.',
    steps: [
      'A program on the server calls listen(), and then does something else.',
      `A program on the client connects, and writes “${data}”.`,
      'When the data is acknowledged, the socket tables are asked. Only then the server calls accept(), and reads.',
    ],
    facts: {
      outcome: 'what connect() says',
      owners: 'states of the two ends before accept()',
      acknowledged: "bytes that the server's kernel has acknowledged",
      queue: 'connections that wait for accept()',
      unread: 'bytes that wait to be read',
      calls: 'system calls of both programs up to here',
      accepted: 'accept(), which does not wait',
      received: 'what is read then, without waiting',
    },
    explanation:
      "The last ACK of the handshake finds the half-open entry in ehash. In the softirq in which the packet arrived, tcp_check_req() makes a full socket of it (tcp_v4_syn_recv_sock), puts it into ehash in the entry's place, and appends it to the listener's accept queue (inet_csk_complete_hashdance). Data finds that socket and goes to its receive queue; the kernel acknowledges it. No process has run for this. accept() takes the first socket off the queue (inet_csk_accept) and gives it a descriptor, and sends nothing.",
    next: [
      'Stop a server with Ctrl-Z and connect to it: it works, until its accept queue is full. See accept-queue.',
      'Write on without end: the receive queue fills, and the window goes to zero. Still nobody has accepted.',
    ],
    claims: {
      inAccept: {
        text: 'The server completes the handshake in accept().',
        because:
          'The kernel does, whether or not anybody ever calls accept(): both ends are ESTABLISHED and the data is acknowledged before.',
      },
      acknowledgedIsReceived: {
        text: 'When data is acknowledged, the other program has received it.',
        because: 'Its kernel has. Here the program does not even have a socket for the connection yet.',
      },
    },
  }) as const;
