// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import Foundation
import GRDB
import SansIO
import Synchronization

/// The client's store on disk: SQLite under SQLCipher, in a home that one process at a time holds.
///
/// A transaction is one SQLite transaction with `synchronous=FULL`: when `transact` returns, what
/// it wrote survives a crash of the machine; when it throws, nothing of it is there.
package final class EncryptedClientStore: ClientStore, Sendable {
  /// The one connection; tests look at the file through it.
  let queue: DatabaseQueue
  private let home: Mutex<StoreHome?>
  /// Whether the log may hold what was destroyed.
  private let owesCheckpoint = Mutex(false)

  /// Opens the store of a home, and makes it when `creating` is true and there is none. The key
  /// that is made, its salt and its nonce come from `generator`.
  ///
  /// - Throws: `StoreOpenFailure`; files that were there are unchanged then.
  package convenience init(
    home path: String, key source: StoreKey, creating: Bool,
    using generator: inout some RandomNumberGenerator
  ) throws(StoreOpenFailure) {
    let home = try StoreHome(taking: path, creating: creating)
    let databasePath = home.databasePath
    if PrivateFile.exists(databasePath) {
      try Encryption.demandSealedFile(databasePath)
    } else if !creating {
      throw .absent
    }
    let key = try source.resolve(in: home, creating: creating, using: &generator)
    try home.prepareFiles()
    do {
      let queue = try Self.connect(databasePath, key: key)
      try Encryption.demandSealedFile(databasePath)
      self.init(queue: queue, home: home)
    } catch {
      home.removeEmptyLog()
      throw StoreOpenFailure(error, keyIsProven: source.isAuthenticated)
    }
  }

  private init(queue: DatabaseQueue, home: consuming StoreHome) {
    self.queue = queue
    self.home = Mutex(home)
  }

  deinit { try? queue.close() }

  /// Closes the database and frees the home for other processes; later transactions throw
  /// `unavailable`.
  package func close() throws(ClientStoreFailure) {
    do { try queue.close() } catch { throw .unavailable }
    home.withLock { $0 = nil }
  }

  /// Runs `body` in one transaction: durable when this returns, without trace when it throws.
  package func transact<Value>(
    _ body: (inout EncryptedTransaction) throws(ClientStoreFailure) -> Value
  ) throws(ClientStoreFailure) -> Value {
    let value: Value
    do {
      let (result, hasDestroyed) = try queue.write { database in
        var transaction = EncryptedTransaction(database: database)
        let value = try body(&transaction)
        return (value, transaction.hasDestroyed)
      }
      value = result
      if hasDestroyed { owesCheckpoint.withLock { $0 = true } }
    } catch {
      throw ClientStoreFailure(error, table: "commit")
    }
    emptyLog()
    return value
  }

  /// Writes the log back and empties it, when it may hold what was destroyed: the database itself
  /// overwrites what it deletes. Not being able to changes nothing of what is committed; the next
  /// transaction tries again.
  private func emptyLog() {
    guard owesCheckpoint.withLock({ $0 }) else { return }
    let isDone = try? queue.writeWithoutTransaction { database in
      let row = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
      // Pages of the cache, and statements with the values that were bound to them.
      database.releaseMemory()
      return row.map { $0[0] as Int64 == 0 } ?? false
    }
    if isDone == true { owesCheckpoint.withLock { $0 = false } }
  }

  private static func connect(_ path: String, key: Secret) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.prepareDatabase { database in
      // One process holds the home, so the index of the log need not be shared: it stays in memory
      // and no -shm file is made. This comes before the file is first read.
      try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
      try Encryption.apply(key, to: database)
    }
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    // GRDB has read the file by now, so the key is right.
    try queue.writeWithoutTransaction { database in
      try Encryption.allowCheckpointOnClose(database)
      try StoreSchema.refuseNewer(database)
      try secure(database)
    }
    try StoreSchema.migrate(queue)
    return queue
  }

  /// The settings that the promises of `transact` and of deletion rest upon; each is asked back.
  private static func secure(_ database: Database) throws {
    let wanted = [
      ("journal_mode", "WAL", "wal"), ("synchronous", "FULL", "2"), ("secure_delete", "ON", "1"),
      ("trusted_schema", "OFF", "0"),
    ]
    for (name, value, answer) in wanted {
      try database.execute(sql: "PRAGMA \(name) = \(value)")
      let found = try DatabaseValue.fetchOne(database, sql: "PRAGMA \(name)")
      guard found.map(text) == answer else { throw StoreOpenFailure.database(code: 1) }
    }
  }

  private static func text(_ value: DatabaseValue) -> String {
    switch value.storage {
    case .int64(let number): String(number)
    case .string(let text): text
    case .null, .double, .blob: ""
    }
  }
}

extension StoreKey {
  /// Whether a wrong key is noticed before the database is opened.
  fileprivate var isAuthenticated: Bool {
    switch self {
    case .passphrase: true
    case .keyFile: false
    }
  }
}

extension StoreOpenFailure {
  /// Tells what an error of GRDB means while the store is opened. A file that does not decrypt is
  /// damaged when the key is known to be right.
  fileprivate init(_ error: any Error, keyIsProven: Bool) {
    if let failure = error as? StoreOpenFailure {
      self = failure
      return
    }
    guard let error = error as? DatabaseError else {
      self = .database(code: 1)
      return
    }
    switch error.resultCode {
    case .SQLITE_NOTADB: self = keyIsProven ? .damaged : .wrongKey
    case .SQLITE_CORRUPT: self = .damaged
    case .SQLITE_FULL: self = .full
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .inUse
    default: self = .database(code: error.extendedResultCode.rawValue)
    }
  }
}

extension ClientStoreFailure {
  /// Tells what an error of GRDB means in a transaction.
  init(_ error: any Error, table: StaticName) {
    if let failure = error as? ClientStoreFailure {
      self = failure
      return
    }
    switch (error as? DatabaseError)?.resultCode {
    case .SQLITE_FULL: self = .full
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH:
      self = .corrupt(table)
    default: self = .unavailable
    }
  }
}
