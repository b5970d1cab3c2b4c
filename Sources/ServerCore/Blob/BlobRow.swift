// SPDX-License-Identifier: Apache-2.0

import Identity
package import SansIO

/// The name of a blob: the SHA-256 of what it holds.
package struct BlobID: FixedBytes {
  package static let byteCount = 32
  package let bytes: [UInt8]

  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }
}

/// The SHA-256 of the token with which a blob is written. The token itself is never stored.
package struct BlobTokenHash: FixedBytes {
  package static let byteCount = 32
  package let bytes: [UInt8]

  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Hashes a token as it stands in a request.
  package init(hashing token: [UInt8]) { bytes = Fingerprint(hashing: token).bytes }
}

/// A blob that somebody has made place for. Its bytes are a file of the driver.
package struct BlobRow: Hashable, Sendable {
  package let id: BlobID
  package let size: UInt64
  package let tokenHash: BlobTokenHash
  /// So many bytes are on the disk.
  package var offset: UInt64
  /// All bytes are there, and their hash is the name.
  package var isComplete: Bool
  package let expires: Instant

  package init(
    id: BlobID, size: UInt64, tokenHash: BlobTokenHash, offset: UInt64, isComplete: Bool,
    expires: Instant
  ) {
    self.id = id
    self.size = size
    self.tokenHash = tokenHash
    self.offset = offset
    self.isComplete = isComplete
    self.expires = expires
  }
}

/// Wants place for a blob.
package struct OpenBlobRequest: Hashable, Sendable {
  package let device: DeviceKey
  package let id: BlobID
  package let size: UInt64
  package let tokenHash: BlobTokenHash

  package init(device: DeviceKey, id: BlobID, size: UInt64, tokenHash: BlobTokenHash) {
    self.device = device
    self.id = id
    self.size = size
    self.tokenHash = tokenHash
  }
}
