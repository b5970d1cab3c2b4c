// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The folder of one server: mode 0700, its files 0600, and a lock that only one process holds.
final class DataFolder: Sendable {
  let path: String
  private let lock: Mutex<Int32?>

  /// Makes the folder when it is missing, and takes its lock.
  init(_ path: String) throws(ServerStartFailure) {
    self.path = path
    // Whatever the database library makes beside our own files is the owner's alone, too.
    umask(0o077)
    if unsafe mkdir(path, 0o700) != 0 && errno != EEXIST {
      do {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch {
        throw .dataFolder
      }
    }
    guard unsafe chmod(path, 0o700) == 0 else { throw .dataFolder }
    let descriptor = unsafe open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .dataFolder }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .dataFolderInUse
    }
    lock = Mutex(descriptor)
  }

  deinit { release() }

  /// Gives the lock back: another server may have the folder.
  func release() {
    let descriptor = lock.withLock { lock in lock.take() }
    if let descriptor { close(descriptor) }
  }

  func file(_ name: String) -> String { path + "/" + name }

  /// The content of a file, or nil when there is none.
  func read(_ name: String) throws(ServerStartFailure) -> [UInt8]? {
    guard FileManager.default.fileExists(atPath: file(name)) else { return nil }
    guard let data = FileManager.default.contents(atPath: file(name)) else { throw .dataFolder }
    return Array(data)
  }

  /// Writes a file that only the owner reads, whole or not at all: to another name first, to the
  /// disk, then into place.
  func write(_ bytes: [UInt8], to name: String) throws(ServerStartFailure) {
    let draft = file(name + ".new")
    unsafe unlink(draft)
    let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .dataFolder }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes[written...].withUnsafeBytes { buffer in
        unsafe Foundation.write(descriptor, buffer.baseAddress, buffer.count)
      }
      guard count > 0 else { throw .dataFolder }
      written += count
    }
    guard fsync(descriptor) == 0, unsafe rename(draft, file(name)) == 0 else { throw .dataFolder }
    let folder = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { throw .dataFolder }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw .dataFolder }
  }
}
