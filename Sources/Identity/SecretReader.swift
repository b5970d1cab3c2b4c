// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Takes fields from the front of a secret without leaving copies of the private ones behind.
struct SecretReader {
  private let secret: Secret
  private var offset = 0

  init(_ secret: Secret) { self.secret = secret }

  /// Takes public bytes.
  mutating func readBytes(_ length: Int) throws(DecodingFailure) -> [UInt8] {
    guard length <= secret.count - offset else { throw .truncated }
    let range = offset..<offset + length
    offset += length
    return unsafe secret.withUnsafeBytes { bytes in unsafe Array(bytes[range]) }
  }

  /// Takes all that is left, as public bytes.
  mutating func readRest() throws(DecodingFailure) -> [UInt8] {
    try readBytes(secret.count - offset)
  }

  /// Takes a seed and makes its key.
  mutating func readSigningKey() throws(DecodingFailure) -> SigningKey {
    let length = SigningKey.seedByteCount
    guard length <= secret.count - offset else { throw .truncated }
    let range = offset..<offset + length
    offset += length
    let seed = unsafe Secret(count: length) { target in
      unsafe secret.withUnsafeBytes { bytes in
        unsafe target.copyBytes(from: bytes[range])
      }
    }
    guard let key = SigningKey(seed: seed) else { throw .truncated }
    return key
  }
}

extension Secret {
  /// All parts one after the other.
  init(joining parts: [Secret]) {
    let count = parts.reduce(0) { sum, part in sum + part.count }
    self = unsafe Secret(count: count) { target in
      var offset = 0
      for part in parts {
        let range = offset..<offset + part.count
        unsafe part.withUnsafeBytes { bytes in
          unsafe UnsafeMutableRawBufferPointer(rebasing: target[range]).copyBytes(from: bytes)
        }
        offset += part.count
      }
    }
  }
}
