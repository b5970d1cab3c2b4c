// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import SansIO
import ServerCore

/// The file of one blob. All calls block: they belong on a thread of the pool.
final class BlobFile: Sendable {
  /// The disk does not take or give what it should.
  struct Failure: Error {
    /// The disk is full, or a quota on it is.
    let isFull: Bool

    /// What the last call of the system failed of.
    static var last: Failure { Failure(isFull: [ENOSPC, EDQUOT, EFBIG].contains(errno)) }
  }

  /// Bytes that are read at once for the hash.
  private static let pieceBytes = 1_048_576

  private let descriptor: Int32

  fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Writes all of `bytes` at `offset`.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(Failure) {
    var written = 0
    while written < bytes.count {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = unsafe pwrite(
        descriptor, rest.baseAddress, rest.count, Int(offset) + written)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .last }
      written += count
    }
  }

  /// So many bytes at `offset`; fewer at the end of the file.
  func read(_ count: Int, at offset: UInt64) throws(Failure) -> [UInt8] {
    var failure: Failure?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < count {
        let more = unsafe pread(
          descriptor, buffer.baseAddress?.advanced(by: initialized), count - initialized,
          Int(offset) + initialized)
        if more < 0, errno == EINTR { continue }
        if more < 0 { failure = .last }
        guard more > 0 else { break }
        initialized += more
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The length of the file, in bytes.
  var size: UInt64 {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? UInt64(max(0, status.st_size)) : 0
  }

  /// Waits until all that was written is on the disk.
  func synchronize() throws(Failure) {
    guard fdatasync(descriptor) == 0 else { throw .last }
  }

  /// The SHA-256 of the first `size` bytes; nil when there are fewer.
  func name(ofSize size: UInt64) throws(Failure) -> BlobID? {
    var hash = SHA256()
    var offset: UInt64 = 0
    while offset < size {
      let piece = try read(Int(min(UInt64(Self.pieceBytes), size - offset)), at: offset)
      guard !piece.isEmpty else { return nil }
      hash.update(data: piece)
      offset += UInt64(piece.count)
    }
    return BlobID(Array(hash.finalize()))
  }
}

/// The folder of all blobs: `blobs/` in the data folder, and in it one for each first byte of the
/// names. Files are the owner's alone, folders are made with the first file in them, and a name is
/// on the disk before anything is told of the file.
struct BlobFolder: Sendable {
  private let parent: String
  private let path: String

  init(_ folder: DataFolder) {
    parent = folder.path
    path = folder.file("blobs")
  }

  /// Opens a blob that is there.
  func open(_ id: BlobID) throws(BlobFile.Failure) -> BlobFile {
    try open(id, O_RDONLY)
  }

  /// Opens a blob for writing, and makes the file when there is none.
  func openToWrite(_ id: BlobID) throws(BlobFile.Failure) -> BlobFile {
    try Self.make(path, in: parent)
    try Self.make(shelf(of: id), in: path)
    let file = try open(id, O_RDWR | O_CREAT)
    try Self.synchronize(shelf(of: id))
    return file
  }

  /// Deletes the file of a blob, if there is one.
  func remove(_ id: BlobID) throws(BlobFile.Failure) {
    guard unsafe unlink(file(of: id)) == 0 || errno == ENOENT else { throw .last }
  }

  private func open(_ id: BlobID, _ flags: Int32) throws(BlobFile.Failure) -> BlobFile {
    let descriptor = unsafe Foundation.open(file(of: id), flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .last }
    return BlobFile(descriptor)
  }

  private static func make(
    _ path: String, in parent: String
  ) throws(BlobFile.Failure) {
    if unsafe mkdir(path, 0o700) == 0 { return try synchronize(parent) }
    guard errno == EEXIST else { throw .last }
  }

  private static func synchronize(_ folder: String) throws(BlobFile.Failure) {
    let descriptor = unsafe Foundation.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .last }
  }

  private func shelf(of id: BlobID) -> String { path + "/" + Hex.encode([id.bytes[0]]) }

  private func file(of id: BlobID) -> String { shelf(of: id) + "/" + Hex.encode(id.bytes) }
}
