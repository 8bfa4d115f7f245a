/** The texts of input, in English. */
export const en = {
  title: 'Dropped in INPUT, read by AF_PACKET',
  claim:
    'What INPUT drops never comes to TCP, so there is no RST to drop; and AF_PACKET has had its copy when the packet came in. For a program that reads by it an INPUT rule is a cure.',
  steps: [
    "On the client, a rule in INPUT drops what comes from the server's port to the hand-made one.",
    'The handshake by hand over AF_PACKET, "hello", an orderly close.',
  ],
  explanation:
    "__netif_receive_skb_core() gives each packet to the AF_PACKET sockets before ip_rcv() sees it; the hook NF_INET_LOCAL_IN is asked by ip_local_deliver(), after that, and before ip_local_deliver_finish() hands it to raw sockets and to tcp_v4_rcv(). What is dropped between the two is seen by the one and not by the others. So the same rule is a cure for masscan, and takes everything from scapy's L3 socket. In place of a port that is free, masscan asks for one outside the range of automatic ports, for whoever else uses it gets nothing.",
  next: [
    'The same rule and an AF_INET raw socket: compare --rule with and without --transport packet.',
    'Further out, before connection tracking: ingress.',
  ],
} as const;
