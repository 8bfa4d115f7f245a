/** The texts of cookies-alone, in English. */
export const en = {
  title: 'Nothing stored, nothing to destroy',
  claim:
    "The kernel's RST ends a raw handshake by destroying the server's half-open entry; where SYN cookies do without that entry, the handshake succeeds without any filter.",
  steps: [
    'The server answers every SYN with a cookie (tcp_syncookies=2). The client makes the handshake by hand; no filter is installed.',
    "The SYN/ACK arrives, and the client's kernel answers RST. Who owns the four-tuple on the server now?",
    'The ACK by hand. Does accept() return?',
    'The client sends "hello". The server acknowledges it, and that segment meets the client\'s kernel again. The program reads, and wants to answer.',
  ],
  facts: {
    kernelReset: "the client's kernel answers the SYN/ACK",
    afterReset: 'who owns the four-tuple on the server after that RST',
    accepted: 'accept() returns after the ACK',
    owner: 'and the four-tuple is now',
    received: "what the server's program reads",
    program: 'what it gets when it answers',
  },
  explanation:
    'tcp_conn_request() normally puts a request socket into ehash. The RST of the client finds it there, and tcp_check_req() drops it: the late ACK then meets the bare listener and is reset. With tcp_syncookies=2 nothing is put anywhere; what the server has to remember is written into its initial sequence number (cookie_v4_init_sequence). The RST meets the listener, which ignores it. When the ACK comes, cookie_v4_check() computes the cookie again from its numbers and the four-tuple, and tcp_get_cookie_sock() makes the full socket at once. From here on there is something to destroy: the ACK for "hello" finds no socket on the client, its RST has exactly the number that the server expects, and tcp_reset() gives the program ECONNRESET.',
  next: [
    'compare --remedy none on a lab with tcp_syncookies=1: the same packets up to the RST, and then the end.',
    'Cookies hold only what fits into 32 bits: look at the options of the SYN/ACK when the SYN carries no timestamps.',
  ],
  claims: {
    mustStore: {
      text: 'A server must store a connection before it can come about.',
      because:
        'With SYN cookies it stores nothing until the last ACK: the look-up between SYN/ACK and ACK finds the listener alone, and the connection comes about all the same.',
    },
  },
  scenes: {
    handshake: 'a handshake without a filter',
    data: 'the first data',
  },
} as const;
