#!/bin/sh
# A handshake by hping3, a packet at a time: the SYN prints the other side's sequence number, the ACK takes it. SERVER PORT [MISTAKE]
# port: the ACK comes from the next port, as hping3 has it; `rule` is none, and puts the rule there that it takes.
server=$1 port=$2 mistake=${3:-none} own=42042
[ "$mistake" != rule ] || iptables -A OUTPUT -p tcp --tcp-flags RST RST -d "$server" -j DROP
theirs=$(hping3 --syn --count 1 --baseport $own --destport "$port" --setseq 1000 --seqnum "$server" 2>/dev/null |
  awk '/^ *[0-9]+ \+/ { print $1 }')
[ -n "$theirs" ] || exit 1
[ "$mistake" != port ] || own=$((own + 1))
exec hping3 --ack --count 1 --baseport $own --destport "$port" --setseq 1001 --setack $((theirs + 1)) "$server" >/dev/null 2>&1
