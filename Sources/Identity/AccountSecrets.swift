// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The private keys of an account, as a device that may link others holds them.
public struct AccountSecrets: Sendable {
  private static let formatVersion: UInt8 = 1

  /// The account.
  public let accountID: AccountID
  /// The account's address.
  public let address: Address
  /// The account identity key (AIK).
  public let aik: SigningKey
  /// The device-signing key (DSK).
  public let dsk: SigningKey
  /// The number of the device-signing key.
  public let dskEpoch: UInt32

  /// A new account: a new number and new keys, drawn from `generator`.
  public init(address: Address, using generator: inout some RandomNumberGenerator) {
    accountID = AccountID(using: &generator)
    self.address = address
    aik = SigningKey(using: &generator)
    dsk = SigningKey(using: &generator)
    dskEpoch = 1
  }

  /// Takes the parts as they are.
  package init(
    accountID: AccountID, address: Address, aik: SigningKey, dsk: SigningKey, dskEpoch: UInt32
  ) {
    self.accountID = accountID
    self.address = address
    self.aik = aik
    self.dsk = dsk
    self.dskEpoch = dskEpoch
  }

  /// The same account with another device-signing key.
  package func renewed(_ dsk: SigningKey, epoch: UInt32) -> AccountSecrets {
    AccountSecrets(accountID: accountID, address: address, aik: aik, dsk: dsk, dskEpoch: epoch)
  }

  /// Takes what `encodedForStore` gave.
  ///
  /// - Throws: a `DecodingFailure`.
  public init(decoding secret: Secret) throws(DecodingFailure) {
    var reader = SecretReader(secret)
    let format = try reader.readBytes(1)
    guard format == [Self.formatVersion] else { throw .invalidValue(field: "account format") }
    guard let accountID = AccountID(try reader.readBytes(AccountID.byteCount)) else {
      throw .truncated
    }
    self.accountID = accountID
    aik = try reader.readSigningKey()
    dsk = try reader.readSigningKey()
    let rest = try reader.readRest()
    var input = rest.span
    dskEpoch = try input.readUInt32()
    address = try Address(from: &input)
    guard input.isEmpty else { throw .trailingBytes }
  }

  /// The account's secrets in one piece, for the encrypted store.
  ///
  /// ```
  /// struct {
  ///   uint8 ver = 1;
  ///   uint8 account_id[16];
  ///   uint8 aik_seed[32];
  ///   uint8 dsk_seed[32];
  ///   uint32 dsk_epoch;
  ///   opaque address<V>;
  /// } AccountSecrets;
  /// ```
  public var encodedForStore: Secret {
    var tail = ByteWriter()
    tail.write(dskEpoch)
    tail.write(address)
    return Secret(joining: [
      Secret([Self.formatVersion] + accountID.bytes), aik.seed, dsk.seed, Secret(tail.bytes),
    ])
  }

  /// The device-signing key with the account key's word for it.
  public var deviceSigningKeyBinding: DeviceSigningKeyBinding {
    let content = DeviceSigningKeyBinding.signedContent(
      account: accountID, key: dsk.publicKey, epoch: dskEpoch)
    return DeviceSigningKeyBinding(
      key: dsk.publicKey, epoch: dskEpoch,
      signature: aik.sign(content, label: .deviceSigningKey))
  }

  /// The manifest that begins the account, with the device it was made on.
  public func firstManifest(device: DeviceSecrets, at now: Instant) -> SignedManifest {
    let entry = device.entry(
      in: self, added: now, expires: now + Device.validity, flags: .mayLink, approver: .first)
    return sign(
      Manifest(
        accountID: accountID, version: Manifest.firstVersion, time: now, previousHash: .zero,
        aik: aik.publicKey, dsk: deviceSigningKeyBinding, devices: [entry], revoked: [],
        reason: .create))
  }

  /// What a device needs to sign manifests and certificates, without the account key.
  public var signer: DeviceSigner {
    DeviceSigner(
      accountID: accountID, address: address, aik: aik.publicKey, dsk: dsk,
      binding: deviceSigningKeyBinding)
  }

  /// See `DeviceSigner`.
  public func refreshedManifest(
    after previous: VerifiedManifest, by device: DeviceID, at now: Instant
  ) -> SignedManifest {
    signer.refreshedManifest(after: previous, by: device, at: now)
  }

  /// See `DeviceSigner`.
  public func issueCertificate(
    for device: DeviceSecrets, expires: Instant
  ) -> DeviceCertificate {
    signer.issueCertificate(
      deviceID: device.deviceID, key: device.key.publicKey, expires: expires)
  }

  /// Signs a manifest with the device-signing key, and with `endorser` (the account key that goes,
  /// or the recovered one) when the reason calls for it.
  package func sign(_ manifest: Manifest, endorser: SigningKey? = nil) -> SignedManifest {
    let content = manifest.encoded
    let label = manifest.reason.endorsementLabel
    precondition((label == nil) == (endorser == nil), "the reason decides about an endorser")
    var endorsement: Signature?
    if let label, let endorser { endorsement = endorser.sign(content, label: label) }
    return SignedManifest(
      manifest: manifest, signature: dsk.sign(content, label: .manifest),
      endorsement: endorsement)
  }
}
