"""A client by scapy. LAYER: l3 and l2 send by AF_PACKET, raw by a raw socket. MISTAKE: `interface` (it listens at another); `rule` is none,
and puts the rule there that it takes."""
import logging
import subprocess
import sys

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import IP, TCP, Ether, L3RawSocket, conf, getmacbyip, send, sendp, sr1, srp1  # noqa: E402

server, port, layer, mistake = (sys.argv[1:] + ["l3", "none"][len(sys.argv) - 3:])[:4]
conf.verb = 0
if layer == "raw":
    conf.L3socket = L3RawSocket
if mistake == "rule":
    subprocess.run(f"iptables -A OUTPUT -p tcp --tcp-flags RST RST -d {server} -j DROP", shell=True, check=True)
ip = IP(dst=server)
syn = ip / TCP(sport=42042, dport=int(port), flags="S", seq=1000)
frame = Ether(dst=getmacbyip(server)) if layer == "l2" else None
where = dict(timeout=0.5, **({"iface": "lo"} if mistake == "interface" else {}))
answer = sr1(syn, **where) if frame is None else srp1(frame / syn, **where)
if answer is None:
    sys.exit("no SYN/ACK")
there = dict(sport=42042, dport=int(port), seq=1001, ack=answer[TCP].seq + 1)
for packet in (ip / TCP(flags="A", **there), ip / TCP(flags="PA", **there) / "hello"):
    send(packet) if frame is None else sendp(frame / packet)
