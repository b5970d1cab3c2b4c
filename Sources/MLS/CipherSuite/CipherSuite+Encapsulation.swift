// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import SansIO

/// Encap and Decap of the suite's KEM (RFC 9180 §4.1; X-Wing: draft-connolly-cfrg-xwing-kem).
extension CipherSuite {
  /// A KEM's shared secret, and what the recipient needs to have it too.
  struct Encapsulation {
    let kemOutput: [UInt8]
    let sharedSecret: Secret
  }

  /// The KEM's number (RFC 9180 §7.1, draft-ietf-hpke-pq for X-Wing).
  var kemID: UInt16 {
    switch algorithms.kem {
    case .p256: 0x0010
    case .p384: 0x0011
    case .p521: 0x0012
    case .x25519: 0x0020
    case .xWing: 0x647a
    }
  }

  /// LabeledExtract and LabeledExpand inside the KEM.
  var kemDerivation: LabelledKDF {
    LabelledKDF(
      suite: self, suiteID: Array("KEM".utf8) + [UInt8(kemID >> 8), UInt8(kemID & 0xff)])
  }

  /// A fresh shared secret for the holder of `publicKey`'s private half.
  ///
  /// - Throws: `invalidKey` when the key is not one of the suite's KEM, or is one with which every
  ///   exchange has the same result.
  func encapsulate(publicKey: [UInt8]) throws(MLSFailure) -> Encapsulation {
    let ephemeral: any DiffieHellmanKey
    switch algorithms.kem {
    case .x25519: ephemeral = Curve25519.KeyAgreement.PrivateKey()
    case .p256: ephemeral = P256.KeyAgreement.PrivateKey()
    case .p384: ephemeral = P384.KeyAgreement.PrivateKey()
    case .p521: ephemeral = P521.KeyAgreement.PrivateKey()
    case .xWing: return try CipherSuite.xWingEncapsulation(publicKey)
    }
    let kemOutput = ephemeral.serializedPublicKey
    return Encapsulation(
      kemOutput: kemOutput,
      sharedSecret: sharedSecret(
        of: try ephemeral.agreed(with: publicKey), kemOutput: kemOutput, recipient: publicKey))
  }

  /// The shared secret behind a KEM output.
  ///
  /// - Parameter publicKey: what belongs to the private key.
  /// - Throws: `invalidKey` for a private key of another KEM, `decryptionFailed` for an output
  ///   that is none of the suite's KEM, or that has the same result for every key.
  func decapsulate(
    _ kemOutput: [UInt8], privateKey: Secret, publicKey: [UInt8]
  ) throws(MLSFailure) -> Secret {
    switch try kemPrivateKey(privateKey) {
    case .diffieHellman(let key):
      guard let agreed = try? key.agreed(with: kemOutput) else { throw .decryptionFailed }
      return sharedSecret(of: agreed, kemOutput: kemOutput, recipient: publicKey)
    case .xWing(let key):
      guard let shared = try? key.decapsulate(Data(kemOutput)) else { throw .decryptionFailed }
      return Secret(contiguous: shared)
    }
  }

  /// A private key from SerializePrivateKey's bytes; leading zeros may be missing.
  ///
  /// - Throws: `invalidKey`.
  func kemPrivateKey(_ bytes: Secret) throws(MLSFailure) -> KEMPrivateKey {
    do {
      return switch algorithms.kem {
      case .x25519:
        .diffieHellman(try Curve25519.KeyAgreement.PrivateKey(scalar: bytes.scalar(length: 32)))
      case .p256: .diffieHellman(try P256.KeyAgreement.PrivateKey(scalar: bytes.scalar(length: 32)))
      case .p384: .diffieHellman(try P384.KeyAgreement.PrivateKey(scalar: bytes.scalar(length: 48)))
      case .p521: .diffieHellman(try P521.KeyAgreement.PrivateKey(scalar: bytes.scalar(length: 66)))
      case .xWing:
        .xWing(
          try unsafe bytes.withUnsafeBytes { seed in
            try unsafe XWingMLKEM768X25519.PrivateKey(seedRepresentation: seed, publicKey: nil)
          })
      }
    } catch {
      throw .invalidKey
    }
  }

  private static func xWingEncapsulation(_ publicKey: [UInt8]) throws(MLSFailure) -> Encapsulation {
    do {
      let result = try XWingMLKEM768X25519.PublicKey(rawRepresentation: publicKey).encapsulate()
      return Encapsulation(
        kemOutput: Array(result.encapsulated),
        sharedSecret: Secret(contiguous: result.sharedSecret))
    } catch {
      throw .invalidKey
    }
  }

  /// ExtractAndExpand of DHKEM (RFC 9180 §4.1).
  private func sharedSecret(
    of agreed: Secret, kemOutput: [UInt8], recipient: [UInt8]
  ) -> Secret {
    let derivation = kemDerivation
    return derivation.expand(
      derivation.extract(label: "eae_prk", agreed), label: "shared_secret",
      info: kemOutput + recipient, length: hashLength)
  }
}
