// SPDX-License-Identifier: Apache-2.0
// Looks at a picture or a voice note that its user is about to send, for `sotto`, which decodes
// nothing itself. The file comes on standard input, the result goes to standard output; a file that
// makes a decoder misbehave meets a process that holds nothing and may do nothing.
//
//   sotto-media picture BYTES ORIENTATION   a JPEG of at most so many bytes
//   sotto-media voice                       milliseconds (4 bytes, big endian), then 64 bars
//
// Exit code 0: the result is whole. Anything else: there is none.
#include "sotto_media.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* A picture of 100 megapixels, and what a decoder needs beside it. */
#ifdef UNDER_SANITIZER
#define MEMORY_MAX RLIM_INFINITY
#else
#define MEMORY_MAX ((rlim_t)1536 << 20)
#endif
/* Seconds of the processor: an hour of speech takes less. */
#define SECONDS_MAX 30

static int limit(int resource, rlim_t value) {
  struct rlimit limits = {value, value};
  return setrlimit(resource, &limits) == 0;
}

static uint8_t *read_input(size_t *count) {
  size_t room = 1 << 16, got = 0;
  uint8_t *bytes = malloc(room);
  while (bytes != NULL) {
    if (got == room) {
      if (room > INPUT_BYTES_MAX) return NULL;
      room *= 2;
      uint8_t *larger = realloc(bytes, room);
      if (larger == NULL) return NULL;
      bytes = larger;
    }
    ssize_t more = read(STDIN_FILENO, bytes + got, room - got);
    if (more < 0) return NULL;
    if (more == 0) break;
    got += (size_t)more;
  }
  *count = got;
  return got > 0 && got <= INPUT_BYTES_MAX ? bytes : NULL;
}

static int write_output(const uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(STDOUT_FILENO, bytes, count);
    if (written <= 0) return 0;
    bytes += written;
    count -= (size_t)written;
  }
  return 1;
}

static int run_picture(const uint8_t *bytes, size_t count, const char *most, const char *turned) {
  long limit = strtol(most, NULL, 10), orientation = strtol(turned, NULL, 10);
  if (limit < 1 || limit > 1 << 20 || orientation < 1 || orientation > 8) return 0;
  uint8_t *thumbnail = NULL;
  size_t length = picture_thumbnail(bytes, count, (int)orientation, (size_t)limit, &thumbnail);
  return length > 0 && write_output(thumbnail, length);
}

static int run_voice(const uint8_t *bytes, size_t count) {
  uint8_t result[4 + BAR_COUNT];
  uint32_t length = voice_measure(bytes, count, result + 4);
  if (length == 0) return 0;
  for (int place = 0; place < 4; place++) result[place] = (uint8_t)(length >> (24 - 8 * place));
  return write_output(result, sizeof result);
}

int main(int count, char **words) {
  int is_picture = count == 4 && strcmp(words[1], "picture") == 0;
  int is_voice = count == 2 && strcmp(words[1], "voice") == 0;
  if (!is_picture && !is_voice) _exit(2);
  if (!limit(RLIMIT_AS, MEMORY_MAX) || !limit(RLIMIT_CPU, SECONDS_MAX) || !limit(RLIMIT_CORE, 0) ||
      prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    _exit(3);
  size_t length = 0;
  uint8_t *bytes = read_input(&length);
  if (bytes == NULL) _exit(4);
  if (!sandbox_enter()) _exit(3);
  int done = is_picture ? run_picture(bytes, length, words[2], words[3]) : run_voice(bytes, length);
  _exit(done ? 0 : 1);
}
