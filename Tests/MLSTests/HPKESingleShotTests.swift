// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import SansIO
import Testing

@testable import MLS

/// HPKE in base mode, by itself and against swift-crypto's.
@Suite struct HPKESingleShotTests {
  @Test(arguments: CipherSuite.supported)
  func oneContextSealsToManyRecipients(_ suite: CipherSuite) throws {
    var generator = SeededGenerator(seed: 9180)
    let context = [UInt8](repeating: 7, count: 5000)
    let hpke = suite.hpke(label: "Welcome", context: context)
    var outputs: Set<[UInt8]> = []
    for number in UInt8.min..<4 {
      let pair = try suite.generateHPKEKeyPair(using: &generator)
      let sealed = try hpke.seal([1, 2, number], to: pair.publicKey)
      outputs.insert(sealed.kemOutput)
      func open(_ context: [UInt8], _ sealed: HPKECiphertext) throws -> [UInt8] {
        try suite.decryptWithLabel(
          privateKey: pair.privateKey, publicKey: pair.publicKey, label: "Welcome",
          context: context, ciphertext: sealed
        ).copyBytes()
      }
      #expect(try open(context, sealed) == [1, 2, number])
      #expect(throws: MLSFailure.decryptionFailed) { try open(context + [0], sealed) }
      let again = try hpke.seal([1, 2, number], to: pair.publicKey)
      #expect(again.ciphertext != sealed.ciphertext)
      #expect(throws: MLSFailure.decryptionFailed) {
        try open(
          context, HPKECiphertext(kemOutput: again.kemOutput, ciphertext: sealed.ciphertext))
      }
    }
    #expect(outputs.count == 4)
  }

  @Test(arguments: CipherSuite.supported)
  func exportsAgree(_ suite: CipherSuite) throws {
    var generator = SeededGenerator(seed: 9181)
    let pair = try suite.generateHPKEKeyPair(using: &generator)
    let sent = try suite.encapsulateExport(
      publicKey: pair.publicKey, exporterContext: "MLS 1.0 external init secret", length: 48)
    let received = try suite.decapsulateExport(
      privateKey: pair.privateKey, kemOutput: sent.kemOutput,
      exporterContext: "MLS 1.0 external init secret", length: 48)
    #expect(sent.secret.constantTimeEquals(received))
    let other = try suite.decapsulateExport(
      privateKey: pair.privateKey, kemOutput: sent.kemOutput, exporterContext: "other", length: 48)
    #expect(!sent.secret.constantTimeEquals(other))
  }

  /// What swift-crypto seals we open, what we seal it opens, and both export the same.
  @Test(arguments: CipherSuite.supported)
  func agreesWithSwiftCrypto(_ suite: CipherSuite) throws {
    var generator = SeededGenerator(seed: 9183)
    let pair = try suite.generateHPKEKeyPair(using: &generator)
    let info = Array("some info".utf8)
    let ours = HPKESingleShot(suite: suite, info: info)
    let theirs = try SwiftCryptoHPKE(suite: suite, pair: pair, info: Data(info))

    let sealed = try ours.seal([1, 2, 3], to: pair.publicKey)
    #expect(try theirs.open(sealed) == [1, 2, 3])
    let opened = try ours.open(
      try theirs.seal([4, 5]), privateKey: pair.privateKey, publicKey: pair.publicKey)
    #expect(opened.copyBytes() == [4, 5])

    let (kemOutput, secret) = try ours.export(
      exporterContext: [9], length: 40, to: pair.publicKey)
    #expect(try theirs.export(kemOutput, context: [9], length: 40) == secret.symmetricKey)
  }

  /// Points of small order make the same secret with every ephemeral key (RFC 7748 §6.1,
  /// RFC 9180 §7.1.4); a point off the curve is no key.
  @Test func keysWithoutASecretAreRefused() throws {
    let x25519 = CipherSuite.mls128DHKEMX25519AES128GCMSHA256Ed25519
    for publicKey in [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
      #expect(throws: MLSFailure.invalidKey) {
        try x25519.encryptWithLabel(publicKey: publicKey, label: "", context: [], plaintext: [])
      }
    }
    let pair = try x25519.deriveHPKEKeyPair(inputKeyMaterial: Secret(zeroCount: 32))
    for kemOutput in [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
      let message = HPKECiphertext(
        kemOutput: kemOutput, ciphertext: [UInt8](repeating: 0, count: 16))
      #expect(throws: MLSFailure.decryptionFailed) {
        try x25519.decryptWithLabel(
          privateKey: pair.privateKey, publicKey: pair.publicKey, label: "", context: [],
          ciphertext: message)
      }
      #expect(throws: MLSFailure.decryptionFailed) {
        try x25519.decapsulateExport(
          privateKey: pair.privateKey, kemOutput: kemOutput, exporterContext: "", length: 32)
      }
    }
    let curves: [(CipherSuite, Int)] = [
      (.mls128DHKEMP256AES128GCMSHA256P256, 32), (.mls256DHKEMP384AES256GCMSHA384P384, 48),
      (.mls256DHKEMP521AES256GCMSHA512P521, 66),
    ]
    for (suite, length) in curves {
      let offCurve = [4] + [UInt8](repeating: 1, count: 2 * length)
      #expect(throws: MLSFailure.invalidKey) {
        try suite.encryptWithLabel(publicKey: offCurve, label: "", context: [], plaintext: [])
      }
    }
  }

  @Test(arguments: CipherSuite.supported)
  func keysOfAnotherLengthAreRefused(_ suite: CipherSuite) throws {
    var generator = SeededGenerator(seed: 9182)
    let key = try suite.generateHPKEKeyPair(using: &generator).publicKey
    for publicKey in [[], Array(key.dropLast()), key + [0]] {
      #expect(throws: MLSFailure.invalidKey) {
        try suite.encryptWithLabel(publicKey: publicKey, label: "", context: [], plaintext: [])
      }
    }
  }
}

/// The HPKE of swift-crypto with a suite's algorithms.
private struct SwiftCryptoHPKE {
  private let sender: () throws -> HPKE.Sender
  private let recipient: (Data) throws -> HPKE.Recipient

  init(suite: CipherSuite, pair: HPKEKeyPair, info: Data) throws {
    let aead: HPKE.AEAD =
      switch suite.algorithms.aead {
      case .aes128GCM: .AES_GCM_128
      case .aes256GCM: .AES_GCM_256
      case .chaCha20Poly1305: .chaChaPoly
      }
    func parts<Key: HPKEDiffieHellmanPrivateKey>(
      _ key: Key, _ kem: HPKE.KEM, _ kdf: HPKE.KDF
    ) -> (() throws -> HPKE.Sender, (Data) throws -> HPKE.Recipient) {
      let ciphers = HPKE.Ciphersuite(kem: kem, kdf: kdf, aead: aead)
      return (
        { try HPKE.Sender(recipientKey: key.publicKey, ciphersuite: ciphers, info: info) },
        {
          try HPKE.Recipient(
            privateKey: key, ciphersuite: ciphers, info: info, encapsulatedKey: $0)
        }
      )
    }
    switch try suite.kemPrivateKey(pair.privateKey) {
    case .diffieHellman(let key as Curve25519.KeyAgreement.PrivateKey):
      (sender, recipient) = parts(key, .Curve25519_HKDF_SHA256, .HKDF_SHA256)
    case .diffieHellman(let key as P256.KeyAgreement.PrivateKey):
      (sender, recipient) = parts(key, .P256_HKDF_SHA256, .HKDF_SHA256)
    case .diffieHellman(let key as P384.KeyAgreement.PrivateKey):
      (sender, recipient) = parts(key, .P384_HKDF_SHA384, .HKDF_SHA384)
    case .diffieHellman(let key as P521.KeyAgreement.PrivateKey):
      (sender, recipient) = parts(key, .P521_HKDF_SHA512, .HKDF_SHA512)
    case .xWing(let key):
      let ciphers = HPKE.Ciphersuite(kem: .XWingMLKEM768X25519, kdf: .HKDF_SHA384, aead: aead)
      sender = { try HPKE.Sender(recipientKey: key.publicKey, ciphersuite: ciphers, info: info) }
      recipient = {
        try HPKE.Recipient(
          privateKey: key, ciphersuite: ciphers, info: info, encapsulatedKey: $0)
      }
    default: throw MLSFailure.unsupportedCipherSuite
    }
  }

  func seal(_ plaintext: [UInt8]) throws -> HPKECiphertext {
    var context = try sender()
    return HPKECiphertext(
      kemOutput: Array(context.encapsulatedKey), ciphertext: Array(try context.seal(plaintext)))
  }

  func open(_ sealed: HPKECiphertext) throws -> [UInt8] {
    var context = try recipient(Data(sealed.kemOutput))
    return Array(try context.open(sealed.ciphertext))
  }

  func export(_ kemOutput: [UInt8], context: [UInt8], length: Int) throws -> SymmetricKey {
    try recipient(Data(kemOutput)).exportSecret(context: context, outputByteCount: length)
  }
}
