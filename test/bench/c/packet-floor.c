// The floor: the least that a program can do for a hand-made handshake over AF_PACKET, in C. A receive ring, batches of
// sendmmsg past the queueing discipline, SYN and ACK from spare addresses, and a RST from here or from the server's program;
// no retransmission, no options, no ends but the good one. src/bulk does the same in JavaScript, and all that is left out here.
// usage: packet-floor INTERFACE SERVER PORT COUNT WINDOW client|server
//        (who closes; prints JSON; exit status 1 where an answer is missing)
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

enum {
  BATCH = 64,
  FRAME_BYTES = 54,
  SLOT_BYTES = 128,
  SLOTS = 1 << 17,
  BLOCK_BYTES = 1 << 16,
  FIRST_PORT = 1024,
  PORTS = 65536 - FIRST_PORT,
  PATIENCE_MS = 3000,
};
enum { SYN = 2, RST = 4, ACK = 16 };
static const uint32_t FIRST_ADDRESS = 0xc6120001; // 198.18.0.1

static uint8_t template[FRAME_BYTES] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 8, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6};
static uint32_t ip_sum, tcp_sum;

static uint8_t frames[3 * BATCH][64];
static struct iovec vectors[3 * BATCH];
static struct mmsghdr messages[3 * BATCH];
static int waiting;

static void put16(uint8_t *at, uint16_t value) { value = htons(value), memcpy(at, &value, 2); }
static void put32(uint8_t *at, uint32_t value) { value = htonl(value), memcpy(at, &value, 4); }
static uint16_t get16(const uint8_t *at) { uint16_t value; return memcpy(&value, at, 2), ntohs(value); }
static uint32_t get32(const uint8_t *at) { uint32_t value; return memcpy(&value, at, 4), ntohl(value); }
static uint32_t halves(uint32_t value) { return (value >> 16) + (value & 0xffff); }
static uint16_t fold(uint32_t sum) { return sum = halves(sum), halves(sum); }

static void add(uint32_t tuple, uint32_t seq, uint32_t ack, uint8_t flags) {
  uint8_t *frame = frames[waiting++];
  const uint32_t source = FIRST_ADDRESS + tuple / PORTS;
  const uint16_t port = FIRST_PORT + tuple % PORTS;
  memcpy(frame, template, FRAME_BYTES);
  put16(frame + 24, ~fold(ip_sum + halves(source)));
  put32(frame + 26, source);
  put16(frame + 34, port);
  put32(frame + 38, seq);
  put32(frame + 42, ack);
  frame[47] = flags;
  put16(frame + 50, ~fold(tcp_sum + halves(source) + port + halves(seq) + halves(ack) + flags));
}

static void prepare(uint32_t server, uint16_t port) {
  put32(template + 30, server);
  put16(template + 36, port);
  template[46] = 0x50;
  put16(template + 48, 64240);
  for (int at = 14; at < 34; at += 2) ip_sum += get16(template + at);
  for (int at = 34; at < FRAME_BYTES; at += 2) tcp_sum += get16(template + at);
  tcp_sum += halves(server) + 6 + 20;
  for (int i = 0; i < 3 * BATCH; i++) {
    vectors[i] = (struct iovec){frames[i], FRAME_BYTES};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
  }
}

static void fail(const char *what) { perror(what), exit(1); }

static void bind_to(int fd, const char *interface, int protocol) {
  const struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = if_nametoindex(interface)};
  if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) fail("bind");
}

static uint8_t *open_ring(int fd, uint32_t server, uint16_t port) {
  struct sock_filter code[] = {
      {BPF_LD | BPF_H | BPF_ABS, 0, 0, 12}, {BPF_JMP | BPF_JEQ, 0, 7, ETH_P_IP},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, 26}, {BPF_JMP | BPF_JEQ, 0, 5, server},
      {BPF_LD | BPF_H | BPF_ABS, 0, 0, 30}, {BPF_JMP | BPF_JEQ, 0, 3, FIRST_ADDRESS >> 16},
      {BPF_LD | BPF_H | BPF_ABS, 0, 0, 34}, {BPF_JMP | BPF_JEQ, 0, 1, port},
      {BPF_RET, 0, 0, 0xffffffff},          {BPF_RET, 0, 0, 0},
  };
  const struct sock_fprog program = {sizeof code / sizeof *code, code};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) fail("filter");
  const int version = TPACKET_V2;
  if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) fail("version");
  const struct tpacket_req request = {BLOCK_BYTES, SLOTS / (BLOCK_BYTES / SLOT_BYTES), SLOT_BYTES, SLOTS};
  if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) fail("ring");
  uint8_t *ring = mmap(NULL, (size_t)SLOTS * SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (ring == MAP_FAILED) fail("mmap");
  return ring;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  const int server_closes = strcmp(argv[6], "server") == 0;
  const uint32_t server = ntohl(inet_addr(argv[2]));
  const uint16_t port = atoi(argv[3]);
  const uint32_t count = atol(argv[4]), window = atol(argv[5]);
  prepare(server, port);

  const int receiver = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (receiver < 0 || sender < 0) fail("socket");
  uint8_t *ring = open_ring(receiver, server, port);
  bind_to(receiver, argv[1], ETH_P_IP);
  const int yes = 1, queue = 4 << 20;
  setsockopt(sender, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
  setsockopt(sender, SOL_SOCKET, SO_SNDBUFFORCE, &queue, sizeof queue);
  bind_to(sender, argv[1], 0);

  uint8_t *open = calloc(count, 1);
  uint32_t *iss = calloc(count, sizeof *iss), next = 0, started = 0, finished = 0;
  uint32_t isn = time(NULL) * 250000;
  const double start = seconds();
  while (finished < count) {
    // As src/bulk: a window is filled before it is worked on.
    int read = 0;
    const int full = started == count || started - finished >= window;
    for (; full && read < BATCH; read++) {
      struct tpacket2_hdr *slot = (void *)(ring + (size_t)next * SLOT_BYTES);
      if ((__atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) break;
      const uint8_t *frame = (uint8_t *)slot + slot->tp_mac;
      const uint32_t tuple = (get32(frame + 30) - FIRST_ADDRESS) * PORTS + get16(frame + 36) - FIRST_PORT;
      const uint32_t seq = get32(frame + 38), ack = get32(frame + 42);
      const uint8_t flags = frame[47] & (SYN | ACK | RST);
      if (tuple < count && open[tuple] == 1 && flags == (SYN | ACK) && ack == iss[tuple] + 1) {
        open[tuple] = server_closes ? 2 : 0;
        add(tuple, ack, seq + 1, ACK);
        if (!server_closes) add(tuple, ack, 0, RST), finished++;
      } else if (tuple < count && open[tuple] == 2 && flags == (RST | ACK)) {
        open[tuple] = 0;
        finished++;
      }
      __atomic_store_n(&slot->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
      next = (next + 1) % SLOTS;
    }
    for (int i = 0; i < BATCH && started < count && started - finished < window; i++, started++) {
      iss[started] = isn += 64;
      open[started] = 1;
      add(started, isn, 0, SYN);
    }
    for (int sent = 0; sent < waiting;) {
      const int more = sendmmsg(sender, messages + sent, waiting - sent, 0);
      if (more < 0) fail("sendmmsg");
      sent += more;
    }
    if (waiting == 0 && read == 0) {
      struct pollfd readable = {receiver, POLLIN, 0};
      if (poll(&readable, 1, PATIENCE_MS) == 0) break;
    }
    waiting = 0;
  }
  printf("{\"established\":%u,\"seconds\":%.6f}\n", finished, seconds() - start);
  return finished == count ? 0 : 1;
}
