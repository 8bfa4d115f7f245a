/** The texts of ingress, in English. */
export const en = {
  title: 'The kernel does not see the segments',
  claim:
    'What is dropped at the door draws no RST, and AF_PACKET has had its copy before: the filter may just as well stand at the entrance as at the exit.',
  steps: [
    "On the client, a rule at netdev's ingress hook drops what comes from the server's port to the hand-made one.",
    'The handshake by hand over AF_PACKET, "hello", an orderly close.',
  ],
  explanation:
    '__netif_receive_skb_core() first hands each packet to the AF_PACKET sockets that want all protocols (ptype_all), then to the ingress hook (nf_ingress), and only then to ip_rcv() by its protocol. What the hook drops never comes to tcp_v4_rcv(), so no look-up fails, and no RST is made: unlike the filters at the exit, this one has nothing to hide. The price: AF_INET raw sockets are blind, since they are served from ip_local_deliver(), and so are AF_PACKET sockets bound to one protocol (ETH_P_IP), which come after the hook.',
  next: [
    'Put the same drop into INPUT (or raw PREROUTING) instead and use an AF_INET raw socket: neither RST nor SYN/ACK is seen.',
  ],
  claims: {
    cannotBeCaptured: {
      text: 'What a firewall drops on its way in cannot be captured.',
      because:
        'AF_PACKET sockets for all protocols, tcpdump among them, are served before the ingress hook. Here they are all that the program receives by.',
    },
  },
} as const;
