// SPDX-License-Identifier: Apache-2.0
// AES-256-GCM (NIST SP 800-38D) piece by piece, by OpenSSL's libcrypto. The Swift packages of the
// product have it only for what lies in memory as a whole.
#ifndef CAESGCM_H
#define CAESGCM_H

#include <stddef.h>
#include <stdint.h>

typedef struct sotto_gcm sotto_gcm;

/// Begins to seal (`seals` is 1) or to open, under 32 bytes of key and 12 bytes of nonce. NULL when
/// memory runs out or the library has no such cipher.
sotto_gcm *_Nullable sotto_gcm_new(const uint8_t *_Nonnull key, const uint8_t *_Nonnull nonce,
                                   int seals);

/// Turns `count` bytes at `input` into as many at `output`; both may be the same. 1 when it went
/// well. What is opened is not authentic before `sotto_gcm_open_end`.
int sotto_gcm_update(sotto_gcm *_Nonnull context, const uint8_t *_Nullable input, size_t count,
                     uint8_t *_Nullable output);

/// Ends sealing: writes the 16 bytes of the tag. 1 when it went well.
int sotto_gcm_seal_end(sotto_gcm *_Nonnull context, uint8_t *_Nonnull tag);

/// Ends opening: 1 when the 16 bytes at `tag` are the tag of all that was opened.
int sotto_gcm_open_end(sotto_gcm *_Nonnull context, const uint8_t *_Nonnull tag);

/// Wipes and frees.
void sotto_gcm_free(sotto_gcm *_Nullable context);

#endif
