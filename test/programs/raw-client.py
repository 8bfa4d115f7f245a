"""A client by a raw socket, as courses ask for it: SYN, SYN/ACK, ACK, and a line of text. FAULT makes one mistake; `rule` makes none, and
puts the rule there that it takes."""
import os
import socket
import struct
import subprocess
import sys

server, port, fault = sys.argv[1], int(sys.argv[2]), (sys.argv[3:] or ["none"])[0]
SYN, PSH, ACK = 0x02, 0x08, 0x10
ISS = 1000


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


route = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
route.connect((server, port))
source = "10.9.8.7" if fault == "source" else route.getsockname()[0]
own_port = 42000 + os.getpid() % 1000
if fault == "rule":
    subprocess.run(f"iptables -A OUTPUT -p tcp --tcp-flags RST RST --sport {own_port} -j DROP", shell=True, check=True)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
ear = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
ear.settimeout(0.5)


def send(flags, seq, ack, text=b""):
    head = struct.pack("!HHIIBBHHH", own_port, port, seq, ack, 5 << 4, flags, 64240, 0, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(server) + struct.pack("!BBH", 0, 6, len(head + text))
    total = checksum(pseudo + head + text) ^ (1 if fault == "checksum" else 0)
    head = head[:16] + struct.pack("!H", total) + head[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, 64, 6, 0) + socket.inet_aton(source) + socket.inet_aton(server)
    raw.sendto(ip + head + text, (server, 0))


send(SYN, ISS, 0)
try:
    while True:
        packet = ear.recv(65535)
        tcp = packet[(packet[0] & 15) * 4:]
        sport, dport, theirs, _, _, flags = struct.unpack("!HHIIBB", tcp[:14])
        if (sport, dport, flags & (SYN | ACK)) == (port, own_port, SYN | ACK):
            break
except socket.timeout:
    sys.exit("no SYN/ACK")
ack = theirs if fault == "ack" else theirs + 1
seq = ISS if fault == "seq" else ISS + 1
send(ACK, seq, ack)
if fault != "silent":
    send(ACK | PSH, seq, ack, b"hello")
