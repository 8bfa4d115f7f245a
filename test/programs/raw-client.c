/* A client by a raw socket with all written inside, as courses hand it out. MISTAKE: rule (none, and a rule), endian, unread. */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define FROM "192.168.1.10"
#define TO "192.168.1.1"
#define OWN_PORT 12345
#define PORT 80
#define RULE "iptables -A OUTPUT -p tcp --tcp-flags RST RST -s " FROM " -j DROP"

static uint16_t sum(const void *bytes, int count) {
    const uint16_t *words = bytes;
    uint32_t total = 0;
    for (; count > 1; count -= 2) total += *words++;
    if (count == 1) total += *(const uint8_t *)words;
    while (total >> 16) total = (total & 0xffff) + (total >> 16);
    return ~total;
}

static void send_segment(int out, uint32_t seq, uint32_t ack, int flags, const char *text) {
    struct { struct iphdr ip; struct tcphdr tcp; char text[64]; } packet = {0};
    struct { uint32_t from, to; uint8_t zero, protocol; uint16_t length; struct tcphdr tcp; char text[64]; } pseudo = {0};
    int length = sizeof packet.tcp + strlen(text);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {inet_addr(TO)}};
    packet.ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = 6, .saddr = inet_addr(FROM), .daddr = to.sin_addr.s_addr};
    packet.tcp.source = htons(OWN_PORT), packet.tcp.dest = htons(PORT), packet.tcp.doff = 5, packet.tcp.window = htons(5840);
    packet.tcp.seq = htonl(seq), packet.tcp.ack_seq = htonl(ack), ((uint8_t *)&packet.tcp)[13] = flags;
    strcpy(packet.text, text);
    pseudo.from = packet.ip.saddr, pseudo.to = packet.ip.daddr, pseudo.protocol = 6, pseudo.length = htons(length);
    pseudo.tcp = packet.tcp, strcpy(pseudo.text, text);
    packet.tcp.check = sum(&pseudo, 12 + length);
    sendto(out, &packet, sizeof packet.ip + length, 0, (struct sockaddr *)&to, sizeof to);
}

int main(int argc, char **argv) {
    const char *mistake = argc > 1 ? argv[1] : "none";
    struct { struct iphdr ip; struct tcphdr tcp; char rest[1500]; } heard;
    int out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    int in = strcmp(mistake, "unread") == 0 ? out : socket(AF_INET, SOCK_RAW, IPPROTO_TCP); /* IPPROTO_RAW reads nothing */
    setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_usec = 300000}, sizeof(struct timeval));
    if (strcmp(mistake, "rule") == 0 && system(RULE) != 0) return 2;
    send_segment(out, 1000, 0, TH_SYN, "");
    do {
        if (recv(in, &heard, sizeof heard, 0) < 0) return puts("nothing heard"), 1;
    } while (heard.tcp.source != htons(PORT) || heard.tcp.dest != htons(OWN_PORT) || !heard.tcp.syn);
    uint32_t ack = strcmp(mistake, "endian") == 0 ? heard.tcp.seq + 1 : ntohl(heard.tcp.seq) + 1;
    send_segment(out, 1001, ack, TH_ACK, "");
    send_segment(out, 1001, ack, TH_ACK | TH_PUSH, "GET / HTTP/1.0\r\n\r\n");
    return 0;
}
