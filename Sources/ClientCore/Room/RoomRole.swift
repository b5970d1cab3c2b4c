// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What a member of a group may be. The raw value is the order of power.
public enum RoomRole: UInt8, CaseIterable, Comparable, Hashable, Sendable {
  /// Whoever is not named in the group's state.
  case member = 0
  /// May do what the permissions keep for admins.
  case admin = 1
  /// One person: hands out and takes back the role of admin.
  case owner = 2

  /// Less power comes first.
  public static func < (left: RoomRole, right: RoomRole) -> Bool { left.rawValue < right.rawValue }

  /// The name that people and programs see.
  public var name: String {
    switch self {
    case .member: "member"
    case .admin: "admin"
    case .owner: "owner"
    }
  }

  /// Takes the name that people and programs write.
  public init?(name: String) {
    guard let role = RoomRole.allCases.first(where: { $0.name == name }) else { return nil }
    self = role
  }

  init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard let role = RoomRole(rawValue: try input.readUInt8()) else {
      throw .invalidValue(field: "role")
    }
    self = role
  }
}

/// What can be done in a group beside reading. The raw value is the place in the stored form.
public enum RoomAction: Int, CaseIterable, Hashable, Sendable {
  /// Add people.
  case add
  /// Remove and ban people of less power.
  case remove
  /// Change name, description and picture.
  case info
  /// Change the timer of disappearing messages.
  case timer
  /// Send messages.
  case post
  /// Start calls.
  case call

  /// The name that people and programs see.
  public var name: String {
    switch self {
    case .add: "add"
    case .remove: "remove"
    case .info: "info"
    case .timer: "timer"
    case .post: "post"
    case .call: "call"
    }
  }

  /// Takes the name that people and programs write.
  public init?(name: String) {
    guard let action = RoomAction.allCases.first(where: { $0.name == name }) else { return nil }
    self = action
  }
}

/// Who may do what: for each action the least role that it takes.
public struct RoomPermissions: Hashable, Sendable {
  /// In the order of `RoomAction`.
  private var roles: [RoomRole]

  /// A new group's: admins decide who is in it, everybody may do the rest.
  public static let standard = RoomPermissions(roles: [
    .admin, .admin, .member, .member, .member, .member,
  ])

  private init(roles: [RoomRole]) { self.roles = roles }

  /// The least role that the action takes.
  public subscript(action: RoomAction) -> RoomRole {
    get { roles[action.rawValue] }
    set { roles[action.rawValue] = newValue }
  }
}

extension RoomPermissions: WireValue {
  /// Takes one byte for each action.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    roles = []
    for _ in RoomAction.allCases { roles.append(try RoomRole(from: &input)) }
  }

  /// Appends one byte for each action.
  public func encode(to output: inout ByteWriter) {
    for role in roles { output.write(role.rawValue) }
  }
}
