// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A Welcome that was opened and checked. The application looks at the members and the extensions,
/// and then takes the group or drops it.
public struct StagedWelcome: Sendable {
  /// The group in the epoch that added this client.
  public let group: Group
  /// The member who sent the Welcome.
  public let sender: LeafIndex
  /// What the GroupInfo carries besides (RFC 9420 §12.4.3).
  public let groupInfoExtensions: [Extension]
  /// The pre-shared keys that went into the epoch.
  public let pskIDs: [PreSharedKeyID]
}

extension Group {
  /// Opens a Welcome (RFC 9420 §12.4.3.1). That the group id is not one of a present group is the
  /// caller's to check, and so are credentials.
  ///
  /// Delete the key package's private keys in the transaction that stores the group, unless the
  /// package is a last-resort one.
  ///
  /// - Parameters:
  ///   - welcome: the message.
  ///   - bundle: the key package that the Welcome is for, with its private keys.
  ///   - signatureKey: the private key of the key package's leaf.
  ///   - ratchetTree: the tree, when the Welcome does not carry it.
  ///   - preSharedKeys: the keys that the Welcome names.
  ///   - predecessor: the group that the new one follows upon, by ReInit or as a branch. A Welcome
  ///     that is tied to another group is refused without it, and one that is not with it.
  ///   - policy: the application's choices.
  ///   - now: what lifetimes are compared with.
  /// - Throws: why the Welcome is refused.
  public static func join(
    _ welcome: Welcome, with bundle: KeyPackageBundle, signatureKey: SignaturePrivateKey,
    ratchetTree: [UInt8]? = nil, preSharedKeys: PreSharedKeys = PreSharedKeys(),
    following predecessor: Predecessor? = nil, policy: GroupPolicy = .standard, at now: Instant
  ) throws(MLSFailure) -> StagedWelcome {
    let suite = bundle.keyPackage.cipherSuite
    let opened = try open(
      welcome, with: bundle, preSharedKeys: preSharedKeys, following: predecessor)
    let (groupInfo, groupSecrets, schedule) = (opened.info, opened.secrets, opened.schedule)
    let tree = try validatedTree(
      of: groupInfo, given: ratchetTree, policy: policy, at: now)
    if let link = opened.link, let predecessor {
      try predecessor.check(
        link, begins: groupInfo.context, members: tree.nonBlankLeaves.map(\.leaf))
    }

    let own = bundle.keyPackage.leafNode
    guard let ownLeaf = tree.nonBlankLeaves.first(where: { $0.leaf == own })?.index else {
      throw .ownLeafNotFound
    }
    try checkContextExtensions(groupInfo.context.extensions, against: own.capabilities)
    var privateKeys = TreePrivateKeys(
      leafIndex: ownLeaf, leafKey: bundle.encryptionPrivateKey)
    if let pathSecret = groupSecrets.pathSecret {
      try TreeKEM.join(
        tree: tree, suite: suite, privateKeys: &privateKeys, pathSecret: pathSecret,
        committer: groupInfo.signer)
    }
    let group = try begin(
      groupInfo: groupInfo, tree: tree, schedule: schedule, ownLeaf: ownLeaf,
      signatureKey: signatureKey, privateKeys: privateKeys, policy: policy)
    return StagedWelcome(
      group: group, sender: groupInfo.signer, groupInfoExtensions: groupInfo.extensions,
      pskIDs: groupSecrets.psks)
  }

  /// What a Welcome says of the group, before it is joined: for whoever has to get the tree by
  /// another way first. The signature is checked by `join`, since its key is in the tree.
  ///
  /// - Throws: why the Welcome does not open.
  public static func groupInfo(
    in welcome: Welcome, with bundle: KeyPackageBundle,
    preSharedKeys: PreSharedKeys = PreSharedKeys(), following predecessor: Predecessor? = nil
  ) throws(MLSFailure) -> GroupInfo {
    try open(
      welcome, with: bundle, preSharedKeys: preSharedKeys, following: predecessor
    ).info
  }

  /// A Welcome without its seals.
  private struct OpenedWelcome {
    let info: GroupInfo
    let secrets: GroupSecrets
    let schedule: KeySchedule
    let link: Predecessor.Link?
  }

  /// Takes the seals off (RFC 9420 §12.4.3.1).
  private static func open(
    _ welcome: Welcome, with bundle: KeyPackageBundle, preSharedKeys: PreSharedKeys,
    following predecessor: Predecessor?
  ) throws(MLSFailure) -> OpenedWelcome {
    let suite = bundle.keyPackage.cipherSuite
    guard welcome.cipherSuite == suite else { throw .cipherSuiteMismatch }
    guard let entry = welcome.secrets.first(where: { $0.newMember == bundle.reference }) else {
      throw .notInWelcome
    }
    let opened = try suite.decryptWithLabel(
      privateKey: bundle.initPrivateKey, publicKey: bundle.keyPackage.initKey, label: "Welcome",
      context: welcome.encryptedGroupInfo, ciphertext: entry.encryptedGroupSecrets)
    let groupSecrets = try GroupSecrets.decode(opened.copyBytes())
    try checkPSKs(groupSecrets.psks, suite: suite)
    let link = try Predecessor.link(in: groupSecrets.psks, to: predecessor)
    var keys = preSharedKeys
    if let link { keys.insert(link.secret, resumptionOf: link.groupID, epoch: link.epoch) }

    let schedule = KeySchedule(
      suite: suite, joinerSecret: groupSecrets.joinerSecret,
      pskSecret: try keys.secret(for: groupSecrets.psks, suite: suite))
    let (key, nonce) = schedule.welcomeKey()
    let groupInfo = try GroupInfo.decode(
      try suite.open(
        key: key, nonce: nonce, authenticating: [], ciphertext: welcome.encryptedGroupInfo))
    guard groupInfo.context.cipherSuite == suite else { throw .cipherSuiteMismatch }
    guard groupInfo.context.version == .mls10 else { throw .unsupportedProtocolVersion }
    return OpenedWelcome(info: groupInfo, secrets: groupSecrets, schedule: schedule, link: link)
  }

  /// Nonces of the right length, no id twice, and at most one key that links groups
  /// (RFC 9420 §8.4, §12.4.3.1).
  private static func checkPSKs(
    _ ids: [PreSharedKeyID], suite: CipherSuite
  ) throws(MLSFailure) {
    guard ids.allSatisfy({ $0.nonce.count == suite.hashLength }) else { throw .invalidPSKNonce }
    guard Set(ids).count == ids.count else { throw .duplicatePSK }
    let linking = ids.filter(\.linksGroups).count
    guard linking <= 1 else { throw .invalidPSKUsage }
  }

  /// The tree that a GroupInfo describes, checked as a joiner has to (RFC 9420 §12.4.3.1).
  static func validatedTree(
    of groupInfo: GroupInfo, given: [UInt8]?, policy: GroupPolicy, at now: Instant
  ) throws(MLSFailure) -> RatchetTree {
    guard let bytes = given ?? groupInfo.extensions.data(of: .ratchetTree) else {
      throw .missingRatchetTree
    }
    var tree = try RatchetTree.decode(bytes)
    guard let signer = tree.leaf(at: groupInfo.signer) else { throw .invalidSender }
    guard groupInfo.hasValidSignature(signatureKey: signer.signatureKey) else {
      throw .invalidSignature
    }
    let requirements = try LeafRequirements(
      suite: groupInfo.context.cipherSuite, contextExtensions: groupInfo.context.extensions,
      lifetimePolicy: policy.lifetimes)
    try tree.validateAsJoiner(
      groupID: groupInfo.context.groupID, treeHash: groupInfo.context.treeHash,
      requirements: requirements, now: now)
    return tree
  }

  /// A joiner has to support every extension of the GroupContext (RFC 9420 §13.4).
  static func checkContextExtensions(
    _ extensions: [Extension], against capabilities: Capabilities
  ) throws(MLSFailure) {
    guard extensions.allSatisfy({ capabilities.supports($0.type) }) else {
      throw .unsupportedGroupContextExtension
    }
  }

  /// The group value of a joiner; the confirmation tag has to fit.
  private static func begin(
    groupInfo: GroupInfo, tree: RatchetTree, schedule: KeySchedule, ownLeaf: LeafIndex,
    signatureKey: SignaturePrivateKey, privateKeys: TreePrivateKeys, policy: GroupPolicy
  ) throws(MLSFailure) -> Group {
    let context = groupInfo.context
    let suite = context.cipherSuite
    let (secrets, encryptionSecret) = schedule.epoch(context: context.encoded)
    guard
      suite.verifyMAC(
        groupInfo.confirmationTag, key: secrets.confirmationKey,
        data: context.confirmedTranscriptHash)
    else { throw .invalidConfirmationTag }
    let state = EpochState(
      context: context, tree: tree, ownLeaf: ownLeaf, signatureKey: signatureKey,
      privateKeys: privateKeys,
      interimTranscriptHash: TranscriptHash.interim(
        suite: suite, confirmed: context.confirmedTranscriptHash,
        confirmationTag: groupInfo.confirmationTag),
      confirmationTag: groupInfo.confirmationTag, secrets: secrets)
    let messages = MessageSecrets(
      current: SecretTree(
        suite: suite, leafCount: tree.leafCount, encryptionSecret: encryptionSecret))
    return Group(state: state, messages: messages, policy: policy)
  }
}
