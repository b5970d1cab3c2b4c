// SPDX-License-Identifier: Apache-2.0

import Glibc
import SansIO

/// The directory of one client: the lock, the wrapped key and the database.
struct StoreHome: ~Copyable {
  /// The lock; its content means nothing.
  static let lockName = "sotto.lock"
  /// The database's key, wrapped by a passphrase.
  static let keyName = "sotto.key"
  /// The encrypted database.
  static let databaseName = "sotto.db"

  let path: String
  private let lock: Descriptor

  var databasePath: String { path + "/" + Self.databaseName }
  var keyPath: String { path + "/" + Self.keyName }

  /// Takes the home for this process alone, until the value goes away.
  ///
  /// - Throws: `absent` when it is not there and `creating` is false; `inUse` when another process
  ///   has it; `homeNotPrivate` when it holds other things and others may look into it.
  init(taking path: String, creating: Bool) throws(StoreOpenFailure) {
    if creating { try Self.makeDirectories(path) }
    guard PrivateFile.exists(path) else { throw .absent }
    let directory: Descriptor
    do {
      directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY, "open")
    } catch .system(_, errno: ENOTDIR) {
      throw .homeNotDirectory
    }
    let lockPath = path + "/" + Self.lockName
    let known = PrivateFile.exists(lockPath)
    guard known || creating else { throw .absent }
    if try !PrivateFile.facts(directory).isPrivate {
      guard known || Self.isEmpty(path) else { throw .homeNotPrivate }
      guard fchmod(directory.number, 0o700) == 0 else { throw .last("chmod") }
    }
    let lock = try Descriptor.open(
      lockPath, O_RDWR | O_CREAT | O_NOFOLLOW, "open", mode: 0o600)
    guard fchmod(lock.number, 0o600) == 0 else { throw .last("chmod") }
    guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else {
      if errno == EWOULDBLOCK { throw .inUse }
      throw .last("flock")
    }
    self.path = path
    self.lock = lock
  }

  /// A child process that is being started shares the open lock until it runs its program, so
  /// closing alone would free the home only then.
  deinit { _ = flock(lock.number, LOCK_UN) }

  /// Makes the database's file with the right mode, before SQLite makes it with another; SQLite
  /// gives its log the mode of the database. Files that were there get the right mode.
  func prepareFiles() throws(StoreOpenFailure) {
    if PrivateFile.exists(databasePath) {
      for suffix in ["", "-wal", "-shm", "-journal"] {
        try PrivateFile.makePrivate(databasePath + suffix)
      }
    } else {
      _ = try Descriptor.open(
        databasePath, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, "create", mode: 0o600)
      try PrivateFile.flushDirectory(path)
    }
    if PrivateFile.exists(keyPath) { try PrivateFile.makePrivate(keyPath) }
  }

  /// Removes the empty log that an opening leaves when it fails: SQLite makes one before it knows
  /// whether the key is right. One with content is of a crash, and is kept.
  func removeEmptyLog() {
    let log = databasePath + "-wal"
    var status = stat()
    guard unsafe lstat(log, &status) == 0, status.st_size == 0 else { return }
    _ = unsafe unlink(log)
  }

  /// Makes the directory and those above it that are missing, all with mode 0700.
  private static func makeDirectories(_ path: String) throws(StoreOpenFailure) {
    var built = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      built += "/" + part
      guard unsafe mkdir(built, 0o700) == 0 || errno == EEXIST else { throw .last("mkdir") }
    }
  }

  private static func isEmpty(_ path: String) -> Bool {
    // A directory that holds nothing has no third entry beside itself and its parent.
    guard let stream = unsafe opendir(path) else { return false }
    defer { unsafe closedir(stream) }
    var entries = 0
    while entries <= 2, unsafe readdir(stream) != nil { entries += 1 }
    return entries <= 2
  }
}
