// SPDX-License-Identifier: Apache-2.0

public import SansIO

extension Group {
  /// Protects application data as a PrivateMessage (RFC 9420 §6.3, §15).
  ///
  /// Store `encodedMessageSecrets` before the result leaves: a key must never be used twice.
  ///
  /// - Parameters:
  ///   - applicationData: the plaintext.
  ///   - authenticatedData: bytes that are authenticated and not encrypted.
  ///   - now: when it is given, the keys whose time is over go, as `process` lets them go
  ///     (`expire(at:)`).
  ///   - generator: makes the reuse guard.
  /// - Returns: the encoded MLSMessage.
  /// - Throws: `groupReinitialized`, `ratchetExhausted`.
  public mutating func protect(
    _ applicationData: [UInt8], authenticatedData: [UInt8] = [], at now: Instant? = nil,
    using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> [UInt8] {
    guard state.reInit == nil else { throw .groupReinitialized }
    if let now { expire(at: now) }
    let content = FramedContent(
      groupID: groupID, epoch: epoch, sender: .member(ownLeafIndex),
      authenticatedData: authenticatedData, body: .application(applicationData))
    let signed = try AuthenticatedContent.signed(
      content, wireFormat: .privateMessage, suite: suite, context: state.context.encoded,
      signer: state.signatureKey)
    return try frame(signed, using: &generator)
  }

  /// Makes a proposal for others, or a later commit of this client, to take up by reference
  /// (RFC 9420 §12.1). It waits among the pending proposals.
  ///
  /// - Returns: the encoded MLSMessage.
  /// - Throws: `groupReinitialized`, `proposalNotAllowedForSender` for an ExternalInit or an
  ///   Update that was not made by `proposeUpdate`, `tooManyProposals`; for a SelfRemove
  ///   `invalidSelfRemove` unless it is to be a PublicMessage, `unsupportedProposalType` when a
  ///   member does not support it, `duplicateLeafProposal` for the second of an epoch.
  public mutating func propose(
    _ proposal: Proposal, authenticatedData: [UInt8] = [],
    wireFormat: WireFormat = .privateMessage, using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> [UInt8] {
    switch proposal {
    case .update, .externalInit: throw .proposalNotAllowedForSender
    case .selfRemove:
      guard wireFormat == .publicMessage else { throw .invalidSelfRemove }
      try checkEveryoneSupports(.selfRemove)
      guard !state.pendingProposals.contains(where: { $0.resolved.selfRemoves(ownLeafIndex) })
      else { throw .duplicateLeafProposal }
    default: break
    }
    return try propose(
      proposal, leafPrivateKey: nil, authenticatedData: authenticatedData,
      wireFormat: wireFormat, using: &generator)
  }

  /// Proposes a fresh leaf for this client (RFC 9420 §12.1.2).
  ///
  /// - Parameters:
  ///   - profile: what the new leaf says; nil keeps what the present one says.
  ///   - identity: a new profile with a signature key of its own, which signs from the epoch on in
  ///     which a commit puts the leaf into the tree; it goes before `profile`.
  ///   - authenticatedData: bytes that are authenticated and not encrypted.
  ///   - wireFormat: how the proposal is framed.
  ///   - generator: makes the leaf's key pair.
  public mutating func proposeUpdate(
    profile: LeafNode.Profile? = nil, identity: LeafIdentity? = nil,
    authenticatedData: [UInt8] = [],
    wireFormat: WireFormat = .privateMessage, using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> [UInt8] {
    guard let present = state.tree.leaf(at: ownLeafIndex) else { throw .notAMember }
    let key = try suite.generateHPKEKeyPair(using: &generator)
    let leaf = try LeafNode.signed(
      profile: identity?.profile ?? profile ?? present.profile, encryptionKey: key.publicKey,
      source: .update, at: LeafNode.Position(groupID: groupID, leafIndex: ownLeafIndex),
      with: identity?.signatureKeyPair.privateKey ?? state.signatureKey, suite: suite)
    return try propose(
      .update(leaf), leafPrivateKey: key.privateKey,
      signatureKey: identity?.signatureKeyPair.privateKey, authenticatedData: authenticatedData,
      wireFormat: wireFormat, using: &generator)
  }

  private mutating func propose(
    _ proposal: Proposal, leafPrivateKey: Secret?, signatureKey: SignaturePrivateKey? = nil,
    authenticatedData: [UInt8], wireFormat: WireFormat,
    using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> [UInt8] {
    guard state.reInit == nil else { throw .groupReinitialized }
    let content = FramedContent(
      groupID: groupID, epoch: epoch, sender: .member(ownLeafIndex),
      authenticatedData: authenticatedData, body: .proposal(proposal))
    let signed = try AuthenticatedContent.signed(
      content, wireFormat: wireFormat, suite: suite, context: state.context.encoded,
      signer: state.signatureKey)
    let message = try frame(signed, using: &generator)
    try addPending(
      PendingProposal(
        reference: ProposalRef(signed, suite: suite), proposal: proposal,
        sender: .member(ownLeafIndex), leafPrivateKey: leafPrivateKey, signatureKey: signatureKey))
    return message
  }

  /// Proposals of a type beyond the RFC's own are made and taken in groups whose every member
  /// supports it.
  func checkEveryoneSupports(_ type: ProposalType) throws(MLSFailure) {
    guard state.tree.nonBlankLeaves.allSatisfy({ $0.leaf.capabilities.supports(type) }) else {
      throw .unsupportedProposalType
    }
  }

  /// Puts a proposal among those that wait for a commit; a second copy changes nothing.
  mutating func addPending(_ pending: PendingProposal) throws(MLSFailure) {
    if state.pendingProposals.contains(where: { $0.reference == pending.reference }) { return }
    guard state.pendingProposals.count < policy.pendingProposalsMax else {
      throw .tooManyProposals
    }
    state.pendingProposals.append(pending)
  }

  /// Frames signed content of this client in the way that it was signed for.
  mutating func frame(
    _ signed: AuthenticatedContent, using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> [UInt8] {
    switch signed.wireFormat {
    case .publicMessage:
      let message = try PublicMessage(
        protecting: signed, suite: suite, membershipKey: state.secrets.membershipKey,
        context: state.context.encoded)
      return MLSMessage.publicMessage(message).encoded
    case .privateMessage:
      let kind: RatchetKind
      if case .application = signed.content.body { kind = .application } else { kind = .handshake }
      let (key, consumption) = try messages.current.nextKey(of: ownLeafIndex, kind)
      let message = try PrivateMessage(
        protecting: signed, suite: suite, senderDataSecret: state.secrets.senderDataSecret,
        key: key, padding: policy.padding, using: &generator)
      messages.current.apply(consumption)
      return MLSMessage.privateMessage(message).encoded
    case .welcome, .groupInfo, .keyPackage:
      throw .unexpectedMessageKind
    }
  }
}
