// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Tree and extensions after a list of proposals was applied, before any path (RFC 9420 §12.3).
struct ProvisionalState: Sendable {
  var tree: RatchetTree
  var extensions: [Extension]
  /// In the order of the Adds; they get the joiner secret and are left out of the path's
  /// ciphertexts.
  var added: [(leafIndex: LeafIndex, keyPackage: KeyPackage)] = []
  var updated: [(leafIndex: LeafIndex, old: LeafNode, new: LeafNode)] = []
  var removed: [Member] = []

  /// Applies a valid list to a tree, in the order of RFC 9420 §12.3, and checks each leaf that
  /// comes in and the tree that comes out.
  init(
    applying list: ProposalList, to present: RatchetTree, context: GroupContext,
    policy: GroupPolicy, at now: Instant
  ) throws(MLSFailure) {
    tree = present
    extensions = context.extensions
    for resolved in list.proposals {
      if case .groupContextExtensions(let replacement) = resolved.proposal {
        extensions = replacement
      }
    }
    let requirements = try LeafRequirements(
      suite: context.cipherSuite, contextExtensions: extensions, lifetimePolicy: policy.lifetimes)
    for resolved in list.proposals {
      guard case .update(let leaf) = resolved.proposal, case .member(let index) = resolved.sender
      else { continue }
      try applyUpdate(leaf, at: index, in: context, requirements: requirements, now: now)
    }
    try applyRemovals(of: list)
    try list.checkTypes(supportedIn: tree)
    for resolved in list.proposals {
      guard case .add(let keyPackage) = resolved.proposal else { continue }
      try keyPackage.validate(requirements: requirements, now: now)
      let index = try tree.add(keyPackage.leafNode)
      added.append((index, keyPackage))
    }
    if extensions != context.extensions { try tree.validateSupport(requirements) }
    let changed = updated.map(\.leafIndex) + added.map(\.leafIndex)
    if !changed.isEmpty { try tree.validateMembers(changed: changed) }
  }

  /// SelfRemoves go before Removes (draft-ietf-mls-extensions, SelfRemove).
  private mutating func applyRemovals(of list: ProposalList) throws(MLSFailure) {
    var leaving: [LeafIndex] = []
    for resolved in list.proposals where resolved.proposal == .selfRemove {
      leaving.append(try resolved.selfRemovedLeaf())
    }
    for resolved in list.proposals {
      if case .remove(let index) = resolved.proposal { leaving.append(index) }
    }
    for index in leaving {
      guard let leaf = tree.leaf(at: index) else { throw .blankLeaf }
      removed.append(Member(leafIndex: index, leafNode: leaf))
      try tree.remove(at: index)
    }
  }

  private mutating func applyUpdate(
    _ leaf: LeafNode, at index: LeafIndex, in context: GroupContext,
    requirements: LeafRequirements, now: Instant
  ) throws(MLSFailure) {
    guard let old = tree.leaf(at: index) else { throw .invalidSender }
    try leaf.validate(
      .update(replacing: old),
      at: LeafNode.Position(groupID: context.groupID, leafIndex: index),
      requirements: requirements, now: now)
    try tree.update(leaf, at: index)
    updated.append((index, old, leaf))
  }

  /// The context that path secrets are encrypted under: new epoch, tree and extensions, the old
  /// transcript hash (RFC 9420 §12.4.1).
  func provisionalContext(
    after context: GroupContext, treeHash: [UInt8]
  ) -> GroupContext {
    GroupContext(
      cipherSuite: context.cipherSuite, groupID: context.groupID, epoch: context.epoch + 1,
      treeHash: treeHash, confirmedTranscriptHash: context.confirmedTranscriptHash,
      extensions: extensions)
  }
}

extension TreePrivateKeys {
  /// The keys whose nodes are still there in `tree`.
  func pruned(to tree: RatchetTree) -> TreePrivateKeys {
    var kept = self
    kept.forgetBlankNodes(of: tree)
    return kept
  }
}
