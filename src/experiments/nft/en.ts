/** The texts of nft, in English. */
export const en = {
  title: 'The same filter with nftables',
  claim:
    "A rule of nftables at a priority below raw's does what the iptables rule does, and a table that the process owns goes when the process goes.",
  steps: [
    "On the client, a table of the program's own with one chain at the hook output, priority below -300, and one rule: drop the RSTs of this four-tuple, except marked ones.",
    'The handshake by hand, "hello", an orderly close.',
  ],
  explanation:
    'iptables and nftables hang their rules on the same hooks of Netfilter; the RST of tcp_v4_send_reset() passes NF_INET_LOCAL_OUT, whoever has put a rule there. The priority decides the order: -300 is that of the table raw, -200 that of connection tracking, so what is dropped below -300 is seen by neither. nf_tables can bind a table to the netlink socket that has made it (NFT_TABLE_F_OWNER): when the socket closes, for whatever reason, nft_rcv_nl_event() takes the table down. iptables has no owner, which is why its rules outlive programs that were killed.',
  next: ['Kill rawshake connect --filter nft with SIGKILL while it waits, and list the rules: nothing is left.'],
} as const;
