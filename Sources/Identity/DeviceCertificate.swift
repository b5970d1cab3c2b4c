// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What a device says about itself in MLS, before anybody checked it: the identity bytes of its
/// basic credential (RFC 9420 §5.3).
///
/// ```
/// struct {
///   uint8 ver = 1;
///   uint8 account_id[16];
///   opaque address<V>;
///   uint32 device_id;
///   uint8 sig_key[32];
///   uint8 aik[32];
///   uint8 dsk[32];
///   uint32 dsk_epoch;
///   uint8 dsk_sig[64];
///   uint64 expires_ms;
///   uint8 sig_by_dsk[64];
/// } DeviceCertificate;
/// ```
public struct DeviceCertificate: WireValue, Hashable {
  private static let formatVersion: UInt8 = 1

  let accountID: AccountID
  let address: Address
  let deviceID: DeviceID
  let signatureKey: SignaturePublicKey
  let aik: SignaturePublicKey
  let dsk: DeviceSigningKeyBinding
  let expires: Instant
  var signature: Signature

  init(
    accountID: AccountID, address: Address, deviceID: DeviceID, signatureKey: SignaturePublicKey,
    aik: SignaturePublicKey, dsk: DeviceSigningKeyBinding, expires: Instant, signature: Signature
  ) {
    self.accountID = accountID
    self.address = address
    self.deviceID = deviceID
    self.signatureKey = signatureKey
    self.aik = aik
    self.dsk = dsk
    self.expires = expires
    self.signature = signature
  }

  /// Takes the structure above.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "certificate format")
    }
    accountID = try AccountID(from: &input)
    address = try Address(from: &input)
    deviceID = try DeviceID(from: &input)
    signatureKey = try SignaturePublicKey(from: &input)
    aik = try SignaturePublicKey(from: &input)
    let dskKey = try SignaturePublicKey(from: &input)
    let dskEpoch = try input.readUInt32()
    let dskSignature = try Signature(from: &input)
    dsk = DeviceSigningKeyBinding(key: dskKey, epoch: dskEpoch, signature: dskSignature)
    expires = try Instant(wire: &input)
    signature = try Signature(from: &input)
  }

  /// Appends the structure above.
  public func encode(to output: inout ByteWriter) {
    encodeSignedPart(to: &output)
    output.write(signature)
  }

  /// Everything before the last signature.
  private func encodeSignedPart(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(accountID)
    output.write(address)
    output.write(deviceID)
    output.write(signatureKey)
    output.write(aik)
    output.write(dsk.key)
    output.write(dsk.epoch)
    output.write(dsk.signature)
    output.write(instant: expires)
  }

  /// What the last signature covers.
  var signedContent: [UInt8] {
    var output = ByteWriter()
    encodeSignedPart(to: &output)
    return output.bytes
  }

  /// The account that the certificate claims, to look up what is known about it.
  public var claimedAccountID: AccountID { accountID }

  /// The device's number that the certificate claims.
  public var claimedDeviceID: DeviceID { deviceID }

  /// The address that the certificate claims, to ask the right service about it.
  public var claimedAddress: Address { address }

  /// Checks that the account key certified the device-signing key and that one the device.
  ///
  /// Time and manifest are for `VerifiedDeviceCertificate.check(against:at:)`.
  ///
  /// - Throws: `signatureInvalid` with the label of the signature that does not hold.
  public consuming func verified() throws(IdentityFailure) -> VerifiedDeviceCertificate {
    try dsk.verify(account: accountID, aik: aik)
    try dsk.key.verify(signature, of: signedContent, label: .deviceCertificate)
    return VerifiedDeviceCertificate(checked: self)
  }
}

/// A certificate whose signatures hold: the account key stands behind the device key, by way of the
/// device-signing key.
///
/// It does not say that the account key is the right one (compare the pin) nor that the device is
/// still one of the account (check it against the manifest).
public struct VerifiedDeviceCertificate: Hashable, Sendable {
  /// The certificate's bytes, as the credential carries them.
  public let certificate: DeviceCertificate

  fileprivate init(checked certificate: DeviceCertificate) { self.certificate = certificate }

  /// The account.
  public var accountID: AccountID { certificate.accountID }
  /// The account's address when the certificate was issued.
  public var address: Address { certificate.address }
  /// The device's number in the account.
  public var deviceID: DeviceID { certificate.deviceID }
  /// The device's key, which has to be the leaf's `signature_key`.
  public var signatureKey: SignaturePublicKey { certificate.signatureKey }
  /// The account identity key.
  public var aik: SignaturePublicKey { certificate.aik }
  /// When the certificate lapses.
  public var expires: Instant { certificate.expires }

  /// Checks the certificate against the newest manifest of its account and the time.
  ///
  /// - Throws: `accountMismatch`, `accountKeyChanged`, `signingKeyMismatch`, `deviceRevoked`,
  ///   `deviceUnknown`, `deviceExpired`, `deviceKeyMismatch`, `certificateExpired`.
  public func check(
    against verified: VerifiedManifest, at now: Instant
  ) throws(IdentityFailure) {
    guard verified.accountID == accountID else { throw .accountMismatch }
    guard verified.aik == aik else { throw .accountKeyChanged }
    // A certificate from before the key was renewed holds on: the manifest, under the new one,
    // still lists this very device.
    let (present, own) = (verified.manifest.dsk, certificate.dsk)
    guard own.epoch < present.epoch || own.key == present.key && own.epoch == present.epoch else {
      throw .signingKeyMismatch
    }
    let device = try verified.liveDevice(deviceID, at: now)
    guard device.signatureKey == signatureKey else { throw .deviceKeyMismatch }
    guard now < expires else { throw .certificateExpired }
  }
}
