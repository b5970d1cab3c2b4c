// SPDX-License-Identifier: Apache-2.0

#ifndef SOTTO_CSQLCIPHER_H
#define SOTTO_CSQLCIPHER_H

#include <stddef.h>
#include <stdint.h>

/// What Swift sees of SQLCipher: only what GRDB, built against the system's SQLite header, cannot
/// say. The amalgamation's own header stays out of the module, so that no program holds two
/// declarations of one SQLite type.

/// The length of a raw database key in bytes.
#define SOTTO_SQLCIPHER_KEY_BYTES 32

/// Sets the raw key of an open connection (a `sqlite3 *`), as `PRAGMA key = "x'…'"` does, but
/// without the key in the text of a statement. Nothing is read from the file yet.
///
/// Returns a SQLite result code; 0 is success.
int sotto_sqlcipher_set_key(void *connection, const uint8_t *key, size_t count);

/// SQLCipher's version as these objects were compiled, for comparing with what
/// `PRAGMA cipher_version` answers.
const char *sotto_sqlcipher_sqlite_version(void);

#endif
