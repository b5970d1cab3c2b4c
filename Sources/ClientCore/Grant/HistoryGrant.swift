// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import MLS
package import SansIO

/// A member of a group hands another what was said before: what all members see of it, and, for
/// each device that takes, a secret that it alone can open (history-grants.md).
///
/// ```
/// struct {
///   uint8 ver = 1; opaque grantee<V>; uint8 account_id[16];
///   optional<uint64> since; optional<uint64> last;              // at least one
///   struct {
///     uint32 device_id; uint8 leaf_key_hash[32]; HPKECiphertext secret;
///   } keys<V>;                                                   // ascending, 1 to 20
/// } HistoryGrant;
/// ```
package struct HistoryGrant: WireValue, Hashable {
  /// The media type of the part.
  static let contentType = "application/x.sotto.history-grant"
  private static let formatVersion: UInt8 = 1
  private static let label = "sotto history grant"
  static let secretLength = 32

  /// What one device opens.
  struct Key: Hashable {
    let deviceID: UInt32
    /// SHA-256 of the leaf's encryption key to which it is sealed.
    let leafKeyHash: Fingerprint
    let secret: HPKECiphertext
  }

  /// Who takes.
  let grantee: String
  /// The account of this address, as the group has it.
  let account: AccountID
  /// How much.
  let extent: HistoryExtent
  /// For each device.
  let keys: [Key]

  init(grantee: String, account: AccountID, extent: HistoryExtent, keys: [Key]) {
    self.grantee = grantee
    self.account = account
    self.extent = extent
    self.keys = keys.sorted { $0.deviceID < $1.deviceID }
  }

  /// Seals a secret to a leaf.
  static func key(
    _ secret: Secret, for deviceID: UInt32, leafKey: [UInt8], in room: [UInt8]
  ) throws(MLSFailure) -> Key {
    Key(
      deviceID: deviceID, leafKeyHash: Fingerprint(hashing: leafKey),
      secret: try ProductGroup.suite.encryptWithLabel(
        publicKey: leafKey, label: label, context: context(room, deviceID),
        plaintext: secret.copyBytes()))
  }

  /// The secret for a device, whose group has its own leaf's private key; nil when there is none
  /// for it.
  func secret(for deviceID: UInt32, in group: Group, _ room: [UInt8]) -> Secret? {
    guard let key = keys.first(where: { $0.deviceID == deviceID }),
      let secret = try? group.decryptWithOwnLeafKey(
        label: HistoryGrant.label, context: HistoryGrant.context(room, deviceID),
        ciphertext: key.secret),
      secret.count == Self.secretLength
    else { return nil }
    return secret
  }

  private static func context(_ room: [UInt8], _ deviceID: UInt32) -> [UInt8] {
    var output = ByteWriter()
    output.write(raw: room)
    output.write(deviceID)
    return output.bytes
  }

  /// Takes the sent form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "history grant format")
    }
    grantee = try input.readAddress()
    account = try AccountID(from: &input)
    let since = try input.readOptional { (input) throws(DecodingFailure) in
      try input.readInstant()
    }
    let last = try input.readOptional { (input) throws(DecodingFailure) in
      try input.readUInt64()
    }
    guard last != 0, since != nil || last != nil else {
      throw .invalidValue(field: "history grant extent")
    }
    extent = HistoryExtent(since: since, last: last)
    keys = try input.readList(maximumCount: ClientLimits.grantDevicesMax) {
      (input) throws(DecodingFailure) in
      Key(
        deviceID: try input.readUInt32(), leafKeyHash: try Fingerprint(from: &input),
        secret: try HPKECiphertext(from: &input))
    }
    guard !keys.isEmpty, zip(keys, keys.dropFirst()).allSatisfy({ $0.deviceID < $1.deviceID })
    else { throw .invalidValue(field: "history grant keys") }
  }

  /// Appends the sent form.
  package func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(vector: Array(grantee.utf8))
    output.write(account)
    output.write(optional: extent.since) { output, since in output.write(since) }
    output.write(optional: extent.last) { output, last in output.write(last) }
    output.write(list: keys) { output, key in
      output.write(key.deviceID)
      output.write(key.leafKeyHash)
      output.write(key.secret)
    }
  }
}

extension HistoryExtent {
  /// In words, for all members to read.
  var shown: String {
    let amount = last.map { $0 == 1 ? "the last message" : "the last \($0) messages" }
    guard let since else { return amount ?? "all messages" }
    return (amount ?? "the messages") + " since " + since.day
  }
}

extension Instant {
  /// The day, in UTC, as YYYY-MM-DD (the proleptic Gregorian calendar).
  fileprivate var day: String {
    // Days from 1 March of year 0, in eras of 400 years.
    let days = min(max(0, milliseconds), 253_402_300_799_999) / 86_400_000 + 719_468
    let era = days / 146_097
    let inEra = days % 146_097
    let year = (inEra - inEra / 1_460 + inEra / 36_524 - inEra / 146_096) / 365
    let inYear = inEra - (365 * year + year / 4 - year / 100)
    let month = (5 * inYear + 2) / 153
    func padded(_ number: Int64, _ width: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let shown = month < 10 ? month + 3 : month - 9
    return padded(year + era * 400 + (shown <= 2 ? 1 : 0), 4) + "-" + padded(shown, 2) + "-"
      + padded(inYear - (153 * month + 2) / 5 + 1, 2)
  }
}

extension MIMIContent {
  /// A message that hands history to somebody.
  static func historyGrant(
    _ grant: HistoryGrant, salt: Salt, extensions: ContentExtensions
  ) -> MIMIContent {
    MIMIContent(
      salt: salt, extensions: extensions,
      body: NestedPart(
        disposition: .unspecified,
        content: .single(contentType: HistoryGrant.contentType, content: grant.encoded)))
  }

  /// Whether it is one, and the bytes of it.
  var historyGrantBytes: [UInt8]? {
    guard case .single(HistoryGrant.contentType, let bytes) = body.content else { return nil }
    return bytes
  }
}
