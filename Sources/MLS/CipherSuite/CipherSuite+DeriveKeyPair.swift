// SPDX-License-Identifier: Apache-2.0

import Crypto
public import SansIO

/// An HPKE key pair of some suite.
public struct HPKEKeyPair: Sendable {
  /// SerializePrivateKey's bytes (RFC 9180 §7.1.2); the 32-byte seed for X-Wing.
  public let privateKey: Secret
  /// SerializePublicKey's bytes (RFC 9180 §7.1.1).
  public let publicKey: [UInt8]

  /// Joins two halves that belong together.
  public init(privateKey: Secret, publicKey: [UInt8]) {
    self.privateKey = privateKey
    self.publicKey = publicKey
  }
}

/// KEM.DeriveKeyPair, which swift-crypto does not offer (RFC 9180 §7.1.3, draft-ietf-hpke-pq).
extension CipherSuite {
  /// Makes a key pair from bytes of `generator`, through `deriveHPKEKeyPair`.
  public func generateHPKEKeyPair(
    using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> HPKEKeyPair {
    try deriveHPKEKeyPair(inputKeyMaterial: Secret(count: 66, using: &generator))
  }

  /// The key pair that follows from `inputKeyMaterial`.
  ///
  /// - Throws: `keyGenerationFailed` when no candidate of the 256 is a key (RFC 9180 §7.1.3).
  public func deriveHPKEKeyPair(inputKeyMaterial: Secret) throws(MLSFailure) -> HPKEKeyPair {
    switch algorithms.kem {
    case .x25519:
      let privateKey = kemDerivation.expand(
        dkpPRK(inputKeyMaterial), label: "sk", info: [], length: 32)
      return HPKEKeyPair(privateKey: privateKey, publicKey: try hpkePublicKey(of: privateKey))
    case .p256: return try candidate(inputKeyMaterial, length: 32, mask: 0xff)
    case .p384: return try candidate(inputKeyMaterial, length: 48, mask: 0xff)
    case .p521: return try candidate(inputKeyMaterial, length: 66, mask: 0x01)
    case .xWing:
      let privateKey = CipherSuite.xWingSeed(inputKeyMaterial)
      return HPKEKeyPair(privateKey: privateKey, publicKey: try hpkePublicKey(of: privateKey))
    }
  }

  private func dkpPRK(_ inputKeyMaterial: Secret) -> Secret {
    kemDerivation.extract(label: "dkp_prk", inputKeyMaterial)
  }

  /// Draws candidates by rejection for the NIST curves.
  private func candidate(
    _ inputKeyMaterial: Secret, length: Int, mask: UInt8
  ) throws(MLSFailure) -> HPKEKeyPair {
    let pseudoRandomKey = dkpPRK(inputKeyMaterial)
    for counter in UInt8.min...UInt8.max {
      let scalar = kemDerivation.expand(
        pseudoRandomKey, label: "candidate", info: [counter], length: length
      ).masking(firstByte: mask)
      if let publicKey = try? hpkePublicKey(of: scalar) {
        return HPKEKeyPair(privateKey: scalar, publicKey: publicKey)
      }
    }
    throw .keyGenerationFailed
  }

  /// SHAKE256.LabeledDerive of draft-ietf-hpke-pq for KEM 0x647a:
  /// ikm || "HPKE-v1" || "KEM" 0x647a || u16-prefixed "DeriveKeyPair" || u16(32) || context "".
  static func xWingSeed(_ inputKeyMaterial: Secret) -> Secret {
    var suffix = ByteWriter()
    suffix.write(raw: Array("HPKE-v1KEM".utf8))
    suffix.write(UInt16(0x647a))
    let label = Array("DeriveKeyPair".utf8)
    suffix.write(UInt16(label.count))
    suffix.write(raw: label)
    suffix.write(UInt16(32))
    return SHAKE256.derive(inputKeyMaterial.appending(suffix.bytes), length: 32)
  }
}

extension Secret {
  /// The concatenation with public bytes.
  func appending(_ suffix: [UInt8]) -> Secret { appending(Secret(suffix)) }

  /// The concatenation with other secret bytes.
  func appending(_ suffix: Secret) -> Secret {
    let length = count
    return unsafe Secret(count: length + suffix.count) { target in
      unsafe copy(into: target, at: 0)
      unsafe suffix.copy(into: target, at: length)
    }
  }

  private func copy(into target: UnsafeMutableRawBufferPointer, at offset: Int) {
    let length = count
    unsafe withUnsafeBytes { bytes in
      for index in 0..<length { unsafe target[offset + index] = bytes[index] }
    }
  }
}
