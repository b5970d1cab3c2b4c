// SPDX-License-Identifier: Apache-2.0

import SansIO

/// A proposal together with who made it.
struct ResolvedProposal: Sendable {
  let proposal: Proposal
  let sender: Sender
  /// The reference, when the commit names it by one.
  let reference: ProposalRef?

  /// How the commit says it.
  var asCommitted: ProposalOrRef {
    reference.map { .reference($0) } ?? .proposal(proposal)
  }
}

/// The proposals of one commit, in its order, and the rules that hold for the list as a whole
/// (RFC 9420 §12.2).
struct ProposalList: Sendable {
  let proposals: [ResolvedProposal]
  /// Whether this is the first commit of a group that follows upon another one: no other may name
  /// a PSK that says so (RFC 9420 §11.2, §11.3).
  var linksGroups = false

  /// Whether the commit must carry a path (RFC 9420 §12.4).
  var requiresPath: Bool {
    proposals.isEmpty || proposals.contains { $0.proposal.requiresPath }
  }

  /// The id of every PSK, in the order in which they enter the key schedule.
  var pskIDs: [PreSharedKeyID] {
    proposals.compactMap { resolved in
      if case .preSharedKey(let id) = resolved.proposal { id } else { nil }
    }
  }

  /// The ReInit that ends the group, if there is one.
  var reInit: Proposal.ReInit? {
    for resolved in proposals {
      if case .reInit(let parameters) = resolved.proposal { return parameters }
    }
    return nil
  }

  /// The KEM output of an external commit.
  var externalInit: [UInt8]? {
    for resolved in proposals {
      if case .externalInit(let kemOutput) = resolved.proposal { return kemOutput }
    }
    return nil
  }

  /// The leaf of the first Remove; an external commit has at most one.
  var removedLeaf: LeafIndex? {
    for resolved in proposals {
      if case .remove(let leaf) = resolved.proposal { return leaf }
    }
    return nil
  }

  /// The rules of a commit made by a member.
  func validate(committer: LeafIndex, suite: CipherSuite) throws(MLSFailure) {
    var touched: Set<LeafIndex> = []
    for resolved in proposals {
      try checkSender(of: resolved)
      switch resolved.proposal {
      case .update:
        guard case .member(let leaf) = resolved.sender else { throw .invalidSender }
        guard leaf != committer else { throw .committerUpdate }
        guard touched.insert(leaf).inserted else { throw .duplicateLeafProposal }
      case .remove(let leaf):
        guard leaf != committer else { throw .committerRemoved }
        guard touched.insert(leaf).inserted else { throw .duplicateLeafProposal }
      case .selfRemove:
        let leaf = try resolved.selfRemovedLeaf()
        guard leaf != committer else { throw .committerRemoved }
        guard touched.insert(leaf).inserted else { throw .duplicateLeafProposal }
      case .externalInit:
        throw .proposalNotAllowedForSender
      case .add, .preSharedKey, .reInit, .groupContextExtensions:
        break
      }
    }
    try validateContents(suite: suite)
  }

  /// The rules of an external commit (RFC 9420 §12.4.3.2): everything by value, but for the
  /// SelfRemoves, which come by reference (draft-ietf-mls-extensions, SelfRemove).
  func validateExternal(suite: CipherSuite) throws(MLSFailure) {
    var inits = 0
    var removes = 0
    var touched: Set<LeafIndex> = []
    for resolved in proposals {
      switch resolved.proposal {
      case .selfRemove:
        guard try touched.insert(resolved.selfRemovedLeaf()).inserted else {
          throw .duplicateLeafProposal
        }
        continue
      case .externalInit: inits += 1
      case .remove(let leaf):
        removes += 1
        guard touched.insert(leaf).inserted else { throw .duplicateLeafProposal }
      case .preSharedKey: break
      default: throw .invalidExternalCommit
      }
      guard resolved.reference == nil else { throw .invalidExternalCommit }
    }
    guard inits == 1, removes <= 1 else { throw .invalidExternalCommit }
    try validateContents(suite: suite)
  }

  /// Which kinds of senders may make which proposals (RFC 9420 §12.1.8, §12.2).
  private func checkSender(of resolved: ResolvedProposal) throws(MLSFailure) {
    switch (resolved.sender, resolved.proposal) {
    case (.member, _): break
    case (.external, .add), (.external, .remove), (.external, .preSharedKey),
      (.external, .reInit), (.external, .groupContextExtensions):
      break
    case (.newMemberProposal, .add): break
    default: throw .proposalNotAllowedForSender
    }
  }

  /// What holds for either kind: nothing twice, ReInit alone, nonces of the right length.
  private func validateContents(suite: CipherSuite) throws(MLSFailure) {
    var addedKeys: Set<[UInt8]> = []
    var pskIDs: Set<PreSharedKeyID> = []
    var contextExtensions = 0
    for resolved in proposals {
      switch resolved.proposal {
      case .add(let keyPackage):
        guard addedKeys.insert(keyPackage.leafNode.signatureKey).inserted else {
          throw .duplicateAdd
        }
      case .preSharedKey(let id):
        guard id.nonce.count == suite.hashLength else { throw .invalidPSKNonce }
        guard linksGroups || !id.linksGroups else { throw .invalidPSKUsage }
        guard pskIDs.insert(id).inserted else { throw .duplicatePSK }
        guard pskIDs.count <= GroupSecrets.pskCountMax else { throw .tooManyProposals }
      case .groupContextExtensions:
        contextExtensions += 1
        guard contextExtensions == 1 else { throw .duplicateGroupContextExtensions }
      case .reInit(let parameters):
        guard proposals.count == 1 else { throw .reInitNotAlone }
        guard parameters.version.rawValue >= ProtocolVersion.mls10.rawValue else {
          throw .reInitLowersVersion
        }
      case .update, .remove, .externalInit, .selfRemove: break
      }
    }
  }

  /// Every member who will process the commit supports each type that is not a default one; who
  /// is added or removed by it need not (RFC 9420 §12.2).
  ///
  /// - Parameter tree: after the Removes, before the Adds.
  func checkTypes(supportedIn tree: RatchetTree) throws(MLSFailure) {
    for type in Set(proposals.map(\.proposal.type)) where !type.isDefault {
      guard tree.nonBlankLeaves.allSatisfy({ $0.leaf.capabilities.supports(type) }) else {
        throw .unsupportedProposalType
      }
    }
  }

  /// What a committer takes of the proposals that it has received: no update of its own, a
  /// SelfRemove before a Remove and any Remove before an Update of the same leaf, the last Update
  /// of several, one Add for a client, one PreSharedKey for an id, and no ReInit beside others
  /// (RFC 9420 §12.2).
  static func selectable(
    from pending: [ResolvedProposal], committer: LeafIndex
  ) -> [ResolvedProposal] {
    var chosen: [ResolvedProposal] = []
    for candidate in pending {
      switch candidate.proposal {
      case .update:
        guard case .member(let leaf) = candidate.sender, leaf != committer else { continue }
        if chosen.contains(where: { $0.removes(leaf) || $0.selfRemoves(leaf) }) { continue }
        chosen.removeAll { $0.updates(leaf) }
      case .remove(let leaf):
        if leaf == committer { continue }
        if chosen.contains(where: { $0.removes(leaf) || $0.selfRemoves(leaf) }) { continue }
        chosen.removeAll { $0.updates(leaf) }
      case .selfRemove:
        guard case .member(let leaf) = candidate.sender, leaf != committer else { continue }
        if chosen.contains(where: { $0.selfRemoves(leaf) }) { continue }
        chosen.removeAll { $0.updates(leaf) || $0.removes(leaf) }
      case .groupContextExtensions:
        chosen.removeAll { if case .groupContextExtensions = $0.proposal { true } else { false } }
      case .externalInit:
        continue
      case .add(let keyPackage):
        if chosen.contains(where: { $0.adds(keyPackage.leafNode.signatureKey) }) { continue }
      case .preSharedKey:
        if chosen.contains(where: { $0.proposal == candidate.proposal }) { continue }
      case .reInit:
        break
      }
      chosen.append(candidate)
    }
    let isReInit = { (resolved: ResolvedProposal) in
      if case .reInit = resolved.proposal { true } else { false }
    }
    if chosen.contains(where: { !isReInit($0) }) {
      chosen.removeAll(where: isReInit)
    } else if let first = chosen.first {
      chosen = [first]
    }
    return chosen
  }
}

extension ResolvedProposal {
  func isSame(as other: ResolvedProposal) -> Bool {
    reference != nil && reference == other.reference
  }

  func adds(_ signatureKey: [UInt8]) -> Bool {
    if case .add(let keyPackage) = proposal {
      keyPackage.leafNode.signatureKey == signatureKey
    } else {
      false
    }
  }

  func updates(_ leaf: LeafIndex) -> Bool {
    if case .update = proposal { sender == .member(leaf) } else { false }
  }

  func removes(_ leaf: LeafIndex) -> Bool {
    if case .remove(leaf) = proposal { true } else { false }
  }

  func selfRemoves(_ leaf: LeafIndex) -> Bool {
    proposal == .selfRemove && sender == .member(leaf)
  }

  /// Who goes by a SelfRemove: the sender of the proposal that the commit refers to.
  func selfRemovedLeaf() throws(MLSFailure) -> LeafIndex {
    guard reference != nil else { throw .invalidSelfRemove }
    guard case .member(let leaf) = sender else { throw .proposalNotAllowedForSender }
    return leaf
  }
}
