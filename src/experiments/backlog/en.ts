/** The texts of backlog, in English. */
export interface Values {
  readonly first: number;
  readonly beyond: number;
  readonly burst: number;
  readonly rounds: number;
  readonly arrivals: number;
  readonly small: number;
  readonly large: number;
  readonly somaxconn: string;
}

export const en = ({ first, beyond, burst, rounds, arrivals, small, large, somaxconn }: Values) =>
  ({
    title: 'A longer queue and a slow program',
    claim:
      'The accept queue absorbs a burst and nothing more: where more arrive than the program accepts, a longer one overflows later and loses as many.',
    steps: [
      `Nobody accepts, and the backlog is 15. ${first} handshakes, then ${beyond} more. Each sends five bytes and, once they are acknowledged, resets the connection: that client has left.`,
      'One more client, an ordinary program. Once its SYN has been dropped the server accepts one connection; the SYN comes again after a second, a constant of the kernel (TCP_TIMEOUT_INIT).',
      `The same queue, empty again, and all ${burst} at once: every SYN is there before the first ACK.`,
      `${rounds} rounds. In each, ${arrivals} handshakes arrive and the program then accepts half as many; once with a backlog of ${small}, once with ${large}. Then with the shorter one and a program that accepts all.`,
      `net.core.somaxconn=15, listen() with a backlog of 1000, and ${burst} handshakes at once.`,
    ],
    facts: {
      filled: `nobody accepts: ${first} handshakes, then ${beyond} more`,
      synsDropped: 'SYNs that the full queue dropped',
      waiting: 'connections that wait for accept()',
      alive: 'of these, such as still exist',
      late: "what the client's connect() says, once there is room",
      believed: `a burst of ${burst}: connected, as the clients see it`,
      acknowledged: 'of these, such as have their data acknowledged',
      acksDropped: 'ACKs that found the queue full',
      small: `lost in each round, backlog ${small}`,
      large: `lost in each round, backlog ${large}`,
      keepsUp: `lost in each round, backlog ${small}, all accepted`,
      cut: 'listen(1000) with somaxconn=15: a burst',
    },
    explanation:
      'A connection takes a place in the accept queue when its handshake completes (inet_csk_reqsk_queue_add, sk_acceptq_added), and gives it back in accept() alone (inet_csk_accept, reqsk_queue_remove). A RST in between ends the connection (tcp_reset, tcp_done) and leaves the place taken; the program gets a socket whose client has left. While the queue is full, tcp_conn_request() drops SYNs, and tcp_v4_syn_recv_sock() refuses the ACKs of those whose SYN came before; both count ListenOverflows and ListenDrops. A SYN looks at the queue as it is now, not at the handshakes under way, so a burst is promised more places than there are. What the queue holds is what has arrived less what was accepted: if more arrive in a round than are accepted, it grows until it is full, and from then on exactly the difference is lost, whatever its length. listen() cuts its argument to somaxconn without a word (__sys_listen).',
    next: [
      'nstat -az TcpExtListenOverflows TcpExtListenDrops on your own servers, and ss -ltn: Recv-Q is the queue, Send-Q its limit.',
      'A second listen() on the same socket changes the limit at once, upwards and downwards.',
      'What becomes of an ACK that finds no room, step by step: see accept-queue.',
    ],
    claims: {
      largerHelps: {
        text: 'A server that is too slow for its clients needs a larger backlog.',
        because: 'A larger one overflows later and then loses as many in each round. It helps against bursts only.',
      },
      leavingFrees: {
        text: 'A client that gives up frees its place in the accept queue.',
        because:
          'Only accept() frees it. Here all sixteen connections have been reset, and the queue is full all the same.',
      },
      thousandFit: {
        text: 'listen(fd, 1000) makes a queue for 1000 connections.',
        because:
          'Only up to net.core.somaxconn, to which the kernel cuts it without an error; and one more fits than that.',
      },
      clientsAreTold: {
        text: 'When the queue overflows, clients are told: ECONNREFUSED.',
        because:
          'They hear nothing. A client whose SYN was dropped sends it again after a second, and is connected late if there is room by then.',
      },
    },
    scenes: {
      rounds: 'round after round',
      somaxconn: 'somaxconn',
      nobodyAccepts: 'nobody accepts',
      oneMore: 'one client more, and then some room',
      burst: 'a burst',
    },
    missing: {
      somaxconn: `what ${somaxconn} does (this kernel does not show it to root of a user namespace)`,
    },
  }) as const;
