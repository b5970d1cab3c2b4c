// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import Foundation
import Glibc

/// The folder of one account: its store, its lock and the socket of its daemon.
package struct HomeDirectory: Sendable {
  /// Absolute path.
  package let path: String

  /// Takes a path; a leading `~` and a relative path are resolved.
  package init(path: String) {
    let expanded = NSString(string: path).expandingTildeInPath
    self.path = URL(fileURLWithPath: expanded).standardizedFileURL.path
  }

  /// The socket on which the daemon answers.
  package var socketPath: String { path + "/sotto.sock" }
  /// The encrypted store.
  package var storePath: String { path + "/store.db" }
  private var lockPath: String { path + "/sotto.lock" }

  /// Whether there is a store.
  package var hasStore: Bool { FileManager.default.fileExists(atPath: storePath) }

  /// Makes the folder when it is missing, for its owner alone.
  package func create() throws(ClientFailure) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw ClientFailure(.storeFailure, "The home folder cannot be made.")
    }
  }

  /// Takes the home for this process; the lock ends with the value that is returned, or with the
  /// process, however that ends.
  ///
  /// - Throws: `storeInUse` when another process has it.
  package func lock() throws(ClientFailure) -> HomeLock {
    let descriptor = unsafe open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw ClientFailure(.storeFailure, "The home folder cannot be written to.")
    }
    let lock = HomeLock(descriptor: descriptor)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw ClientFailure(.storeInUse, "Another process uses this home.")
    }
    return lock
  }
}

/// A home taken by this process.
package final class HomeLock: Sendable {
  private let descriptor: CInt

  fileprivate init(descriptor: CInt) { self.descriptor = descriptor }

  deinit { Glibc.close(descriptor) }
}
