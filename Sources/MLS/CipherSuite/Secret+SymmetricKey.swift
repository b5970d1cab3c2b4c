// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import SansIO

extension Secret {
  /// Copies the bytes of a key, a digest or a code.
  init(contiguous bytes: some ContiguousBytes) {
    self = unsafe bytes.withUnsafeBytes { source in
      unsafe Secret(count: source.count) { target in
        if source.count > 0 { unsafe target.copyMemory(from: source) }
      }
    }
  }

  /// The bytes as a key of swift-crypto.
  var symmetricKey: SymmetricKey {
    unsafe withUnsafeBytes { source in unsafe SymmetricKey(data: source) }
  }

  /// The bytes as a scalar of `length` bytes: some encoders leave leading zeros out, and the
  /// curves of swift-crypto take the full length alone.
  func scalar(length: Int) -> SymmetricKey {
    guard count < length else { return symmetricKey }
    return Secret(zeroCount: length - count).appending(self).symmetricKey
  }
}
