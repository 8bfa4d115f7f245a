"""Scapy's view of packets. `read`: hex lines in, one JSON object of fields per line out. `make COUNT SEED`: random
packets made by scapy, each line a JSON object of fields with the packet itself under `hex`."""

import json
import logging
import random
import sys

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.layers.inet import ICMP, IP, TCP, IPOption_Router_Alert  # noqa: E402
from scapy.layers.inet6 import (  # noqa: E402
    ICMPv6DestUnreach,
    ICMPv6EchoRequest,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.packet import Raw  # noqa: E402


def right_checksum(ip, layer, field):
    """Whether scapy computes the checksum that the packet has."""
    again = type(ip)(bytes(ip))
    if layer is not None:
        delattr(again[layer], field)
    else:
        del again.chksum
    again = type(ip)(bytes(again))
    fresh = again[layer] if layer is not None else again
    seen = ip[layer] if layer is not None else ip
    return getattr(fresh, field) == getattr(seen, field)


def options(tcp):
    """TCP options as scapy names them, byte strings as hex."""
    out = []
    for name, value in tcp.options:
        if isinstance(value, bytes):
            value = value.hex()
        elif isinstance(value, tuple):
            value = [v.hex() if isinstance(v, bytes) else v for v in value]
        out.append([str(name), value])
    return out


def fields(ip):
    """The fields in question, named as in rawshake."""
    out = {"src": ip.src, "dst": ip.dst}
    if ip.version == 4:
        out.update(tos=ip.tos, id=ip.id, ttl=ip.ttl, totalLength=ip.len, ihl=ip.ihl, protocol=ip.proto)
        out["flags"] = int(ip.flags)
        out["ipChecksumOk"] = right_checksum(ip, None, "chksum")
    else:
        out.update(trafficClass=ip.tc, flowLabel=ip.fl, hopLimit=ip.hlim, payloadLength=ip.plen)
    if TCP in ip:
        tcp = ip[TCP]
        out["tcp"] = dict(
            srcPort=tcp.sport,
            dstPort=tcp.dport,
            seq=tcp.seq,
            ack=tcp.ack,
            dataOffset=tcp.dataofs,
            control=(tcp.reserved << 9) | int(tcp.flags),
            window=tcp.window,
            checksum=tcp.chksum,
            urgentPointer=tcp.urgptr,
            payload=bytes(tcp.payload).hex(),
            options=options(tcp),
            checksumOk=right_checksum(ip, TCP, "chksum"),
        )
    return out


def random_options(rng):
    choices = [
        ("NOP", None),
        ("MSS", rng.randrange(1 << 16)),
        ("WScale", rng.randrange(256)),
        ("SAckOK", b""),
        ("SAck", tuple(rng.randrange(1 << 32) for _ in range(2 * rng.randrange(1, 3)))),
        ("Timestamp", (rng.randrange(1 << 32), rng.randrange(1 << 32))),
        (77, rng.randbytes(rng.randrange(5))),
    ]
    return [choice for choice in rng.sample(choices, len(choices)) if rng.random() < 0.4][:3]


def random_packet(rng):
    payload = rng.randbytes(rng.randrange(60))
    six = rng.random() < 0.5
    if six:
        address = lambda: "2001:db8::%x:%x" % (rng.randrange(1, 1 << 16), rng.randrange(1, 1 << 16))  # noqa: E731
        ip = IPv6(src=address(), dst=address(), tc=rng.randrange(256), fl=rng.randrange(1 << 20), hlim=rng.randrange(256))
        if rng.random() < 0.2:
            ip = ip / IPv6ExtHdrHopByHop()
        if rng.random() < 0.2:
            ip = ip / IPv6ExtHdrDestOpt()
        if rng.random() < 0.2:
            ip = ip / IPv6ExtHdrRouting(addresses=[address() for _ in range(rng.randrange(3))], segleft=rng.randrange(2))
        if rng.random() < 0.1:
            ip = ip / IPv6ExtHdrFragment(id=rng.randrange(1 << 32))
    else:
        address = lambda: ".".join(str(rng.randrange(256)) for _ in range(4))  # noqa: E731
        ip = IP(src=address(), dst=address(), tos=rng.randrange(256), id=rng.randrange(1 << 16), ttl=rng.randrange(256))
        ip.flags = rng.choice(["", "DF", "evil"])
        if rng.random() < 0.2:
            ip.options = [IPOption_Router_Alert()]
    kind = rng.random()
    if kind < 0.8:
        layer = TCP(
            sport=rng.randrange(1 << 16),
            dport=rng.randrange(1 << 16),
            seq=rng.randrange(1 << 32),
            ack=rng.randrange(1 << 32),
            flags=rng.randrange(1 << 9),
            window=rng.randrange(1 << 16),
            urgptr=rng.randrange(1 << 16),
            options=random_options(rng),
        )
        if rng.random() < 0.1:
            layer.chksum = rng.randrange(1 << 16)
        return ip / layer / Raw(payload)
    if not six:
        return ip / rng.choice([ICMP(type=8, id=7, seq=9), ICMP(type=3, code=rng.randrange(4))]) / Raw(payload)
    return ip / rng.choice(
        [
            ICMPv6EchoRequest(id=7, seq=9, data=payload),
            ICMPv6DestUnreach(code=4) / Raw(payload),
            ICMPv6ND_NS(tgt="2001:db8::9") / ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:01"),
            ICMPv6ND_NA(tgt="2001:db8::9") / ICMPv6NDOptDstLLAddr(lladdr="02:00:00:00:00:01"),
        ]
    )


def parse(data):
    return IP(data) if data[0] >> 4 == 4 else IPv6(data)


if sys.argv[1] == "read":
    for line in sys.stdin:
        print(json.dumps(fields(parse(bytes.fromhex(line)))))
else:
    generator = random.Random(int(sys.argv[3]))
    for _ in range(int(sys.argv[2])):
        data = bytes(random_packet(generator))
        print(json.dumps({**fields(parse(data)), "hex": data.hex()}))
