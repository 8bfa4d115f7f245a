// The kernel's own client, as fast as one loop goes: connect, close with RST (SO_LINGER 0), again.
// usage: connect-loop ADDRESS PORT COUNT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  inet_pton(AF_INET, argv[1], &server.sin_addr);
  const long count = atol(argv[3]);
  const struct linger abortive = {1, 0};
  long established = 0;
  const double start = seconds();
  for (long i = 0; i < count; i++) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) == 0) established++;
    close(fd);
  }
  printf("{\"established\":%ld,\"seconds\":%.6f}\n", established, seconds() - start);
}
