/** The texts of accept-queue, in English. */
export const en = {
  title: 'The ACK that finds no room',
  claim: 'A handshake whose last ACK meets a full accept queue leaves the client connected and the server half-open.',
  steps: [
    'The naive try: the server listens with a backlog of 2 and never accepts; three clients connect, then five more. Their SYNs are dropped already, and no handshake gets as far as its ACK.',
    'So, in two phases: one client connects. Then three more do, and the link holds their ACKs back: their SYNs found room, for the queue was not full yet.',
    'The three ACKs pass. Two find room, the third does not.',
    'The server accepts one connection, and we wait until SYN/ACK comes again: one second after the SYN, a constant of the kernel (TCP_TIMEOUT_INIT).',
    'Once more, with net.ipv4.tcp_abort_on_overflow=1.',
  ],
  facts: {
    naive: 'eight clients, as their kernel sees them',
    naiveDropped: 'SYNs that the listener dropped',
    clients: 'what the four connect() say in two phases',
    ends: 'the two ends of each of the four',
    queue: 'connections that wait for accept()',
    overflows: 'ACKs that found the queue full',
    again: 'what the server sends to the fourth',
    healed: 'its two ends, once there is room and SYN/ACK has come again',
    abort: 'the answer to such an ACK with tcp_abort_on_overflow=1',
    abortError: 'what that program learns',
  },
  explanation:
    'A SYN that meets a listener whose accept queue is full is dropped (tcp_conn_request, sk_acceptq_is_full: more wait than the backlog, so 3 fit into 2). An ACK meets the half-open entry instead: tcp_check_req() asks tcp_v4_syn_recv_sock() for a full socket, which refuses for the same reason and counts ListenOverflows. The ACK is forgotten, the entry stays (it is marked: acked), and its timer sends SYN/ACK again; the client, ESTABLISHED since the first one, answers each with an ACK, and the first of them that finds room completes the handshake. With tcp_abort_on_overflow=1 the refusal is a RST, with the number that the ACK asked for.',
  next: [
    'Let the fourth client write: its data is dropped like its ACK, and sent again, and again.',
    'nstat -az TcpExtListenOverflows TcpExtListenDrops on your own servers: whether this happens to them.',
  ],
  claims: {
    backlogIsLength: {
      text: 'backlog is how many connections fit into the accept queue.',
      because: 'One more fits: it counts as full when more wait than the backlog. And somaxconn caps it.',
    },
    waitsInSynSent: {
      text: "When the accept queue is full, the client's last ACK is dropped, and the client waits in SYN_SENT.",
      because:
        'Two cases are mixed up. Where the queue is full already, the SYN is dropped: SYN_SENT. Where it fills between SYN and ACK, the ACK is dropped, and the client is ESTABLISHED.',
    },
    bothConnected: {
      text: 'A client that is connected has a connected server.',
      because: 'The client is ESTABLISHED with the SYN/ACK; the server only with the ACK, if it takes it.',
    },
  },
  scenes: {
    eightClients: 'eight clients connect',
    twoPhases: 'first the SYNs, then the ACKs',
    roomAgain: 'there is room again',
    abortOnOverflow: 'tcp_abort_on_overflow=1',
  },
} as const;
