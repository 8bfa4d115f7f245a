/** The texts of recipes, in English. */
export const en = {
  title: 'The recipes of the web',
  claim:
    "Of what is advised against the kernel's RST, some does nothing, some works with a price that is not mentioned, and one is right only for programs that read by AF_PACKET.",
  steps: [
    'For each recipe a lab of its own: its rules are loaded on the client as they stand, then a handshake by hand from a raw socket, "hello", an orderly close, and in the end a RST of the program\'s own.',
    'What became of the handshake, and what compare --rule finds wrong with the rules.',
  ],
  facts: {
    output: 'OUTPUT, RSTs dropped',
    source: 'the same with -s and the own address',
    sport: 'the same with --sport and the own port',
    input: 'INPUT, RSTs dropped',
    dport: 'INPUT, the own port dropped, read by AF_PACKET',
    nft: 'nft, a chain with a hook',
    hookless: 'nft, a chain without a hook',
    uid: 'RSTs of the user who runs the program',
    invalid: 'RSTs that are INVALID',
    reject: 'OUTPUT, RSTs rejected',
    arp: "all of arptables' OUTPUT dropped",
    sysctl: 'settings of TCP (sysctl)',
  },
  explanation:
    "The RST is made by tcp_v4_send_reset() and leaves by ip_send_unicast_reply(), from a socket of the kernel's own: it passes NF_INET_LOCAL_OUT as any packet that this host sends, and no hook for what comes in. To connection tracking it answers a packet of the connection that the SYN began, so its state is ESTABLISHED. It has no user: sk->sk_socket->file is missing, and owner_mt() matches none. ARP is another protocol, with hooks of its own (NFPROTO_ARP). No sysctl is asked on the way: tcp_v4_rcv() goes from the failed look-up straight to the RST.",
  next: [
    'Try a recipe of your own: rawshake compare --rule ARGUMENTS says what it does, and what it misses.',
    'What spares the RSTs of the program without a mark: owner.',
  ],
  claims: {
    output: {
      text: 'iptables -A OUTPUT -p tcp --tcp-flags RST RST -j DROP is all that a raw socket needs.',
      because:
        "The handshake completes. But the program's own RSTs are dropped too (EPERM), closed ports of this host no longer refuse, and in the table filter connection tracking has seen the RST: -t raw and a mark, or owner, mend that.",
    },
    source: {
      text: 'With -s and the own address the rule is for the raw program alone.',
      because:
        'Every program of this host has that address: nothing is spared by it, least of all the RST that the program itself sends.',
    },
    sport: {
      text: "With --sport and the own port the rule drops just the kernel's RSTs.",
      because:
        'It leaves other ports alone. But the program sends from that port, too, and its own RST fails with EPERM.',
    },
    input: {
      text: 'The RST is dropped by iptables -A INPUT -p tcp --tcp-flags RST RST -j DROP.',
      because:
        'That drops the RSTs of others. The one that does the harm is sent by this host, and passes OUTPUT only.',
    },
    dport: {
      text: 'iptables -A INPUT -p tcp --dport PORT -j DROP keeps the kernel from answering for the port.',
      because:
        'It does, and for programs that read by AF_PACKET, such as masscan, it is a cure: here the handshake stands. An AF_INET raw socket gets nothing any more, nor does any other program on that port.',
    },
    nft: {
      text: 'nft add rule inet t c tcp flags rst drop does the same.',
      because:
        'If its chain has a hook, with the same price; at a priority below -200 it comes before connection tracking. A chain that was added without { type filter hook output … } sees no packet, and nft does not complain.',
    },
    uid: {
      text: "The RSTs are the program's, so -m owner --uid-owner with its user drops them.",
      because:
        "They are the kernel's, and have no owner at all; what the rule drops is the program's own RST. Just by that they can be told: ! --uid-owner 0-4294967294.",
    },
    invalid: {
      text: "To connection tracking the kernel's RST is INVALID.",
      because:
        'The SYN made by hand has begun a connection there as any other does. The RST belongs to it: ESTABLISHED.',
    },
    reject: {
      text: 'REJECT is as good as DROP.',
      because:
        "It keeps the RST back, and answers its sender, this host itself, with an ICMP error. In INPUT it resets the peer in the kernel's place.",
    },
    arp: {
      text: 'arptables can keep the RST back, too.',
      because:
        'It sees ARP, and nothing else. (It has a use with an address that the host owns and is not to answer for.)',
    },
    sysctl: {
      text: 'A sysctl turns the RSTs off.',
      because:
        'Linux has none: tcp_abort_on_overflow is about full accept queues, tcp_rfc1337 about TIME_WAIT. (FreeBSD has one: net.inet.tcp.blackhole.)',
    },
  },
} as const;
