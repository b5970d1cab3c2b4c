// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A link by which people can ask to come into a group.
public struct JoinLinkReport: Hashable, Sendable {
  /// What it is named by: 32 hexadecimal digits.
  public let linkID: String
  /// What people are given. A secret.
  public let link: String
  /// When it ends; nil: never.
  public let expires: Instant?
  /// How many more may come in by it; nil: any number.
  public let uses: UInt32?
  /// Whether somebody who may add people has to say yes to each.
  public let needsApproval: Bool
  /// Whether all members have it: before that a commit is on its way.
  public let isOpen: Bool
}

/// Somebody who asks to come into a group.
public struct KnockReport: Hashable, Sendable {
  /// Who; the identity was checked.
  public let address: String
  /// By which link.
  public let linkID: String
  /// When.
  public let at: Instant
}

/// A group that this account asks to come into.
public struct OwnKnockReport: Hashable, Sendable {
  /// The group.
  public let reference: String
  /// When the link was given to this program.
  public let since: Instant
  /// When those who can let somebody in were last asked; nil: not yet.
  public let askedAt: Instant?
}
