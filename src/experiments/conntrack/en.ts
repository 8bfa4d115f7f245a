/** The texts of conntrack, in English. */
export interface Values {
  readonly newcomers: number;
  readonly untrackedPort: number;
  readonly timeout: string;
}

export interface Limit {
  /** Undefined: it cannot be read. */
  readonly limit: number | undefined;
  readonly most: number;
}

function statusOf(limit: number | undefined): string {
  if (limit === undefined) return 'cannot be read';
  return limit === 0 ? 'is 0: there is none' : `is ${limit}`;
}

export const en = ({ newcomers, untrackedPort, timeout }: Values) =>
  ({
    title: 'A table full of closed connections',
    claim:
      'Connection tracking has a table of its own. When it is full, whatever is new is dropped in silence; connections that are tracked already go on, and so does what is not tracked at all.',
    steps: [
      'A rule on the server asks for the state of connections, so all are tracked. A second pair keeps FINs and RSTs from the tracker: it never learns that a connection has ended. One client connects, and stays.',
      "Handshakes, each closed at once, until there are net.netfilter.nf_conntrack_max entries. That limit is read and never changed; the entries are made in the lab's own namespace, and go with it.",
      `${newcomers} handshakes more. Then an ordinary client, and after its SYN the old one sends data. The server sends a datagram of its own.`,
      `Two rules in the table raw: what goes to port ${untrackedPort} and comes from it is not tracked. ${newcomers} handshakes to that port.`,
      'The timeout of established connections is lowered from five days to ten minutes, and the old client sends again. Then the entry of one closed connection is deleted, and ten handshakes come.',
    ],
    facts: {
      full: 'entries up to the limit',
      alive: 'of their connections, such as still exist',
      newcomers: `${newcomers} handshakes more`,
      dropped: 'packets that the tracker dropped',
      evicted: 'entries that it evicted to make room',
      newcomer: 'one client more',
      old: 'what the old client is sent back',
      own: "the server's own sendto()",
      untracked: `${newcomers} handshakes, not tracked`,
      untrackedFull: 'entries up to the limit, still',
      lives: 'a lower timeout: left to a closed one, to the old one',
      room: 'one entry deleted: ten handshakes',
    },
    explanation:
      "A packet that belongs to no entry has one made for it (resolve_normal_ct, init_conntrack). __nf_conntrack_alloc() counts it, in its network namespace; beyond nf_conntrack_max it looks at a few buckets of the hash table for entries that are not assured (early_drop), and where there is none the packet is dropped, with “nf_conntrack: table full, dropping packet” in the kernel's log. Handshakes that were completed are assured (IPS_ASSURED) and are not evicted. Packets of an entry that is there need no new one: they are found (nf_conntrack_find_get) and pass. The drop is netfilter's, so a program on the host itself gets EPERM, and one on another host nothing. The tracker sees packets, not sockets: a connection whose FIN or RST it never saw stays ESTABLISHED for nf_conntrack_tcp_timeout_established, five days, however long the server's kernel has forgotten it. Each packet sets its entry's deadline anew (nf_ct_refresh_acct), and nothing else does: a lower timeout does not reach those who are silent. -j CT --notrack in the table raw comes before the tracker and keeps it from looking (nf_conntrack_in: IP_CT_UNTRACKED); a stateful firewall must then let such packets pass in both directions, by their ports or by --ctstate UNTRACKED.",
    next: [
      'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max on your own servers: how far from full they are.',
      "conntrack -L | awk '{print $4}' | sort | uniq -c tells in which states the entries are; conntrack -D -s ADDRESS deletes those of one address.",
      'Delete the entry of a connection that is in use: its next packet makes a new one, for nf_conntrack_tcp_loose=1 picks it up in the middle. With 0 that packet is INVALID, and a stateful firewall drops it.',
    ],
    claims: {
      establishedBreak: {
        text: 'When the connection tracking table is full, established connections break, too.',
        because: 'Their packets find their entries and need no new ones. Only what is new is dropped.',
      },
      closedIsGone: {
        text: 'A connection that is closed is no longer in the connection tracking table.',
        because:
          'Only if the tracker has seen its FINs or RST, and then after a timeout. Otherwise it stays for five days.',
      },
      lowerTimeoutEmpties: {
        text: 'Lowering nf_conntrack_tcp_timeout_established empties a full table.',
        because:
          'An entry keeps its deadline until its connection sends something, and one that is closed sends nothing. It has to be deleted (conntrack -D).',
      },
      oldestMakeWay: {
        text: 'When the table is full, the oldest entries make way.',
        because:
          'Only such can whose handshake was never completed, or that are closing already. An established one is never evicted, however old: here none was.',
      },
    },
    scenes: {
      before: 'a connection before all others',
      oneMore: 'one more, and the old connection',
      lowerTimeout: 'a lower timeout',
    },
    missing: {
      drops: 'what the tracker drops and evicts (this kernel was built without CONFIG_NF_CONNTRACK_PROCFS)',
      timeout: `what a lower timeout does, and what makes room (this kernel does not show ${timeout} to root of a user namespace)`,
      entries: 'what a lower timeout does, and what makes room (this kernel has no ctnetlink: nf_conntrack_netlink)',
      table: ({ limit, most }: Limit) =>
        `the full table: net.netfilter.nf_conntrack_max ${statusOf(limit)}, and at most ${most} entries are made here`,
    },
  }) as const;
