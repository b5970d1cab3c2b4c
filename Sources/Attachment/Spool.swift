// SPDX-License-Identifier: Apache-2.0

package import Foundation
import SansIO

/// The folder of sealed files on their way, and beside it the one of those that stay: the owner's
/// alone. Nothing in them is in clear.
package struct Spool: Sendable {
  /// What was fetched in part is kept this long, in seconds.
  private static let fetchedAgeMax = 7 * 86_400.0
  /// File times come from a coarser clock than the process's: what is no older than this when it
  /// starts may be its own, in seconds.
  private static let startMargin = 60.0

  private let home: String
  private let path: String
  private let stay: String

  /// Takes the folder of an account; the folders in it are made with their first files.
  package init(home: String) {
    self.home = home
    path = home + "/spool"
    stay = home + "/files"
  }

  /// A sealed file that is brought to the server.
  package func outgoing(_ blobID: [UInt8]) -> String { path + "/out-" + Hex.encode(blobID) }

  /// A sealed file that is fetched.
  package func incoming(_ blobID: [UInt8]) -> String { path + "/in-" + Hex.encode(blobID) }

  /// A sealed file that stays.
  package func held(_ blobID: [UInt8]) -> String { stay + "/" + Hex.encode(blobID) }

  /// Where a sealed file lies that stays, or is on its way to the server.
  package func whole(_ blobID: [UInt8]) -> String? {
    [held(blobID), outgoing(blobID)].first { FileManager.default.fileExists(atPath: $0) }
  }

  /// A name for a file that is being sealed.
  package func draft() -> String { path + "/new-" + UUID().uuidString }

  /// Makes the folder when it is missing.
  package func make() throws(AttachmentFailure) { try make(path) }

  private func make(_ folder: String) throws(AttachmentFailure) {
    if unsafe mkdir(folder, 0o700) == 0 { return try Spool.synchronize(home) }
    guard errno == EEXIST else { throw .unwritable }
  }

  /// Takes a whole sealed file from the spool to those that stay.
  ///
  /// - Throws: `unwritable`, also when there is no file at `path`.
  package func hold(_ path: String, as blobID: [UInt8]) throws(AttachmentFailure) {
    try make(stay)
    guard unsafe rename(path, held(blobID)) == 0 else { throw .unwritable }
    try Spool.synchronize(stay)
  }

  /// Deletes of the files that stay what is none of these; what the spool has of these stays from
  /// now on. What is younger than `start` is this process's own.
  package func holdOnly(_ blobs: [[UInt8]], start: Date) {
    for blobID in blobs where FileManager.default.fileExists(atPath: outgoing(blobID)) {
      try? hold(outgoing(blobID), as: blobID)
    }
    let kept = Set(blobs.map(Hex.encode))
    for name in (try? FileManager.default.contentsOfDirectory(atPath: stay)) ?? []
    where !kept.contains(name) && Self.age(of: stay + "/" + name, at: start) > Self.startMargin {
      Self.remove(stay + "/" + name)
    }
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
      let ageMin = name.hasPrefix("in-") ? Self.fetchedAgeMax : Self.startMargin
      guard Self.age(of: file, at: start) > ageMin else { continue }
      Self.remove(file)
    }
  }

  /// In seconds; below zero when there is no such file.
  private static func age(of path: String, at time: Date) -> TimeInterval {
    let changed =
      (try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate]) as? Date
    return changed.map { time.timeIntervalSince($0) } ?? -1
  }
}
