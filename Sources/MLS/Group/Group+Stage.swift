// SPDX-License-Identifier: Apache-2.0

import SansIO

extension Group {
  /// Checks and computes a commit of somebody else (RFC 9420 §12.4.2).
  func stage(
    _ commit: Commit, in verified: VerifiedContent, preSharedKeys: PreSharedKeys, at now: Instant
  ) throws(MLSFailure) -> StagedCommit {
    guard let tag = verified.authenticated.auth.confirmationTag else {
      throw .invalidConfirmationTag
    }
    try context.checkEpochCanEnd()
    let sender = verified.content.sender
    let list = try resolve(commit.proposals, by: sender)
    let isExternal = sender == .newMemberCommit
    if isExternal {
      try list.validateExternal(suite: suite)
    } else {
      guard case .member(let leaf) = sender else { throw .invalidSender }
      try list.validate(committer: leaf, suite: suite)
    }
    guard commit.path != nil || !list.requiresPath else { throw .missingPath }

    var provisional = try ProvisionalState(
      applying: list, to: state.tree, context: state.context, policy: policy, at: now)
    let committer = try committerLeaf(of: sender, in: &provisional)
    if provisional.removed.contains(where: { $0.leafIndex == ownLeafIndex }) {
      return stagedCommit(
        list: list, provisional: provisional, committer: committer, isExternal: isExternal,
        path: commit.path, next: nil, tree: nil)
    }

    let path = try apply(
      commit.path, of: committer, to: provisional, isExternal: isExternal, list: list, now: now)
    let initSecret = try initSecret(for: list)
    let advance = EpochAdvance(
      from: state.context, interimTranscriptHash: state.interimTranscriptHash,
      provisional: provisional, tree: path.tree, treeHash: path.treeHash,
      initSecret: initSecret, commitSecret: path.commitSecret,
      pskSecret: try pskSecret(for: list.pskIDs, table: preSharedKeys),
      commit: verified.authenticated)
    guard constantTimeEquals(tag, advance.confirmationTag) else { throw .invalidConfirmationTag }
    var next = advance.nextState(
      ownLeaf: ownLeafIndex, signatureKey: ownUpdate(in: list)?.signatureKey ?? state.signatureKey,
      privateKeys: path.privateKeys)
    next.reInit = list.reInit
    return stagedCommit(
      list: list, provisional: provisional, committer: committer, isExternal: isExternal,
      path: commit.path, next: next, tree: advance.secretTree)
  }

  /// Puts the proposals in place of their references.
  private func resolve(
    _ proposals: [ProposalOrRef], by sender: Sender
  ) throws(MLSFailure) -> ProposalList {
    var resolved: [ResolvedProposal] = []
    for item in proposals {
      switch item {
      case .proposal(let proposal):
        resolved.append(ResolvedProposal(proposal: proposal, sender: sender, reference: nil))
      case .reference(let reference):
        guard let pending = state.pendingProposals.first(where: { $0.reference == reference })
        else { throw .unknownProposal }
        resolved.append(pending.resolved)
      }
    }
    return ProposalList(proposals: resolved)
  }

  /// Where the committer stands in the new tree: an external one takes the leftmost blank leaf
  /// (RFC 9420 §12.4.2).
  private func committerLeaf(
    of sender: Sender, in provisional: inout ProvisionalState
  ) throws(MLSFailure) -> LeafIndex {
    switch sender {
    case .member(let leaf): return leaf
    case .newMemberCommit: return try provisional.tree.assignLeaf()
    case .external, .newMemberProposal: throw .invalidSender
    }
  }

  private struct AppliedPath {
    let tree: RatchetTree
    let treeHash: [UInt8]
    let privateKeys: TreePrivateKeys
    let commitSecret: Secret?
  }

  /// Checks a path and merges it (RFC 9420 §7.5, §12.4.2).
  private func apply(
    _ path: UpdatePath?, of committer: LeafIndex, to provisional: ProvisionalState,
    isExternal: Bool, list: ProposalList, now: Instant
  ) throws(MLSFailure) -> AppliedPath {
    var privateKeys = state.privateKeys.pruned(to: provisional.tree)
    if provisional.updated.contains(where: { $0.leafIndex == ownLeafIndex }) {
      guard let key = ownUpdate(in: list)?.leafPrivateKey else { throw .pathSecretMismatch }
      privateKeys.replaceLeafKey(key)
    }
    guard let path else {
      var tree = provisional.tree
      let treeHash = tree.treeHash(suite)
      return AppliedPath(
        tree: tree, treeHash: treeHash, privateKeys: privateKeys, commitSecret: nil)
    }
    let requirements = try LeafRequirements(
      suite: suite, contextExtensions: provisional.extensions, lifetimePolicy: policy.lifetimes)
    // An external joiner replaces its old leaf as by an Update (RFC 9420 §12.2).
    let replaced =
      isExternal
      ? list.removedLeaf.flatMap { state.tree.leaf(at: $0) } : provisional.tree.leaf(at: committer)
    try path.leafNode.validate(
      .commit(replacing: replaced),
      at: LeafNode.Position(groupID: groupID, leafIndex: committer), requirements: requirements,
      now: now)
    let context = state.context
    let processed = try TreeKEM.processUpdatePath(
      path, from: committer, tree: provisional.tree, suite: suite, privateKeys: privateKeys,
      excluding: provisional.added.map(\.leafIndex).sorted(),
      groupContext: { treeHash in
        provisional.provisionalContext(after: context, treeHash: treeHash).encoded
      })
    try processed.tree.validateMembers(changed: [committer])
    return AppliedPath(
      tree: processed.tree, treeHash: processed.treeHash, privateKeys: processed.privateKeys,
      commitSecret: processed.commitSecret)
  }

  /// The own Update proposal of the list, with the private keys of the leaf that it put into the
  /// tree.
  private func ownUpdate(in list: ProposalList) -> PendingProposal? {
    for resolved in list.proposals where resolved.updates(ownLeafIndex) {
      return state.pendingProposals.first { $0.reference == resolved.reference }
    }
    return nil
  }

  /// The init secret that enters the key schedule: the last epoch's, or the one that an external
  /// joiner sealed to the group (RFC 9420 §8.3).
  private func initSecret(for list: ProposalList) throws(MLSFailure) -> Secret {
    guard let kemOutput = list.externalInit else { return state.secrets.initSecret }
    let external = try state.secrets.externalKeyPair(suite: suite)
    return try suite.decapsulateExport(
      privateKey: external.privateKey, kemOutput: kemOutput,
      exporterContext: Group.externalInitLabel, length: suite.hashLength)
  }

  /// What the application is shown of a commit.
  func stagedCommit(
    list: ProposalList, provisional: ProvisionalState, committer: LeafIndex, isExternal: Bool,
    path: UpdatePath?, next: EpochState?, tree: SecretTree?
  ) -> StagedCommit {
    var added = provisional.added.map {
      Member(leafIndex: $0.leafIndex, leafNode: $0.keyPackage.leafNode)
    }
    var updated = provisional.updated.map {
      StagedCommit.UpdatedMember(leafIndex: $0.leafIndex, old: $0.old, new: $0.new)
    }
    if let path {
      if isExternal {
        added.append(Member(leafIndex: committer, leafNode: path.leafNode))
      } else if let old = state.tree.leaf(at: committer) {
        updated.append(
          StagedCommit.UpdatedMember(leafIndex: committer, old: old, new: path.leafNode))
      }
    }
    return StagedCommit(
      groupID: groupID, epoch: epoch, committer: committer, isExternal: isExternal,
      added: added, removed: provisional.removed, updated: updated,
      contextExtensions: provisional.extensions, pskIDs: list.pskIDs, reInit: list.reInit,
      hasPath: path != nil, next: next, nextTree: tree)
  }
}
