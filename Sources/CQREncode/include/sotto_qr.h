// SPDX-License-Identifier: Apache-2.0
// QR codes (ISO/IEC 18004) by libqrencode.
#ifndef SOTTO_QR_H
#define SOTTO_QR_H

#include <stddef.h>
#include <stdint.h>

/// Modules of the largest code: 177 a side.
#define SOTTO_QR_MODULES_MAX 31329

/// Writes the code of `count` bytes, byte mode, error correction M, as rows of modules, 1 for dark,
/// to `modules`, which has room for SOTTO_QR_MODULES_MAX. The modules a side, or 0 when no code
/// holds as much or memory runs out.
int sotto_qr_encode(const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull modules);

#endif
