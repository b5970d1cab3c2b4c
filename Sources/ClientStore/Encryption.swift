// SPDX-License-Identifier: Apache-2.0

import CSQLCipher
import GRDB
import Glibc
import SansIO

/// Turns encryption on for a connection, and proves that it is on.
///
/// GRDB is built against the system's SQLite. Were that library to win at the link, keying a
/// database would be a silent no-operation and everything would be written in clear; so a store is
/// used only when SQLCipher itself answers for the connection.
enum Encryption {
  /// What a database in clear begins with.
  static let clearHeader = Array("SQLite format 3\0".utf8)

  /// Keys a connection that was just opened. The file is not touched.
  static func apply(_ key: Secret, to database: Database) throws {
    // SQLCipher writes its errors to standard error otherwise, and a wrong key is one.
    try database.execute(sql: "PRAGMA cipher_log_level = NONE")
    let connection = unsafe UnsafeMutableRawPointer(database.sqliteConnection)
    try check(unsafe sotto_sqlcipher_set_checkpoint_on_close(connection, 0))
    try check(
      unsafe key.withUnsafeBytes { bytes in
        unsafe sotto_sqlcipher_set_key(
          connection, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
      })
    try demand { pragma in try String.fetchOne(database, sql: pragma) }
  }

  /// Lets the connection write its log back when it closes, once the key has proved right.
  static func allowCheckpointOnClose(_ database: Database) throws {
    let connection = unsafe UnsafeMutableRawPointer(database.sqliteConnection)
    try check(unsafe sotto_sqlcipher_set_checkpoint_on_close(connection, 1))
  }

  /// Demands what only SQLCipher with a key says; `ask` is a query of the connection.
  ///
  /// - Throws: `notEncrypted`, or what `ask` throws.
  static func demand(_ ask: (String) throws -> String?) throws {
    let compiled = unsafe String(cString: sotto_sqlcipher_sqlite_version())
    guard
      let version = try ask("PRAGMA cipher_version"),
      let major = version.split(separator: ".").first,
      let number = Int(major), number >= 4,
      // The settings of the connection exist, and its key was taken.
      try ask("PRAGMA cipher_status") == "1",
      try ask("SELECT sqlite_version()") == compiled
    else { throw StoreOpenFailure.notEncrypted }
  }

  /// Demands that the file does not begin as a database in clear does; one that is shorter than
  /// such a beginning holds nothing.
  ///
  /// - Throws: `notEncrypted`.
  static func demandSealedFile(_ path: String) throws(StoreOpenFailure) {
    let file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW, "open")
    let number = file.number
    var header = [UInt8](repeating: 0, count: clearHeader.count)
    let taken = unsafe header.withUnsafeMutableBytes { buffer in
      unsafe pread(number, buffer.baseAddress, buffer.count, 0)
    }
    guard taken >= 0 else { throw .last("read") }
    if taken == clearHeader.count, header == clearHeader { throw .notEncrypted }
  }

  private static func check(_ code: Int32) throws {
    guard code == 0 else { throw StoreOpenFailure.database(code: code) }
  }
}
