/** The texts of owner, in English. */
export const en = {
  title: 'RSTs that no program has sent',
  claim:
    "The kernel's RST has no program's socket behind it, and a raw socket's packets have one: a rule that asks for the owner tells them apart without a mark, for any program and any port.",
  steps: [
    'On the client, a rule in OUTPUT of the table raw: RSTs are dropped that belong to no user, of whatever connection.',
    'The handshake by hand, "hello", an orderly close.',
  ],
  explanation:
    'ip_send_unicast_reply() sends the RST from a control socket of the kernel\'s own (ipv4_tcp_sk): there is a struct sock, but no struct file, for no program has opened it. owner_mt() takes a missing file for "no owner": a match on users fails, and its negation holds, so ! --uid-owner with the range of all users matches just these packets. In nft, meta skuid without a file ends the rule (NFT_BREAK), negated or not; so what has an owner is accepted first. The price is in what else the kernel sends without a file: RSTs for closed ports, for listeners\' bad ACKs, for orphans (sockets that were closed while data was under way), and for TIME_WAIT. They are all silent while the rule stands, unless it is narrowed by address and port.',
  next: [
    'Connect to a closed port of the client while the rule stands: no refusal, only silence.',
    "The same rule behind any other program: scapy, nmap, one's own.",
  ],
  claims: {
    markNeeded: {
      text: "Without a mark, no rule can tell the kernel's RSTs from the program's own.",
      because: "The program's have an owner, by whatever socket they were sent. The kernel's have none.",
    },
  },
} as const;
