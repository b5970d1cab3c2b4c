// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Single-shot HPKE in base mode (RFC 9180 §5.1, §6) for any recipients of one `info`, hashed
/// once.
///
/// A Welcome seals each newcomer's secrets with the whole encrypted GroupInfo as context
/// (RFC 9420 §12.4.3.1). A sender that is set up anew for each of them hashes it as often, which
/// makes the creation of a group quadratic. KEMs, hashes and AEADs are swift-crypto's; its own
/// HPKE takes no hashed `info` and accepts X25519 keys of small order, and is what the tests
/// compare this with.
struct HPKESingleShot {
  private let suite: CipherSuite
  private let derivation: LabelledKDF
  /// `key_schedule_context`: mode_base, and the hashes of an empty `psk_id` and of `info`.
  private let context: [UInt8]

  /// Hashes `info`.
  ///
  /// - Precondition: the suite is supported.
  init(suite: CipherSuite, info: [UInt8]) {
    self.suite = suite
    derivation = suite.hpkeDerivation
    context =
      [0] + derivation.extract(label: "psk_id_hash", public: [])
      + derivation.extract(label: "info_hash", public: info)
  }

  /// Seals one plaintext with an empty AAD, under a context that is used for nothing else.
  ///
  /// - Throws: `invalidKey` when the public key is not one of the suite's KEM.
  func seal(_ plaintext: [UInt8], to publicKey: [UInt8]) throws(MLSFailure) -> HPKECiphertext {
    let encapsulation = try suite.encapsulate(publicKey: publicKey)
    let (key, nonce) = sealingKey(encapsulation.sharedSecret)
    return HPKECiphertext(
      kemOutput: encapsulation.kemOutput,
      ciphertext: try suite.seal(
        key: key, nonce: nonce, authenticating: [], plaintext: plaintext))
  }

  /// Opens what `seal` made for the holder of `privateKey`.
  ///
  /// - Throws: `invalidKey` for a private key of another KEM, `decryptionFailed` otherwise.
  func open(
    _ sealed: HPKECiphertext, privateKey: Secret, publicKey: [UInt8]
  ) throws(MLSFailure) -> Secret {
    let (key, nonce) = sealingKey(
      try suite.decapsulate(sealed.kemOutput, privateKey: privateKey, publicKey: publicKey))
    return Secret(
      try suite.open(
        key: key, nonce: nonce, authenticating: [], ciphertext: sealed.ciphertext))
  }

  /// SetupBaseS, then Export (RFC 9180 §5.3).
  ///
  /// - Throws: `invalidKey` when the public key is not one of the suite's KEM.
  func export(
    exporterContext: [UInt8], length: Int, to publicKey: [UInt8]
  ) throws(MLSFailure) -> (kemOutput: [UInt8], secret: Secret) {
    let encapsulation = try suite.encapsulate(publicKey: publicKey)
    return (
      encapsulation.kemOutput,
      export(exporterContext, length: length, sharedSecret: encapsulation.sharedSecret)
    )
  }

  /// SetupBaseR, then Export (RFC 9180 §5.3).
  ///
  /// - Throws: `invalidKey` for a private key of another KEM, `decryptionFailed` for a bad output.
  func export(
    exporterContext: [UInt8], length: Int, kemOutput: [UInt8], privateKey: Secret
  ) throws(MLSFailure) -> Secret {
    let sharedSecret = try suite.decapsulate(
      kemOutput, privateKey: privateKey, publicKey: suite.hpkePublicKey(of: privateKey))
    return export(exporterContext, length: length, sharedSecret: sharedSecret)
  }

  private func export(
    _ exporterContext: [UInt8], length: Int, sharedSecret: Secret
  ) -> Secret {
    let exporter = derivation.expand(
      scheduleSecret(sharedSecret), label: "exp", info: context, length: suite.hashLength)
    return derivation.expand(exporter, label: "sec", info: exporterContext, length: length)
  }

  private func sealingKey(_ sharedSecret: Secret) -> (key: Secret, nonce: [UInt8]) {
    let secret = scheduleSecret(sharedSecret)
    return (
      derivation.expand(secret, label: "key", info: context, length: suite.aeadKeyLength),
      derivation.expand(
        secret, label: "base_nonce", info: context, length: suite.aeadNonceLength
      ).copyBytes()
    )
  }

  private func scheduleSecret(_ sharedSecret: Secret) -> Secret {
    derivation.extract(salt: sharedSecret, label: "secret", Secret(zeroCount: 0))
  }
}

extension CipherSuite {
  /// LabeledExtract and LabeledExpand of the HPKE key schedule (RFC 9180 §5.1, §7.2–7.3).
  fileprivate var hpkeDerivation: LabelledKDF {
    let kdfID: UInt8 =
      switch algorithms.hash {
      case .sha256: 1
      case .sha384: 2
      case .sha512: 3
      }
    let aeadID: UInt8 =
      switch algorithms.aead {
      case .aes128GCM: 1
      case .aes256GCM: 2
      case .chaCha20Poly1305: 3
      }
    return LabelledKDF(
      suite: self,
      suiteID: Array("HPKE".utf8)
        + [UInt8(kemID >> 8), UInt8(kemID & 0xff), 0, kdfID, 0, aeadID])
  }
}
