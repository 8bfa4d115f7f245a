/** Numbers of the Linux user API that Node does not export, by the names of the kernel's headers. */

// <linux/socket.h>, <asm-generic/socket.h>
export const AF_UNIX = 1;
export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0x800;
export const SOCK_CLOEXEC = 0x80000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_OOBINLINE = 10;
export const SO_ATTACH_FILTER = 26;
export const SO_LINGER = 13;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_RCVTIMEO = 20;
export const SO_TIMESTAMPNS = 35;
export const SO_TYPE = 3;
export const SO_MARK = 36;
export const SO_PROTOCOL = 38;
export const SO_BINDTOIFINDEX = 62;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const SOMAXCONN = 4096;

// <linux/memfd.h>
export const MFD_CLOEXEC = 1;

// <linux/prctl.h>
export const PR_SET_PDEATHSIG = 1;

// <sys/wait.h>
export const P_PID = 1;
export const WNOHANG = 1;
export const WEXITED = 4;
export const WNOWAIT = 0x01000000;

// <poll.h>, <sys/epoll.h>, <sys/mman.h>
export const POLLIN = 1;
export const POLLOUT = 4;
export const EPOLLIN = 1;
export const EPOLL_CTL_ADD = 1;
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_SHARED = 1;

// <linux/in.h>, <linux/in6.h>
export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_ICMPV6 = 58;
export const SOL_IP = 0;
export const SOL_IPV6 = 41;
export const IP_FREEBIND = 15;
export const IPV6_FREEBIND = 78;
export const SOL_RAW = 255;
export const ICMP_FILTER = 1;
export const SOL_ICMPV6 = 58;
export const ICMPV6_FILTER = 1;
export const IP_HDRINCL = 3;
export const IPV6_HDRINCL = 36;
export const IP_MTU_DISCOVER = 10;
export const IP_PMTUDISC_INTERFACE = 4;
export const IP_MTU = 14;
export const IP_BIND_ADDRESS_NO_PORT = 24;
export const IPV6_MTU = 24;

// <linux/tcp.h>, <net/tcp.h>
export const TCP_MAXSEG = 2;
export const TCP_REPAIR = 19;
export const TCP_REPAIR_QUEUE = 20;
export const TCP_QUEUE_SEQ = 21;
export const TCP_REPAIR_OPTIONS = 22;
export const TCP_TIMESTAMP = 24;
export const TCP_REPAIR_WINDOW = 29;
export const TCP_REPAIR_ON = 1;
export const TCP_REPAIR_OFF = 0;
export const TCP_RECV_QUEUE = 1;
export const TCP_SEND_QUEUE = 2;
export const TCPOPT_MSS = 2;
export const TCPOPT_WINDOW = 3;
export const TCPOPT_SACK_PERM = 4;
export const TCPOPT_TIMESTAMP = 8;

// <linux/if_packet.h>, <linux/if_ether.h>
export const ETH_P_ALL = 0x0003;
export const ETH_P_IP = 0x0800;
export const PACKET_HOST = 0;
export const PACKET_OUTGOING = 4;
export const SOL_PACKET = 263;
export const PACKET_ADD_MEMBERSHIP = 1;
export const PACKET_RX_RING = 5;
export const PACKET_STATISTICS = 6;
export const PACKET_AUXDATA = 8;
export const TP_STATUS_CSUMNOTREADY = 1 << 3;
export const PACKET_VERSION = 10;
export const TPACKET_V2 = 1;
export const PACKET_QDISC_BYPASS = 20;
export const PACKET_IGNORE_OUTGOING = 23;
export const PACKET_MR_MULTICAST = 0;
export const PACKET_MR_UNICAST = 3;

// <linux/ethtool.h>, <linux/sockios.h>
export const SIOCINQ = 0x541b;
export const SIOCOUTQ = 0x5411;
export const SIOCGSKNS = 0x894c;
export const SIOCETHTOOL = 0x8946;
export const ETHTOOL_GLINK = 0x0a;
export const ETHTOOL_STXCSUM = 0x17;

// <linux/sched.h>, <fcntl.h>
export const CLONE_NEWNET = 0x40000000;
export const CLONE_NEWPID = 0x20000000;
export const CLONE_NEWNS = 0x00020000;
export const O_CLOEXEC = 0x80000;
export const O_PATH = 0x200000;
export const F_SETFD = 2;
export const F_SETFL = 4;
export const FD_CLOEXEC = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;

// <linux/mount.h>
export const MS_BIND = 0x1000;
export const MS_REC = 0x4000;
export const MS_SLAVE = 1 << 19;
export const MNT_DETACH = 2;

// <linux/netlink.h>, <linux/inet_diag.h>, <linux/sock_diag.h>
export const NETLINK_ROUTE = 0;
export const NETLINK_SOCK_DIAG = 4;
export const NETLINK_NETFILTER = 12;
export const SOL_NETLINK = 270;
export const NETLINK_ADD_MEMBERSHIP = 1;
export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLM_F_REQUEST = 1;
export const NLM_F_ACK = 0x04;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_CAPPED = 0x100;
export const NLM_F_ACK_TLVS = 0x200;
export const NLMSGERR_ATTR_MSG = 1;
export const NLM_F_NONREC = 0x100;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;
export const NLM_F_DUMP = 0x300;
export const NLA_TYPE_MASK = 0x3fff;
export const NLA_F_NESTED = 0x8000;
export const SOCK_DIAG_BY_FAMILY = 20;

// <linux/netfilter/nfnetlink.h>, <linux/netfilter/nfnetlink_conntrack.h>
export const NFNL_SUBSYS_CTNETLINK = 1;
export const IPCTNL_MSG_CT_GET = 1;
export const IPCTNL_MSG_CT_DELETE = 2;
export const CTA_TUPLE_ORIG = 1;
export const CTA_TIMEOUT = 7;
export const CTA_TUPLE_IP = 1;
export const CTA_TUPLE_PROTO = 2;
export const CTA_IP_V4_SRC = 1;
export const CTA_IP_V4_DST = 2;
export const CTA_IP_V6_SRC = 3;
export const CTA_IP_V6_DST = 4;
export const CTA_PROTO_NUM = 1;
export const CTA_PROTO_SRC_PORT = 2;
export const CTA_PROTO_DST_PORT = 3;

// <linux/netfilter/nfnetlink.h>, <linux/netfilter/nf_tables.h>
export const NFNLGRP_NFTABLES = 7;
export const NFNL_SUBSYS_NFTABLES = 10;
export const NFNL_MSG_BATCH_BEGIN = 0x10;
export const NFNL_MSG_BATCH_END = 0x11;
export const NFNL_BATCH_GENID = 1;
export const NFT_MSG_NEWTABLE = 0;
export const NFT_MSG_DELTABLE = 2;
export const NFT_MSG_NEWCHAIN = 3;
export const NFT_MSG_GETCHAIN = 4;
export const NFT_MSG_DELCHAIN = 5;
export const NFT_MSG_GETSET = 10;
export const NFT_MSG_GETGEN = 16;
export const NFT_MSG_GETOBJ = 19;
export const NFT_MSG_GETFLOWTABLE = 23;
export const NFPROTO_INET = 1;
export const NFPROTO_NETDEV = 5;
export const NFTA_SET_TABLE = 1;
export const NFTA_SET_NAME = 2;
export const NFTA_OBJ_TABLE = 1;
export const NFTA_OBJ_NAME = 2;
export const NFTA_FLOWTABLE_TABLE = 1;
export const NFTA_FLOWTABLE_NAME = 2;
export const NFT_MSG_NEWRULE = 6;
export const NFT_MSG_GETRULE = 7;
export const NFT_MSG_DELRULE = 8;
export const NFTA_GEN_ID = 1;
export const NFTA_TABLE_NAME = 1;
export const NFTA_TABLE_FLAGS = 2;
export const NFT_TABLE_F_OWNER = 2;
export const NFTA_CHAIN_TABLE = 1;
export const NFTA_CHAIN_NAME = 3;
export const NFTA_CHAIN_HOOK = 4;
export const NFTA_CHAIN_POLICY = 5;
export const NFTA_CHAIN_TYPE = 7;
export const NFTA_HOOK_HOOKNUM = 1;
export const NFTA_HOOK_PRIORITY = 2;
export const NFTA_HOOK_DEV = 3;
export const NF_INET_LOCAL_OUT = 3;
export const NF_NETDEV_INGRESS = 0;
export const NF_DROP = 0;
export const NF_ACCEPT = 1;
export const NFTA_RULE_TABLE = 1;
export const NFTA_RULE_CHAIN = 2;
export const NFTA_RULE_HANDLE = 3;
export const NFTA_RULE_EXPRESSIONS = 4;
export const NFTA_RULE_USERDATA = 7;
export const NFTNL_UDATA_RULE_COMMENT = 0;
export const NFTA_LIST_ELEM = 1;
export const NFTA_EXPR_NAME = 1;
export const NFTA_EXPR_DATA = 2;
export const NFTA_DATA_VALUE = 1;
export const NFTA_DATA_VERDICT = 2;
export const NFTA_VERDICT_CODE = 1;
export const NFT_REG_VERDICT = 0;
export const NFT_REG_1 = 1;
export const NFTA_META_DREG = 1;
export const NFTA_META_KEY = 2;
export const NFT_META_PROTOCOL = 1;
export const NFT_META_MARK = 3;
export const NFT_META_NFPROTO = 15;
export const NFT_META_L4PROTO = 16;
export const NFTA_PAYLOAD_DREG = 1;
export const NFTA_PAYLOAD_BASE = 2;
export const NFTA_PAYLOAD_OFFSET = 3;
export const NFTA_PAYLOAD_LEN = 4;
export const NFT_PAYLOAD_NETWORK_HEADER = 1;
export const NFT_PAYLOAD_TRANSPORT_HEADER = 2;
export const NFTA_CMP_SREG = 1;
export const NFTA_CMP_OP = 2;
export const NFTA_CMP_DATA = 3;
export const NFT_CMP_EQ = 0;
export const NFT_CMP_NEQ = 1;
export const NFTA_BITWISE_SREG = 1;
export const NFTA_BITWISE_DREG = 2;
export const NFTA_BITWISE_LEN = 3;
export const NFTA_BITWISE_MASK = 4;
export const NFTA_BITWISE_XOR = 5;
export const NFTA_BITWISE_OP = 6;
export const NFTA_COUNTER_BYTES = 1;
export const NFTA_COUNTER_PACKETS = 2;
export const NFTA_IMMEDIATE_DREG = 1;
export const NFTA_IMMEDIATE_DATA = 2;

// <linux/rtnetlink.h>, <linux/if_link.h>, <linux/if_addr.h>, <linux/veth.h>, <linux/neighbour.h>, <linux/if_arp.h>
export const RTNLGRP_LINK = 1;
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const IFF_UP = 1;
export const IFLA_ADDRESS = 1;
export const IFLA_IFNAME = 3;
export const IFLA_MASTER = 10;
export const IFLA_LINKINFO = 18;
export const IFLA_NET_NS_FD = 28;
export const IFLA_INFO_KIND = 1;
export const IFLA_INFO_DATA = 2;
export const IFLA_INFO_SLAVE_KIND = 4;
export const VETH_INFO_PEER = 1;
export const RTM_NEWADDR = 20;
export const IFA_ADDRESS = 1;
export const IFA_LOCAL = 2;
export const IFA_F_NODAD = 0x02;
export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
export const RTM_NEWNEIGH = 28;
export const RTM_DELNEIGH = 29;
export const RTM_GETROUTE = 26;
export const RTM_GETNEIGH = 30;
export const RT_TABLE_MAIN = 254;
export const RT_TABLE_LOCAL = 255;
export const RTPROT_BOOT = 3;
export const RT_SCOPE_LINK = 253;
export const RT_SCOPE_NOWHERE = 255;
export const RTN_UNICAST = 1;
export const RTN_LOCAL = 2;
export const RTA_DST = 1;
export const RTA_SRC = 2;
export const RTA_OIF = 4;
export const RTA_GATEWAY = 5;
export const RTA_PREFSRC = 7;
export const RTA_MARK = 16;
export const RTA_VIA = 18;
export const NDA_DST = 1;
export const NDA_LLADDR = 2;
export const NUD_INCOMPLETE = 0x01;
export const NUD_FAILED = 0x20;
export const NUD_PERMANENT = 0x80;
export const IF_NAMESIZE = 16; // <net/if.h>
export const ARPHRD_ETHER = 1;
export const ARPHRD_LOOPBACK = 772;
