// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
package import SansIO

/// The new device's first word; its hash stands in the offer.
///
/// ```
/// struct {
///   uint8 ver = 1; opaque encryption_key<V>; uint8 sig_key[32]; uint8 commitment[32];
/// } LinkHello;
/// ```
package struct LinkHello: WireValue, Hashable {
  private static let formatVersion: UInt8 = 1
  /// The one-time HPKE key that the grant is sealed to.
  let encryptionKey: [UInt8]
  /// The key with which the device will sign.
  let signatureKey: SignaturePublicKey
  /// The hash of the nonce that the proof reveals.
  let commitment: Fingerprint

  init(encryptionKey: [UInt8], signatureKey: SignaturePublicKey, commitment: Fingerprint) {
    self.encryptionKey = encryptionKey
    self.signatureKey = signatureKey
    self.commitment = commitment
  }

  /// Takes the sent form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "link hello format")
    }
    encryptionKey = try input.readVector(maximum: 2_048)
    signatureKey = try SignaturePublicKey(from: &input)
    commitment = try Fingerprint(from: &input)
  }

  /// Appends the sent form.
  package func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(vector: encryptionKey)
    output.write(signatureKey)
    output.write(commitment)
  }
}

/// Which account the new device would come into; no secret.
///
/// ```
/// struct {
///   uint8 ver = 1; uint8 nonce[32]; uint8 account_id[16]; opaque address<V>;
///   uint8 aik[32]; uint8 dsk[32]; uint32 device_id;
/// } LinkAccount;
/// ```
package struct LinkAccount: WireValue, Hashable {
  private static let formatVersion: UInt8 = 1
  let nonce: Fingerprint
  let accountID: AccountID
  let address: Address
  let aik: SignaturePublicKey
  let dsk: SignaturePublicKey
  let deviceID: DeviceID

  init(
    nonce: Fingerprint, accountID: AccountID, address: Address, aik: SignaturePublicKey,
    dsk: SignaturePublicKey, deviceID: DeviceID
  ) {
    self.nonce = nonce
    self.accountID = accountID
    self.address = address
    self.aik = aik
    self.dsk = dsk
    self.deviceID = deviceID
  }

  /// Takes the sent form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "link account format")
    }
    nonce = try Fingerprint(from: &input)
    accountID = try AccountID(from: &input)
    address = try Address(from: &input)
    aik = try SignaturePublicKey(from: &input)
    dsk = try SignaturePublicKey(from: &input)
    deviceID = try DeviceID(from: &input)
  }

  /// Appends the sent form.
  package func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(nonce)
    output.write(accountID)
    output.write(address)
    output.write(aik)
    output.write(dsk)
    output.write(deviceID)
  }
}

/// The new device's own signature over the account, and the nonce that it was committed to.
///
/// ```
/// struct { uint8 ver = 1; uint8 nonce[32]; uint8 self_sig[64]; } LinkProof;
/// ```
package struct LinkProof: WireValue, Hashable {
  private static let formatVersion: UInt8 = 1
  static let nonceLength = 32
  let nonce: [UInt8]
  let selfSignature: Signature

  init(nonce: [UInt8], selfSignature: Signature) {
    self.nonce = nonce
    self.selfSignature = selfSignature
  }

  /// Takes the sent form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "link proof format")
    }
    nonce = try input.readBytes(Self.nonceLength)
    selfSignature = try Signature(from: &input)
  }

  /// Appends the sent form.
  package func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(raw: nonce)
    output.write(selfSignature)
  }
}

/// What the new device needs, sealed to its one-time key.
///
/// ```
/// struct { uint8 ver = 1; opaque kem_output<V>; opaque ciphertext<V>; } LinkGrant;
/// struct { opaque signer<V>; opaque manifest<V>; opaque certificate<V>; } LinkGrantContent;
/// ```
package struct LinkGrant: WireValue, Hashable {
  private static let formatVersion: UInt8 = 1
  private static let label = "link grant"
  let sealed: HPKECiphertext

  /// The device signer with the manifest and certificate of the new device.
  static func content(
    signer: DeviceSigner, manifest: [UInt8], certificate: [UInt8]
  ) -> Secret {
    var content = ByteWriter()
    content.write(vector: signer.encodedForStore.copyBytes())
    content.write(vector: manifest)
    content.write(vector: certificate)
    return Secret(content.bytes)
  }

  /// Seals `content`.
  init(_ content: Secret, to hello: LinkHello, in offer: LinkOffer) throws(MLSFailure) {
    sealed = try ProductGroup.suite.encryptWithLabel(
      publicKey: hello.encryptionKey, label: Self.label, context: offer.helloHash.bytes,
      plaintext: content.copyBytes())
  }

  /// What was sealed, which nobody else knows.
  func opened(_ keys: HPKEKeyPair, in offer: LinkOffer) throws(MLSFailure) -> Secret {
    try ProductGroup.suite.decryptWithLabel(
      privateKey: keys.privateKey, publicKey: keys.publicKey, label: Self.label,
      context: offer.helloHash.bytes, ciphertext: sealed)
  }

  /// Opens it with the one-time key.
  func open(
    _ keys: HPKEKeyPair, in offer: LinkOffer
  ) throws -> (signer: DeviceSigner, manifest: [UInt8], certificate: [UInt8]) {
    let content = try opened(keys, in: offer).copyBytes()
    var input = content.span
    let signer = try DeviceSigner(decoding: Secret(try input.readVector()))
    let manifest = try input.readVector()
    let certificate = try input.readVector()
    guard input.isEmpty else { throw DecodingFailure.trailingBytes }
    return (signer, manifest, certificate)
  }

  /// Takes the sent form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "link grant format")
    }
    sealed = HPKECiphertext(
      kemOutput: try input.readVector(), ciphertext: try input.readVector())
  }

  /// Appends the sent form.
  package func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(vector: sealed.kemOutput)
    output.write(vector: sealed.ciphertext)
  }
}
