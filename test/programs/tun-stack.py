"""A stack in a program, behind a TUN, with all written inside: a handshake and a line of text. MISTAKE: closed (the host does not
forward), ack, checksum."""
import fcntl
import os
import select
import struct
import subprocess
import sys

mistake = (sys.argv[1:] or ["none"])[0]
HOST, STACK, SERVER, PORT = "10.0.0.1", "10.0.0.2", "203.0.113.80", 443
SYN, PSH, ACK = 0x02, 0x08, 0x10
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH", b"tun0", 0x0001 | 0x1000))  # TUNSETIFF: IFF_TUN | IFF_NO_PI
subprocess.run(f"ip address add {HOST}/24 dev tun0 && ip link set tun0 up", shell=True, check=True)
with open("/proc/sys/net/ipv4/ip_forward", "w") as forwards:
    forwards.write("0" if mistake == "closed" else "1")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send(flags, seq, ack, text=b""):
    ends = bytes(map(int, f"{STACK}.{SERVER}".split(".")))
    tcp = struct.pack("!HHIIBBHHH", 40000, PORT, seq, ack, 5 << 4, flags, 64240, 0, 0)
    total = checksum(ends + struct.pack("!BBH", 0, 6, len(tcp + text)) + tcp + text) ^ (mistake == "checksum")
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40 + len(text), 0, 0, 64, 6, 0)
    ip = ip[:10] + struct.pack("!H", checksum(ip + ends)) + ends
    os.write(tun, ip + tcp[:16] + struct.pack("!H", total) + tcp[18:] + text)


send(SYN, 1000, 0)
while select.select([tun], [], [], 0.5)[0]:
    packet = os.read(tun, 65535)
    if packet[0] >> 4 != 4 or packet[9] != 6:
        continue
    theirs, _, _, flags = struct.unpack("!IIBB", packet[24:34])
    if flags & (SYN | ACK) == SYN | ACK:
        ack = theirs if mistake == "ack" else theirs + 1
        send(ACK, 1001, ack)
        send(ACK | PSH, 1001, ack, b"hello")
        sys.exit()
sys.exit("no SYN/ACK")
