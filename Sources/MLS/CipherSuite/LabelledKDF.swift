// SPDX-License-Identifier: Apache-2.0

import SansIO

/// LabeledExtract and LabeledExpand (RFC 9180 §4) with the hash of an MLS cipher suite, which is
/// that of its HPKE key schedule and, but for X-Wing, that of its KEM too.
struct LabelledKDF {
  private let suite: CipherSuite
  private let prefix: [UInt8]

  /// - Parameters:
  ///   - suite: names the hash.
  ///   - suiteID: `suite_id` of RFC 9180 §4.1 or §5.1.
  init(suite: CipherSuite, suiteID: [UInt8]) {
    self.suite = suite
    prefix = Array("HPKE-v1".utf8) + suiteID
  }

  /// LabeledExtract of a secret; an absent salt is the empty one.
  func extract(salt: Secret = Secret(zeroCount: 0), label: String, _ input: Secret) -> Secret {
    suite.extract(
      salt: salt,
      inputKeyMaterial: Secret(prefix + Array(label.utf8)).appending(input))
  }

  /// LabeledExtract of public bytes with the empty salt, as the hashes of `info` and `psk_id`.
  func extract(label: String, public input: [UInt8]) -> [UInt8] {
    suite.mac(key: Secret(zeroCount: 0), data: prefix + Array(label.utf8) + input)
  }

  /// LabeledExpand to `length` bytes.
  func expand(_ key: Secret, label: String, info: [UInt8], length: Int) -> Secret {
    let labelled =
      [UInt8(length >> 8), UInt8(length & 0xff)] + prefix + Array(label.utf8) + info
    return suite.expand(key, info: labelled, length: length)
  }
}
