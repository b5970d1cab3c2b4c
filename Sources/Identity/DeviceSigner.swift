// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What a device that may link others holds: the device-signing key, and the account key's word for
/// it. The account key itself stays on the device that it was made on.
public struct DeviceSigner: Sendable {
  private static let formatVersion: UInt8 = 1

  /// The account.
  public let accountID: AccountID
  /// The account's address.
  public let address: Address
  /// The account identity key (AIK).
  public let aik: SignaturePublicKey
  /// The device-signing key (DSK).
  public let dsk: SigningKey
  /// The account key's signature over it.
  public let binding: DeviceSigningKeyBinding

  init(
    accountID: AccountID, address: Address, aik: SignaturePublicKey, dsk: SigningKey,
    binding: DeviceSigningKeyBinding
  ) {
    self.accountID = accountID
    self.address = address
    self.aik = aik
    self.dsk = dsk
    self.binding = binding
  }

  /// Takes what `encodedForStore` gave, and checks the account key's signature.
  ///
  /// - Throws: a `DecodingFailure`.
  public init(decoding secret: Secret) throws(DecodingFailure) {
    var reader = SecretReader(secret)
    guard try reader.readBytes(1) == [Self.formatVersion] else {
      throw .invalidValue(field: "device signer format")
    }
    dsk = try reader.readSigningKey()
    let rest = try reader.readRest()
    var input = rest.span
    accountID = try AccountID(from: &input)
    address = try Address(from: &input)
    aik = try SignaturePublicKey(from: &input)
    let epoch = try input.readUInt32()
    binding = DeviceSigningKeyBinding(
      key: dsk.publicKey, epoch: epoch, signature: try Signature(from: &input))
    guard input.isEmpty else { throw .trailingBytes }
    guard (try? binding.verify(account: accountID, aik: aik)) != nil else {
      throw .invalidValue(field: "device signer signature")
    }
  }

  /// All of it in one piece, for the encrypted store and for a device that is linked.
  ///
  /// ```
  /// struct {
  ///   uint8 ver = 1;
  ///   uint8 dsk_seed[32];
  ///   uint8 account_id[16];
  ///   opaque address<V>;
  ///   uint8 aik[32];
  ///   uint32 dsk_epoch;
  ///   uint8 dsk_sig[64];
  /// } DeviceSigner;
  /// ```
  public var encodedForStore: Secret {
    var tail = ByteWriter()
    tail.write(accountID)
    tail.write(address)
    tail.write(aik)
    tail.write(binding.epoch)
    tail.write(binding.signature)
    return Secret(joining: [Secret([Self.formatVersion]), dsk.seed, Secret(tail.bytes)])
  }

  /// The manifest after `previous` that lists the same devices for longer. Other devices that
  /// lapsed before `now` stay lapsed; `device`, which makes the manifest, comes back in any case:
  /// it still holds the device-signing key, and a lone device has nobody else to refresh it.
  ///
  /// - Precondition: `previous` is of this account and its keys, and not its last.
  public func refreshedManifest(
    after previous: VerifiedManifest, by device: DeviceID, at now: Instant
  ) -> SignedManifest {
    let old = previous.manifest
    precondition(old.accountID == accountID && old.dsk.key == dsk.publicKey, "foreign manifest")
    precondition(old.reason != .delete && old.version < .max, "nothing follows this manifest")
    let expires = now + Device.validity
    let devices = old.devices.map { entry in
      entry.id == device || now < entry.expires
        ? entry.refreshed(until: max(expires, entry.expires)) : entry
    }
    return sign(
      Manifest(
        accountID: accountID, version: old.version + 1, time: max(now, old.time),
        previousHash: previous.hash, aik: old.aik, dsk: old.dsk, devices: devices,
        revoked: old.revoked, reason: .refresh))
  }

  /// A certificate of a device whose private key is elsewhere, good until `expires`.
  public func issueCertificate(
    deviceID: DeviceID, key: SignaturePublicKey, expires: Instant
  ) -> DeviceCertificate {
    var certificate = DeviceCertificate(
      accountID: accountID, address: address, deviceID: deviceID, signatureKey: key,
      aik: aik, dsk: binding, expires: expires, signature: .unsigned)
    certificate.signature = dsk.sign(certificate.signedContent, label: .deviceCertificate)
    return certificate
  }

  /// The entry of a device whose private key is elsewhere, with the signature that it made itself.
  ///
  /// - Throws: `signatureInvalid`.
  public func entry(
    of id: DeviceID, key: SignaturePublicKey, selfSignature: Signature, at now: Instant
  ) throws(IdentityFailure) -> Device {
    let content = Device.selfSignedContent(
      account: accountID, aik: aik, dsk: dsk.publicKey, id: id)
    try key.verify(selfSignature, of: content, label: .device)
    return Device(
      id: id, signatureKey: key, added: now, expires: now + Device.validity, flags: .mayLink,
      approver: .device, selfSignature: selfSignature)
  }

  /// The manifest after `previous` with one more device.
  ///
  /// - Throws: `tooManyDevices`; `accountDeleted`, `versionNotNext`, `accountMismatch` and
  ///   `signingKeyMismatch` when nothing of this signer can follow upon `previous`.
  public func manifest(
    adding device: Device, after previous: VerifiedManifest, at now: Instant
  ) throws(IdentityFailure) -> SignedManifest {
    let old = previous.manifest
    guard old.devices.count < Manifest.devicesMax else { throw .tooManyDevices }
    return try successor(of: previous, .add, devices: old.devices + [device], revoked: [], at: now)
  }

  /// The manifest after `previous` without one device.
  ///
  /// - Throws: `deviceUnknown` when it does not list it, and as for adding one.
  public func manifest(
    removing id: DeviceID, after previous: VerifiedManifest, at now: Instant
  ) throws(IdentityFailure) -> SignedManifest {
    let old = previous.manifest
    guard old.device(id) != nil else { throw .deviceUnknown }
    return try successor(
      of: previous, .remove, devices: old.devices.filter { $0.id != id }, revoked: [id], at: now)
  }

  private func successor(
    of previous: VerifiedManifest, _ reason: ManifestReason, devices: [Device],
    revoked: [DeviceID], at now: Instant
  ) throws(IdentityFailure) -> SignedManifest {
    let old = previous.manifest
    guard old.reason != .delete else { throw .accountDeleted }
    guard old.version < .max else { throw .versionNotNext }
    guard old.accountID == accountID else { throw .accountMismatch }
    guard old.dsk.key == dsk.publicKey else { throw .signingKeyMismatch }
    return sign(
      Manifest(
        accountID: accountID, version: old.version + 1, time: max(now, old.time),
        previousHash: previous.hash, aik: old.aik, dsk: old.dsk, devices: devices,
        revoked: old.revoked + revoked, reason: reason))
  }

  func sign(_ manifest: Manifest) -> SignedManifest {
    SignedManifest(
      manifest: manifest, signature: dsk.sign(manifest.encoded, label: .manifest),
      endorsement: nil)
  }
}

extension DeviceSecrets {
  /// A device with a key that was made before its number was known.
  public init(deviceID: DeviceID, key: SigningKey) {
    self.deviceID = deviceID
    self.key = key
  }

  /// The device's own signature over the account that it comes into.
  public func selfSignature(
    account: AccountID, aik: SignaturePublicKey, dsk: SignaturePublicKey
  ) -> Signature {
    key.sign(
      Device.selfSignedContent(account: account, aik: aik, dsk: dsk, id: deviceID), label: .device)
  }
}
