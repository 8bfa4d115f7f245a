/** The texts of self-connect-accident, in English. */
export const en = ({ mostTries }: { readonly mostTries: number }) =>
  ({
    title: 'The server is down, and yet it answers',
    claim:
      'A program that keeps trying to reach a closed local port of the ephemeral range connects to itself, as soon as the kernel gives it that port for its own.',
    steps: [
      'The kernel is told to choose ports between 44600 and 44610, so that chance has less to do. (Usually: 32768 to 60999.)',
      `A program calls localhost:44600, where nobody listens, again and again, at most ${mostTries} times. It does not bind.`,
      'Once connected, it compares getsockname() with getpeername(), writes, and reads. Meanwhile the server tries to start.',
      'The same with the odd port 44601, and with a port outside the range.',
    ],
    facts: {
      even: 'calling port 44600',
      equalEnds: 'getsockname() = getpeername()',
      owner: 'who owns the four-tuple with equal ends',
      echo: 'the answer to what it writes',
      serverStarts: 'bind() of the server that is started now',
      odd: `calling port 44601, ${mostTries} times`,
      outside: 'calling a port outside the range',
    },
    explanation:
      "connect() on a socket without a port lets __inet_hash_connect() choose one: it starts at a place that depends on the destination, and with every connection goes on from there by a random step. The destination port is as good as any other: nobody is bound to it. The SYN then leaves from the port to which it goes, meets its own socket, and self-connect is done. It tries first the ports of the parity of the range's low end, and the others, which are left to bind(), only when these are used up: with a low end of 44600 an odd port is safe, as long as there are free even ones. A server's port below the range is always safe; that is why server ports belong there, or into net.ipv4.ip_local_reserved_ports. A program that retries can compare getsockname() with getpeername(), and close when they are equal.",
    next: [
      'sysctl net.ipv4.ip_local_reserved_ports=44600, and it never happens.',
      'Leave the range as it usually is, and count the tries: some thousands.',
    ],
    claims: {
      serverIsThere: {
        text: 'If connect() succeeds, a server is there.',
        because:
          'The program may have reached itself. It reads back what it writes, and the real server cannot start, for its port is taken.',
      },
      portsAtRandom: {
        text: 'The kernel chooses ephemeral ports at random from the whole range.',
        because:
          'connect() takes ports of one parity, by random steps from a start that is hard to guess; the other half comes only when these are used up.',
      },
    },
    scenes: {
      even: 'an even port of the range',
      odd: 'an odd port',
      outside: 'a port outside the range',
    },
  }) as const;
