"""Ten kinds of RST, again and again and mixed, each with a port of its own: 1001 to 1010. The other port tells which of them it is.
Called with family, client's and server's address, server's namespace, how many of each, in a second at the most, seed.
Says `done` when all have passed, and ends with its input."""
import ctypes, os, random, select, socket, struct, sys, time

family, client, server, server_ns = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
of_each, per_second, seed = int(sys.argv[5]), int(sys.argv[6]), int(sys.argv[7])
AF = socket.AF_INET if family == 4 else socket.AF_INET6
TCP = socket.IPPROTO_TCP
SYN, RST, ACK = 2, 4, 16
FIRST, FILLING = 20000, 19999
libc = ctypes.CDLL(None, use_errno=True)
here, there = os.open('/proc/thread-self/ns/net', os.O_RDONLY), os.open(server_ns, os.O_RDONLY)


def at_server(make, *args):
    libc.setns(there, 0)
    try:
        return make(*args)
    finally:
        libc.setns(here, 0)


def tcp(own=None):
    s = socket.socket(AF, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if own is not None:
        s.bind(own)
    return s


def raw():
    return socket.socket(AF, socket.SOCK_RAW, TCP)


def listener(own):
    s = tcp(own)
    s.listen(8)
    return s


def checksum(data):
    words = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while words >> 16:
        words = (words & 0xFFFF) + (words >> 16)
    return ~words & 0xFFFF


def segment(src, dst, sport, dport, flags, seq=1, ack=0):
    head = struct.pack('!HHIIBBHHH', sport, dport, seq, ack, 0x50, flags, 1000, 0, 0)
    pseudo = socket.inet_pton(AF, src) + socket.inet_pton(AF, dst) + struct.pack('!HH', TCP, 20)
    return head[:16] + struct.pack('!H', checksum(pseudo + head)) + head[18:]


def packet(of_tcp):
    addresses = socket.inet_pton(AF, client) + socket.inet_pton(AF, server)
    if family == 6:
        return struct.pack('!IHBB', 6 << 28, 20, TCP, 64) + addresses + of_tcp
    head = struct.pack('!BBHHHBBH', 0x45, 0, 40, 1, 0, 64, TCP, 0) + addresses
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + of_tcp


def refused(s, to):
    try:
        s.connect(to)
        raise SystemExit('connected')
    except ConnectionRefusedError:
        s.close()


def readable(s):
    if not select.select([s], [], [], 5)[0]:
        raise SystemExit('nothing came')


listeners = {port: listener((client, port)) for port in (1003, 1005, 1006, 1007)}
at_1004 = at_server(listener, (server, 1004))
hand, own_hand = at_server(raw), raw()
header_hand = socket.socket(AF, socket.SOCK_RAW, socket.IPPROTO_RAW)
links = []
for mark in range(4):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
    link.bind(('eth0', 0))
    links.append(link)
ETHER = b'\xff' * 6 + b'\x02' * 6 + (b'\x08\x00' if family == 4 else b'\x86\xdd')


def accepted(port, nth):
    peer = at_server(tcp, (server, FIRST + nth))
    peer.connect((client, port))
    return peer, listeners[port].accept()[0]


def nobody(nth):
    refused(at_server(tcp, (server, FIRST + nth)), (client, 1001))


def rejected(nth):
    refused(at_server(tcp, (server, FIRST + nth)), (client, 1002))


def unread(nth):
    peer, s = accepted(1003, nth)
    peer.sendall(b'unread')
    readable(s)
    s.close()
    readable(peer)
    peer.close()


def aborted(nth):
    s = tcp((client, FIRST + nth))
    s.connect((server, 1004))
    peer = at_1004.accept()[0]
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.close()
    readable(peer)
    peer.close()


def orphan(nth):
    peer, s = accepted(1005, nth)
    s.close()
    peer.recv(1)
    peer.send(b'late')
    poll = select.poll()
    poll.register(peer, 0)
    if not poll.poll(5000):
        raise SystemExit('no RST came')
    peer.close()


def bad_ack(nth):
    hand.sendto(segment(server, client, FIRST + nth, 1006, ACK, ack=77), (client, 0))


def overflow(nth):
    seen = at_server(raw)
    listeners[1007].listen(8)
    hand.sendto(segment(server, client, FIRST + nth, 1007, SYN), (client, 0))
    while True:
        readable(seen)
        data = seen.recv(2000)
        data = data[(data[0] & 15) * 4:] if family == 4 else data
        sport, dport, seq = struct.unpack('!HHI', data[:8])
        if (sport, dport) == (1007, FIRST + nth) and data[13] == SYN | ACK:
            break
    seen.close()
    listeners[1007].listen(0)
    hand.sendto(segment(server, client, FIRST + nth, 1007, ACK, 2, seq + 1), (client, 0))


def by_raw_socket(nth):
    forged = segment(client, server, 1008, FIRST + nth, RST)
    if nth % 2 == 0:
        own_hand.sendto(forged, (server, 0))
    else:
        header_hand.sendto(packet(forged), (server, 0))


def by_packet_socket(nth):
    links[nth % 4].send(ETHER + packet(segment(client, server, 1009, FIRST + nth, RST)))


def the_peers(nth):
    refused(tcp((client, FIRST + nth)), (server, 1010))


# What waits in the queue is one more than it holds later on.
filling = at_server(tcp, (server, FILLING))
filling.connect((client, 1007))

KINDS = (nobody, rejected, unread, aborted, orphan, bad_ack, overflow, by_raw_socket, by_packet_socket, the_peers)
order = [(kind, nth) for kind in KINDS for nth in range(of_each)]
random.Random(seed).shuffle(order)
begun = time.monotonic()
for made, (kind, nth) in enumerate(order):
    early = begun + made / per_second - time.monotonic()
    if early > 0:
        time.sleep(early)
    kind(nth)

print('done', flush=True)
sys.stdin.read()
