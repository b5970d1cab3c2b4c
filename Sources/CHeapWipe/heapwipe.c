// SPDX-License-Identifier: Apache-2.0

// Takes the place of the C library's `free` and `realloc` in a program: what is given back is
// overwritten first. Blocks come from the C library as before. Decrypted text passes through the
// memory of Swift, NIO, SQLite and OpenSSL; this is the one place that all of it comes by.

#define _GNU_SOURCE
#include "CHeapWipe.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
// A sanitizer brings a heap of its own.
#define SOTTO_HEAP_IS_FOREIGN 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SOTTO_HEAP_IS_FOREIGN)

extern void __libc_free(void *block);

void free(void *block) {
  int saved = errno;

  if (block == NULL) {
    return;
  }
  explicit_bzero(block, malloc_usable_size(block));
  __libc_free(block);
  errno = saved;
}

void *realloc(void *block, size_t size) {
  void *moved;
  size_t present;

  if (block == NULL) {
    return malloc(size);
  }
  if (size == 0) {
    free(block);
    return NULL;
  }
  present = malloc_usable_size(block);
  // What is cut off keeps its bytes until the whole is freed.
  if (size <= present && size >= present / 2) {
    return block;
  }
  moved = malloc(size);
  if (moved == NULL) {
    return NULL;
  }
  memcpy(moved, block, size < present ? size : present);
  free(block);
  return moved;
}

#endif
