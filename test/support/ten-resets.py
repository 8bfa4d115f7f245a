"""Ten kinds of RST, each with ports of its own; called with family, client's and server's address, server's namespace.
Says `done` when all have passed, and ends with its input."""
import ctypes, os, select, socket, struct, sys

family, client, server, server_ns = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
AF = socket.AF_INET if family == 4 else socket.AF_INET6
libc = ctypes.CDLL(None, use_errno=True)
here, there = os.open('/proc/thread-self/ns/net', os.O_RDONLY), os.open(server_ns, os.O_RDONLY)
TCP = socket.IPPROTO_TCP


def at_server(make):
    libc.setns(there, 0)
    try:
        return make()
    finally:
        libc.setns(here, 0)


def tcp():
    return socket.socket(AF, socket.SOCK_STREAM)


def listener(port, backlog=8):
    s = tcp()
    s.bind((client, port))
    s.listen(backlog)
    return s


def raw():
    return socket.socket(AF, socket.SOCK_RAW, TCP)


def segment(src, dst, sport, dport, flags, seq=1, ack=0):
    def with_checksum(checksum):
        return struct.pack('!HHIIBBHHH', sport, dport, seq, ack, 0x50, flags, 1000, checksum, 0)
    pseudo = socket.inet_pton(AF, src) + socket.inet_pton(AF, dst) + struct.pack('!HH', TCP, 20)
    words = sum(struct.unpack(f'!{(len(pseudo) + 20) // 2}H', pseudo + with_checksum(0)))
    while words >> 16:
        words = (words & 0xFFFF) + (words >> 16)
    return with_checksum(~words & 0xFFFF)


def refused(s, to):
    try:
        s.connect(to)
        raise SystemExit('connected')
    except ConnectionRefusedError:
        s.close()


SYN, RST, ACK = 2, 4, 16

# nobody; a rule that rejects; the peer's
refused(at_server(tcp), (client, 1001))
refused(at_server(tcp), (client, 1002))
refused(tcp(), (server, 1010))

# closed with unread data
l = listener(1003)
peer = at_server(tcp)
peer.connect((client, 1003))
peer.sendall(b'unread')
c, _ = l.accept()
select.select([c], [], [])
c.close()
select.select([peer], [], [])

# SO_LINGER 0
server_listener = at_server(tcp)
server_listener.bind((server, 1004))
server_listener.listen()
s = tcp()
s.connect((server, 1004))
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
s.close()

# data to an orphan
l5 = listener(1005)
peer = at_server(tcp)
peer.connect((client, 1005))
c, _ = l5.accept()
c.close()
peer.recv(1)
peer.send(b'late')
select.select([peer], [], [], 5)

# a bad ACK to a listener
l6 = listener(1006)
hand, seen = at_server(raw), at_server(raw)
hand.sendto(segment(server, client, 2006, 1006, ACK, ack=77), (client, 0))

# more than the accept queue holds, with tcp_abort_on_overflow
l7 = listener(1007, 2)


def answer_to(port):
    while True:
        data = seen.recv(2000)
        data = data[(data[0] & 15) * 4:] if family == 4 else data
        sport, dport, seq = struct.unpack('!HHI', data[:8])
        if (sport, dport) == (1007, port) and data[13] & 0x12 == 0x12:
            return seq


def syn(port):
    hand.sendto(segment(server, client, port, 1007, SYN), (client, 0))
    return answer_to(port)


def ack(port, seq):
    hand.sendto(segment(server, client, port, 1007, ACK, 2, seq + 1), (client, 0))


half_open = syn(2007)
for port in (2008, 2009, 2010):
    ack(port, syn(port))
ack(2007, half_open)

# by hand: a raw socket, of the kernel's IPv6 header or IPv4 header, bound and not; with the header of one's own
r = raw()
r.sendto(segment(client, server, 1008, 2001, RST), (server, 0))
own = segment(client, server, 1008, 2002, RST)
addresses = socket.inet_pton(AF, client) + socket.inet_pton(AF, server)
if family == 4:
    whole = struct.pack('!BBHHHBBH', 0x45, 0, 40, 1, 0, 64, TCP, 0) + addresses + own
else:
    whole = struct.pack('!IHBB', 6 << 28, 20, TCP, 64) + addresses + own
h = socket.socket(AF, socket.SOCK_RAW, socket.IPPROTO_RAW)
h.sendto(whole, (server, 0))

# by AF_PACKET, with marks of its own
for mark, dport in ((0, 2001), (1, 2002), (2, 2003), (3, 2004)):
    p = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    p.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
    p.bind(('eth0', 0))
    ethertype = b'\x08\x00' if family == 4 else b'\x86\xdd'
    forged = segment(client, server, 1009, dport, RST)
    if family == 4:
        head = struct.pack('!BBHHHBBH', 0x45, 0, 40, 1, 0, 64, TCP, 0) + addresses
        words = sum(struct.unpack('!10H', head))
        words = (words & 0xFFFF) + (words >> 16)
        head = head[:10] + struct.pack('!H', ~words & 0xFFFF) + head[12:]
    else:
        head = whole[:40]
    p.send(b'\xff' * 6 + b'\x02' * 6 + ethertype + head + forged)

print('done', flush=True)
sys.stdin.read()
