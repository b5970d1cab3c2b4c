// SPDX-License-Identifier: Apache-2.0

import Identity

/// The routingID of a log: random, and known to the members of its conversation alone.
package struct LogID: FixedBytes {
  package static let byteCount = 32
  package let bytes: [UInt8]

  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }
}

/// The SHA-256 of a log token. The token itself is never stored, and dies with the frame it came
/// in.
package struct LogTokenHash: FixedBytes {
  package static let byteCount = 32
  package let bytes: [UInt8]

  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Hashes a token as it stands in a frame.
  package init(hashing token: [UInt8]) { bytes = Fingerprint(hashing: token).bytes }

  /// What is compared with when there is nothing to compare with.
  package static let absent = LogTokenHash(hashing: [])
}

/// The id that a sender chose for what it appends, so that a repeated request appends nothing.
package struct SubmitID: FixedBytes {
  package static let byteCount = 16
  package let bytes: [UInt8]

  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }
}

/// The claim to a log: the token of one of its epochs. The store decides whether it holds.
package struct LogRight: Hashable, Sendable {
  /// The log.
  package let logID: LogID
  /// The epoch whose token was shown.
  package let epoch: UInt64
  /// The hash of the token that was shown.
  package let tokenHash: LogTokenHash

  package init(logID: LogID, epoch: UInt64, tokenHash: LogTokenHash) {
    self.logID = logID
    self.epoch = epoch
    self.tokenHash = tokenHash
  }
}

/// What an entry of a log is. The numbers are those of the wire and of the stores.
package enum EntryKind: UInt8, Hashable, Sendable, CaseIterable {
  case application = 1
  case proposal = 2
  case commit = 3
}
