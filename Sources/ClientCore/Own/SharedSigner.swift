// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// The device-signing key that the own devices hand each other: the next one until a manifest has
/// it, then the present one, for a device that comes back from a copy of before.
///
/// ```
/// struct { uint8 is_published; DeviceSigner signer; } SharedSigner;
/// ```
struct SharedSigner: Sendable {
  let signer: DeviceSigner
  /// Whether the directory has a manifest under it.
  let isPublished: Bool

  init(_ signer: DeviceSigner, isPublished: Bool) {
    self.signer = signer
    self.isPublished = isPublished
  }

  /// What another own device has shared; `nil`: nothing of the kind.
  init?(_ value: [UInt8]) {
    guard let first = value.first, first <= 1,
      let signer = try? DeviceSigner(decoding: Secret(Array(value.dropFirst())))
    else { return nil }
    self.init(signer, isPublished: first == 1)
  }

  /// The value of the note. It goes to the own devices alone, and into the sealed store.
  var encoded: [UInt8] { [isPublished ? 1 : 0] + signer.encodedForStore.copyBytes() }
}
