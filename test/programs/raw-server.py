"""A server by a raw socket: answers each SYN by SYN/ACK, as if somebody listened. FAULT: ack, checksum; `rule` is none,
and puts the rule there that it takes."""
import socket
import struct
import subprocess
import sys

port, fault = int(sys.argv[1]), (sys.argv[2:] or ["none"])[0]


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


if fault == "rule":
    subprocess.run(f"iptables -A OUTPUT -p tcp --tcp-flags RST RST --sport {port} -j DROP", shell=True, check=True)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
while True:
    packet = raw.recv(65535)
    tcp = packet[(packet[0] & 15) * 4:]
    sport, dport, theirs, _, _, flags = struct.unpack("!HHIIBB", tcp[:14])
    if dport != port or flags & 0x12 != 0x02:
        continue
    ack = theirs if fault == "ack" else theirs + 1
    head = struct.pack("!HHIIBBHHH", port, sport, 9000, ack, 5 << 4, 0x12, 64240, 0, 0)
    total = (fault == "checksum") ^ checksum(packet[16:20] + packet[12:16] + struct.pack("!BBH", 0, 6, len(head)) + head)
    raw.sendto(head[:16] + struct.pack("!H", total) + head[18:], (socket.inet_ntoa(packet[12:16]), 0))
