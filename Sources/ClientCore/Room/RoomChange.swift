// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// Something that a person wants changed in a group. It is kept until a commit has done it, so that
/// a lost race or a crash costs nothing.
///
/// ```
/// struct { uint8 ver = 1; uint8 tag; select (tag) { … } } RoomChange;
/// ```
public enum RoomChange: Hashable, Sendable {
  /// Somebody comes in, with all devices.
  case add(address: String)
  /// Somebody who has lost step comes in anew, with all devices.
  case renew(address: String)
  /// Somebody who asked by a join link comes in, with all devices.
  case admit(address: String, linkID: [UInt8])
  /// People may ask to come in by this link.
  case openLink(JoinLinkEntry)
  /// Nobody may any more by the link of this number.
  case closeLink([UInt8])
  /// Somebody goes out and, when banned, cannot be added again.
  case remove(address: String, banning: Bool)
  /// Somebody may be added again.
  case unban(address: String)
  /// Another name.
  case rename(String)
  /// Another description.
  case describe(String)
  /// Another picture, a JPEG file; empty: none.
  case picture([UInt8])
  /// Another role for somebody.
  case role(address: String, RoomRole)
  /// Another least role for an action.
  case permission(RoomAction, RoomRole)
  /// Another timer of disappearing messages, in its own form; empty: none.
  case timer([UInt8])
  /// The timer that the other one of two people proposes, in its own form.
  case acceptTimer([UInt8])
  /// That one is turned down, or an own proposal taken back.
  case declineTimer([UInt8])

  /// Whom it is about; empty when it is about nobody.
  public var subject: String {
    switch self {
    case .add(let address), .renew(let address), .admit(let address, _),
      .remove(let address, _), .unban(let address), .role(let address, _):
      address
    case .rename, .describe, .picture, .permission, .timer, .acceptTimer, .declineTimer,
      .openLink, .closeLink:
      ""
    }
  }
}

extension RoomChange {
  /// Whether somebody comes in who was no member.
  var adds: Bool {
    switch self {
    case .add, .admit: true
    default: false
    }
  }
}

extension RoomChange {
  /// Whether an earlier change that still waits has no meaning any more once this one is wanted.
  func replaces(_ earlier: RoomChange) -> Bool {
    switch (self, earlier) {
    case (.rename, .rename), (.describe, .describe), (.picture, .picture), (.timer, .timer): true
    case (.permission(let action, _), .permission(let other, _)): action == other
    case (.role(let address, _), .role(let other, _)): address == other
    case (.add(let address), .remove(let other, false)): address == other
    case (.remove(let address, _), .add), (.remove(let address, _), .renew),
      (.remove(let address, _), .admit), (.remove(let address, _), .role),
      (.remove(let address, true), .remove):
      address == earlier.subject
    default: false
    }
  }
}

extension RoomChange: WireValue {
  private static let formatVersion: UInt8 = 1

  private enum Tag: UInt8 {
    case add = 1
    case remove
    case ban
    case unban
    case rename
    case describe
    case role
    case permission
    case timer
    case renew
    case admit
    case openLink
    case closeLink
    case acceptTimer
    case declineTimer
    case picture
  }

  private var tag: Tag {
    switch self {
    case .add: .add
    case .renew: .renew
    case .admit: .admit
    case .openLink: .openLink
    case .closeLink: .closeLink
    case .remove(_, let banning): banning ? .ban : .remove
    case .unban: .unban
    case .rename: .rename
    case .describe: .describe
    case .picture: .picture
    case .role: .role
    case .permission: .permission
    case .timer: .timer
    case .acceptTimer: .acceptTimer
    case .declineTimer: .declineTimer
    }
  }

  /// Takes the stored form.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion,
      let tag = Tag(rawValue: try input.readUInt8())
    else { throw .invalidValue(field: "room change format") }
    switch tag {
    case .add: self = .add(address: try RoomChange.text(from: &input))
    case .renew: self = .renew(address: try RoomChange.text(from: &input))
    case .remove: self = .remove(address: try RoomChange.text(from: &input), banning: false)
    case .ban: self = .remove(address: try RoomChange.text(from: &input), banning: true)
    case .unban: self = .unban(address: try RoomChange.text(from: &input))
    case .rename: self = .rename(try RoomChange.text(from: &input))
    case .describe: self = .describe(try RoomChange.text(from: &input))
    case .role:
      self = .role(address: try RoomChange.text(from: &input), try RoomRole(from: &input))
    case .permission:
      guard let action = RoomAction(rawValue: Int(try input.readUInt8())) else {
        throw .invalidValue(field: "action")
      }
      self = .permission(action, try RoomRole(from: &input))
    case .admit:
      let address = try RoomChange.text(from: &input)
      self = .admit(address: address, linkID: try input.readBytes(JoinLinkEntry.idLength))
    case .openLink: self = .openLink(try JoinLinkEntry(from: &input))
    case .closeLink: self = .closeLink(try input.readBytes(JoinLinkEntry.idLength))
    case .timer: self = .timer(try input.readVector(maximum: RoomState.timerBytesMax))
    case .acceptTimer:
      self = .acceptTimer(try input.readVector(maximum: RoomState.timerBytesMax))
    case .declineTimer:
      self = .declineTimer(try input.readVector(maximum: RoomState.timerBytesMax))
    case .picture:
      let bytes = try input.readVector(maximum: RoomPicture.bytesMax)
      guard bytes.isEmpty || RoomPicture(bytes) != nil else {
        throw .invalidValue(field: "room picture")
      }
      self = .picture(bytes)
    }
  }

  /// Appends the stored form.
  public func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(tag.rawValue)
    switch self {
    case .add(let text), .renew(let text), .remove(let text, _), .unban(let text),
      .rename(let text), .describe(let text):
      output.write(vector: Array(text.utf8))
    case .admit(let address, let linkID):
      output.write(vector: Array(address.utf8))
      output.write(raw: linkID)
    case .openLink(let entry): output.write(entry)
    case .closeLink(let linkID): output.write(raw: linkID)
    case .role(let address, let role):
      output.write(vector: Array(address.utf8))
      output.write(role.rawValue)
    case .permission(let action, let role):
      output.write(UInt8(action.rawValue))
      output.write(role.rawValue)
    case .timer(let bytes), .acceptTimer(let bytes), .declineTimer(let bytes),
      .picture(let bytes):
      output.write(vector: bytes)
    }
  }

  private static func text(from input: inout Span<UInt8>) throws(DecodingFailure) -> String {
    let bytes = try input.readVector(maximum: RoomState.aboutBytesMax)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .invalidValue(field: "room change text")
    }
    return text
  }
}
