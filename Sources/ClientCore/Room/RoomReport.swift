// SPDX-License-Identifier: Apache-2.0

/// A group: who is in it, and what its members agree on.
public struct RoomReport: Hashable, Sendable {
  /// One person in it.
  public struct Person: Hashable, Sendable {
    /// The address.
    public let address: String
    /// What the person may be.
    public let role: RoomRole
    /// How many devices read.
    public let devices: Int
    /// Whether this is the own account.
    public let own: Bool
  }

  /// What programs name it by.
  public let reference: String
  /// What people call it.
  public let name: String
  /// What it is about.
  public let about: String
  /// What it looks like, if it has a picture.
  public let picture: ThumbnailReport?
  /// `starting`, `open`, `blocked`, `leaving` or `left`.
  public let phase: String
  /// Everybody, in the order of joining.
  public let people: [Person]
  /// Who may do what, in the order of `RoomAction`.
  public let permissions: [(action: RoomAction, role: RoomRole)]
  /// Changes that are wanted here and that no commit has done yet.
  public let waiting: [RoomChange]
  /// The present epoch.
  public let epoch: UInt64?

  /// Equal in all parts.
  public static func == (left: RoomReport, right: RoomReport) -> Bool {
    left.reference == right.reference && left.name == right.name && left.about == right.about
      && left.picture == right.picture && left.phase == right.phase
      && left.people == right.people && left.permissions.elementsEqual(right.permissions, by: ==)
      && left.waiting == right.waiting && left.epoch == right.epoch
  }

  /// Over the name that is unique, and what changes most.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(reference)
    hasher.combine(epoch)
  }
}
