// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The folder of one account: its store and the socket of its daemon.
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

  /// Whether there is a store; looked at before a passphrase is asked for.
  package var hasStore: Bool { FileManager.default.fileExists(atPath: path + "/sotto.db") }
}
