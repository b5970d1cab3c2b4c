// SPDX-License-Identifier: Apache-2.0

import Crypto
public import SansIO

/// An Ed25519 public key (RFC 8032). It is not known to be a point of the curve until it has
/// verified something.
public struct SignaturePublicKey: FixedBytes {
  /// 32 bytes.
  public static let byteCount = 32
  /// The 32 bytes of RFC 8032 §5.1.5.
  public let bytes: [UInt8]

  /// Takes 32 bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Whether `signature` was made over `content` under `label` with this key's private part.
  package func isValid(
    _ signature: Signature, of content: [UInt8], label: IdentityLabel
  ) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else {
      return false
    }
    return key.isValidSignature(signature.bytes, for: label.signContent(content))
  }

  /// Refuses a signature that this key did not make.
  ///
  /// - Throws: `signatureInvalid` with the label.
  func verify(
    _ signature: Signature, of content: [UInt8], label: IdentityLabel
  ) throws(IdentityFailure) {
    guard isValid(signature, of: content, label: label) else { throw .signatureInvalid(label) }
  }
}

/// An Ed25519 signature (RFC 8032 §5.1.6).
public struct Signature: FixedBytes {
  /// 64 bytes.
  public static let byteCount = 64
  /// Zeros in the place of a signature, while the content to be signed is put together.
  static let unsigned = Signature(zeroCount: byteCount)

  /// The 64 bytes.
  public let bytes: [UInt8]

  /// Takes 64 bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  private init(zeroCount: Int) { bytes = Array(repeating: 0, count: zeroCount) }
}

/// An Ed25519 private key: the 32-byte seed of RFC 8032 §5.1.5.
public struct SigningKey: Sendable {
  /// The length of a seed, in bytes.
  public static let seedByteCount = 32

  /// The seed, for the encrypted store and for the MLS library.
  public let seed: Secret
  /// The public part.
  public let publicKey: SignaturePublicKey

  /// A new key, drawn from `generator`.
  public init(using generator: inout some RandomNumberGenerator) {
    let seed = Secret(count: Self.seedByteCount, using: &generator)
    guard let key = SigningKey(seed: seed) else { preconditionFailure("a seed has 32 bytes") }
    self = key
  }

  /// The key of `seed`, or `nil` when the seed does not have 32 bytes.
  public init?(seed: Secret) {
    guard let key = SigningKey.expanded(seed) else { return nil }
    guard let publicKey = SignaturePublicKey(Array(key.publicKey.rawRepresentation)) else {
      return nil
    }
    self.seed = seed
    self.publicKey = publicKey
  }

  /// Signs `content` under `label`.
  package func sign(_ content: [UInt8], label: IdentityLabel) -> Signature {
    guard
      let key = SigningKey.expanded(seed),
      let bytes = try? key.signature(for: label.signContent(content)),
      let signature = Signature(Array(bytes))
    else { preconditionFailure("a checked seed signs") }
    return signature
  }

  private static func expanded(_ seed: Secret) -> Curve25519.Signing.PrivateKey? {
    unsafe seed.withUnsafeBytes { bytes in
      unsafe try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
    }
  }
}
