// SPDX-License-Identifier: Apache-2.0

import GRDB
package import SansIO
package import ServerCore

/// The store of one machine: SQLite with a write-ahead log, one writer, many readers.
package final class SQLiteServerStore: ServerStore {
  /// How much a commit waits for.
  package enum Durability: Hashable, Sendable {
    /// `synchronous=FULL`: on disk before it is answered. Survives power loss.
    case full
    /// `synchronous=NORMAL`: survives the end of the process, may lose the last commits with the
    /// power. For operators who choose it, and said in every benchmark.
    case normal

    var pragma: String { self == .full ? "FULL" : "NORMAL" }
    var value: Int { self == .full ? 2 : 1 }
  }

  /// Why a store was not opened.
  package enum OpenFailure: Error, Hashable, Sendable {
    /// The file cannot be opened, or is no database.
    case unavailable
    /// A migration failed; the database is as it was before it.
    case migrationFailed
    /// The file was made by a newer version.
    case newerVersion
    /// SQLite did not take a setting; the name says which.
    case settingRefused(pragma: String)
  }

  /// Pages after which SQLite checkpoints: 64 MiB, so that bursts are not slowed by it.
  private static let checkpointPages = 16_000
  /// The write-ahead log is cut down to this after a checkpoint, in bytes.
  private static let walBytesMax = 134_217_728
  /// How long a connection waits for another process, such as a backup, in seconds.
  private static let busySeconds = 5.0

  /// As a statement, which fails on a closed store; GRDB's own call would hand SQLite no
  /// connection.
  private static let checkpointSQL = "PRAGMA wal_checkpoint(PASSIVE)"

  let pool: DatabasePool
  /// A connection that only checkpoints, beside the one that writes.
  private let checkpointer: DatabaseQueue

  /// Opens or makes the database at `path` and brings it up to date.
  ///
  /// - Throws: an `OpenFailure`.
  package init(
    path: String, durability: Durability = .full, readersMax: Int = 4
  ) throws(OpenFailure) {
    var configuration = Configuration()
    configuration.label = "sotto.store"
    configuration.maximumReaderCount = readersMax
    configuration.busyMode = .timeout(Self.busySeconds)
    // What is bound to statements is never shown, not even in an error of SQLite.
    configuration.publicStatementArguments = false
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA synchronous = \(durability.pragma)")
    }
    do {
      pool = try DatabasePool(path: path, configuration: configuration)
    } catch {
      throw .unavailable
    }
    try Self.prepare(pool, durability: durability)
    try Self.migrate(pool)
    do {
      checkpointer = try DatabaseQueue(path: path, configuration: configuration)
    } catch {
      throw .unavailable
    }
  }

  package func write(
    _ batch: [StoreRequest], at now: Instant
  ) throws(StoreFailure) -> [StoreAnswer] {
    do {
      return try pool.write { db in
        var transaction = SQLiteTransaction(db: db, held: HeldLogs())
        var answers: [StoreAnswer] = []
        answers.reserveCapacity(batch.count)
        for request in batch { answers.append(try request.apply(in: &transaction, at: now)) }
        try transaction.writeHeldLogs()
        return answers
      }
    } catch {
      throw StoreFailure(error)
    }
  }

  package func read(_ request: ReadRequest, at now: Instant) throws(StoreFailure) -> ReadAnswer {
    do {
      return try pool.read { db in
        try request.apply(to: SQLiteTransaction(db: db), at: now)
      }
    } catch {
      throw StoreFailure(error)
    }
  }

  /// Moves what the write-ahead log holds into the database, as far as no reader is in the way.
  /// For the driver, when nothing else is to be done.
  package func checkpoint() throws(StoreFailure) {
    do {
      try pool.writeWithoutTransaction { db in try db.execute(sql: Self.checkpointSQL) }
    } catch {
      throw StoreFailure(error)
    }
  }

  /// The same beside the writer, which goes on meanwhile: the checkpoint that the writer makes when
  /// its log is long then has little left to do, and nobody waits for it.
  package func checkpointAside() throws(StoreFailure) {
    do {
      try checkpointer.writeWithoutTransaction { db in try db.execute(sql: Self.checkpointSQL) }
    } catch {
      throw StoreFailure(error)
    }
  }

  /// Asks SQLite whether the whole database is sound. Reads all of it.
  package func isSound() throws(StoreFailure) -> Bool {
    do {
      return try pool.read { db in
        try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok"
      }
    } catch {
      throw StoreFailure(error)
    }
  }

  /// Closes all connections; the last one checkpoints.
  package func close() throws(StoreFailure) {
    do {
      try checkpointer.close()
      try pool.close()
    } catch {
      throw StoreFailure(error)
    }
  }

  // MARK: Opening

  /// Makes the settings on the one connection that writes, and looks whether they were taken: a
  /// store that only seems durable is worse than none. The connection lives as long as the pool.
  private static func prepare(
    _ pool: DatabasePool, durability: Durability
  ) throws(OpenFailure) {
    let expected: [(pragma: String, value: String)] = [
      ("synchronous", String(durability.value)),
      ("journal_mode", "wal"),
      ("wal_autocheckpoint", String(checkpointPages)),
      ("journal_size_limit", String(walBytesMax)),
    ]
    let actual: [String?]
    do {
      actual = try pool.writeWithoutTransaction { db in
        // The pool sets NORMAL when it turns the write-ahead log on, hence once more.
        try db.execute(sql: "PRAGMA synchronous = \(durability.pragma)")
        _ = try Int.fetchOne(db, sql: "PRAGMA wal_autocheckpoint = \(checkpointPages)")
        _ = try Int.fetchOne(db, sql: "PRAGMA journal_size_limit = \(walBytesMax)")
        return try expected.map { setting in
          try String.fetchOne(db, sql: "PRAGMA \(setting.pragma)")
        }
      }
    } catch {
      throw .unavailable
    }
    for (setting, value) in zip(expected, actual) where value != setting.value {
      throw .settingRefused(pragma: setting.pragma)
    }
  }

  private static func migrate(_ pool: DatabasePool) throws(OpenFailure) {
    let migrator = SQLiteSchema.migrator
    let isNewer: Bool
    do {
      isNewer = try pool.read { db in try migrator.hasBeenSuperseded(db) }
    } catch {
      throw .unavailable
    }
    guard !isNewer else { throw .newerVersion }
    do {
      try migrator.migrate(pool)
    } catch {
      throw .migrationFailed
    }
  }
}

extension StoreFailure {
  /// What a failure of SQLite means to the server. Its text is not kept: it may name files.
  init(_ error: any Error) {
    if let failure = error as? StoreFailure {
      self = failure
      return
    }
    switch (error as? DatabaseError)?.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH: self = .corrupt
    default: self = .unavailable
    }
  }
}
