"""A client by scapy that wants its kernel to know the port. HOW it holds that: bind, listen, twice (a connection from there, and a
SYN by hand), connect (and leaves all to that)."""
import logging
import socket
import sys

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import IP, TCP, send, sr1  # noqa: E402

server, port, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
OWN_PORT = 42042
holder = socket.socket()
holder.bind(("", OWN_PORT))
if how == "listen":
    holder.listen()
if how in ("connect", "twice"):
    holder.connect((server, port))
if how == "connect":
    holder.sendall(b"hello")
    sys.exit(0 if holder.recv(5) == b"hello" else 1)
ip = IP(dst=server)
answer = sr1(ip / TCP(sport=OWN_PORT, dport=port, flags="S", seq=1000), timeout=0.5, verbose=0)
if answer is None or answer[TCP].flags != "SA":
    sys.exit("no SYN/ACK")
there = dict(sport=OWN_PORT, dport=port, seq=1001, ack=answer[TCP].seq + 1)
send([ip / TCP(flags="A", **there), ip / TCP(flags="PA", **there) / "hello"], verbose=0)
