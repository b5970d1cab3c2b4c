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
      let privateKey = LabelledDerivation<SHA256>(kemID: 0x0020).key(inputKeyMaterial, length: 32)
      return HPKEKeyPair(privateKey: privateKey, publicKey: try hpkePublicKey(of: privateKey))
    case .p256:
      return try candidate(LabelledDerivation<SHA256>(kemID: 0x0010), inputKeyMaterial, 32, 0xff)
    case .p384:
      return try candidate(LabelledDerivation<SHA384>(kemID: 0x0011), inputKeyMaterial, 48, 0xff)
    case .p521:
      return try candidate(LabelledDerivation<SHA512>(kemID: 0x0012), inputKeyMaterial, 66, 0x01)
    case .xWing:
      let privateKey = CipherSuite.xWingSeed(inputKeyMaterial)
      return HPKEKeyPair(privateKey: privateKey, publicKey: try hpkePublicKey(of: privateKey))
    }
  }

  /// Draws candidates by rejection for the NIST curves.
  private func candidate<Hash: HashFunction>(
    _ derivation: LabelledDerivation<Hash>, _ inputKeyMaterial: Secret, _ length: Int, _ mask: UInt8
  ) throws(MLSFailure) -> HPKEKeyPair {
    let pseudoRandomKey = derivation.pseudoRandomKey(inputKeyMaterial)
    for counter in UInt8.min...UInt8.max {
      let scalar = derivation.expand(
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

/// LabeledExtract and LabeledExpand under a KEM's suite_id (RFC 9180 §4, §4.1).
private struct LabelledDerivation<Hash: HashFunction> {
  let kemID: UInt16

  private var prefix: [UInt8] {
    Array("HPKE-v1KEM".utf8) + [UInt8(kemID >> 8), UInt8(kemID & 0xff)]
  }

  func pseudoRandomKey(_ inputKeyMaterial: Secret) -> Secret {
    let labelled = Secret(prefix + Array("dkp_prk".utf8)).appending(inputKeyMaterial)
    return HKDFStep<Hash>.extract(salt: Secret(zeroCount: 0), inputKeyMaterial: labelled)
  }

  func expand(_ key: Secret, label: String, info: [UInt8], length: Int) -> Secret {
    let labelled =
      [UInt8(length >> 8), UInt8(length & 0xff)] + prefix + Array(label.utf8) + info
    return HKDFStep<Hash>.expand(key, info: labelled, length: length)
  }

  func key(_ inputKeyMaterial: Secret, length: Int) -> Secret {
    expand(pseudoRandomKey(inputKeyMaterial), label: "sk", info: [], length: length)
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
