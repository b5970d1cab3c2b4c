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
}
