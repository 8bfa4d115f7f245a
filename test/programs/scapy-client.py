"""A client by scapy, over its layer-3 raw socket, or with `l2` over AF_PACKET."""
import logging
import sys

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import IP, TCP, Ether, getmacbyip, send, sendp, sr1, srp1  # noqa: E402

server, port, layer = sys.argv[1], int(sys.argv[2]), (sys.argv[3:] or ["l3"])[0]
ip = IP(dst=server)
syn = ip / TCP(sport=42042, dport=port, flags="S", seq=1000)
frame = Ether(dst=getmacbyip(server)) if layer == "l2" else None
answer = sr1(syn, timeout=2, verbose=0) if frame is None else srp1(frame / syn, timeout=2, verbose=0)
if answer is None:
    sys.exit("no SYN/ACK")
there = dict(sport=42042, dport=port, seq=1001, ack=answer[TCP].seq + 1)
for packet in (ip / TCP(flags="A", **there), ip / TCP(flags="PA", **there) / "hello"):
    send(packet, verbose=0) if frame is None else sendp(frame / packet, verbose=0)
