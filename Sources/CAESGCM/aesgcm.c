// SPDX-License-Identifier: Apache-2.0

#include "CAESGCM.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>

struct sotto_gcm {
  EVP_CIPHER_CTX *cipher;
  int seals;
};

sotto_gcm *sotto_gcm_new(const uint8_t *key, const uint8_t *nonce, int seals) {
  sotto_gcm *context = calloc(1, sizeof *context);
  if (context == NULL) {
    return NULL;
  }
  context->seals = seals;
  context->cipher = EVP_CIPHER_CTX_new();
  // The nonce of GCM has 12 bytes unless it is told otherwise.
  if (context->cipher == NULL ||
      EVP_CipherInit_ex(context->cipher, EVP_aes_256_gcm(), NULL, key, nonce, seals) != 1) {
    sotto_gcm_free(context);
    return NULL;
  }
  return context;
}

int sotto_gcm_update(sotto_gcm *context, const uint8_t *input, size_t count, uint8_t *output) {
  while (count > 0) {
    int piece = count > INT_MAX / 2 ? INT_MAX / 2 : (int)count;
    int written = 0;
    if (EVP_CipherUpdate(context->cipher, output, &written, input, piece) != 1 ||
        written != piece) {
      return 0;
    }
    input += piece;
    output += piece;
    count -= (size_t)piece;
  }
  return 1;
}

int sotto_gcm_seal_end(sotto_gcm *context, uint8_t *tag) {
  uint8_t rest[16];
  int written = 0;
  return context->seals && EVP_CipherFinal_ex(context->cipher, rest, &written) == 1 &&
         written == 0 && EVP_CIPHER_CTX_ctrl(context->cipher, EVP_CTRL_GCM_GET_TAG, 16, tag) == 1;
}

int sotto_gcm_open_end(sotto_gcm *context, const uint8_t *tag) {
  uint8_t expected[16], rest[16];
  int written = 0;
  for (int index = 0; index < 16; index++) {
    expected[index] = tag[index];
  }
  return !context->seals &&
         EVP_CIPHER_CTX_ctrl(context->cipher, EVP_CTRL_GCM_SET_TAG, 16, expected) == 1 &&
         EVP_CipherFinal_ex(context->cipher, rest, &written) == 1 && written == 0;
}

void sotto_gcm_free(sotto_gcm *context) {
  if (context != NULL) {
    EVP_CIPHER_CTX_free(context->cipher);
    free(context);
  }
}
