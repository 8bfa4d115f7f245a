/* For LD_PRELOAD: to the C library's callers the file named by HIDDEN is not there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int hidden(const char *path) {
  const char *name = getenv("HIDDEN");
  if (name == NULL || path == NULL || strcmp(path, name) != 0) return 0;
  errno = ENOENT;
  return 1;
}

#define OPEN(name)                                                       \
  int name(const char *path, int flags, ...) {                           \
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);       \
    va_list more;                                                        \
    va_start(more, flags);                                               \
    int mode = va_arg(more, int);                                        \
    va_end(more);                                                        \
    return hidden(path) ? -1 : real(path, flags, mode);                  \
  }
OPEN(open)
OPEN(open64)
