// SPDX-License-Identifier: Apache-2.0

import CMediaSpawn
import Foundation

/// An open file of this machine, in bytes. Calls block.
package final class LocalFile: Sendable {
  let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Opens a file for reading; a folder, a pipe or a device is none.
  package static func open(_ path: String) throws(AttachmentFailure) -> LocalFile {
    let descriptor = unsafe Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable }
    let file = LocalFile(descriptor)
    guard file.isRegular else { throw .unreadable }
    return file
  }

  /// Makes a file that is the owner's alone and was not there.
  package static func make(_ path: String) throws(AttachmentFailure) -> LocalFile {
    let descriptor = unsafe Foundation.open(
      path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw errno == EEXIST ? .exists : .unwritable }
    return LocalFile(descriptor)
  }

  /// Makes a file that is in memory alone.
  package static func inMemory(_ bytes: [UInt8]) throws(AttachmentFailure) -> LocalFile {
    let descriptor = sotto_media_memory()
    guard descriptor >= 0 else { throw .unwritable }
    let file = LocalFile(descriptor)
    try file.write(bytes, at: 0)
    return file
  }

  /// Opens a file for going on writing, or makes it.
  package static func resume(_ path: String) throws(AttachmentFailure) -> LocalFile {
    let descriptor = unsafe Foundation.open(
      path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .unwritable }
    return LocalFile(descriptor)
  }

  private var isRegular: Bool {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// The length in bytes.
  package var size: UInt64 {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? UInt64(max(0, status.st_size)) : 0
  }

  /// Fills `buffer` from `offset` on, as far as the file goes.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(AttachmentFailure) -> Int {
    var got = 0
    while got < buffer.count {
      let more = unsafe pread(
        descriptor, buffer.baseAddress?.advanced(by: got), buffer.count - got, Int(offset) + got)
      if more < 0, errno == EINTR { continue }
      guard more >= 0 else { throw .unreadable }
      guard more > 0 else { break }
      got += more
    }
    return got
  }

  /// At most `count` bytes from `offset` on.
  package func read(_ count: Int, at offset: UInt64) throws(AttachmentFailure) -> [UInt8] {
    var failure: AttachmentFailure?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(AttachmentFailure) {
        initialized = try unsafe read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes all of `bytes` at `offset`.
  package func write(
    _ bytes: UnsafeRawBufferPointer, at offset: UInt64
  ) throws(AttachmentFailure) {
    var written = 0
    while written < bytes.count {
      let count = unsafe pwrite(
        descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written,
        Int(offset) + written)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .unwritable }
      written += count
    }
  }

  /// Writes all of `bytes` at `offset`.
  package func write(_ bytes: [UInt8], at offset: UInt64) throws(AttachmentFailure) {
    var failure: AttachmentFailure?
    unsafe bytes.withUnsafeBytes { bytes in
      do throws(AttachmentFailure) {
        try unsafe write(bytes, at: offset)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Waits until all that was written is on the disk.
  package func synchronize() throws(AttachmentFailure) {
    guard fsync(descriptor) == 0 else { throw .unwritable }
  }
}
