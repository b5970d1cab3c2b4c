// SPDX-License-Identifier: Apache-2.0

import Crypto
public import SansIO

/// Who vouched for a device when it was added.
public enum DeviceApprover: UInt8, Sendable {
  /// Nobody: the first device of a new account.
  case first = 0
  /// Another device of the account.
  case device = 1
  /// The recovery key.
  case recovery = 2
}

/// What a device may do.
public struct DeviceFlags: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt8

  /// Takes the bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The device holds the device-signing key and may link others.
  public static let mayLink = DeviceFlags(rawValue: 1)

  static let known: DeviceFlags = [.mayLink]
}

/// One device of an account, as a manifest lists it.
///
/// ```
/// struct {
///   uint32 device_id;
///   uint8 sig_key[32];
///   uint8 enc_key_hash[32];
///   uint64 added_ms;
///   uint64 expires_ms;
///   uint8 flags;
///   uint8 approver;
///   uint8 self_sig[64];
/// } Device;
/// ```
public struct Device: WireValue, Hashable {
  /// How long an entry counts before it has to be refreshed: devices of a dead account lapse.
  public static let validity: Duration = .seconds(30 * 86_400)

  /// The device's number in its account.
  public let id: DeviceID
  /// The key with which the device signs in MLS and at login.
  public let signatureKey: SignaturePublicKey
  /// The SHA-256 of the device's key for sealed history, or zero when it has none.
  public let encryptionKeyHash: Fingerprint
  /// When the device came into the account.
  public let added: Instant
  /// When the entry lapses.
  public let expires: Instant
  /// What the device may do.
  public let flags: DeviceFlags
  /// Who vouched for it.
  public let approver: DeviceApprover
  /// The device's own signature over the account, so that nobody lists a foreign device's key.
  public let selfSignature: Signature

  /// Takes a device as it is; the signature is checked with the manifest around it.
  public init(
    id: DeviceID, signatureKey: SignaturePublicKey, encryptionKeyHash: Fingerprint = .zero,
    added: Instant, expires: Instant, flags: DeviceFlags, approver: DeviceApprover,
    selfSignature: Signature
  ) {
    self.id = id
    self.signatureKey = signatureKey
    self.encryptionKeyHash = encryptionKeyHash
    self.added = added
    self.expires = expires
    self.flags = flags
    self.approver = approver
    self.selfSignature = selfSignature
  }

  /// Takes the structure above.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    id = try DeviceID(from: &input)
    signatureKey = try SignaturePublicKey(from: &input)
    encryptionKeyHash = try Fingerprint(from: &input)
    added = try Instant(wire: &input)
    expires = try Instant(wire: &input)
    flags = DeviceFlags(rawValue: try input.readUInt8())
    guard flags.isSubset(of: .known) else { throw .invalidValue(field: "device flags") }
    guard let approver = DeviceApprover(rawValue: try input.readUInt8()) else {
      throw .invalidValue(field: "device approver")
    }
    self.approver = approver
    selfSignature = try Signature(from: &input)
  }

  /// Appends the structure above.
  public func encode(to output: inout ByteWriter) {
    output.write(id)
    output.write(signatureKey)
    output.write(encryptionKeyHash)
    output.write(instant: added)
    output.write(instant: expires)
    output.write(flags.rawValue)
    output.write(approver.rawValue)
    output.write(selfSignature)
  }

  /// The same device with a later end.
  func refreshed(until expires: Instant) -> Device {
    Device(
      id: id, signatureKey: signatureKey, encryptionKeyHash: encryptionKeyHash, added: added,
      expires: expires, flags: flags, approver: approver, selfSignature: selfSignature)
  }

  /// The same device with a signature of its own under another device-signing key.
  func signed(anew signature: Signature) -> Device {
    Device(
      id: id, signatureKey: signatureKey, encryptionKeyHash: encryptionKeyHash, added: added,
      expires: expires, flags: flags, approver: approver, selfSignature: signature)
  }

  /// What `selfSignature` covers.
  static func selfSignedContent(
    account: AccountID, aik: SignaturePublicKey, dsk: SignaturePublicKey, id: DeviceID
  ) -> [UInt8] {
    var output = ByteWriter()
    output.write(account)
    output.write(aik)
    output.write(dsk)
    output.write(id)
    return output.bytes
  }
}

extension Instant {
  /// Takes eight bytes of milliseconds since 1970, the top bit zero.
  init(wire input: inout Span<UInt8>) throws(DecodingFailure) {
    guard let milliseconds = Int64(exactly: try input.readUInt64()) else {
      throw .invalidValue(field: "time")
    }
    self.init(milliseconds: milliseconds)
  }
}

extension ByteWriter {
  /// Writes eight bytes of milliseconds since 1970.
  mutating func write(instant: Instant) {
    precondition(instant.milliseconds >= 0, "times before 1970 are not written")
    write(UInt64(instant.milliseconds))
  }
}

extension Fingerprint {
  /// The SHA-256 of `content`.
  public init(hashing content: [UInt8]) {
    guard let value = Fingerprint(Array(SHA256.hash(data: content))) else {
      preconditionFailure("SHA-256 gives 32 bytes")
    }
    self = value
  }
}
