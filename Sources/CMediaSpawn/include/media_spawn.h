// SPDX-License-Identifier: Apache-2.0
// Starting `sotto-media` (decision record 0015).
#ifndef SOTTO_MEDIA_SPAWN_H
#define SOTTO_MEDIA_SPAWN_H

#include <stdint.h>

/// Starts the program at `path` with one to three words, `input` as its standard input and a pipe as
/// its standard output, no other descriptor but /dev/null, and no environment. Its number, and in
/// `*output` the end of the pipe to read from; or 0.
int32_t sotto_media_spawn(
    const char *_Nonnull path, const char *_Nonnull first, const char *_Nullable second,
    const char *_Nullable third, int32_t input, int32_t *_Nonnull output);

/// A file that is in memory alone, and goes when it is closed; or -1.
int32_t sotto_media_memory(void);

#endif
