// SPDX-License-Identifier: Apache-2.0
#include "sotto_media.h"

#include <math.h>
#include <opusfile.h>
#include <string.h>

/* Opus has 48,000 samples a second, whatever was recorded. */
#define SAMPLES_PER_SECOND 48000
/* The longest voice note. */
#define SECONDS_MAX 3600
/* Samples of one channel that one call gives: 120 ms. */
#define PIECE_MAX 5760
/* What is softer than this is silence: 1/1,000 of full scale. */
#define SILENCE 0.001f

uint32_t voice_measure(const uint8_t *bytes, size_t count, uint8_t bars[BAR_COUNT]) {
  OggOpusFile *file = op_open_memory(bytes, count, NULL);
  if (file == NULL) return 0;
  ogg_int64_t total = op_pcm_total(file, -1);
  if (total < SAMPLES_PER_SECOND / 1000 || total > (ogg_int64_t)SAMPLES_PER_SECOND * SECONDS_MAX) {
    op_free(file);
    return 0;
  }
  float loudest[BAR_COUNT] = {0}, most = SILENCE;
  float piece[2 * PIECE_MAX];
  for (ogg_int64_t position = 0; position < total;) {
    int got = op_read_float_stereo(file, piece, 2 * PIECE_MAX);
    /* A hole in the file is passed over. */
    if (got == OP_HOLE) continue;
    if (got <= 0) break;
    for (int sample = 0; sample < got && position < total; sample++, position++) {
      float level = fabsf(piece[2 * sample] + piece[2 * sample + 1]) / 2;
      size_t bar = (size_t)(position * BAR_COUNT / total);
      if (level > loudest[bar]) loudest[bar] = level;
      if (level > most) most = level;
    }
  }
  op_free(file);
  for (size_t bar = 0; bar < BAR_COUNT; bar++)
    bars[bar] = (uint8_t)(loudest[bar] / most * BAR_MAX + 0.5f);
  return (uint32_t)(total * 1000 / SAMPLES_PER_SECOND);
}
