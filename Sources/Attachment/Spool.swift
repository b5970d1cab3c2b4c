// SPDX-License-Identifier: Apache-2.0

package import Foundation
import SansIO

/// The folder of sealed files on their way: the owner's alone. Nothing in it is in clear.
package struct Spool: Sendable {
  /// What was fetched in part is kept this long, in seconds.
  private static let fetchedAgeMax = 7 * 86_400.0
  /// File times come from a coarser clock than the process's: what is no older than this when it
  /// starts may be its own, in seconds.
  private static let startMargin = 60.0

  private let home: String
  private let path: String

  /// Takes the folder of an account; the spool in it is made with the first file.
  package init(home: String) {
    self.home = home
    path = home + "/spool"
  }

  /// A sealed file that is brought to the server.
  package func outgoing(_ blobID: [UInt8]) -> String { path + "/out-" + Hex.encode(blobID) }

  /// A sealed file that is fetched.
  package func incoming(_ blobID: [UInt8]) -> String { path + "/in-" + Hex.encode(blobID) }

  /// A name for a file that is being sealed.
  package func draft() -> String { path + "/new-" + UUID().uuidString }

  /// Makes the folder when it is missing.
  package func make() throws(AttachmentFailure) {
    if unsafe mkdir(path, 0o700) == 0 { return try Spool.synchronize(home) }
    guard errno == EEXIST else { throw .unwritable }
  }

  /// A sealed file has its name, on the disk.
  package func accept(_ draft: String, as blobID: [UInt8]) throws(AttachmentFailure) {
    guard unsafe rename(draft, outgoing(blobID)) == 0 else { throw .unwritable }
    try Spool.synchronize(path)
  }

  /// Waits until the names in a folder are on the disk.
  private static func synchronize(_ folder: String) throws(AttachmentFailure) {
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unwritable }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .unwritable }
  }

  /// Deletes a file, if it is there.
  package static func remove(_ path: String) { unsafe unlink(path) }

  /// Deletes what an earlier process left: drafts, files that no message waits for, and what was
  /// fetched in part long ago. What is younger than `start` is this process's own.
  package func clean(keeping blobs: [[UInt8]], start: Date) {
    let kept = Set(blobs.map { "out-" + Hex.encode($0) })
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names where !kept.contains(name) {
      let file = path + "/" + name
      let changed =
        (try? FileManager.default.attributesOfItem(atPath: file)[.modificationDate]) as? Date
      let ageMin = name.hasPrefix("in-") ? Self.fetchedAgeMax : Self.startMargin
      guard let changed, start.timeIntervalSince(changed) > ageMin else { continue }
      Self.remove(file)
    }
  }
}
