// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// Why a manifest was made.
public enum ManifestReason: UInt8, CaseIterable, Sendable {
  /// The account begins.
  case create = 1
  /// Devices came in.
  case add = 2
  /// Devices went.
  case remove = 3
  /// The device-signing key was replaced; devices may go with it.
  case dskRotate = 4
  /// The account came back from its recovery key.
  case recover = 5
  /// The account key was replaced by its holder.
  case aikRotate = 6
  /// The account ends.
  case delete = 7
  /// The same devices count for longer.
  case refresh = 8

  /// The label of the endorsement that this reason calls for, if it calls for one.
  var endorsementLabel: IdentityLabel? {
    switch self {
    case .aikRotate: .accountKeyRotation
    case .recover: .recovery
    case .create, .add, .remove, .dskRotate, .delete, .refresh: nil
    }
  }
}

/// The device-signing key and the account key's word for it.
public struct DeviceSigningKeyBinding: Hashable, Sendable {
  /// The device-signing key (DSK).
  public let key: SignaturePublicKey
  /// The number of the key; each new key has a higher one.
  public let epoch: UInt32
  /// The account key's signature.
  public let signature: Signature

  /// Takes the parts as they are.
  public init(key: SignaturePublicKey, epoch: UInt32, signature: Signature) {
    self.key = key
    self.epoch = epoch
    self.signature = signature
  }

  /// What `signature` covers.
  static func signedContent(
    account: AccountID, key: SignaturePublicKey, epoch: UInt32
  ) -> [UInt8] {
    var output = ByteWriter()
    output.write(account)
    output.write(key)
    output.write(epoch)
    return output.bytes
  }

  /// Checks the account key's signature.
  func verify(account: AccountID, aik: SignaturePublicKey) throws(IdentityFailure) {
    try aik.verify(
      signature,
      of: DeviceSigningKeyBinding.signedContent(account: account, key: key, epoch: epoch),
      label: .deviceSigningKey)
  }
}

/// What an account says about its keys and devices, before anybody signed it.
///
/// ```
/// struct {
///   uint8 ver = 1;
///   uint8 account_id[16];
///   uint32 version;
///   uint64 time_ms;
///   uint8 prev_hash[32];
///   uint8 aik[32];
///   opaque aik_mldsa<V>;
///   uint8 dsk[32];
///   uint8 dsk_sig[64];
///   uint32 dsk_epoch;
///   Device devices<V>;
///   uint32 revoked<V>;
///   uint8 reason;
/// } Manifest;
/// ```
///
/// Devices and revoked numbers stand in rising order, so that each manifest has one byte form.
public struct Manifest: WireValue, Hashable {
  /// The number of an account's first manifest.
  public static let firstVersion: UInt32 = 0
  /// The most devices of one account: each is a leaf in every conversation of the account.
  public static let devicesMax = 20
  /// The most devices that an account can have lost in its life; bounds a manifest to about 8 kB.
  public static let revokedMax = 1000
  /// The length of an ML-DSA-65 public key (FIPS 204), the longest twin.
  static let twinLengthMax = 1952
  private static let formatVersion: UInt8 = 1

  /// The account.
  public var accountID: AccountID
  /// The number of this manifest; each has the next one.
  public var version: UInt32
  /// When it was made, by the maker's clock.
  public var time: Instant
  /// The SHA-256 of the signed manifest before it; zero in the first.
  public var previousHash: Fingerprint
  /// The account identity key (AIK): what people verify.
  public var aik: SignaturePublicKey
  /// The post-quantum twin of the account key. Empty until twins exist; nothing else verifies.
  public var aikTwin: [UInt8]
  /// The device-signing key (DSK).
  public var dsk: DeviceSigningKeyBinding
  /// The devices, by rising number.
  public private(set) var devices: [Device]
  /// The numbers of devices that went, rising.
  public private(set) var revoked: [DeviceID]
  /// Why the manifest was made.
  public var reason: ManifestReason

  /// Takes the parts; devices and numbers are put in order.
  public init(
    accountID: AccountID, version: UInt32, time: Instant, previousHash: Fingerprint,
    aik: SignaturePublicKey, aikTwin: [UInt8] = [], dsk: DeviceSigningKeyBinding,
    devices: [Device], revoked: [DeviceID], reason: ManifestReason
  ) {
    self.accountID = accountID
    self.version = version
    self.time = time
    self.previousHash = previousHash
    self.aik = aik
    self.aikTwin = aikTwin
    self.dsk = dsk
    self.devices = devices.sorted { left, right in left.id < right.id }
    self.revoked = revoked.sorted()
    self.reason = reason
  }

  /// Takes the structure above.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "manifest format")
    }
    accountID = try AccountID(from: &input)
    version = try input.readUInt32()
    time = try Instant(wire: &input)
    previousHash = try Fingerprint(from: &input)
    aik = try SignaturePublicKey(from: &input)
    aikTwin = try input.readVector(maximum: Self.twinLengthMax)
    let dskKey = try SignaturePublicKey(from: &input)
    let dskSignature = try Signature(from: &input)
    dsk = DeviceSigningKeyBinding(
      key: dskKey, epoch: try input.readUInt32(), signature: dskSignature)
    devices = try input.readList(maximumCount: Self.devicesMax) {
      (element: inout Span<UInt8>) throws(DecodingFailure) in try Device(from: &element)
    }
    revoked = try input.readList(maximumCount: Self.revokedMax) {
      (element: inout Span<UInt8>) throws(DecodingFailure) in try DeviceID(from: &element)
    }
    guard let reason = ManifestReason(rawValue: try input.readUInt8()) else {
      throw .invalidValue(field: "manifest reason")
    }
    self.reason = reason
    guard Manifest.rises(devices.map(\.id)) else { throw .invalidValue(field: "device order") }
    guard Manifest.rises(revoked) else { throw .invalidValue(field: "revoked order") }
  }

  /// Appends the structure above.
  public func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(accountID)
    output.write(version)
    output.write(instant: time)
    output.write(previousHash)
    output.write(aik)
    output.write(vector: aikTwin)
    output.write(dsk.key)
    output.write(dsk.signature)
    output.write(dsk.epoch)
    output.write(list: devices)
    output.write(list: revoked)
    output.write(reason.rawValue)
  }

  /// The device with this number, unless it is not listed.
  public func device(_ id: DeviceID) -> Device? { devices.first { device in device.id == id } }

  private static func rises(_ ids: [DeviceID]) -> Bool {
    zip(ids, ids.dropFirst()).allSatisfy { left, right in left < right }
  }
}
