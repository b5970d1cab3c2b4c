// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
package import SansIO

/// Bytes that were sealed for the server: zeros up to a Padmé length, then AES-256-GCM under a key
/// of their own, without additional data; the same form as a sealed file (attachments.md).
///
/// ```
/// struct {
///   uint8 blob_id[32]; uint8 key[32]; uint8 nonce[12]; uint32 size;
/// } SealedBlob;
/// ```
package struct SealedBlob: WireValue, Hashable {
  private static let keyLength = 32
  private static let nonceLength = 12
  private static let tagLength = 16
  /// The least length that is sealed: what is shorter looks like this.
  private static let sizeMin = 256

  /// SHA-256 of what the server has.
  package let blobID: [UInt8]
  /// What opens it.
  let key: [UInt8]
  let nonce: [UInt8]
  /// The length of what was sealed, in bytes.
  let size: UInt32

  /// Seals `bytes` under a new key.
  static func seal(
    _ bytes: [UInt8], using entropy: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> (blob: SealedBlob, sealed: [UInt8]) {
    let key = entropy.bytes(keyLength)
    let nonce = entropy.bytes(nonceLength)
    let padding = [UInt8](repeating: 0, count: paddedSize(bytes.count) - bytes.count)
    let sealed = try ProductGroup.suite.seal(
      key: Secret(key), nonce: nonce, authenticating: [], plaintext: bytes + padding)
    let blob = SealedBlob(
      blobID: Fingerprint(hashing: sealed).bytes, key: key, nonce: nonce,
      size: UInt32(clamping: bytes.count))
    return (blob, sealed)
  }

  private init(blobID: [UInt8], key: [UInt8], nonce: [UInt8], size: UInt32) {
    self.blobID = blobID
    self.key = key
    self.nonce = nonce
    self.size = size
  }

  /// What was sealed; `nil` when these bytes are not it.
  func open(_ sealed: [UInt8]) -> [UInt8]? {
    guard sealed.count == sealedSize,
      constantTimeEquals(Fingerprint(hashing: sealed).bytes, blobID),
      let plain = try? ProductGroup.suite.open(
        key: Secret(key), nonce: nonce, authenticating: [], ciphertext: sealed)
    else { return nil }
    return Array(plain.prefix(Int(size)))
  }

  /// The length of what the server has, in bytes.
  package var sealedSize: Int { Self.paddedSize(Int(size)) + Self.tagLength }

  /// The Padmé length (Nikitin et al. 2019).
  private static func paddedSize(_ size: Int) -> Int {
    let size = max(size, sizeMin)
    let exponent = Int.bitWidth - 1 - size.leadingZeroBitCount
    let significant = Int.bitWidth - exponent.leadingZeroBitCount
    let mask = (1 << (exponent - significant)) - 1
    return (size + mask) & ~mask
  }

  /// Takes the sent form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    blobID = try input.readBytes(Fingerprint.byteCount)
    key = try input.readBytes(Self.keyLength)
    nonce = try input.readBytes(Self.nonceLength)
    size = try input.readUInt32()
    guard size <= ClientLimits.sealedBlobBytesMax else { throw .limitExceeded }
  }

  /// Appends the sent form.
  package func encode(to output: inout ByteWriter) {
    output.write(raw: blobID)
    output.write(raw: key)
    output.write(raw: nonce)
    output.write(size)
  }
}
