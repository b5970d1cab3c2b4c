// SPDX-License-Identifier: Apache-2.0
#include "sotto_qr.h"

#include <qrencode.h>

/* No code holds more bytes than the largest one with the least correction. */
#define BYTES_MAX 2953

int sotto_qr_encode(const uint8_t *bytes, size_t count, uint8_t *modules) {
  if (count == 0 || count > BYTES_MAX) return 0;
  QRcode *code = QRcode_encodeData((int)count, bytes, 0, QR_ECLEVEL_M);
  if (code == NULL) return 0;
  int width = code->width;
  size_t total = (size_t)width * (size_t)width;
  if (width <= 0 || total > SOTTO_QR_MODULES_MAX) {
    QRcode_free(code);
    return 0;
  }
  for (size_t place = 0; place < total; place++) modules[place] = code->data[place] & 1;
  QRcode_free(code);
  return width;
}
