// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The group that another one follows upon, and how its clients are known again there
/// (RFC 9420 §11.2, §11.3).
public struct Predecessor: Sendable {
  /// The old group: after its ReInit, or in any epoch that it is branched from.
  public let group: Group
  /// Whether two leaves are the same client's, in the application's eyes.
  public let isSameClient: @Sendable (_ old: LeafNode, _ new: LeafNode) -> Bool

  /// Takes the parts.
  ///
  /// - Parameters:
  ///   - group: the old group.
  ///   - isSameClient: without it, clients with equal credentials are the same.
  public init(
    _ group: Group,
    isSameClient: @escaping @Sendable (_ old: LeafNode, _ new: LeafNode) -> Bool = {
      $0.credential == $1.credential
    }
  ) {
    self.group = group
    self.isSameClient = isSameClient
  }

  /// The resumption PSK that ties the groups, and the members of its epoch.
  struct Link {
    let usage: PreSharedKeyID.Usage
    let groupID: [UInt8]
    let epoch: UInt64
    let secret: Secret
    let members: [LeafNode]
  }

  /// Finds the key that a Welcome names as its tie to another group.
  ///
  /// - Returns: nil when the Welcome has no tie and none is expected.
  /// - Throws: `unknownPSK` when the other group is not at hand, or not in that epoch;
  ///   `predecessorMismatch` when there is no tie although one is expected.
  static func link(
    in ids: [PreSharedKeyID], to predecessor: Predecessor?
  ) throws(MLSFailure) -> Link? {
    for id in ids {
      guard
        case .resumption(let usage, let groupID, let epoch) = id.source, usage != .application
      else { continue }
      guard let predecessor, predecessor.group.groupID == groupID else { throw .unknownPSK }
      return try predecessor.link(usage: usage, epoch: epoch)
    }
    guard predecessor == nil else { throw .predecessorMismatch }
    return nil
  }

  private func link(
    usage: PreSharedKeyID.Usage, epoch: UInt64
  ) throws(MLSFailure) -> Link {
    let state = group.state
    if epoch == group.epoch {
      return Link(
        usage: usage, groupID: group.groupID, epoch: epoch, secret: state.secrets.resumptionPSK,
        members: group.members.map(\.leafNode))
    }
    guard
      let key = state.resumptionKeys.first(where: { $0.epoch == epoch }),
      let past = state.pastEpochs.first(where: { $0.context.epoch == epoch })
    else { throw .unknownPSK }
    return Link(
      usage: usage, groupID: group.groupID, epoch: epoch, secret: key.secret,
      members: past.members.map(\.leafNode))
  }

  /// Checks that a new group is what its link says: the one that the ReInit announced, with the
  /// same members, or a part of the old one under the same parameters.
  ///
  /// - Throws: `notReinitialized`, `predecessorMismatch`.
  func check(
    _ link: Link, begins context: GroupContext, members: [LeafNode]
  ) throws(MLSFailure) {
    // The group begins with the Welcome that names the link.
    guard context.epoch == 1 else { throw .predecessorMismatch }
    switch link.usage {
    case .application:
      throw .invalidPSKUsage
    case .reinit:
      guard let reInit = group.reInit, link.epoch == group.epoch else { throw .notReinitialized }
      guard
        context.groupID == reInit.groupID, context.version == reInit.version,
        context.cipherSuite == reInit.cipherSuite, context.extensions == reInit.extensions,
        members.count == link.members.count, areAllKnown(members, among: link.members),
        link.members.allSatisfy({ old in members.contains { isSameClient(old, $0) } })
      else { throw .predecessorMismatch }
    case .branch:
      guard
        context.groupID != group.groupID, context.version == group.context.version,
        context.cipherSuite == group.suite, areAllKnown(members, among: link.members)
      else { throw .predecessorMismatch }
    }
  }

  private func areAllKnown(_ members: [LeafNode], among old: [LeafNode]) -> Bool {
    members.allSatisfy { new in old.contains { isSameClient($0, new) } }
  }
}
