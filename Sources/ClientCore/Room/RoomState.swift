// SPDX-License-Identifier: Apache-2.0

package import Identity
import MLS
package import SansIO

/// What the members of a conversation agree on beside MLS, and the server never sees: an
/// authenticated extension of the group's context, changed by commits alone (groups.md).
///
/// ```
/// struct { uint8 account_id[16]; uint8 role; } RoomRoleEntry;
/// struct {
///   uint8 ver;                     // 1; 2: with links; 3: with a picture
///   uint8 kind;                    // 0: two people, 1: group, 2: the devices of one account
///   uint8 room_id[16];             // no group: zeros
///   opaque domain<V>;              // no group: empty
///   opaque name<V>; opaque about<V>;
///   uint8 permissions[6];
///   RoomRoleEntry roles<V>;        // ascending, no members
///   opaque banned<V>;              // account_id[16] each, ascending
///   opaque timer<V>;
///   if (ver >= 2) JoinLinkEntry links<V>;   // when ver is 2, at least one
///   if (ver == 3) opaque picture<V>;        // RoomPicture
/// } RoomState;
/// ```
package struct RoomState: WireValue, Hashable {
  /// What kind of conversation it is.
  package enum Kind: UInt8, Sendable {
    /// Two people.
    case pair = 0
    /// A group.
    case group = 1
    /// The devices of one account.
    case own = 2
  }

  private static let formatVersion: UInt8 = 1
  private static let formatVersionWithLinks: UInt8 = 2
  private static let formatVersionWithPicture: UInt8 = 3
  static let roomIDLength = 16
  /// Bytes of a name: a line.
  package static let nameBytesMax = 256
  /// Bytes of a description: a screen.
  package static let aboutBytesMax = 2_048
  /// Accounts that a list may hold; a group has fewer.
  static let accountsMax = 1_000
  /// Join links at once: one for each purpose that a group has.
  static let linksMax = 4
  /// Bytes of a timer.
  static let timerBytesMax = 64

  /// See `Kind`.
  package let kind: Kind
  /// The room's random number, the same in every group that it has had.
  let roomID: [UInt8]
  /// The service that the room was made on.
  let domain: String
  /// What people call it.
  package var name: String
  /// What it is about.
  package var about: String
  /// Who may do what.
  package var permissions: RoomPermissions
  /// Those who are more than members.
  package private(set) var roles: [AccountID: RoomRole]
  /// Who may not be added.
  package var banned: Set<AccountID>
  /// The timer of disappearing messages, in its own form; empty: none.
  package var timer: [UInt8]
  /// The links by which people may ask to come in, in the order of their making.
  var links: [JoinLinkEntry]
  /// What it looks like.
  package var picture: RoomPicture?

  /// What two people agree on at first.
  package static let pair = RoomState(
    kind: .pair, roomID: Array(repeating: 0, count: roomIDLength), domain: "", name: "", owner: nil)

  /// What the devices of an account agree on.
  package static let own = RoomState(
    kind: .own, roomID: Array(repeating: 0, count: roomIDLength), domain: "", name: "", owner: nil)

  /// A new group.
  package static func group(
    named name: String, owner: AccountID, domain: ServiceDomain,
    using entropy: inout some RandomNumberGenerator
  ) -> RoomState {
    RoomState(
      kind: .group, roomID: entropy.bytes(roomIDLength), domain: domain.text, name: name,
      owner: owner)
  }

  private init(kind: Kind, roomID: [UInt8], domain: String, name: String, owner: AccountID?) {
    self.kind = kind
    self.roomID = roomID
    self.domain = domain
    self.name = name
    about = ""
    permissions = .standard
    roles = [:]
    banned = []
    timer = []
    links = []
    picture = nil
    if let owner { roles[owner] = .owner }
  }

  /// The role of an account, whether it is a member or not.
  package func role(of account: AccountID) -> RoomRole { roles[account] ?? .member }

  /// Gives an account a role.
  package mutating func setRole(_ role: RoomRole, of account: AccountID) {
    roles[account] = role == .member ? nil : role
  }

  /// The one owner, if there is one.
  var owner: AccountID? { roles.first { $0.value == .owner }?.key }

  /// Whether an account may do something.
  package func allows(_ action: RoomAction, by account: AccountID) -> Bool {
    kind != .group || role(of: account) >= permissions[action]
  }

  /// The same text in two stores, by which programs name the room.
  package var reference: RoomReference? {
    kind == .group ? RoomReference(roomID: roomID, domain: domain) : nil
  }

  /// Takes the extension's data.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let version = try input.readUInt8()
    guard (Self.formatVersion...Self.formatVersionWithPicture).contains(version) else {
      throw .invalidValue(field: "room format")
    }
    guard let kind = Kind(rawValue: try input.readUInt8()) else {
      throw .invalidValue(field: "room kind")
    }
    self.kind = kind
    roomID = try input.readBytes(Self.roomIDLength)
    domain = try RoomState.text(from: &input, maximum: ServiceDomain.lengthMax, "room domain")
    name = try RoomState.text(from: &input, maximum: Self.nameBytesMax, "room name")
    about = try RoomState.text(from: &input, maximum: Self.aboutBytesMax, "room description")
    permissions = try RoomPermissions(from: &input)
    roles = try RoomState.roles(from: &input)
    banned = try RoomState.banned(from: &input)
    timer = try input.readVector(maximum: Self.timerBytesMax)
    links = version == Self.formatVersion ? [] : try RoomState.links(from: &input)
    guard version != Self.formatVersionWithLinks || !links.isEmpty else {
      throw .invalidValue(field: "join links")
    }
    picture = version == Self.formatVersionWithPicture ? try RoomPicture(from: &input) : nil
    switch kind {
    case .pair, .own:
      var plain = kind == .pair ? RoomState.pair : RoomState.own
      plain.timer = timer
      guard self == plain else { throw .invalidValue(field: "room of no group") }
      guard (try? PairPolicy(decoding: timer)) != nil else {
        throw .invalidValue(field: "room of two people")
      }
    case .group:
      guard (try? ServiceDomain(domain)) != nil else { throw .invalidValue(field: "room domain") }
      guard RoomState.isName(name), RoomState.isAbout(about) else {
        throw .invalidValue(field: "room name")
      }
      guard roles.values.count(where: { $0 == .owner }) == 1 else {
        throw .invalidValue(field: "room owner")
      }
    }
  }

  /// Appends the extension's data.
  package func encode(to output: inout ByteWriter) {
    output.write(version)
    output.write(kind.rawValue)
    output.write(raw: roomID)
    for text in [domain, name, about] { output.write(vector: Array(text.utf8)) }
    output.write(permissions)
    output.write(list: roles.sorted { $0.key < $1.key }) { output, entry in
      output.write(entry.key)
      output.write(entry.value.rawValue)
    }
    output.write(list: banned.sorted())
    output.write(vector: timer)
    if version != Self.formatVersion { output.write(list: links) }
    if let picture { output.write(picture) }
  }

  /// The first form that can say it all, so that a state has one form.
  private var version: UInt8 {
    if picture != nil { return Self.formatVersionWithPicture }
    return links.isEmpty ? Self.formatVersion : Self.formatVersionWithLinks
  }

  /// Whether a text may be a name: one line, not blank, nothing that moves a cursor.
  package static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= nameBytesMax && isPlain(text, allowing: [])
      && text.unicodeScalars.contains { !$0.properties.isWhitespace }
  }

  /// Whether a text may be a description; it may have lines.
  package static func isAbout(_ text: String) -> Bool {
    text.utf8.count <= aboutBytesMax && isPlain(text, allowing: ["\n"])
  }

  private static func isPlain(_ text: String, allowing allowed: Set<Unicode.Scalar>) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      allowed.contains(scalar)
        || scalar.properties.generalCategory != .control && !isDirectional(scalar)
    }
  }

  /// Characters that turn the direction of the text after them.
  private static func isDirectional(_ scalar: Unicode.Scalar) -> Bool {
    (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
  }

  private static func text(
    from input: inout Span<UInt8>, maximum: Int, _ field: StaticName
  ) throws(DecodingFailure) -> String {
    guard let text = String(validating: try input.readVector(maximum: maximum), as: UTF8.self)
    else { throw .invalidValue(field: field) }
    return text
  }

  private static func roles(
    from input: inout Span<UInt8>
  ) throws(DecodingFailure) -> [AccountID: RoomRole] {
    let entries = try input.readList(maximumCount: accountsMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      (try AccountID(from: &input), try RoomRole(from: &input))
    }
    guard isAscending(entries.map(\.0)), entries.allSatisfy({ $0.1 != .member }) else {
      throw .invalidValue(field: "roles")
    }
    return Dictionary(uniqueKeysWithValues: entries)
  }

  private static func banned(
    from input: inout Span<UInt8>
  ) throws(DecodingFailure) -> Set<AccountID> {
    let accounts = try input.readList(maximumCount: accountsMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try AccountID(from: &input)
    }
    guard isAscending(accounts) else { throw .invalidValue(field: "banned accounts") }
    return Set(accounts)
  }

  private static func links(
    from input: inout Span<UInt8>
  ) throws(DecodingFailure) -> [JoinLinkEntry] {
    let links = try input.readList(maximumCount: linksMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try JoinLinkEntry(from: &input)
    }
    guard Set(links.map(\.seed)).count == links.count else {
      throw .invalidValue(field: "join links")
    }
    return links
  }

  private static func isAscending(_ accounts: [AccountID]) -> Bool {
    zip(accounts, accounts.dropFirst()).allSatisfy { $0 < $1 }
  }
}
