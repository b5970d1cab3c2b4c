// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What a client that joins by an external commit sends, and what it then holds.
public struct ExternalJoin: Sendable {
  /// The encoded MLSMessage: a PublicMessage, for the joiner has no keys of the present epoch yet.
  public let message: [UInt8]
  /// The group in the new epoch. Store it before the commit leaves, and take it into use once the
  /// delivery service has accepted the commit; if another one wins, drop it and begin anew.
  public let group: Group
}

/// Joining without a Welcome (RFC 9420 §12.4.3.2).
extension Group {
  static let externalInitLabel = "MLS 1.0 external init secret"

  /// Makes the commit by which this client adds itself to the group that a GroupInfo describes.
  ///
  /// Whether the members and their credentials are who they should be, the caller looks at in the
  /// resulting group.
  ///
  /// - Parameters:
  ///   - groupInfo: of the present epoch, with external_pub.
  ///   - ratchetTree: the tree, when the GroupInfo does not carry it.
  ///   - identity: what the own leaf is to say, and the key that signs it.
  ///   - oldLeaf: the own old leaf, when this client comes back after it lost its state.
  ///   - selfRemoves: the encoded SelfRemove messages of the epoch, as the delivery service holds
  ///     them beside the GroupInfo: an external joiner has to take up all of them
  ///     (draft-ietf-mls-extensions, SelfRemove).
  ///   - pskIDs: pre-shared keys to mix in, which `preSharedKeys` holds.
  ///   - preSharedKeys: the keys by their names.
  ///   - authenticatedData: bytes that are authenticated and not encrypted.
  ///   - policy: the application's choices.
  ///   - now: what lifetimes are compared with.
  ///   - generator: makes the path's keys.
  /// - Throws: `missingExternalPub`, `missingRatchetTree`, why the GroupInfo or its tree is
  /// refused,
  ///   `blankLeaf` when nobody is at `oldLeaf`, `unsupportedGroupContextExtension` when this client
  ///   cannot be a member, `duplicateSignatureKey` when it is one.
  public static func joinExternally(
    _ groupInfo: GroupInfo, ratchetTree: [UInt8]? = nil, identity: LeafIdentity,
    replacing oldLeaf: LeafIndex? = nil, selfRemoves: [[UInt8]] = [],
    pskIDs: [PreSharedKeyID] = [],
    preSharedKeys: PreSharedKeys = PreSharedKeys(), authenticatedData: [UInt8] = [],
    policy: GroupPolicy = .standard, at now: Instant,
    using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> ExternalJoin {
    let context = groupInfo.context
    let suite = context.cipherSuite
    try suite.checkSupported()
    guard context.version == .mls10 else { throw .unsupportedProtocolVersion }
    try context.checkEpochCanEnd()
    let present = try validatedTree(of: groupInfo, given: ratchetTree, policy: policy, at: now)
    try checkContextExtensions(context.extensions, against: identity.capabilities)
    let (kemOutput, initSecret) = try sealInitSecret(to: groupInfo)

    let leaving = try verifiedSelfRemoves(selfRemoves, context: context, tree: present)
    var own: [Proposal] = [.externalInit(kemOutput: kemOutput)]
    if let oldLeaf, !leaving.contains(where: { $0.selfRemoves(oldLeaf) }) {
      own.append(.remove(oldLeaf))
    }
    own += pskIDs.map { .preSharedKey($0) }
    let list = ProposalList(
      proposals: leaving
        + own.map { ResolvedProposal(proposal: $0, sender: .newMemberCommit, reference: nil) })
    try list.validateExternal(suite: suite)
    var provisional = try ProvisionalState(
      applying: list, to: present, context: context, policy: policy, at: now)
    let ownLeaf = try provisional.tree.assignLeaf()
    let path = try makeExternalPath(
      provisional, context: context, at: ownLeaf, identity: identity, using: &generator)

    let content = FramedContent(
      groupID: context.groupID, epoch: context.epoch, sender: .newMemberCommit,
      authenticatedData: authenticatedData,
      body: .commit(Commit(proposals: list.proposals.map(\.asCommitted), path: path.updatePath)))
    let unconfirmed = try AuthenticatedContent.signed(
      content, wireFormat: .publicMessage, suite: suite, context: context.encoded,
      signer: identity.signatureKeyPair.privateKey)
    let advance = EpochAdvance(
      from: context,
      interimTranscriptHash: TranscriptHash.interim(
        suite: suite, confirmed: context.confirmedTranscriptHash,
        confirmationTag: groupInfo.confirmationTag),
      provisional: provisional, tree: path.tree, treeHash: path.treeHash, initSecret: initSecret,
      commitSecret: path.commitSecret,
      pskSecret: try preSharedKeys.secret(for: list.pskIDs, suite: suite), commit: unconfirmed)
    // A message of a new member carries no membership tag, and so no key protects it.
    let message = try PublicMessage(
      protecting: unconfirmed.confirmed(by: advance.confirmationTag), suite: suite,
      membershipKey: Secret(zeroCount: suite.hashLength), context: context.encoded)
    let state = advance.nextState(
      ownLeaf: ownLeaf, signatureKey: identity.signatureKeyPair.privateKey,
      privateKeys: path.privateKeys)
    return ExternalJoin(
      message: MLSMessage.publicMessage(message).encoded,
      group: Group(
        state: state, messages: MessageSecrets(current: advance.secretTree), policy: policy))
  }

  /// Checks SelfRemoves as one who is no member yet can: all but the membership tag
  /// (draft-ietf-mls-extensions, SelfRemove).
  private static func verifiedSelfRemoves(
    _ messages: [[UInt8]], context: GroupContext, tree: RatchetTree
  ) throws(MLSFailure) -> [ResolvedProposal] {
    var verified: [ResolvedProposal] = []
    for bytes in messages {
      guard case .publicMessage(let message) = try MLSMessage(bytes: bytes),
        message.content.body == .proposal(.selfRemove)
      else { throw .unexpectedMessageKind }
      guard message.content.groupID == context.groupID else { throw .wrongGroup }
      guard message.content.epoch == context.epoch else { throw .handshakeOutsideEpoch }
      guard case .member(let index) = message.content.sender, let leaf = tree.leaf(at: index)
      else { throw .invalidSender }
      let content = try message.authenticated.verified(
        suite: context.cipherSuite, signatureKey: leaf.signatureKey, context: context.encoded)
      verified.append(
        ResolvedProposal(
          proposal: .selfRemove, sender: .member(index),
          reference: ProposalRef(content.authenticated, suite: context.cipherSuite)))
    }
    return verified
  }

  /// The joiner's path, checked as the members will check it.
  private static func makeExternalPath(
    _ provisional: ProvisionalState, context: GroupContext, at ownLeaf: LeafIndex,
    identity: LeafIdentity, using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> TreeKEM.CreatedPath {
    let suite = context.cipherSuite
    let path = try TreeKEM.createUpdatePath(
      tree: provisional.tree, suite: suite, sender: ownLeaf, profile: identity.profile,
      signingWith: identity.signatureKeyPair.privateKey, groupID: context.groupID,
      groupContext: { treeHash in
        provisional.provisionalContext(after: context, treeHash: treeHash).encoded
      }, using: &generator)
    let leaf = path.updatePath.leafNode
    try leaf.checkSupport(
      LeafRequirements(suite: suite, contextExtensions: context.extensions))
    guard
      leaf.hasValidSignature(
        at: LeafNode.Position(groupID: context.groupID, leafIndex: ownLeaf), suite: suite)
    else { throw .invalidSignature }
    try path.tree.validateMembers(changed: [ownLeaf])
    return path
  }

  /// Draws the next epoch's init secret and seals it to the group (RFC 9420 §8.3).
  private static func sealInitSecret(
    to groupInfo: GroupInfo
  ) throws(MLSFailure) -> (kemOutput: [UInt8], secret: Secret) {
    let externalPub: ExternalPub?
    do throws(DecodingFailure) {
      externalPub = try groupInfo.extensions.value(of: .externalPub, as: ExternalPub.self)
    } catch {
      throw .decoding(error)
    }
    guard let externalPub else { throw .missingExternalPub }
    let suite = groupInfo.context.cipherSuite
    return try suite.encapsulateExport(
      publicKey: externalPub.key, exporterContext: externalInitLabel, length: suite.hashLength)
  }
}

/// `struct { HPKEPublicKey external_pub; } ExternalPub` (RFC 9420 §12.4.3.2).
struct ExternalPub: WireValue {
  let key: [UInt8]

  init(key: [UInt8]) { self.key = key }

  init(from input: inout Span<UInt8>) throws(DecodingFailure) { key = try input.readVector() }

  func encode(to output: inout ByteWriter) { output.write(vector: key) }
}
