// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
public import SansIO

/// A signature private key as its raw bytes: the seed of RFC 8032 for Ed25519, the big-endian
/// scalar at field size for ECDSA.
public struct SignaturePrivateKey: Sendable {
  /// The bytes, for an encrypted store.
  public let rawRepresentation: Secret

  /// Takes the raw bytes; whether they are a key of a suite shows at the first use.
  public init(rawRepresentation: Secret) { self.rawRepresentation = rawRepresentation }
}

/// A signature key pair of some suite.
public struct SignatureKeyPair: Sendable {
  /// The private half.
  public let privateKey: SignaturePrivateKey
  /// The public half: 32 bytes for Ed25519, an uncompressed point for ECDSA (RFC 9420 §5.1.1).
  public let publicKey: [UInt8]

  /// Joins two halves that belong together.
  public init(privateKey: SignaturePrivateKey, publicKey: [UInt8]) {
    self.privateKey = privateKey
    self.publicKey = publicKey
  }
}

/// SignWithLabel and VerifyWithLabel (RFC 9420 §5.1.2).
extension CipherSuite {
  /// Makes a key pair from bytes of `generator`.
  ///
  /// - Throws: `keyGenerationFailed` when 64 draws in a row give no key, which happens by chance
  ///   in less than one of 2^2000 cases.
  public func generateSignatureKeyPair(
    using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> SignatureKeyPair {
    for _ in 0..<64 {
      let length = signaturePrivateKeyLength
      let drawn = Secret(count: length, using: &generator)
      let candidate = SignaturePrivateKey(
        rawRepresentation: algorithms.signature == .p521
          ? drawn.masking(firstByte: 0x01) : drawn)
      if let publicKey = try? signaturePublicKey(of: candidate) {
        return SignatureKeyPair(privateKey: candidate, publicKey: publicKey)
      }
    }
    throw .keyGenerationFailed
  }

  /// The public key that belongs to a private key.
  ///
  /// - Throws: `invalidKey` when the bytes are no private key of the suite.
  public func signaturePublicKey(of key: SignaturePrivateKey) throws(MLSFailure) -> [UInt8] {
    let raw = key.rawRepresentation.scalar(length: signaturePrivateKeyLength)
    do {
      return
        switch algorithms.signature
      {
      case .ed25519:
        Array(
          try Curve25519.Signing.PrivateKey(rawRepresentation: raw)
            .publicKey.rawRepresentation)
      case .p256:
        Array(
          try P256.Signing.PrivateKey(rawRepresentation: raw)
            .publicKey.x963Representation)
      case .p384:
        Array(
          try P384.Signing.PrivateKey(rawRepresentation: raw)
            .publicKey.x963Representation)
      case .p521:
        Array(
          try P521.Signing.PrivateKey(rawRepresentation: raw)
            .publicKey.x963Representation)
      }
    } catch {
      throw .invalidKey
    }
  }

  /// Signs `content` under `label`, which comes without the prefix "MLS 1.0 ".
  ///
  /// - Throws: `invalidKey` when the key is not one of the suite.
  public func sign(
    privateKey: SignaturePrivateKey, label: String, content: [UInt8]
  ) throws(MLSFailure) -> [UInt8] {
    let message = CipherSuite.signContent(label: label, content: content)
    let raw = privateKey.rawRepresentation.scalar(length: signaturePrivateKeyLength)
    do {
      return
        switch algorithms.signature
      {
      case .ed25519:
        Array(
          try Curve25519.Signing.PrivateKey(rawRepresentation: raw)
            .signature(for: message))
      case .p256:
        Array(
          try P256.Signing.PrivateKey(rawRepresentation: raw)
            .signature(for: message).derRepresentation)
      case .p384:
        Array(
          try P384.Signing.PrivateKey(rawRepresentation: raw)
            .signature(for: message).derRepresentation)
      case .p521:
        Array(
          try P521.Signing.PrivateKey(rawRepresentation: raw)
            .signature(for: message).derRepresentation)
      }
    } catch {
      throw .invalidKey
    }
  }

  /// Whether `signature` is one of `content` under `label` by the owner of `publicKey`.
  /// Malformed keys and signatures do not verify.
  public func verify(
    publicKey: [UInt8], label: String, content: [UInt8], signature: [UInt8]
  ) -> Bool {
    let message = CipherSuite.signContent(label: label, content: content)
    do {
      switch algorithms.signature {
      case .ed25519:
        return try Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
          .isValidSignature(signature, for: message)
      case .p256:
        guard isUncompressedPoint(publicKey, fieldLength: 32) else { return false }
        return try P256.Signing.PublicKey(x963Representation: publicKey)
          .isValidSignature(.init(derRepresentation: signature), for: message)
      case .p384:
        guard isUncompressedPoint(publicKey, fieldLength: 48) else { return false }
        return try P384.Signing.PublicKey(x963Representation: publicKey)
          .isValidSignature(.init(derRepresentation: signature), for: message)
      case .p521:
        guard isUncompressedPoint(publicKey, fieldLength: 66) else { return false }
        return try P521.Signing.PublicKey(x963Representation: publicKey)
          .isValidSignature(.init(derRepresentation: signature), for: message)
      }
    } catch {
      return false
    }
  }

  private var signaturePrivateKeyLength: Int {
    switch algorithms.signature {
    case .ed25519, .p256: 32
    case .p384: 48
    case .p521: 66
    }
  }

  /// ```
  /// struct {
  ///   opaque label<V>;
  ///   opaque content<V>;
  /// } SignContent;
  /// ```
  private static func signContent(label: String, content: [UInt8]) -> [UInt8] {
    var output = ByteWriter(capacity: content.count + 48)
    output.write(vector: labelled(label))
    output.write(vector: content)
    return output.bytes
  }
}

/// Whether the bytes have the form of an uncompressed point (RFC 9420 §5.1.1).
func isUncompressedPoint(_ bytes: [UInt8], fieldLength: Int) -> Bool {
  bytes.count == 1 + 2 * fieldLength && bytes.first == 0x04
}

extension Secret {
  /// A copy whose first byte is masked.
  func masking(firstByte mask: UInt8) -> Secret {
    unsafe withUnsafeBytes { source in
      unsafe Secret(count: source.count) { target in
        unsafe target.copyMemory(from: source)
        if target.count > 0 { unsafe target[0] &= mask }
      }
    }
  }
}
