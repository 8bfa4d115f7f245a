/** The texts of spare-address, in English. */
export const en = {
  title: 'A source address that nobody owns',
  claim:
    'A kernel answers only what is addressed to it: a handshake made from an address that the host does not own needs no filter at all.',
  steps: [
    'The SYN leaves from 192.0.2.3, an address on the link that no host has. No rule is installed.',
    'The server asks for the link address of 192.0.2.3; rawshake answers by ARP (or neighbour discovery), with an address of its own.',
    'SYN/ACK, ACK, "hello" and the close pass over AF_PACKET.',
  ],
  explanation:
    "A packet comes to tcp_v4_rcv() only through ip_local_deliver(), and there only if the routing table says RTN_LOCAL of its destination (IPv6: the address is the host's). 192.0.2.3 is not local and the host does not forward, so the packet ends in routing; what is more, its Ethernet address is not the card's, so it is PACKET_OTHERHOST and ip_rcv() drops it at once. TCP never hears of it, and so there is no RST. AF_INET raw sockets stand behind the same decision and hear nothing either: AF_PACKET stands before it. What a kernel otherwise does for its addresses must now be done by hand, ARP and neighbour discovery first of all.",
  next: [
    'Give the address to the host in mid-connection (ip address add 192.0.2.3/24 dev eth0): what happens to the next segment?',
    'Scanners and load generators that must be fast work like this: no rule to match, no RST to make.',
  ],
  claims: {
    ruleNeeded: {
      text: 'A handshake over raw sockets always needs a firewall rule.',
      because:
        "It needs the own kernel's silence. From an address that is not the kernel's it has that for nothing: no rule here, and no RST.",
    },
  },
} as const;
