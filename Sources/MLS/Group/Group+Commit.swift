// SPDX-License-Identifier: Apache-2.0

public import SansIO

extension Group {
  /// Makes a commit (RFC 9420 §12.4.1). The group does not change, but for the message key that the
  /// framing uses up: store it together with the pending commit before anything leaves.
  ///
  /// - Parameters:
  ///   - proposals: what is committed by value, besides the pending proposals.
  ///   - preSharedKeys: what PreSharedKey proposals name.
  /// - Throws: the rule that the list breaks, `unknownPSK`, `groupReinitialized`.
  public mutating func commit(
    _ proposals: [Proposal] = [], options: CommitOptions = .standard,
    preSharedKeys: PreSharedKeys = PreSharedKeys(), at now: Instant,
    using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> PendingCommit {
    guard state.reInit == nil else { throw .groupReinitialized }
    let list = try committedList(proposals, options: options)
    var provisional = try ProvisionalState(
      applying: list, to: state, policy: policy, at: now)
    let needsPath = list.requiresPath || options.forcesPath || options.newProfile != nil
    let path =
      needsPath && list.reInit == nil
      ? try makePath(provisional, options: options, using: &generator) : nil

    let commit = Commit(
      proposals: list.proposals.map { resolved in
        resolved.reference.map { .reference($0) } ?? .proposal(resolved.proposal)
      }, path: path?.updatePath)
    let framed = FramedContent(
      groupID: groupID, epoch: epoch, sender: .member(ownLeafIndex),
      authenticatedData: options.authenticatedData, body: .commit(commit))
    let unconfirmed = try AuthenticatedContent.signed(
      framed, wireFormat: options.wireFormat, suite: suite, context: state.context.encoded,
      signer: state.signatureKey)

    let psk = try pskSecret(for: list.pskIDs, table: preSharedKeys)
    let treeHash = path?.treeHash ?? provisional.tree.treeHash(suite)
    let advance = EpochAdvance(
      from: state, provisional: provisional, tree: path?.tree ?? provisional.tree,
      treeHash: treeHash,
      initSecret: state.secrets.initSecret, commitSecret: path?.commitSecret, pskSecret: psk,
      commit: unconfirmed)
    let confirmed = unconfirmed.confirmed(by: advance.confirmationTag)
    var next = advance.nextState(
      ownLeaf: ownLeafIndex, signatureKey: state.signatureKey,
      privateKeys: path?.privateKeys ?? state.privateKeys.pruned(to: provisional.tree))
    next.reInit = list.reInit

    let message = try frame(confirmed, using: &generator)
    let groupInfo = try next.groupInfo(carriesTree: true, carriesExternalPub: true)
    let welcome = try makeWelcome(
      provisional: provisional, path: path, advance: advance, next: next, pskIDs: list.pskIDs,
      options: options)
    let staged = stagedCommit(
      list: list, provisional: provisional, committer: ownLeafIndex, isExternal: false,
      path: path?.updatePath, next: next, tree: advance.secretTree)
    return PendingCommit(
      message: message, welcome: welcome?.encoded, groupInfo: groupInfo, staged: staged)
  }

  /// The list that a commit of ours covers, checked.
  private func committedList(
    _ proposals: [Proposal], options: CommitOptions
  ) throws(MLSFailure) -> ProposalList {
    let own = proposals.map {
      ResolvedProposal(proposal: $0, sender: .member(ownLeafIndex), reference: nil)
    }
    var chosen = own
    if options.includesPendingProposals {
      let pending = ProposalList.selectable(
        from: state.pendingProposals.map(\.resolved), committer: ownLeafIndex)
      let isReInit = own.contains { if case .reInit = $0.proposal { true } else { false } }
      chosen = isReInit ? own : pending.filter { !conflicts($0, with: own) } + own
    }
    let list = ProposalList(proposals: chosen)
    try list.validate(committer: ownLeafIndex, suite: suite)
    return list
  }

  /// Whether a pending proposal cannot stand beside those that the committer wants.
  private func conflicts(_ pending: ResolvedProposal, with own: [ResolvedProposal]) -> Bool {
    own.contains { wanted in
      switch (wanted.proposal, pending.proposal) {
      case (.remove(let leaf), .remove), (.remove(let leaf), .update):
        pending.removes(leaf) || pending.updates(leaf)
      case (.add(let left), .add(let right)):
        left.leafNode.signatureKey == right.leafNode.signatureKey
      case (.groupContextExtensions, .groupContextExtensions): true
      case (.preSharedKey(let left), .preSharedKey(let right)): left == right
      case (_, .reInit): true
      default: false
      }
    }
  }

  /// Renews the own leaf and direct path (RFC 9420 §7.5), encrypted under the provisional context.
  private func makePath(
    _ provisional: ProvisionalState, options: CommitOptions,
    using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> TreeKEM.CreatedPath {
    guard let ownLeaf = provisional.tree.leaf(at: ownLeafIndex) else { throw .notAMember }
    let context = state.context
    return try TreeKEM.createUpdatePath(
      tree: provisional.tree, suite: suite, sender: ownLeafIndex,
      profile: options.newProfile ?? ownLeaf.profile, signingWith: state.signatureKey,
      groupID: groupID, excluding: provisional.added.map(\.leafIndex).sorted(),
      groupContext: { treeHash in
        provisional.provisionalContext(after: context, treeHash: treeHash).encoded
      }, using: &generator)
  }

  /// The Welcome for those whom the commit adds (RFC 9420 §12.4.3.1).
  private func makeWelcome(
    provisional: ProvisionalState, path: TreeKEM.CreatedPath?, advance: EpochAdvance,
    next: EpochState,
    pskIDs: [PreSharedKeyID], options: CommitOptions
  ) throws(MLSFailure) -> MLSMessage? {
    guard !provisional.added.isEmpty else { return nil }
    let groupInfo = try next.groupInfo(
      carriesTree: options.welcomeCarriesTree, carriesExternalPub: false)
    let (key, nonce) = advance.schedule.welcomeKey()
    let sealed = try suite.seal(
      key: key, nonce: nonce, authenticating: [], plaintext: groupInfo.encoded)
    var secrets: [EncryptedGroupSecrets] = []
    for (leafIndex, keyPackage) in provisional.added {
      let groupSecrets = GroupSecrets(
        joinerSecret: advance.schedule.joinerSecret,
        pathSecret: path?.pathSecret(for: leafIndex)?.secret, psks: pskIDs)
      secrets.append(
        EncryptedGroupSecrets(
          newMember: try keyPackage.reference(),
          encryptedGroupSecrets: try suite.encryptWithLabel(
            publicKey: keyPackage.initKey, label: "Welcome", context: sealed,
            plaintext: groupSecrets.encoded)))
    }
    return .welcome(
      Welcome(cipherSuite: suite, secrets: secrets, encryptedGroupInfo: sealed))
  }

  /// The secret over all PSKs of a list; resumption PSKs of this group are found here.
  func pskSecret(
    for ids: [PreSharedKeyID], table: PreSharedKeys
  ) throws(MLSFailure) -> Secret {
    var known = table
    for key in state.resumptionKeys {
      known.insert(key.secret, resumptionOf: groupID, epoch: key.epoch)
    }
    known.insert(state.secrets.resumptionPSK, resumptionOf: groupID, epoch: epoch)
    return try known.secret(for: ids, suite: suite)
  }
}
