// SPDX-License-Identifier: Apache-2.0
// Calls that change files and that powercut.c does not take back. None of them may reach a file
// below POWERCUT_FOLDER: the process ends with SIGABRT there and says which call it was, so that a
// new way to write is not taken for a safe one. Everywhere else they do what they always do.
// powercut.py compares what the programs import with what both files define.
#define _GNU_SOURCE
#include <aio.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The function of this name that comes next, found when it is first called.
#define REAL(result, name, ...)                                  \
  static result (*real)(__VA_ARGS__);                            \
  if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int is_below(const char *path) {
  const char *folder = getenv("POWERCUT_FOLDER");
  size_t length = folder ? strlen(folder) : 0;
  return length && strncmp(path, folder, length) == 0 && path[length] == '/';
}

static void refuse(const char *call, const char *path) {
  fprintf(stderr, "powercut: %s of %s is a change that is not seen\n", call, path);
  abort();
}

// For calls that name a file.
static void guard_path(const char *call, const char *path) {
  char whole[PATH_MAX + NAME_MAX + 2], base[PATH_MAX];
  if (path[0] != '/' && getcwd(base, sizeof base)) {
    snprintf(whole, sizeof whole, "%s/%.255s", base, path);
    path = whole;
  }
  if (is_below(path)) refuse(call, path);
}

// For calls on a descriptor. The index of the log is mapped, and no recovery trusts it.
static void guard(const char *call, int descriptor) {
  char link[64], path[PATH_MAX];
  struct stat status;
  if (descriptor < 0 || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  if (length > 4 && strcmp(path + length - 4, "-shm") == 0) return;
  if (is_below(path)) refuse(call, path);
}

static void guard_stream(const char *path, const char *mode) {
  if (strpbrk(mode, "wa+")) guard_path("fopen", path);
}

FILE *fopen(const char *path, const char *mode) {
  REAL(FILE *, "fopen", const char *, const char *);
  guard_stream(path, mode);
  return real(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
  REAL(FILE *, "fopen64", const char *, const char *);
  guard_stream(path, mode);
  return real(path, mode);
}

FILE *freopen(const char *path, const char *mode, FILE *stream) {
  REAL(FILE *, "freopen", const char *, const char *, FILE *);
  if (path) guard_stream(path, mode);
  return real(path, mode, stream);
}

FILE *freopen64(const char *path, const char *mode, FILE *stream) {
  return freopen(path, mode, stream);
}

FILE *fdopen(int descriptor, const char *mode) {
  REAL(FILE *, "fdopen", int, const char *);
  if (strpbrk(mode, "wa+")) guard("fdopen", descriptor);
  return real(descriptor, mode);
}

int vdprintf(int descriptor, const char *format, va_list arguments) {
  REAL(int, "vdprintf", int, const char *, va_list);
  guard("dprintf", descriptor);
  return real(descriptor, format, arguments);
}

int dprintf(int descriptor, const char *format, ...) {
  va_list rest;
  va_start(rest, format);
  int result = vdprintf(descriptor, format, rest);
  va_end(rest);
  return result;
}

int truncate(const char *path, off_t length) {
  REAL(int, "truncate", const char *, off_t);
  guard_path("truncate", path);
  return real(path, length);
}

int truncate64(const char *path, off_t length) { return truncate(path, length); }

int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  guard_path("mkdir", path);
  return real(path, mode);
}

int rmdir(const char *path) {
  REAL(int, "rmdir", const char *);
  guard_path("rmdir", path);
  return real(path);
}

// powercut.c keeps what is removed under another name of its own making.
int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
  REAL(int, "linkat", int, const char *, int, const char *, int);
  if (!strstr(to, "/.powercut-")) guard_path("link", to);
  return real(from_directory, from, to_directory, to, flags);
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int symlinkat(const char *target, int directory, const char *path) {
  REAL(int, "symlinkat", const char *, int, const char *);
  guard_path("symlink", path);
  return real(target, directory, path);
}

int symlink(const char *target, const char *path) { return symlinkat(target, AT_FDCWD, path); }

int mkostemp(char *path, int flags) {
  REAL(int, "mkostemp", char *, int);
  guard_path("mkstemp", path);
  return real(path, flags);
}

int mkstemp(char *path) { return mkostemp(path, 0); }
int mkstemp64(char *path) { return mkostemp(path, 0); }

ssize_t sendfile(int to, int from, off_t *offset, size_t length) {
  REAL(ssize_t, "sendfile", int, int, off_t *, size_t);
  guard("sendfile", to);
  return real(to, from, offset, length);
}

ssize_t sendfile64(int to, int from, off_t *offset, size_t length) {
  return sendfile(to, from, offset, length);
}

ssize_t splice(int from, off_t *from_offset, int to, off_t *to_offset, size_t length,
               unsigned int flags) {
  REAL(ssize_t, "splice", int, off_t *, int, off_t *, size_t, unsigned int);
  guard("splice", to);
  return real(from, from_offset, to, to_offset, length, flags);
}

ssize_t copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t length,
                        unsigned int flags) {
  REAL(ssize_t, "copy_file_range", int, off_t *, int, off_t *, size_t, unsigned int);
  guard("copy_file_range", to);
  return real(from, from_offset, to, to_offset, length, flags);
}

int aio_write(struct aiocb *block) {
  REAL(int, "aio_write", struct aiocb *);
  guard("aio_write", block->aio_fildes);
  return real(block);
}

int sync_file_range(int descriptor, off_t offset, off_t length, unsigned int flags) {
  REAL(int, "sync_file_range", int, off_t, off_t, unsigned int);
  guard("sync_file_range", descriptor);
  return real(descriptor, offset, length, flags);
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
  REAL(void *, "mmap", void *, size_t, int, int, int, off_t);
  if (flags & MAP_SHARED && protection & PROT_WRITE) guard("mmap", descriptor);
  return real(address, length, protection, flags, descriptor, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int descriptor,
             off_t offset) {
  return mmap(address, length, protection, flags, descriptor, offset);
}

long syscall(long number, ...) {
  REAL(long, "syscall", long, ...);
  long values[6];
  va_list rest;
  va_start(rest, number);
  for (int i = 0; i < 6; i++) values[i] = va_arg(rest, long);
  va_end(rest);
  switch (number) {
    case SYS_write:
    case SYS_pwrite64:
    case SYS_writev:
    case SYS_pwritev:
    case SYS_pwritev2:
    case SYS_ftruncate:
    case SYS_fallocate:
      guard("syscall", (int)values[0]);
      break;
    case SYS_copy_file_range:
    case SYS_splice:
      guard("syscall", (int)values[2]);
      break;
    case SYS_openat:
      if (values[2] & (O_CREAT | O_TRUNC)) guard_path("syscall", (const char *)values[1]);
      break;
    case SYS_unlinkat:
      guard_path("syscall", (const char *)values[1]);
      break;
    case SYS_renameat2:
    case SYS_linkat:
      guard_path("syscall", (const char *)values[3]);
      break;
    default:
      break;
  }
  return real(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}
