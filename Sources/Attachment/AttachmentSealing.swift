// SPDX-License-Identifier: Apache-2.0

import Crypto
package import SansIO

/// Seals files for the server and opens them again, never as a whole in memory (attachments.md).
package enum AttachmentSealing {
  /// What a message has to say of a sealed file.
  package struct Result: Hashable, Sendable {
    /// The length of the file itself, in bytes.
    package let size: UInt64
    /// SHA-256 of the file itself.
    package let plaintextHash: [UInt8]
    /// The length of the sealed file, in bytes.
    package let sealedSize: UInt64
    /// SHA-256 of the sealed file.
    package let sealedHash: [UInt8]
  }

  /// Bytes that are worked on at once.
  private static let pieceBytes = 1_048_576

  /// The Padmé length of `size` bytes (Nikitin et al. 2019), at least 256: what the server sees of
  /// a length.
  package static func paddedSize(_ size: UInt64) -> UInt64 {
    let size = max(size, 256)
    let exponent = 63 - size.leadingZeroBitCount
    let significant = 64 - exponent.leadingZeroBitCount
    let mask = (UInt64(1) << UInt64(exponent - significant)) - 1
    return (size + mask) & ~mask
  }

  /// The length of a sealed file.
  package static func sealedSize(_ size: UInt64) -> UInt64 {
    paddedSize(size) + UInt64(GCMStream.tagByteCount)
  }

  /// Seals the file at `path` into a new file at `target`: the file, zeros up to the padded length,
  /// and the tag. `progress` is told how many bytes were read.
  ///
  /// - Throws: an `AttachmentFailure`; then nothing is at `target` but what was there before.
  package static func seal(
    _ path: String, to target: String, key: Secret, nonce: [UInt8], sizeMax: UInt64,
    progress: (UInt64) -> Void = { _ in }
  ) throws(AttachmentFailure) -> Result {
    try seal(
      LocalFile.open(path), to: target, key: key, nonce: nonce, sizeMax: sizeMax,
      progress: progress)
  }

  /// The same of a file that is open.
  package static func seal(
    _ input: LocalFile, to target: String, key: Secret, nonce: [UInt8], sizeMax: UInt64,
    progress: (UInt64) -> Void = { _ in }
  ) throws(AttachmentFailure) -> Result {
    let cipher = try GCMStream(key: key, nonce: nonce, seals: true)
    let output = try LocalFile.make(target)
    do throws(AttachmentFailure) {
      return try seal(input, output, cipher, sizeMax, progress)
    } catch {
      Spool.remove(target)
      throw error
    }
  }

  private static func seal(
    _ input: LocalFile, _ output: LocalFile, _ cipher: GCMStream, _ sizeMax: UInt64,
    _ progress: (UInt64) -> Void
  ) throws(AttachmentFailure) -> Result {
    let memory = WipedBuffer(count: pieceBytes)
    var plaintext = SHA256()
    var sealed = SHA256()
    var size: UInt64 = 0
    while true {
      let count = try unsafe input.read(into: memory.bytes, at: size)
      guard count > 0 else { break }
      guard size + UInt64(count) <= sizeMax else { throw .tooLarge }
      let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<count])
      unsafe plaintext.update(bufferPointer: UnsafeRawBufferPointer(piece))
      try unsafe put(piece, at: size, cipher, &sealed, output)
      size += UInt64(count)
      progress(size)
    }
    var position = size
    let end = paddedSize(size)
    while position < end {
      let count = Int(min(UInt64(pieceBytes), end - position))
      let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<count])
      unsafe piece.initializeMemory(as: UInt8.self, repeating: 0)
      try unsafe put(piece, at: position, cipher, &sealed, output)
      position += UInt64(count)
    }
    let tag = try cipher.tag()
    sealed.update(data: tag)
    try output.write(tag, at: end)
    try output.synchronize()
    return Result(
      size: size, plaintextHash: Array(plaintext.finalize()),
      sealedSize: end + UInt64(tag.count), sealedHash: Array(sealed.finalize()))
  }

  private static func put(
    _ piece: UnsafeMutableRawBufferPointer, at position: UInt64, _ cipher: GCMStream,
    _ hash: inout SHA256, _ output: LocalFile
  ) throws(AttachmentFailure) {
    try unsafe cipher.update(piece)
    unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(piece))
    try unsafe output.write(UnsafeRawBufferPointer(piece), at: position)
  }

  /// Opens the sealed file at `path` into `target`, which must be a new, empty file. The hash of
  /// the whole sealed file is compared before the first byte is opened, so nothing that a stranger
  /// made reaches the disk in clear.
  ///
  /// - Throws: an `AttachmentFailure`, `invalid` when it is not what was sealed. What is at
  ///   `target` then is not to be used.
  package static func open(
    _ path: String, to target: LocalFile, key: Secret, nonce: [UInt8], size: UInt64,
    sealedHash: [UInt8], plaintextHash: [UInt8]
  ) throws(AttachmentFailure) {
    let input = try LocalFile.open(path)
    let length = input.size
    let tagBytes = UInt64(GCMStream.tagByteCount)
    guard length >= tagBytes, size <= length - tagBytes else { throw .invalid }
    let memory = WipedBuffer(count: pieceBytes)
    guard constantTimeEquals(try hash(input, memory), sealedHash) else { throw .invalid }
    let cipher = try GCMStream(key: key, nonce: nonce, seals: false)
    var plaintext = SHA256()
    var position: UInt64 = 0
    let end = length - tagBytes
    while position < end {
      let wanted = Int(min(UInt64(pieceBytes), end - position))
      let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<wanted])
      guard try unsafe input.read(into: piece, at: position) == wanted else { throw .invalid }
      try unsafe cipher.update(piece)
      if position < size {
        let count = Int(min(UInt64(wanted), size - position))
        let kept = unsafe UnsafeRawBufferPointer(rebasing: piece[..<count])
        unsafe plaintext.update(bufferPointer: kept)
        try unsafe target.write(kept, at: position)
      }
      position += UInt64(wanted)
    }
    guard cipher.isRight(try input.read(GCMStream.tagByteCount, at: end)),
      plaintextHash.isEmpty || constantTimeEquals(Array(plaintext.finalize()), plaintextHash)
    else { throw .invalid }
    try target.synchronize()
  }

  /// Whether the file at `path` is the sealed one of this hash.
  ///
  /// - Throws: `unreadable`.
  package static func isIntact(
    _ path: String, sealedHash: [UInt8]
  ) throws(AttachmentFailure) -> Bool {
    constantTimeEquals(
      try hash(LocalFile.open(path), WipedBuffer(count: pieceBytes)), sealedHash)
  }

  private static func hash(
    _ input: LocalFile, _ memory: WipedBuffer
  ) throws(AttachmentFailure) -> [UInt8] {
    var hash = SHA256()
    var position: UInt64 = 0
    while true {
      let count = try unsafe input.read(into: memory.bytes, at: position)
      guard count > 0 else { return Array(hash.finalize()) }
      unsafe hash.update(
        bufferPointer: UnsafeRawBufferPointer(rebasing: memory.bytes[..<count]))
      position += UInt64(count)
    }
  }
}

/// Memory for pieces of a file, overwritten when it is dropped.
@safe private final class WipedBuffer {
  let bytes: UnsafeMutableRawBufferPointer

  init(count: Int) {
    unsafe bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
    unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
    unsafe bytes.deallocate()
  }
}
