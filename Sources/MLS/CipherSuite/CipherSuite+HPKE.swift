// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
public import SansIO

/// ```
/// struct {
///   opaque kem_output<V>;
///   opaque ciphertext<V>;
/// } HPKECiphertext;
/// ```
/// (RFC 9420 §7.6)
public struct HPKECiphertext: Hashable, WireValue {
  /// The KEM's encapsulated secret.
  public let kemOutput: [UInt8]
  /// The sealed plaintext with its tag.
  public let ciphertext: [UInt8]

  /// Joins the two parts.
  public init(kemOutput: [UInt8], ciphertext: [UInt8]) {
    self.kemOutput = kemOutput
    self.ciphertext = ciphertext
  }

  /// Takes both vectors.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    kemOutput = try input.readVector()
    ciphertext = try input.readVector()
  }

  /// Writes both vectors.
  public func encode(to output: inout ByteWriter) {
    output.write(vector: kemOutput)
    output.write(vector: ciphertext)
  }
}

/// EncryptWithLabel and DecryptWithLabel (RFC 9420 §5.1.3), sealed and opened by swift-crypto.
extension CipherSuite {
  /// The public key that belongs to an HPKE private key.
  ///
  /// - Throws: `invalidKey` when the bytes are no private key of the suite's KEM.
  public func hpkePublicKey(of privateKey: Secret) throws(MLSFailure) -> [UInt8] {
    let raw = privateKey.scalar(length: hpkePrivateKeyLength)
    do {
      return
        switch algorithms.kem
      {
      case .x25519:
        Array(
          try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: raw)
            .publicKey.rawRepresentation)
      case .p256:
        Array(
          try P256.KeyAgreement.PrivateKey(rawRepresentation: raw)
            .publicKey.x963Representation)
      case .p384:
        Array(
          try P384.KeyAgreement.PrivateKey(rawRepresentation: raw)
            .publicKey.x963Representation)
      case .p521:
        Array(
          try P521.KeyAgreement.PrivateKey(rawRepresentation: raw)
            .publicKey.x963Representation)
      case .xWing:
        Array(try CipherSuite.xWingPrivateKey(privateKey).publicKey.rawRepresentation)
      }
    } catch {
      throw .invalidKey
    }
  }

  /// Seals `plaintext` to `publicKey` with the HPKE info EncryptContext and an empty AAD.
  ///
  /// - Throws: `invalidKey` when the public key is not one of the suite's KEM.
  public func encryptWithLabel(
    publicKey: [UInt8], label: String, context: [UInt8], plaintext: [UInt8]
  ) throws(MLSFailure) -> HPKECiphertext {
    var sender = try hpkeSender(
      publicKey: publicKey, info: CipherSuite.encryptContext(label: label, context: context))
    do {
      let ciphertext = try sender.seal(plaintext)
      return HPKECiphertext(
        kemOutput: Array(sender.encapsulatedKey), ciphertext: Array(ciphertext))
    } catch {
      throw .invalidKey
    }
  }

  /// Opens what `encryptWithLabel` sealed for `publicKey`, whose private half is given.
  ///
  /// - Throws: `invalidKey` for a private key of another KEM, `decryptionFailed` otherwise.
  public func decryptWithLabel(
    privateKey: Secret, publicKey: [UInt8], label: String, context: [UInt8],
    ciphertext: HPKECiphertext
  ) throws(MLSFailure) -> Secret {
    var recipient = try hpkeRecipient(
      privateKey: privateKey, kemOutput: ciphertext.kemOutput,
      info: CipherSuite.encryptContext(label: label, context: context))
    do {
      return Secret(contiguous: try recipient.open(ciphertext.ciphertext))
    } catch {
      throw .decryptionFailed
    }
  }

  /// The sender's side of external initialisation: HPKE SetupBaseS with an empty info, then Export
  /// (RFC 9420 §8.3).
  func encapsulateExport(
    publicKey: [UInt8], exporterContext: String, length: Int
  ) throws(MLSFailure) -> (kemOutput: [UInt8], secret: Secret) {
    let sender = try hpkeSender(publicKey: publicKey, info: Data())
    do {
      let key = try sender.exportSecret(
        context: Array(exporterContext.utf8), outputByteCount: length)
      return (Array(sender.encapsulatedKey), Secret(contiguous: key))
    } catch {
      throw .invalidKey
    }
  }

  /// The receiver's side of external initialisation (RFC 9420 §8.3).
  func decapsulateExport(
    privateKey: Secret, kemOutput: [UInt8], exporterContext: String, length: Int
  ) throws(MLSFailure) -> Secret {
    let recipient = try hpkeRecipient(privateKey: privateKey, kemOutput: kemOutput, info: Data())
    do {
      let key = try recipient.exportSecret(
        context: Array(exporterContext.utf8), outputByteCount: length)
      return Secret(contiguous: key)
    } catch {
      throw .decryptionFailed
    }
  }

  private func hpkeSender(publicKey: [UInt8], info: Data) throws(MLSFailure) -> HPKE.Sender {
    let suite = hpkeCiphersuite
    do {
      switch algorithms.kem {
      case .x25519:
        return try HPKE.Sender(
          recipientKey: Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey),
          ciphersuite: suite, info: info)
      case .p256:
        guard isUncompressedPoint(publicKey, fieldLength: 32) else { throw MLSFailure.invalidKey }
        return try HPKE.Sender(
          recipientKey: P256.KeyAgreement.PublicKey(x963Representation: publicKey),
          ciphersuite: suite, info: info)
      case .p384:
        guard isUncompressedPoint(publicKey, fieldLength: 48) else { throw MLSFailure.invalidKey }
        return try HPKE.Sender(
          recipientKey: P384.KeyAgreement.PublicKey(x963Representation: publicKey),
          ciphersuite: suite, info: info)
      case .p521:
        guard isUncompressedPoint(publicKey, fieldLength: 66) else { throw MLSFailure.invalidKey }
        return try HPKE.Sender(
          recipientKey: P521.KeyAgreement.PublicKey(x963Representation: publicKey),
          ciphersuite: suite, info: info)
      case .xWing:
        return try HPKE.Sender(
          recipientKey: XWingMLKEM768X25519.PublicKey(rawRepresentation: publicKey),
          ciphersuite: suite, info: info)
      }
    } catch {
      throw .invalidKey
    }
  }

  private func hpkeRecipient(
    privateKey: Secret, kemOutput: [UInt8], info: Data
  ) throws(MLSFailure) -> HPKE.Recipient {
    let suite = hpkeCiphersuite
    let raw = privateKey.scalar(length: hpkePrivateKeyLength)
    let encapsulated = Data(kemOutput)
    do {
      return
        switch algorithms.kem
      {
      case .x25519:
        try HPKE.Recipient(
          privateKey: Curve25519.KeyAgreement.PrivateKey(rawRepresentation: raw),
          ciphersuite: suite, info: info, encapsulatedKey: encapsulated)
      case .p256:
        try HPKE.Recipient(
          privateKey: P256.KeyAgreement.PrivateKey(rawRepresentation: raw),
          ciphersuite: suite, info: info, encapsulatedKey: encapsulated)
      case .p384:
        try HPKE.Recipient(
          privateKey: P384.KeyAgreement.PrivateKey(rawRepresentation: raw),
          ciphersuite: suite, info: info, encapsulatedKey: encapsulated)
      case .p521:
        try HPKE.Recipient(
          privateKey: P521.KeyAgreement.PrivateKey(rawRepresentation: raw),
          ciphersuite: suite, info: info, encapsulatedKey: encapsulated)
      case .xWing:
        try HPKE.Recipient(
          privateKey: CipherSuite.xWingPrivateKey(privateKey),
          ciphersuite: suite, info: info, encapsulatedKey: encapsulated)
      }
    } catch {
      throw .decryptionFailed
    }
  }

  private var hpkePrivateKeyLength: Int {
    switch algorithms.kem {
    case .x25519, .p256, .xWing: 32
    case .p384: 48
    case .p521: 66
    }
  }

  private var hpkeCiphersuite: HPKE.Ciphersuite {
    let aead: HPKE.AEAD =
      switch algorithms.aead {
      case .aes128GCM: .AES_GCM_128
      case .aes256GCM: .AES_GCM_256
      case .chaCha20Poly1305: .chaChaPoly
      }
    return switch algorithms.kem {
    case .x25519: .init(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: aead)
    case .p256: .init(kem: .P256_HKDF_SHA256, kdf: .HKDF_SHA256, aead: aead)
    case .p384: .init(kem: .P384_HKDF_SHA384, kdf: .HKDF_SHA384, aead: aead)
    case .p521: .init(kem: .P521_HKDF_SHA512, kdf: .HKDF_SHA512, aead: aead)
    case .xWing: .init(kem: .XWingMLKEM768X25519, kdf: .HKDF_SHA384, aead: aead)
    }
  }

  private static func xWingPrivateKey(
    _ seed: Secret
  ) throws -> XWingMLKEM768X25519.PrivateKey {
    try unsafe seed.withUnsafeBytes { bytes in
      try unsafe XWingMLKEM768X25519.PrivateKey(seedRepresentation: bytes, publicKey: nil)
    }
  }

  /// ```
  /// struct {
  ///   opaque label<V>;
  ///   opaque context<V>;
  /// } EncryptContext;
  /// ```
  private static func encryptContext(label: String, context: [UInt8]) -> Data {
    var output = ByteWriter(capacity: context.count + 32)
    output.write(vector: labelled(label))
    output.write(vector: context)
    return Data(output.bytes)
  }
}
