"""A client by scapy that makes whole frames, with name and interface written inside. MISTAKE: router (another's Ethernet address),
broadcast, ip-checksum; `spare` is none: an address that its kernel does not have."""
import logging
import socket
import sys

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import ARP, IP, TCP, Ether, conf, getmacbyip, sendp, srp1  # noqa: E402

HOST, PORT, INTERFACE, OWN_PORT, SPARE = "www.example.com", 80, "enp3s0", 54321, "198.51.100.99"
ROUTERS = {"router": "02:00:00:00:00:99", "broadcast": "ff:ff:ff:ff:ff:ff"}
mistake = (sys.argv[1:] or ["none"])[0]
conf.verb = 0
conf.iface = INTERFACE
server = socket.gethostbyname(HOST)
frame = Ether(dst=ROUTERS.get(mistake) or getmacbyip(server))
ip = IP(dst=server)
if mistake == "ip-checksum":
    ip.chksum = 1
if mistake == "spare":
    ip.src = SPARE
    srp1(Ether(dst="ff:ff:ff:ff:ff:ff") / ARP(psrc=SPARE, pdst=server), timeout=1)  # who asks is known from then on
answer = srp1(frame / ip / TCP(sport=OWN_PORT, dport=PORT, flags="S", seq=1000), timeout=0.5)
if answer is None:
    sys.exit("no SYN/ACK")
there = dict(sport=OWN_PORT, dport=PORT, seq=1001, ack=answer[TCP].seq + 1)
sendp([frame / ip / TCP(flags="A", **there), frame / ip / TCP(flags="PA", **there) / "GET / HTTP/1.0\r\n\r\n"])
