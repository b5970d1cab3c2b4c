// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import SansIO

/// A private key of one of the KEMs, in the form in which swift-crypto computes with it.
enum KEMPrivateKey {
  case diffieHellman(any DiffieHellmanKey)
  case xWing(XWingMLKEM768X25519.PrivateKey)

  /// What SerializePublicKey makes of the public half (RFC 9180 §7.1.1).
  var publicKey: [UInt8] {
    switch self {
    case .diffieHellman(let key): key.serializedPublicKey
    case .xWing(let key): Array(key.publicKey.rawRepresentation)
    }
  }
}

/// A private key of a DHKEM's group (RFC 9180 §7.1).
protocol DiffieHellmanKey {
  /// Draws one.
  init()
  /// DeserializePrivateKey.
  init(scalar: SymmetricKey) throws
  /// SerializePublicKey of the public half.
  var serializedPublicKey: [UInt8] { get }
  /// DH with a serialised public key; the bytes are checked before, the result after it
  /// (RFC 9180 §7.1.4).
  ///
  /// - Throws: `invalidKey`.
  func agreed(with publicKey: [UInt8]) throws(MLSFailure) -> Secret
}

extension Curve25519.KeyAgreement.PrivateKey: DiffieHellmanKey {
  init(scalar: SymmetricKey) throws { try self.init(rawRepresentation: scalar) }

  var serializedPublicKey: [UInt8] { Array(publicKey.rawRepresentation) }

  func agreed(with publicKey: [UInt8]) throws(MLSFailure) -> Secret {
    do {
      let secret = Secret(
        contiguous: try sharedSecretFromKeyAgreement(with: .init(rawRepresentation: publicKey)))
      // swift-crypto returns the zeros that points of small order lead to.
      guard !secret.constantTimeEquals(Secret(zeroCount: secret.count)) else {
        throw MLSFailure.invalidKey
      }
      return secret
    } catch {
      throw .invalidKey
    }
  }
}

extension P256.KeyAgreement.PrivateKey: DiffieHellmanKey {
  init() { self.init(compactRepresentable: false) }

  init(scalar: SymmetricKey) throws { try self.init(rawRepresentation: scalar) }

  var serializedPublicKey: [UInt8] { Array(publicKey.x963Representation) }

  func agreed(with publicKey: [UInt8]) throws(MLSFailure) -> Secret {
    try agreedSecret(with: publicKey, fieldLength: 32) { point in
      try sharedSecretFromKeyAgreement(with: .init(x963Representation: point))
    }
  }
}

extension P384.KeyAgreement.PrivateKey: DiffieHellmanKey {
  init() { self.init(compactRepresentable: false) }

  init(scalar: SymmetricKey) throws { try self.init(rawRepresentation: scalar) }

  var serializedPublicKey: [UInt8] { Array(publicKey.x963Representation) }

  func agreed(with publicKey: [UInt8]) throws(MLSFailure) -> Secret {
    try agreedSecret(with: publicKey, fieldLength: 48) { point in
      try sharedSecretFromKeyAgreement(with: .init(x963Representation: point))
    }
  }
}

extension P521.KeyAgreement.PrivateKey: DiffieHellmanKey {
  init() { self.init(compactRepresentable: false) }

  init(scalar: SymmetricKey) throws { try self.init(rawRepresentation: scalar) }

  var serializedPublicKey: [UInt8] { Array(publicKey.x963Representation) }

  func agreed(with publicKey: [UInt8]) throws(MLSFailure) -> Secret {
    try agreedSecret(with: publicKey, fieldLength: 66) { point in
      try sharedSecretFromKeyAgreement(with: .init(x963Representation: point))
    }
  }
}

/// DH on a NIST curve, which takes uncompressed points alone; swift-crypto checks that they lie on
/// the curve.
private func agreedSecret(
  with point: [UInt8], fieldLength: Int, _ agree: ([UInt8]) throws -> SharedSecret
) throws(MLSFailure) -> Secret {
  guard isUncompressedPoint(point, fieldLength: fieldLength) else { throw .invalidKey }
  do {
    return Secret(contiguous: try agree(point))
  } catch {
    throw .invalidKey
  }
}
