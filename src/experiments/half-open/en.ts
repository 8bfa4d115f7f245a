/** The texts of half-open, in English. */
export const en = ({ syns }: { readonly syns: number }) =>
  ({
    title: 'Twenty SYNs and no ACK',
    claim:
      'A SYN without its ACK leaves a half-open entry in the table of connections; listen() limits how many, and beyond that SYN cookies answer without any entry.',
    steps: [
      "The server listens with a backlog of 4. A filter keeps the client's kernel silent.",
      `${syns} SYNs by hand, from ${syns} ports. All are answered; nothing is acknowledged.`,
      "The server's socket table and counters are read. Then we wait until SYN/ACKs come again: one second, a constant of the kernel (TCP_TIMEOUT_INIT).",
      'The ACK for the last SYN, of which the server has kept nothing.',
    ],
    facts: {
      answered: 'SYNs answered with SYN/ACK',
      halfOpen: 'entries in SYN_RECV',
      cookies: 'SYN cookies sent',
      queue: 'connections that wait for accept()',
      owners: 'who owns the first and the last four-tuple',
      again: 'SYNs whose SYN/ACK comes again',
      byCookie: 'who owns the last four-tuple after its ACK',
    },
    explanation:
      'A SYN that meets a listener comes to tcp_conn_request(). It makes a request socket and enters it into ehash (inet_csk_reqsk_queue_hash_add), where ss shows it as SYN-RECV and the look-up of the next segment finds it. The listener only counts: once more entries are out than its backlog (inet_csk_reqsk_queue_is_full: 5 > 4), a SYN gets a cookie instead, a sequence number from which the ACK alone can restore the connection (cookie_v4_init_sequence, cookie_v4_check). Of such a SYN nothing is kept; so nothing is there that a timer could retransmit. For the others reqsk_timer_handler() sends SYN/ACK again after 1, 2, 4 … seconds, up to tcp_synack_retries times.',
    next: [
      'With net.ipv4.tcp_syncookies=0 the fifteen SYNs draw nothing at all.',
      'With tcp_syncookies=2 there is no half-open entry at all: see cookies-alone.',
    ],
    claims: {
      listenerKeepsSyns: {
        text: 'listen() creates the half-open queue, in which the listener keeps the SYNs.',
        because:
          'Since about Linux 4.4 half-open entries are in ehash, among the connections. listen() limits their number, and keeps no queue of them.',
      },
      fullDrops: {
        text: 'A server whose half-open queue is full drops further SYNs.',
        because:
          'Only without SYN cookies, which are on by default (tcp_syncookies=1): then every SYN is answered, and a connection can come of it.',
      },
      maxSynBacklog: {
        text: 'The length of the half-open queue is net.ipv4.tcp_max_syn_backlog.',
        because:
          'The backlog of listen() is the limit, here 4, and one more fits. tcp_max_syn_backlog counts only where SYN cookies are off.',
      },
    },
    scenes: {
      syns: 'the SYNs',
      again: 'a second later',
      lastAck: 'the last ACK',
    },
  }) as const;
