// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@Suite struct IdentityLabelTests {
  @Test func labelsAreDistinctAndNoneBeginsAnother() {
    let texts = IdentityLabel.allCases.map(\.text)
    #expect(texts.count == 10)
    for (index, text) in texts.enumerated() {
      for (otherIndex, other) in texts.enumerated() where otherIndex != index {
        #expect(!other.utf8.starts(with: text.utf8), "\(text) begins \(other)")
      }
    }
  }

  @Test func noLabelIsOneOfMLS() {
    for label in IdentityLabel.allCases { #expect(!label.text.hasPrefix("MLS 1.0 ")) }
  }

  @Test func signatureCountsUnderItsLabelAlone() {
    var generator = SeededGenerator(seed: 3)
    let key = SigningKey(using: &generator)
    let content = generator.bytes(100)
    for label in IdentityLabel.allCases {
      let signature = key.sign(content, label: label)
      for other in IdentityLabel.allCases {
        #expect(key.publicKey.isValid(signature, of: content, label: other) == (label == other))
      }
    }
  }

  @Test func signingIsDeterministic() {
    var generator = SeededGenerator(seed: 4)
    let key = SigningKey(using: &generator)
    #expect(key.sign([1, 2], label: .login) == key.sign([1, 2], label: .login))
  }

  /// RFC 8032 §7.1, test 1: the seed's public key.
  @Test func publicKeyIsThatOfTheSeed() throws {
    let seed = try #require(
      Hex.decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    let key = try #require(SigningKey(seed: Secret(seed)))
    #expect(
      key.publicKey.description
        == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    #expect(SigningKey(seed: Secret(Array(seed.dropLast()))) == nil)
  }
}
