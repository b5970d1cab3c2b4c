// SPDX-License-Identifier: Apache-2.0

import Attachment
import Crypto
import SansIO

/// A file of an export that is being written: 0600, new, hashed on the way.
final class ArchiveFile {
  private let file: LocalFile
  private var waiting: [UInt8] = []
  private var size: UInt64 = 0
  private var hasher = SHA256()

  init(_ path: String) throws(ArchiveFailure) {
    do { file = try LocalFile.make(path) } catch { throw .unwritable }
  }

  func append(_ bytes: [UInt8]) throws(ArchiveFailure) {
    waiting += bytes
    if waiting.count >= ArchiveLimits.pieceBytes { try flush() }
  }

  func append(_ text: String) throws(ArchiveFailure) { try append(Array(text.utf8)) }

  /// Puts it on the disk.
  func finish() throws(ArchiveFailure) -> (size: UInt64, hash: [UInt8]) {
    try flush()
    do { try file.synchronize() } catch { throw .unwritable }
    return (size, Array(hasher.finalize()))
  }

  private func flush() throws(ArchiveFailure) {
    hasher.update(data: waiting)
    let isWritten = unsafe waiting.withUnsafeBytes { bytes in
      unsafe (try? file.write(bytes, at: size)) != nil
    }
    guard isWritten else { throw .unwritable }
    size += UInt64(waiting.count)
    waiting.removeAll(keepingCapacity: true)
  }
}

/// Reading a file of an export, with bounded memory.
enum ArchiveReading {
  /// The whole file, of `most` bytes at most.
  static func bytes(
    _ path: String, most: Int, of part: ArchivePart
  ) throws(ArchiveFailure) -> [UInt8] {
    let file = try open(path)
    guard file.size <= UInt64(most) else { throw .tooLarge(part) }
    do { return try file.read(Int(file.size), at: 0) } catch { throw .unreadable }
  }

  /// Size and SHA-256 of a file.
  static func digest(_ path: String) throws(ArchiveFailure) -> (size: UInt64, hash: [UInt8]) {
    let file = try open(path)
    var hasher = SHA256()
    var size: UInt64 = 0
    while true {
      let piece: [UInt8]
      do { piece = try file.read(ArchiveLimits.pieceBytes, at: size) } catch { throw .unreadable }
      guard !piece.isEmpty else { return (size, Array(hasher.finalize())) }
      hasher.update(data: piece)
      size += UInt64(piece.count)
    }
  }

  static func open(_ path: String) throws(ArchiveFailure) -> LocalFile {
    do { return try LocalFile.open(path) } catch { throw .unreadable }
  }
}

/// The lines of a file, one after the other. Each ends with a line feed, the last one too.
struct ArchiveLines {
  private let file: LocalFile
  private let part: ArchivePart
  private var offset: UInt64 = 0
  private var waiting: ArraySlice<UInt8> = []

  init(_ path: String, of part: ArchivePart) throws(ArchiveFailure) {
    file = try ArchiveReading.open(path)
    self.part = part
  }

  /// The next line without its end; `nil` at the end.
  mutating func next() throws(ArchiveFailure) -> [UInt8]? {
    var searched = waiting.startIndex
    while true {
      if let end = waiting[searched...].firstIndex(of: 0x0a) {
        let line = Array(waiting[..<end])
        waiting = waiting[(end + 1)...]
        return line
      }
      guard waiting.count <= ArchiveLimits.lineBytesMax else { throw .tooLarge(part) }
      let piece: [UInt8]
      do { piece = try file.read(ArchiveLimits.pieceBytes, at: offset) } catch {
        throw .unreadable
      }
      guard !piece.isEmpty else {
        guard waiting.isEmpty else { throw .malformed(part) }
        return nil
      }
      offset += UInt64(piece.count)
      let count = waiting.count
      waiting = (Array(waiting) + piece)[...]
      searched = count
    }
  }
}
