// SPDX-License-Identifier: Apache-2.0

import SansIO

@testable import MLS

/// Commits that break one rule and keep all others: proposals are applied unchecked, the path is
/// made for the tree that results and altered afterwards, the tags are those of what was altered.
extension PermissiveMember {
  /// What differs from an honest commit.
  struct CommitChange {
    var hasPath = true
    /// The leaf of the path, before the path is made.
    var profile: LeafNode.Profile?
    /// The key that signs the leaf of the path.
    var leafSigner: SignaturePrivateKey?
    /// The leaf that the path is for.
    var sender: LeafIndex?
    /// Leaves that the commit adds and that get ciphertexts all the same.
    var includesAdded = false
    /// Path secrets are sealed under another GroupContext.
    var pathContext: [UInt8]?
    /// The path as it is sent.
    var path: (UpdatePath) throws -> UpdatePath = { $0 }
    var confirmationTag: ([UInt8]) -> [UInt8] = { $0 }
    var message = Change.none
    var format = WireFormat.publicMessage
    var preSharedKeys = PreSharedKeys()

    static var none: CommitChange { CommitChange() }
  }

  /// Applies proposals without a look at any rule; what cannot be applied is passed over.
  private func applied(
    _ list: ProposalList, added: inout [LeafIndex]
  ) -> (tree: RatchetTree, extensions: [Extension]) {
    var tree = group.state.tree
    var extensions = group.contextExtensions
    for resolved in list.proposals {
      switch resolved.proposal {
      case .groupContextExtensions(let replacement): extensions = replacement
      case .update(let leaf):
        if case .member(let index) = resolved.sender { try? tree.update(leaf, at: index) }
      case .remove(let index): try? tree.remove(at: index)
      case .selfRemove:
        if case .member(let index) = resolved.sender { try? tree.remove(at: index) }
      case .add, .preSharedKey, .reInit, .externalInit: break
      }
    }
    for resolved in list.proposals {
      if case .add(let keyPackage) = resolved.proposal,
        let index = try? tree.add(keyPackage.leafNode)
      {
        added.append(index)
      }
    }
    return (tree, extensions)
  }

  /// The state after proposals that nobody has checked; of an empty list there is nothing to check.
  private func unchecked(
    _ tree: RatchetTree, _ extensions: [Extension]
  ) throws -> ProvisionalState {
    func state(_ context: GroupContext) throws -> ProvisionalState {
      try ProvisionalState(
        applying: ProposalList(proposals: []), to: tree, context: context, policy: .unchecked,
        at: Instant(milliseconds: 0))
    }
    let context = GroupContext(
      cipherSuite: suite, groupID: group.groupID, epoch: group.epoch, treeHash: [],
      confirmedTranscriptHash: [], extensions: extensions)
    return try (try? state(context)) ?? state(group.context)
  }

  /// A commit of these proposals, by value or by reference to what the group has received.
  mutating func commit(
    _ proposals: [ProposalOrRef], _ change: CommitChange = .none,
    using entropy: inout SeededGenerator
  ) throws -> [UInt8] {
    let own = change.sender ?? group.ownLeafIndex
    let sender = change.message.sender ?? .member(own)
    let list = ProposalList(
      proposals: proposals.compactMap { item in
        switch item {
        case .proposal(let proposal):
          ResolvedProposal(proposal: proposal, sender: sender, reference: nil)
        case .reference(let reference):
          group.state.pendingProposals.first { $0.reference == reference }?.resolved
        }
      })
    var added: [LeafIndex] = []
    var (tree, extensions) = applied(list, added: &added)
    func provisional(_ treeHash: [UInt8]) -> GroupContext {
      GroupContext(
        cipherSuite: suite, groupID: group.groupID, epoch: group.epoch + 1, treeHash: treeHash,
        confirmedTranscriptHash: group.context.confirmedTranscriptHash, extensions: extensions)
    }
    var created: TreeKEM.CreatedPath?
    if change.hasPath, let leaf = tree.leaf(at: own) ?? group.leafNode(at: own) {
      created = try TreeKEM.createUpdatePath(
        tree: tree, suite: suite, sender: own, profile: change.profile ?? leaf.profile,
        signingWith: change.leafSigner ?? group.state.signatureKey, groupID: group.groupID,
        excluding: change.includesAdded ? [] : added.sorted(),
        groupContext: { change.pathContext ?? provisional($0).encoded }, using: &entropy)
    }
    let path = try created.map { try change.path($0.updatePath) }
    let checked = try unchecked(tree, extensions)
    let unconfirmed = try signed(
      .commit(Commit(proposals: proposals, path: path)), change.message, format: change.format)
    let keys = try? group.pskSecret(for: list.pskIDs, table: change.preSharedKeys)
    let next = EpochAdvance(
      from: group.context, interimTranscriptHash: group.state.interimTranscriptHash,
      provisional: checked,
      tree: created?.tree ?? tree, treeHash: created?.treeHash ?? tree.treeHash(suite),
      initSecret: group.state.secrets.initSecret, commitSecret: created?.commitSecret,
      pskSecret: keys ?? suite.zeroSecret, commit: unconfirmed)
    let confirmed = unconfirmed.confirmed(
      by: change.message.confirmationTag ?? change.confirmationTag(next.confirmationTag))
    return change.format == .publicMessage
      ? publicMessage(confirmed, change.message)
      : try privateMessage(confirmed, change.message, using: &entropy)
  }
}

extension LeafNode {
  /// The same leaf with other parts, signed anew or not.
  func changed(
    encryptionKey: [UInt8]? = nil, profile: Profile? = nil, source: LeafNodeSource? = nil,
    signer: SignaturePrivateKey, at position: Position, suite: CipherSuite
  ) throws -> LeafNode {
    try LeafNode.signed(
      profile: profile ?? self.profile, encryptionKey: encryptionKey ?? self.encryptionKey,
      source: source ?? self.source, at: position, with: signer, suite: suite)
  }
}
