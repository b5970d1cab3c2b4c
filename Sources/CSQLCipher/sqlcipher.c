// SPDX-License-Identifier: Apache-2.0

// The SQLCipher amalgamation with the options that Sotto builds it with. sqlite3.c is fetched by
// Scripts/setup and is no source file of the target by itself: it must not be compiled without
// these options, and its warnings are its authors' concern.

#define HAVE_STDINT_H 1
#define SQLITE_HAS_CODEC 1
#define SQLCIPHER_CRYPTO_OPENSSL 1
#define SQLITE_EXTRA_INIT sqlcipher_extra_init
#define SQLITE_EXTRA_SHUTDOWN sqlcipher_extra_shutdown
// Temporary tables and sorts stay in memory: SQLCipher does not encrypt temporary files.
#define SQLITE_TEMP_STORE 2
// Memory that SQLite keeps for itself is never freed, and keeps what was in it (decision 0012).
#define SQLITE_DEFAULT_LOOKASIDE 0, 0
#define SQLITE_DEFAULT_PCACHE_INITSZ 0
#define SQLITE_THREADSAFE 1
#define SQLITE_SECURE_DELETE 1
#define SQLITE_ENABLE_FTS5 1
// GRDB calls these.
#define SQLITE_ENABLE_COLUMN_METADATA 1
#define SQLITE_ENABLE_SNAPSHOT 1
// A database must not make the process load code.
#define SQLITE_OMIT_LOAD_EXTENSION 1
// The amalgamation's assertions are for its own development and slow it down by far.
#ifndef NDEBUG
#define NDEBUG 1
#endif

#pragma clang diagnostic ignored "-Weverything"
#include "sqlite3.c"

#include "CSQLCipher.h"

int sotto_sqlcipher_set_key(void *connection, const uint8_t *key, size_t count) {
  static const char digits[] = "0123456789abcdef";
  char text[2 * SOTTO_SQLCIPHER_KEY_BYTES + 3];
  volatile char *wiped = text;
  int result;
  size_t index;

  if (connection == NULL || key == NULL || count != SOTTO_SQLCIPHER_KEY_BYTES) {
    return SQLITE_MISUSE;
  }
  // SQLCipher takes bytes of the form x'…' as the key itself and derives nothing from them.
  text[0] = 'x';
  text[1] = '\'';
  for (index = 0; index < count; index++) {
    text[2 + 2 * index] = digits[key[index] >> 4];
    text[3 + 2 * index] = digits[key[index] & 0x0f];
  }
  text[sizeof text - 1] = '\'';
  result = sqlite3_key((sqlite3 *)connection, text, (int)sizeof text);
  for (index = 0; index < sizeof text; index++) {
    wiped[index] = 0;
  }
  return result;
}

int sotto_sqlcipher_set_checkpoint_on_close(void *connection, int allowed) {
  if (connection == NULL) {
    return SQLITE_MISUSE;
  }
  return sqlite3_db_config(
      (sqlite3 *)connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, allowed ? 0 : 1, (int *)NULL);
}

const char *sotto_sqlcipher_sqlite_version(void) { return SQLITE_VERSION; }
