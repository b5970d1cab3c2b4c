// SPDX-License-Identifier: Apache-2.0

import Identity
package import SansIO

/// What a shared value is about (own-group.md).
///
/// ```
/// struct { uint8 kind; opaque subject<V>; opaque part<V>; } OwnKey;
/// ```
package struct OwnKey: WireValue, Hashable {
  /// The kinds that this version applies. Others are kept and passed on.
  package enum Kind: UInt8, CaseIterable, Sendable {
    /// A setting of the account, by name.
    case setting = 1
    /// What was begun and not sent, by conversation.
    case draft
    /// Until when a conversation is muted.
    case mute
    /// When a conversation was put away.
    case archive
    /// Since when a conversation stands above the others.
    case pin
    /// When a conversation was marked unread.
    case unread
    /// The conversation was accepted.
    case accepted
    /// Since when somebody is blocked.
    case block
    /// Which key of somebody was compared, and when.
    case verified
    /// When a message got a star, by conversation and message.
    case star
    /// Up to which time of acceptance a conversation was read.
    case read
    /// What an own device is called, by number.
    case deviceName
    /// The device-signing key that is to take the place of the present one, or has: a
    /// `SharedSigner`.
    case signer
    /// A device's signature of its entry for that key, by number: the key's number, and the
    /// signature.
    case renewal
    /// A group that a device has not come into, as whoever asked it was taken out, by conversation
    /// and device: the group, and the name of the device's leaf there.
    case refusal
  }

  /// Bytes of a subject: an address.
  static let subjectBytesMax = ClientLimits.addressBytesMax
  /// Bytes of a part: a message identifier.
  static let partBytesMax = 64
  /// Bytes of a device's name: a line in a list.
  package static let nameBytesMax = 64
  /// The number of a signing key, and a signature.
  static let renewalLength = 4 + Signature.byteCount
  /// Of a refusal.
  static let refusalLength = ProductGroup.groupIDLength + Fingerprint.byteCount
  private static let settingBytesMax = 64
  private static let unknownBytesMax = 1_024
  private static let fingerprintLength = 32

  /// See `Kind`; one that this version does not know is kept as it is.
  let kind: UInt8
  /// What it is about.
  let subject: [UInt8]
  /// Which part of that.
  let part: [UInt8]

  /// Names a value.
  package init(_ kind: Kind, _ subject: [UInt8], part: [UInt8] = []) {
    self.kind = kind.rawValue
    self.subject = subject
    self.part = part
  }

  /// Names a value of a conversation, or of somebody.
  package init(_ kind: Kind, _ address: String, part: [UInt8] = []) {
    self.init(kind, Array(address.utf8), part: part)
  }

  /// The name of an own device.
  static func name(ofDevice number: UInt32) -> OwnKey {
    var output = ByteWriter()
    output.write(number)
    return OwnKey(.deviceName, output.bytes)
  }

  /// What an own device has signed for the next signing key.
  static func renewal(ofDevice number: UInt32) -> OwnKey {
    var output = ByteWriter()
    output.write(number)
    return OwnKey(.renewal, output.bytes)
  }

  /// What an own device has not come into.
  static func refusal(ofDevice number: UInt32, in address: String) -> OwnKey {
    var output = ByteWriter()
    output.write(number)
    return OwnKey(.refusal, address, part: output.bytes)
  }

  /// The subject as text.
  var address: String? { String(validating: subject, as: UTF8.self) }

  /// Takes the three.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    kind = try input.readUInt8()
    subject = try input.readVector(maximum: Self.subjectBytesMax)
    part = try input.readVector(maximum: Self.partBytesMax)
  }

  /// Appends the three.
  package func encode(to output: inout ByteWriter) {
    output.write(kind)
    output.write(vector: subject)
    output.write(vector: part)
  }

  /// Whether a value can be one of this key. Nothing stands for what is usual.
  func allows(_ value: [UInt8]) -> Bool {
    guard let kind = Kind(rawValue: kind) else { return value.count <= Self.unknownBytesMax }
    if value.isEmpty { return true }
    switch kind {
    case .setting:
      return value.count <= Self.settingBytesMax && String(validating: value, as: UTF8.self) != nil
    case .draft: return String(validating: value, as: UTF8.self) != nil
    case .mute, .archive, .pin, .unread, .block, .star, .read:
      return Instant(shared: value) != nil
    case .accepted: return value == [1]
    case .verified:
      return value.count > Self.fingerprintLength
        && Instant(shared: Array(value.dropFirst(Self.fingerprintLength))) != nil
    case .deviceName:
      return String(validating: value, as: UTF8.self).map(OwnKey.isDeviceName) ?? false
    case .signer: return SharedSigner(value) != nil
    case .renewal: return value.count == Self.renewalLength
    case .refusal: return value.count == Self.refusalLength
    }
  }

  /// Whether a device may be called that.
  package static func isDeviceName(_ text: String) -> Bool {
    text.utf8.count <= nameBytesMax && RoomState.isName(text)
  }
}

extension Instant {
  /// Eight bytes, the highest bit zero.
  init?(shared bytes: [UInt8]) {
    guard bytes.count == 8, bytes[0] < 0x80 else { return nil }
    self.init(milliseconds: bytes.reduce(0) { $0 << 8 | Int64($1) })
  }

  /// See above; what is before 1970 is 1970.
  var shared: [UInt8] {
    var output = ByteWriter()
    output.write(UInt64(max(0, milliseconds)))
    return output.bytes
  }
}
