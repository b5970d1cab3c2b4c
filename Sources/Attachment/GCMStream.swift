// SPDX-License-Identifier: Apache-2.0

import CAESGCM
import SansIO

/// AES-256-GCM (NIST SP 800-38D) piece by piece: what the Swift libraries have only for what lies
/// in memory as a whole.
@safe final class GCMStream {
  static let keyByteCount = 32
  static let nonceByteCount = 12
  static let tagByteCount = 16

  private let context: OpaquePointer

  /// - Throws: `noCipher`.
  init(key: Secret, nonce: [UInt8], seals: Bool) throws(AttachmentFailure) {
    guard key.count == Self.keyByteCount, nonce.count == Self.nonceByteCount else {
      throw .noCipher
    }
    let made = unsafe key.withUnsafeBytes { key in
      unsafe nonce.withUnsafeBufferPointer { nonce in
        unsafe Self.make(key, nonce, seals)
      }
    }
    guard let made = unsafe made else { throw .noCipher }
    unsafe context = made
  }

  deinit { unsafe sotto_gcm_free(context) }

  private static func make(
    _ key: UnsafeRawBufferPointer, _ nonce: UnsafeBufferPointer<UInt8>, _ seals: Bool
  ) -> OpaquePointer? {
    guard let keyBytes = unsafe key.baseAddress?.assumingMemoryBound(to: UInt8.self),
      let nonceBytes = nonce.baseAddress
    else { return nil }
    return unsafe sotto_gcm_new(keyBytes, nonceBytes, seals ? 1 : 0)
  }

  /// Turns the bytes of `buffer` into the others, in place.
  func update(_ buffer: UnsafeMutableRawBufferPointer) throws(AttachmentFailure) {
    let bytes = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard unsafe sotto_gcm_update(context, bytes, buffer.count, bytes) == 1 else {
      throw .noCipher
    }
  }

  /// The tag of all that was sealed.
  func tag() throws(AttachmentFailure) -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: Self.tagByteCount)
    guard unsafe sotto_gcm_seal_end(context, &tag) == 1 else { throw .noCipher }
    return tag
  }

  /// Whether all that was opened has this tag.
  func isRight(_ tag: [UInt8]) -> Bool {
    guard tag.count == Self.tagByteCount else { return false }
    return unsafe sotto_gcm_open_end(context, tag) == 1
  }
}
