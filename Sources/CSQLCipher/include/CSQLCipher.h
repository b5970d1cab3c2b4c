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

/// Whether closing the connection (a `sqlite3 *`) may write the log back into the database file.
/// Off until the key has proved right, so that a wrong one leaves the files as they are.
///
/// Returns a SQLite result code; 0 is success.
int sotto_sqlcipher_set_checkpoint_on_close(void *connection, int allowed);

/// The version of SQLite that these objects were compiled from, for comparing with what a
/// connection of GRDB answers: another answer means that another library won at the link.
const char *sotto_sqlcipher_sqlite_version(void);

#endif
