// SPDX-License-Identifier: Apache-2.0

package import Identity
import MLS
package import SansIO

/// The public key that requests to come in are sealed to.
///
/// ```
/// struct { uint8 ver = 1; opaque public_key<V>; } JoinKey;
/// ```
package struct JoinKey: WireValue, Hashable {
  private static let formatVersion: UInt8 = 1
  /// An X-Wing key has 1,216 bytes.
  private static let keyBytesMax = 2_048
  let publicKey: [UInt8]

  /// Makes the value.
  package init(publicKey: [UInt8]) { self.publicKey = publicKey }

  /// Takes the sent form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "join key format")
    }
    publicKey = try input.readVector(maximum: Self.keyBytesMax)
  }

  /// Appends the sent form.
  package func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(vector: publicKey)
  }
}

/// Somebody asks to come into a group, in the person's own name: signed by a device of the account
/// for this one link, so that nobody can ask for somebody else.
///
/// ```
/// struct {
///   uint8 ver = 1; uint64 at_ms;
///   opaque certificate<V>;         // DeviceCertificate
///   uint8 signature[64];           // "knock-v1" over room_id, key_hash, at_ms
///   opaque padding<V>;             // zeros: all requests have one length
/// } Knock;
/// ```
package struct Knock: WireValue, Hashable {
  private static let formatVersion: UInt8 = 1
  private static let certificateBytesMax = 1_024
  /// Bytes of every encoded request: a certificate with the longest address fits.
  static let length = 1_024

  /// When it was asked, by the asker's clock.
  let at: Instant
  let certificate: DeviceCertificate
  let signature: Signature

  /// Makes the value.
  package init(at: Instant, certificate: DeviceCertificate, signature: Signature) {
    self.at = at
    self.certificate = certificate
    self.signature = signature
  }

  /// Asks for a device of the own account.
  init(by device: LocalDevice, with link: JoinLink, at now: Instant) {
    at = now
    certificate = device.certificate
    signature = device.device.key.sign(Knock.signedContent(link, at: now), label: .knock)
  }

  /// Takes the sent form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let count = input.count
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "knock format")
    }
    guard let milliseconds = Int64(exactly: try input.readUInt64()) else {
      throw .invalidValue(field: "knock time")
    }
    at = Instant(milliseconds: milliseconds)
    certificate = try DeviceCertificate(
      decoding: try input.readVector(maximum: Self.certificateBytesMax))
    signature = try Signature(from: &input)
    let padding = try input.readVector(maximum: Self.length)
    guard count == Self.length, padding.allSatisfy({ $0 == 0 }) else {
      throw .invalidValue(field: "knock padding")
    }
  }

  /// Appends the sent form.
  package func encode(to output: inout ByteWriter) {
    var body = ByteWriter()
    body.write(Self.formatVersion)
    body.write(UInt64(bitPattern: at.milliseconds))
    body.write(vector: certificate.encoded)
    body.write(signature)
    output.write(raw: body.bytes)
    // The length of a vector above 63 bytes takes two bytes (RFC 9420 §2.1.2).
    let room = Self.length - body.bytes.count
    output.write(vector: Array(repeating: 0, count: max(0, room - (room - 1 > 63 ? 2 : 1))))
  }

  /// Whether a device with this certificate asked with this link.
  func isSigned(with link: JoinLink) -> VerifiedDeviceCertificate? {
    guard let verified = try? certificate.verified(),
      verified.signatureKey.isValid(
        signature, of: Knock.signedContent(link, at: at), label: .knock)
    else { return nil }
    return verified
  }

  private static func signedContent(_ link: JoinLink, at: Instant) -> [UInt8] {
    var output = ByteWriter()
    output.write(raw: link.room.roomID)
    output.write(link.keyHash)
    output.write(UInt64(bitPattern: at.milliseconds))
    return output.bytes
  }

  private static let label = "sotto knock"

  /// Seals to the link's public key.
  ///
  /// - Throws: `invalidKey` when the key is none.
  func sealed(to key: JoinKey, with link: JoinLink) throws(MLSFailure) -> [UInt8] {
    let sealed = try ProductGroup.suite.encryptWithLabel(
      publicKey: key.publicKey, label: Knock.label, context: link.room.roomID, plaintext: encoded)
    return [JoinEntryKind.knock.rawValue] + sealed.encoded
  }

  /// Opens an entry; nil when it is no request.
  static func open(_ body: [UInt8], with keys: HPKEKeyPair, _ link: JoinLink) -> Knock? {
    guard body.first == JoinEntryKind.knock.rawValue,
      let sealed = try? HPKECiphertext(decoding: Array(body.dropFirst())),
      let plaintext = try? ProductGroup.suite.decryptWithLabel(
        privateKey: keys.privateKey, publicKey: keys.publicKey, label: label,
        context: link.room.roomID, ciphertext: sealed)
    else { return nil }
    return try? Knock(decoding: plaintext.copyBytes())
  }
}
