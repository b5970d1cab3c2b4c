// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A cipher suite's number: `uint16 CipherSuite` (RFC 9420 §17.1).
///
/// Any number decodes; only those with `isSupported` may be computed with. The operations are
/// grouped by file: hashing and key derivation, AEAD, signatures, HPKE.
public struct CipherSuite: RawRepresentable, Hashable, Sendable, WireValue {
  /// The registered number.
  public let rawValue: UInt16

  /// Takes any number, supported or not.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, the mandatory suite.
  public static let mls128DHKEMX25519AES128GCMSHA256Ed25519 = CipherSuite(rawValue: 0x0001)
  /// MLS_128_DHKEMP256_AES128GCM_SHA256_P256.
  public static let mls128DHKEMP256AES128GCMSHA256P256 = CipherSuite(rawValue: 0x0002)
  /// MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519.
  public static let mls128DHKEMX25519CHACHA20POLY1305SHA256Ed25519 = CipherSuite(rawValue: 0x0003)
  /// MLS_256_DHKEMP521_AES256GCM_SHA512_P521.
  public static let mls256DHKEMP521AES256GCMSHA512P521 = CipherSuite(rawValue: 0x0005)
  /// MLS_256_DHKEMP384_AES256GCM_SHA384_P384.
  public static let mls256DHKEMP384AES256GCMSHA384P384 = CipherSuite(rawValue: 0x0007)
  /// MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519 of draft-ietf-mls-pq-ciphersuites.
  ///
  /// The draft has no code point assigned, so this is a number of the private-use range
  /// 0xF000–0xFFFF (RFC 9420 §17.1): it says nothing to other implementations.
  public static let mlkem768X25519AES256GCMSHA384Ed25519 = CipherSuite(rawValue: 0xF04E)

  /// Every suite that this library computes with, the product suite first.
  public static let supported: [CipherSuite] = [
    .mlkem768X25519AES256GCMSHA384Ed25519,
    .mls128DHKEMX25519AES128GCMSHA256Ed25519,
    .mls128DHKEMP256AES128GCMSHA256P256,
    .mls128DHKEMX25519CHACHA20POLY1305SHA256Ed25519,
    .mls256DHKEMP521AES256GCMSHA512P521,
    .mls256DHKEMP384AES256GCMSHA384P384,
  ]

  /// Whether this library computes with the suite.
  ///
  /// Every operation on an unsupported suite is a bug of the caller: check this wherever a number
  /// comes from a peer.
  public var isSupported: Bool { knownAlgorithms != nil }

  /// KDF.Nh, the length of hashes, MACs and secrets, in bytes.
  public var hashLength: Int {
    switch algorithms.hash {
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }

  /// AEAD.Nk, the length of AEAD keys, in bytes.
  public var aeadKeyLength: Int {
    switch algorithms.aead {
    case .aes128GCM: 16
    case .aes256GCM, .chaCha20Poly1305: 32
    }
  }

  /// AEAD.Nn, the length of AEAD nonces, in bytes.
  public var aeadNonceLength: Int { 12 }

  /// Takes any number.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    self.init(rawValue: try input.readUInt16())
  }

  /// Writes the number.
  public func encode(to output: inout ByteWriter) { output.write(rawValue) }

  /// Throws unless the suite is supported.
  func checkSupported() throws(MLSFailure) {
    guard isSupported else { throw .unsupportedCipherSuite }
  }
}

extension CipherSuite {
  enum HashAlgorithm { case sha256, sha384, sha512 }
  enum AEADAlgorithm { case aes128GCM, aes256GCM, chaCha20Poly1305 }
  enum KEMAlgorithm { case x25519, p256, p384, p521, xWing }
  enum SignatureAlgorithm { case ed25519, p256, p384, p521 }

  /// The building blocks of a suite (RFC 9420 §5.1, §17.1).
  struct Algorithms {
    let kem: KEMAlgorithm
    let aead: AEADAlgorithm
    let hash: HashAlgorithm
    let signature: SignatureAlgorithm
  }

  var algorithms: Algorithms {
    guard let known = knownAlgorithms else {
      preconditionFailure("cipher suite used without checking isSupported")
    }
    return known
  }

  private var knownAlgorithms: Algorithms? {
    switch rawValue {
    case 0x0001: Algorithms(kem: .x25519, aead: .aes128GCM, hash: .sha256, signature: .ed25519)
    case 0x0002: Algorithms(kem: .p256, aead: .aes128GCM, hash: .sha256, signature: .p256)
    case 0x0003:
      Algorithms(kem: .x25519, aead: .chaCha20Poly1305, hash: .sha256, signature: .ed25519)
    case 0x0005: Algorithms(kem: .p521, aead: .aes256GCM, hash: .sha512, signature: .p521)
    case 0x0007: Algorithms(kem: .p384, aead: .aes256GCM, hash: .sha384, signature: .p384)
    case 0xF04E: Algorithms(kem: .xWing, aead: .aes256GCM, hash: .sha384, signature: .ed25519)
    default: nil
    }
  }
}
