// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
public import SansIO

/// Hashes, MACs and labelled key derivation (RFC 9420 §5.1–5.2, §8).
extension CipherSuite {
  /// The suite's hash of `data`.
  public func hash(_ data: [UInt8]) -> [UInt8] {
    switch algorithms.hash {
    case .sha256: Array(SHA256.hash(data: data))
    case .sha384: Array(SHA384.hash(data: data))
    case .sha512: Array(SHA512.hash(data: data))
    }
  }

  /// HMAC with the suite's hash.
  public func mac(key: Secret, data: [UInt8]) -> [UInt8] {
    switch algorithms.hash {
    case .sha256:
      Array(HMAC<SHA256>.authenticationCode(for: data, using: key.symmetricKey))
    case .sha384:
      Array(HMAC<SHA384>.authenticationCode(for: data, using: key.symmetricKey))
    case .sha512:
      Array(HMAC<SHA512>.authenticationCode(for: data, using: key.symmetricKey))
    }
  }

  /// Whether `tag` is the MAC of `data`: the length is compared first, then the bytes in constant
  /// time, so that a shortened tag never passes.
  public func verifyMAC(_ tag: [UInt8], key: Secret, data: [UInt8]) -> Bool {
    constantTimeEquals(tag, mac(key: key, data: data))
  }

  /// KDF.Extract (RFC 9420 §5.1, RFC 5869 §2.2).
  public func extract(salt: Secret, inputKeyMaterial: Secret) -> Secret {
    switch algorithms.hash {
    case .sha256: HKDFStep<SHA256>.extract(salt: salt, inputKeyMaterial: inputKeyMaterial)
    case .sha384: HKDFStep<SHA384>.extract(salt: salt, inputKeyMaterial: inputKeyMaterial)
    case .sha512: HKDFStep<SHA512>.extract(salt: salt, inputKeyMaterial: inputKeyMaterial)
    }
  }

  /// ExpandWithLabel (RFC 9420 §8): `label` comes without the prefix "MLS 1.0 ".
  ///
  /// ```
  /// struct {
  ///   uint16 length;
  ///   opaque label<V>;
  ///   opaque context<V>;
  /// } KDFLabel;
  /// ```
  public func expandWithLabel(
    _ secret: Secret, label: String, context: [UInt8], length: Int
  ) -> Secret {
    var info = ByteWriter(capacity: 16 + label.utf8.count + context.count)
    info.write(UInt16(length))
    info.write(vector: CipherSuite.labelled(label))
    info.write(vector: context)
    return expand(secret, info: info.bytes, length: length)
  }

  /// DeriveSecret (RFC 9420 §8): ExpandWithLabel with an empty context and KDF.Nh bytes.
  public func deriveSecret(_ secret: Secret, label: String) -> Secret {
    expandWithLabel(secret, label: label, context: [], length: hashLength)
  }

  /// DeriveTreeSecret (RFC 9420 §9.1): the context is the generation.
  public func deriveTreeSecret(
    _ secret: Secret, label: String, generation: UInt32, length: Int
  ) -> Secret {
    var context = ByteWriter(capacity: 4)
    context.write(generation)
    return expandWithLabel(secret, label: label, context: context.bytes, length: length)
  }

  /// RefHash (RFC 9420 §5.2): `label` is the whole literal, prefix included.
  public func refHash(label: String, value: [UInt8]) -> [UInt8] {
    var input = ByteWriter(capacity: value.count + label.utf8.count + 8)
    input.write(vector: Array(label.utf8))
    input.write(vector: value)
    return hash(input.bytes)
  }

  /// KDF.Nh zero bytes, which stand for an absent secret (RFC 9420 §8).
  public var zeroSecret: Secret { Secret(zeroCount: hashLength) }

  /// KDF.Expand (RFC 9420 §5.1, RFC 5869 §2.3).
  func expand(_ secret: Secret, info: [UInt8], length: Int) -> Secret {
    switch algorithms.hash {
    case .sha256: HKDFStep<SHA256>.expand(secret, info: info, length: length)
    case .sha384: HKDFStep<SHA384>.expand(secret, info: info, length: length)
    case .sha512: HKDFStep<SHA512>.expand(secret, info: info, length: length)
    }
  }

  /// The bytes of "MLS 1.0 " and the label.
  static func labelled(_ label: String) -> [UInt8] { Array("MLS 1.0 ".utf8) + Array(label.utf8) }
}

/// The two steps of HKDF (RFC 5869 §2) over one hash.
enum HKDFStep<Hash: HashFunction> {
  static func extract(salt: Secret, inputKeyMaterial: Secret) -> Secret {
    let key = salt.symmetricKey
    let code = unsafe inputKeyMaterial.withUnsafeBytes { bytes in
      unsafe HMAC<Hash>.authenticationCode(for: bytes, using: key)
    }
    return Secret(contiguous: code)
  }

  static func expand(_ secret: Secret, info: [UInt8], length: Int) -> Secret {
    let output = HKDF<Hash>.expand(
      pseudoRandomKey: secret.symmetricKey, info: info, outputByteCount: length)
    return Secret(contiguous: output)
  }
}
