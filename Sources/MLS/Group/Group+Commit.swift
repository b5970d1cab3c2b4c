// SPDX-License-Identifier: Apache-2.0

public import SansIO

extension Group {
  /// Makes a commit (RFC 9420 §12.4.1). The group does not change, but for the message key that the
  /// framing uses up: store it together with the pending commit before anything leaves.
  ///
  /// - Parameters:
  ///   - proposals: what is committed by value, besides the pending proposals.
  ///   - options: path, framing, and what the own leaf is to say.
  ///   - preSharedKeys: what PreSharedKey proposals name.
  ///   - now: what the lifetimes of key packages are compared with.
  ///   - generator: makes the path's keys.
  /// - Throws: the rule that the list or the new profile breaks, `unknownPSK`,
  /// `groupReinitialized`.
  public mutating func commit(
    _ proposals: [Proposal] = [], options: CommitOptions = .standard,
    preSharedKeys: PreSharedKeys = PreSharedKeys(), at now: Instant,
    using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> PendingCommit {
    guard state.reInit == nil else { throw .groupReinitialized }
    try context.checkEpochCanEnd()
    let covered = try coverage(proposals, options: options, table: preSharedKeys, at: now)
    let list = covered.list
    var provisional = covered.provisional
    let needsPath = list.requiresPath || options.forcesPath || options.profile != nil
    let path =
      needsPath && list.reInit == nil
      ? try makePath(provisional, options: options, at: now, using: &generator) : nil

    let commit = Commit(
      proposals: list.proposals.map(\.asCommitted), path: path?.updatePath)
    let framed = FramedContent(
      groupID: groupID, epoch: epoch, sender: .member(ownLeafIndex),
      authenticatedData: options.authenticatedData, body: .commit(commit))
    let unconfirmed = try AuthenticatedContent.signed(
      framed, wireFormat: options.wireFormat, suite: suite, context: state.context.encoded,
      signer: state.signatureKey)

    let treeHash = path?.treeHash ?? provisional.tree.treeHash(suite)
    let advance = EpochAdvance(
      from: state.context, interimTranscriptHash: state.interimTranscriptHash,
      provisional: provisional, tree: path?.tree ?? provisional.tree, treeHash: treeHash,
      initSecret: state.secrets.initSecret, commitSecret: path?.commitSecret,
      pskSecret: covered.pskSecret, commit: unconfirmed)
    let confirmed = unconfirmed.confirmed(by: advance.confirmationTag)
    var next = advance.nextState(
      ownLeaf: ownLeafIndex,
      signatureKey: path == nil ? state.signatureKey : signatureKey(with: options),
      privateKeys: path?.privateKeys ?? state.privateKeys.pruned(to: provisional.tree))
    next.reInit = list.reInit

    let message = try frame(confirmed, using: &generator)
    let welcome = try makeWelcome(
      provisional: provisional, path: path, advance: advance, next: next, pskIDs: list.pskIDs,
      options: options)
    let staged = stagedCommit(
      list: list, provisional: provisional, committer: ownLeafIndex, isExternal: false,
      path: path?.updatePath, next: next, tree: advance.secretTree)
    return PendingCommit(message: message, welcome: welcome?.encoded, staged: staged)
  }

  /// The key that signs the leaf of the path, and all of the next epoch.
  private func signatureKey(with options: CommitOptions) -> SignaturePrivateKey {
    options.newIdentity?.signatureKeyPair.privateKey ?? state.signatureKey
  }

  /// Renews the own leaf and direct path (RFC 9420 §7.5), encrypted under the provisional context.
  private func makePath(
    _ provisional: ProvisionalState, options: CommitOptions, at now: Instant,
    using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> TreeKEM.CreatedPath {
    guard let ownLeaf = provisional.tree.leaf(at: ownLeafIndex) else { throw .notAMember }
    let context = state.context
    let created = try TreeKEM.createUpdatePath(
      tree: provisional.tree, suite: suite, sender: ownLeafIndex,
      profile: options.profile ?? ownLeaf.profile, signingWith: signatureKey(with: options),
      groupID: groupID, excluding: provisional.added.map(\.leafIndex).sorted(),
      groupContext: { treeHash in
        provisional.provisionalContext(after: context, treeHash: treeHash).encoded
      }, using: &generator)
    if options.profile != nil {
      // The others will refuse what does not pass here.
      try created.updatePath.leafNode.validate(
        .commit(replacing: ownLeaf),
        at: LeafNode.Position(groupID: groupID, leafIndex: ownLeafIndex),
        requirements: LeafRequirements(
          suite: suite, contextExtensions: provisional.extensions,
          lifetimePolicy: policy.lifetimes), now: now)
      try created.tree.validateMembers(changed: [ownLeafIndex])
    }
    return created
  }

  /// The Welcome for those whom the commit adds (RFC 9420 §12.4.3.1).
  private func makeWelcome(
    provisional: ProvisionalState, path: TreeKEM.CreatedPath?, advance: EpochAdvance,
    next: EpochState,
    pskIDs: [PreSharedKeyID], options: CommitOptions
  ) throws(MLSFailure) -> MLSMessage? {
    guard !provisional.added.isEmpty else { return nil }
    let further = try options.treeExtensions?(next.tree.encoded) ?? []
    let groupInfo = try next.groupInfo(
      carriesTree: options.welcomeCarriesTree, carriesExternalPub: false,
      extensions: options.groupInfoExtensions + further)
    return .welcome(
      try Welcome.sealed(
        groupInfo: groupInfo, schedule: advance.schedule,
        joiners: provisional.added.map { leafIndex, keyPackage in
          (keyPackage, path?.pathSecret(for: leafIndex)?.secret)
        }, psks: pskIDs))
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
