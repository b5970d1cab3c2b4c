// SPDX-License-Identifier: Apache-2.0
// What sotto-media is made of (decision record 0015).
#ifndef SOTTO_MEDIA_H
#define SOTTO_MEDIA_H

#include <stddef.h>
#include <stdint.h>

/* A sanitizer of a test build takes address space for shadows of all memory, and makes system calls
   of its own at the end: neither is limited then. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif

/* Bytes of a file that is looked at; the client sends larger ones without looking. */
#define INPUT_BYTES_MAX ((size_t)64 << 20)
/* Pixels of the longer side of a thumbnail. */
#define SIDE_MAX 320
/* Bars of a voice note, of 5 bits each. */
#define BAR_COUNT 64
#define BAR_MAX 31

/* Takes away what the process does not need: files, the network, other processes. From here on it
   can read what it has, write to what is open, and take and give back memory. 1 when that is so. */
int sandbox_enter(void);

/* A JPEG of at most `limit` bytes that shows the picture in `bytes`, turned as `orientation` says
   (1 to 8, as Exif has it). Its length, and the bytes in `*output`; 0 when there is none. */
size_t picture_thumbnail(
    const uint8_t *bytes, size_t count, int orientation, size_t limit, uint8_t **output);

/* The length in milliseconds of the voice note in `bytes`, and how loud it is in BAR_COUNT parts;
   0 when it is none, or too long. */
uint32_t voice_measure(const uint8_t *bytes, size_t count, uint8_t bars[BAR_COUNT]);

#endif
