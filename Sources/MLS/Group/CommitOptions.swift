// SPDX-License-Identifier: Apache-2.0

import SansIO

/// How a commit is made.
public struct CommitOptions: Sendable {
  /// A path even where the proposals do not demand one: it renews the committer's keys and unblanks
  /// its part of the tree.
  public var forcesPath: Bool
  /// Whether proposals that were received go in. Without them a commit may be wanted that does
  /// nothing but what it is asked.
  public var includesPendingProposals: Bool
  /// Bytes that are authenticated and not encrypted.
  public var authenticatedData: [UInt8]
  /// How the commit is framed: PrivateMessage unless a server has to read it.
  public var wireFormat: WireFormat
  /// Whether the Welcome's GroupInfo carries the ratchet tree (RFC 9420 §12.4.3.3).
  public var welcomeCarriesTree: Bool
  /// A new credential and new capabilities for the own leaf; needs a path.
  public var newProfile: LeafNode.Profile?
  /// A new profile with a signature key of its own; it goes before `newProfile`. The commit is
  /// still signed by the present key, all of the next epoch by the new one.
  public var newIdentity: LeafIdentity?
  /// Extensions of the application's for the Welcome's GroupInfo (RFC 9420 §12.4.3); who does not
  /// know them ignores them.
  public var groupInfoExtensions: [Extension] = []
  /// Further ones that depend on the next epoch's encoded tree, such as where it is to be had when
  /// the Welcome does not carry it.
  public var treeExtensions: (@Sendable (_ tree: [UInt8]) throws(MLSFailure) -> [Extension])?
  /// Whether a PSK that ties the group to its predecessor may go in: in the first commit alone.
  var linksGroups = false

  /// With a path, with what was proposed, encrypted, with the tree in the Welcome.
  public static let standard = CommitOptions()

  /// Takes the parts.
  public init(
    forcesPath: Bool = true, includesPendingProposals: Bool = true,
    authenticatedData: [UInt8] = [], wireFormat: WireFormat = .privateMessage,
    welcomeCarriesTree: Bool = true, newProfile: LeafNode.Profile? = nil,
    newIdentity: LeafIdentity? = nil
  ) {
    self.forcesPath = forcesPath
    self.includesPendingProposals = includesPendingProposals
    self.authenticatedData = authenticatedData
    self.wireFormat = wireFormat
    self.welcomeCarriesTree = welcomeCarriesTree
    self.newProfile = newProfile
    self.newIdentity = newIdentity
  }

  /// What the own leaf is to say, when it is to change.
  var profile: LeafNode.Profile? { newIdentity?.profile ?? newProfile }
}

/// A commit of our own that the delivery service has not confirmed.
///
/// It is stored before it is sent, and it survives a crash: `message` can be sent again, and
/// `staged` be merged when the commit turns out to have won.
public struct PendingCommit: Sendable {
  /// MLSMessage with the commit.
  public let message: [UInt8]
  /// MLSMessage with the Welcome for those who were added, if any.
  public let welcome: [UInt8]?
  /// What it does, to be merged once it is confirmed.
  public let staged: StagedCommit

  /// The next epoch's tree, for joiners that get it by another way (RFC 9420 §12.4.3.3).
  public var encodedRatchetTree: [UInt8]? { staged.next?.tree.encoded }

  /// The next epoch's GroupInfo, signed: for external joins. It is made when it is asked for, since
  /// with the tree of a large group it costs more than the commit.
  ///
  /// - Parameters:
  ///   - carriesTree: whether the tree is in it; joiners need it from elsewhere otherwise.
  ///   - carriesExternalPub: whether it lets its reader join by an external commit.
  ///   - further: extensions of the application's; who does not know them ignores them.
  public func groupInfo(
    carriesTree: Bool = true, carriesExternalPub: Bool = true, extensions further: [Extension] = []
  ) throws(MLSFailure) -> GroupInfo {
    guard let next = staged.next else { throw .notAMember }
    return try next.groupInfo(
      carriesTree: carriesTree, carriesExternalPub: carriesExternalPub, extensions: further)
  }
}
