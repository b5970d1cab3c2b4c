// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "media_spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

int32_t sotto_media_spawn(
    const char *path, const char *first, const char *second, const char *third, int32_t input,
    int32_t *output) {
  posix_spawn_file_actions_t actions;
  int ends[2];
  if (posix_spawn_file_actions_init(&actions) != 0) return 0;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return 0;
  }
  char *words[] = {(char *)path, (char *)first, (char *)second, (char *)third, NULL};
  char *environment[] = {NULL};
  pid_t process = 0;
  int failed =
      posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) != 0 ||
      posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0 ||
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
      posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1) != 0 ||
      posix_spawn(&process, path, &actions, NULL, words, environment) != 0;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failed) {
    close(ends[0]);
    return 0;
  }
  *output = ends[0];
  return (int32_t)process;
}

int32_t sotto_media_memory(void) { return memfd_create("sotto-media", MFD_CLOEXEC); }
