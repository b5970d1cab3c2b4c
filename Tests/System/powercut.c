// SPDX-License-Identifier: Apache-2.0
// A power cut for one process, by LD_PRELOAD. What the process writes below POWERCUT_FOLDER is kept
// as undoable until it calls fsync; at the chosen operation everything that was not synced is taken
// back, and the process kills itself. So the files hold what a disk would hold.
//
//   POWERCUT_FOLDER  only files below it count
//   POWERCUT_AFTER   the number of the operation (write, truncation, sync, rename, removal) before
//                    which the power goes; 0 or absent: never
//   POWERCUT_ON      only operations on files whose path ends with this are numbered
//   POWERCUT_CALL    only operations of this name are numbered: write, truncate, allocate, sync,
//                    unlink, rename
//   POWERCUT_LOSE    all: everything not synced; some: a part of it, by POWERCUT_SEED, writes torn
//                    at sectors of 512 bytes; none: nothing, as with kill -9
//   POWERCUT_LIES    1: a disk that says "synced" and did nothing
//   POWERCUT_REPORT  a file that gets one line at the cut
//
// fsync itself is not carried out: the machine keeps its power. Memory maps are not undone; SQLite
// maps only its -shm, which no recovery trusts. Directories: a file's name is durable after a sync
// of its directory. Calls that change files in other ways are in powercut-unseen.c.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES_MAX 256

// One change of a file, undone by putting back `before` and the size.
struct change {
  struct change *earlier;
  off_t offset, size_before;
  size_t length, length_before;
  char *after, *before;
  int is_truncation;
};

struct file {
  dev_t device;
  ino_t inode;
  int descriptor;
  char path[PATH_MAX];
  struct change *last;
};

// One change of a directory: a name that came (backup empty) or one that went (backup kept).
struct entry {
  struct entry *earlier;
  char folder[PATH_MAX], path[PATH_MAX], moved_to[PATH_MAX], backup[PATH_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file files[FILES_MAX];
static int file_count;
static struct entry *last_entry;
static unsigned long operations;
static const char *folder, *only, *call, *lose = "all", *report;
static unsigned long cut_after, backups;
static unsigned int seed;
static int lies;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static ssize_t (*real_pwritev2)(int, const struct iovec *, int, off_t, int);
static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_unlink)(const char *);
static int (*real_unlinkat)(int, const char *, int);
static int (*real_rename)(const char *, const char *);
static int (*real_renameat2)(int, const char *, int, const char *, unsigned int);
static int (*real_fallocate)(int, int, off_t, off_t);

__attribute__((constructor)) static void begin(void) {
  real_pwrite = dlsym(RTLD_NEXT, "pwrite");
  real_write = dlsym(RTLD_NEXT, "write");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_open = dlsym(RTLD_NEXT, "open");
  real_openat = dlsym(RTLD_NEXT, "openat");
  real_pwritev2 = dlsym(RTLD_NEXT, "pwritev2");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  real_unlinkat = dlsym(RTLD_NEXT, "unlinkat");
  real_rename = dlsym(RTLD_NEXT, "rename");
  real_renameat2 = dlsym(RTLD_NEXT, "renameat2");
  real_fallocate = dlsym(RTLD_NEXT, "fallocate");
  const char *text = getenv("POWERCUT_AFTER");
  cut_after = text ? strtoul(text, NULL, 10) : 0;
  text = getenv("POWERCUT_SEED");
  seed = text ? (unsigned int)strtoul(text, NULL, 10) : 0;
  text = getenv("POWERCUT_LIES");
  lies = text && *text == '1';
  text = getenv("POWERCUT_LOSE");
  if (text) lose = text;
  only = getenv("POWERCUT_ON");
  call = getenv("POWERCUT_CALL");
  report = getenv("POWERCUT_REPORT");
  folder = getenv("POWERCUT_FOLDER");
}

static void *need(size_t size) {
  void *memory = malloc(size ? size : 1);
  if (!memory) abort();
  return memory;
}

static int is_inside(const char *path) {
  size_t length = folder ? strlen(folder) : 0;
  return length && strncmp(path, folder, length) == 0 && path[length] == '/';
}

static int ends_with(const char *path, const char *end) {
  size_t length = strlen(path), wanted = strlen(end);
  return length >= wanted && strcmp(path + length - wanted, end) == 0;
}

// The record of an open regular file below the folder; NULL for all else. The lock is held.
static struct file *find(int descriptor) {
  struct stat status;
  if (!folder || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return NULL;
  for (int i = 0; i < file_count; i++)
    if (files[i].inode == status.st_ino && files[i].device == status.st_dev) return &files[i];
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return NULL;
  path[length] = 0;
  if (!is_inside(path) || ends_with(path, "-shm")) return NULL;
  if (file_count == FILES_MAX) abort();
  // Never closed: that would end the process's locks on the file, and the inode stays its own.
  int own = real_open(link, O_RDWR | O_CLOEXEC);
  if (own < 0) return NULL;
  struct file *file = &files[file_count++];
  file->device = status.st_dev;
  file->inode = status.st_ino;
  file->descriptor = own;
  strcpy(file->path, path);
  return file;
}

static void put(int descriptor, const char *bytes, size_t length, off_t offset) {
  while (length > 0) {
    ssize_t written = real_pwrite(descriptor, bytes, length, offset);
    if (written <= 0) abort();
    bytes += written, offset += written, length -= (size_t)written;
  }
}

// Takes the file back to its last sync, then lets a part of the lost writes through again.
static void lose_writes(struct file *file, unsigned long *writes, unsigned long *bytes) {
  struct change *again = NULL;
  for (struct change *change = file->last, *earlier; change; change = earlier) {
    earlier = change->earlier;
    put(file->descriptor, change->before, change->length_before, change->offset);
    if (real_ftruncate(file->descriptor, change->size_before) != 0) abort();
    *writes += 1, *bytes += change->length;
    change->earlier = again, again = change;
  }
  if (strcmp(lose, "some") != 0) return;
  for (; again; again = again->earlier) {
    if (again->is_truncation) {
      if (rand_r(&seed) % 2 && real_ftruncate(file->descriptor, again->offset) != 0) abort();
      continue;
    }
    for (size_t from = 0; from < again->length;) {
      // Up to the next border of a sector of the disk.
      size_t to = from + 512 - (size_t)((again->offset + (off_t)from) % 512);
      if (to > again->length) to = again->length;
      // Writes survive whole, torn, or not at all.
      if (rand_r(&seed) % 4 != 0)
        put(file->descriptor, again->after + from, to - from, again->offset + (off_t)from);
      from = to;
    }
  }
}

static void lose_entries(void) {
  for (struct entry *entry = last_entry; entry; entry = entry->earlier) {
    if (entry->moved_to[0]) {
      real_rename(entry->moved_to, entry->path);
      if (entry->backup[0]) real_rename(entry->backup, entry->moved_to);
    } else if (entry->backup[0]) {
      real_rename(entry->backup, entry->path);
    } else {
      real_unlink(entry->path);
    }
  }
}

// Numbers an operation; does not return from the chosen one. The lock is held, and stays so.
static void count(const char *what, const char *path) {
  if ((only && !ends_with(path, only)) || (call && strcmp(what, call) != 0)) return;
  if (++operations != cut_after) return;
  unsigned long writes = 0, bytes = 0;
  if (strcmp(lose, "none") != 0) {
    for (int i = 0; i < file_count; i++) lose_writes(&files[i], &writes, &bytes);
    if (strcmp(lose, "all") == 0) lose_entries();
  }
  if (report) {
    char line[PATH_MAX + 128];
    const char *name = strrchr(path, '/');
    int length = snprintf(line, sizeof line, "%s %s %lu %lu\n", what, name ? name + 1 : path,
                          writes, bytes);
    int out = real_open(report, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out >= 0) real_write(out, line, (size_t)length);
  }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Keeps what [offset, offset + length) holds, and what comes there.
static struct change *remember(struct file *file, const void *bytes, size_t length, off_t offset) {
  struct stat status;
  if (fstat(file->descriptor, &status) != 0) abort();
  struct change *change = need(sizeof *change);
  *change = (struct change){.offset = offset, .size_before = status.st_size, .length = length};
  size_t kept = 0;
  if (offset < status.st_size) {
    kept = (size_t)(status.st_size - offset);
    if (bytes && kept > length) kept = length;
  }
  change->is_truncation = bytes == NULL;
  change->before = need(kept);
  ssize_t got = kept ? pread(file->descriptor, change->before, kept, offset) : 0;
  change->length_before = got > 0 ? (size_t)got : 0;
  if (bytes) {
    change->after = need(length);
    memcpy(change->after, bytes, length);
  }
  change->earlier = file->last;
  file->last = change;
  return change;
}

static void forget(struct file *file) {
  for (struct change *change = file->last, *earlier; change; change = earlier) {
    earlier = change->earlier;
    free(change->before);
    free(change->after);
    free(change);
  }
  file->last = NULL;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
  pthread_mutex_lock(&lock);
  struct file *file = find(descriptor);
  if (file) {
    count("write", file->path);
    remember(file, bytes, length, offset);
  }
  ssize_t result = real_pwrite(descriptor, bytes, length, offset);
  int number = errno;
  pthread_mutex_unlock(&lock);
  errno = number;
  return result;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off_t offset) {
  return pwrite(descriptor, bytes, length, offset);
}

// A regular file's write at its position. Sockets and pipes may block, so they never get the lock.
static int is_regular(int descriptor) {
  struct stat status;
  return folder && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
  if (!real_write) real_write = dlsym(RTLD_NEXT, "write");
  if (!is_regular(descriptor)) return real_write(descriptor, bytes, length);
  pthread_mutex_lock(&lock);
  struct file *file = find(descriptor);
  if (file) {
    off_t offset = fcntl(descriptor, F_GETFL) & O_APPEND ? lseek(descriptor, 0, SEEK_END)
                                                         : lseek(descriptor, 0, SEEK_CUR);
    count("write", file->path);
    remember(file, bytes, length, offset);
  }
  ssize_t result = real_write(descriptor, bytes, length);
  int number = errno;
  pthread_mutex_unlock(&lock);
  errno = number;
  return result;
}

// One part after the other, at the file's position when `offset` is below 0.
static ssize_t write_parts(int descriptor, const struct iovec *parts, int parts_count,
                           off_t offset) {
  ssize_t sum = 0;
  for (int i = 0; i < parts_count; i++) {
    ssize_t written =
        offset < 0 ? write(descriptor, parts[i].iov_base, parts[i].iov_len)
                   : pwrite(descriptor, parts[i].iov_base, parts[i].iov_len, offset + sum);
    if (written < 0) return sum ? sum : written;
    sum += written;
    if ((size_t)written < parts[i].iov_len) break;
  }
  return sum;
}

ssize_t writev(int descriptor, const struct iovec *parts, int parts_count) {
  if (!real_writev) real_writev = dlsym(RTLD_NEXT, "writev");
  if (!is_regular(descriptor)) return real_writev(descriptor, parts, parts_count);
  return write_parts(descriptor, parts, parts_count, -1);
}

ssize_t pwritev2(int descriptor, const struct iovec *parts, int parts_count, off_t offset,
                 int flags) {
  if (!is_regular(descriptor)) return real_pwritev2(descriptor, parts, parts_count, offset, flags);
  return write_parts(descriptor, parts, parts_count, offset);
}


ssize_t pwritev64v2(int descriptor, const struct iovec *parts, int parts_count, off_t offset,
                    int flags) {
  return pwritev2(descriptor, parts, parts_count, offset, flags);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int parts_count, off_t offset) {
  if (offset < 0) {
    errno = EINVAL;
    return -1;
  }
  return pwritev2(descriptor, parts, parts_count, offset, 0);
}

ssize_t pwritev64(int descriptor, const struct iovec *parts, int parts_count, off_t offset) {
  return pwritev(descriptor, parts, parts_count, offset);
}

int ftruncate(int descriptor, off_t length) {
  pthread_mutex_lock(&lock);
  struct file *file = find(descriptor);
  if (file) {
    count("truncate", file->path);
    remember(file, NULL, 0, length);
  }
  int result = real_ftruncate(descriptor, length), number = errno;
  pthread_mutex_unlock(&lock);
  errno = number;
  return result;
}

int ftruncate64(int descriptor, off_t length) { return ftruncate(descriptor, length); }

// Room at the end is a longer file; room within it changes nothing that can be read.
int fallocate(int descriptor, int mode, off_t offset, off_t length) {
  struct stat status;
  if (!is_regular(descriptor)) return real_fallocate(descriptor, mode, offset, length);
  pthread_mutex_lock(&lock);
  struct file *file = find(descriptor);
  if (file) {
    if (mode != 0) abort();
    count("allocate", file->path);
    if (fstat(descriptor, &status) == 0 && offset + length > status.st_size)
      remember(file, NULL, 0, offset + length);
  }
  int result = real_fallocate(descriptor, mode, offset, length), number = errno;
  pthread_mutex_unlock(&lock);
  errno = number;
  return result;
}

int fallocate64(int descriptor, int mode, off_t offset, off_t length) {
  return fallocate(descriptor, mode, offset, length);
}

int posix_fallocate(int descriptor, off_t offset, off_t length) {
  int kept = errno, result = fallocate(descriptor, 0, offset, length) == 0 ? 0 : errno;
  errno = kept;
  return result;
}

int posix_fallocate64(int descriptor, off_t offset, off_t length) {
  return posix_fallocate(descriptor, offset, length);
}

// The names in a directory are durable from now on.
static void keep_entries(const char *path) {
  struct entry **place = &last_entry;
  while (*place) {
    struct entry *entry = *place;
    if (strcmp(entry->folder, path) != 0) {
      place = &entry->earlier;
      continue;
    }
    if (entry->backup[0]) real_unlink(entry->backup);
    *place = entry->earlier;
    free(entry);
  }
}

static int sync_descriptor(int descriptor, int (*real)(int)) {
  if (!folder) return real(descriptor);
  pthread_mutex_lock(&lock);
  struct file *file = find(descriptor);
  struct stat status;
  if (file) {
    count("sync", file->path);
    if (!lies) forget(file);
  } else if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0) {
      path[length] = 0;
      if (!lies) keep_entries(path);
    }
  }
  pthread_mutex_unlock(&lock);
  return 0;
}

int fsync(int descriptor) { return sync_descriptor(descriptor, real_fsync); }
int fdatasync(int descriptor) { return sync_descriptor(descriptor, real_fdatasync); }

static struct entry *add_entry(const char *path) {
  struct entry *entry = calloc(1, sizeof *entry);
  if (!entry) abort();
  snprintf(entry->path, sizeof entry->path, "%s", path);
  snprintf(entry->folder, sizeof entry->folder, "%s", path);
  *strrchr(entry->folder, '/') = 0;
  entry->earlier = last_entry;
  last_entry = entry;
  return entry;
}

static void keep_backup(struct entry *entry, const char *path) {
  snprintf(entry->backup, sizeof entry->backup, "%.3900s/.powercut-%lu", folder, ++backups);
  if (link(path, entry->backup) != 0) entry->backup[0] = 0;
}

// What `path` names below the open directory, as an absolute path.
static const char *absolute(int directory, const char *path, char *buffer) {
  if (path[0] == '/' || !folder) return path;
  char link[64], base[PATH_MAX];
  ssize_t length = -1;
  if (directory == AT_FDCWD) {
    if (getcwd(base, sizeof base)) length = (ssize_t)strlen(base);
  } else {
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    length = readlink(link, base, sizeof base - 1);
  }
  if (length < 0 || (size_t)length + strlen(path) + 2 > PATH_MAX) return path;
  memcpy(buffer, base, (size_t)length);
  buffer[length] = '/';
  strcpy(buffer + length + 1, path);
  return buffer;
}

int openat(int directory, const char *given, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (!real_openat) real_openat = dlsym(RTLD_NEXT, "openat");
  if (!folder || !(flags & (O_CREAT | O_TRUNC | __O_TMPFILE)))
    return real_openat(directory, given, flags, mode);
  char buffer[PATH_MAX];
  const char *path = absolute(directory, given, buffer);
  if (!is_inside(path)) return real_openat(directory, given, flags, mode);
  // A file without a name would have none to lose.
  if ((flags & __O_TMPFILE) == __O_TMPFILE) abort();
  pthread_mutex_lock(&lock);
  int existed = access(path, F_OK) == 0;
  int descriptor = real_openat(directory, given, flags & ~O_TRUNC, mode), number = errno;
  if (descriptor >= 0 && !existed && !ends_with(path, "-shm")) add_entry(path);
  pthread_mutex_unlock(&lock);
  if (descriptor >= 0 && existed && flags & O_TRUNC && ftruncate(descriptor, 0) != 0) abort();
  errno = number;
  return descriptor;
}

int openat64(int directory, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return openat(directory, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return openat(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return openat(AT_FDCWD, path, flags, mode);
}

int creat(const char *path, mode_t mode) {
  return openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int unlinkat(int directory, const char *given, int flags) {
  char buffer[PATH_MAX];
  const char *path = absolute(directory, given, buffer);
  if (flags != 0 || !is_inside(path) || ends_with(path, "-shm"))
    return real_unlinkat(directory, given, flags);
  pthread_mutex_lock(&lock);
  count("unlink", path);
  int result = -1, number = ENOENT;
  if (access(path, F_OK) == 0) {
    keep_backup(add_entry(path), path);
    result = real_unlink(path), number = errno;
  }
  pthread_mutex_unlock(&lock);
  errno = number;
  return result;
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int remove(const char *path) {
  struct stat status;
  if (lstat(path, &status) != 0) return -1;
  return S_ISDIR(status.st_mode) ? rmdir(path) : unlink(path);
}

int renameat2(int from_directory, const char *from_given, int to_directory, const char *to_given,
              unsigned int flags) {
  char from_buffer[PATH_MAX], to_buffer[PATH_MAX];
  const char *from = absolute(from_directory, from_given, from_buffer);
  const char *to = absolute(to_directory, to_given, to_buffer);
  if (!is_inside(from))
    return real_renameat2(from_directory, from_given, to_directory, to_given, flags);
  if (flags != 0) abort();
  pthread_mutex_lock(&lock);
  count("rename", from);
  struct entry *entry = add_entry(from);
  snprintf(entry->moved_to, sizeof entry->moved_to, "%s", to);
  if (access(to, F_OK) == 0) keep_backup(entry, to);
  int result = real_rename(from, to), number = errno;
  if (result != 0) last_entry = entry->earlier;
  pthread_mutex_unlock(&lock);
  errno = number;
  return result;
}

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
  return renameat2(from_directory, from, to_directory, to, 0);
}

int rename(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
