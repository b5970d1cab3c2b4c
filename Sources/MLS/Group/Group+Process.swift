// SPDX-License-Identifier: Apache-2.0

public import SansIO

extension Group {
  /// Takes an encoded message of the group (RFC 9420 §6, §12.4.2, §15).
  ///
  /// A message that does not authenticate changes nothing; keys whose time is over go whatever
  /// comes (`expire(at:)`). After one that does, store
  /// `encodedMessageSecrets` (and `encodedEpochState` after a proposal) before acting on it.
  ///
  /// - Parameters:
  ///   - bytes: the encoded MLSMessage.
  ///   - pending: our own commit, if one is on its way: seen in the log, it is known by its bytes.
  ///   - preSharedKeys: what PreSharedKey proposals name.
  ///   - now: the time at which the message was accepted; keys expire by it.
  /// - Throws: why the message is refused.
  public mutating func process(
    _ bytes: [UInt8], pending: PendingCommit? = nil,
    preSharedKeys: PreSharedKeys = PreSharedKeys(), at now: Instant
  ) throws(MLSFailure) -> ProcessedMessage {
    if let pending, pending.message == bytes {
      guard pending.staged.epoch == epoch else { throw .staleCommit }
      return .ownCommit(pending.staged)
    }
    return try process(try MLSMessage(bytes: bytes), preSharedKeys: preSharedKeys, at: now)
  }

  /// Takes a decoded message of the group.
  public mutating func process(
    _ message: MLSMessage, preSharedKeys: PreSharedKeys = PreSharedKeys(), at now: Instant
  ) throws(MLSFailure) -> ProcessedMessage {
    expire(at: now)
    switch message {
    case .publicMessage(let message):
      try checkPlace(groupID: message.content.groupID, epoch: message.content.epoch)
      guard message.content.epoch == epoch else { throw .handshakeOutsideEpoch }
      let content = try message.unprotected(
        suite: suite, membershipKey: state.secrets.membershipKey, context: state.context.encoded)
      let verified = try verified(content)
      if verified.content.sender == .member(ownLeafIndex) { return .ownMessage }
      return try processHandshake(verified, preSharedKeys: preSharedKeys, at: now)
    case .privateMessage(let message):
      try checkPlace(groupID: message.groupID, epoch: message.epoch)
      return message.epoch == epoch
        ? try processCurrent(message, preSharedKeys: preSharedKeys, at: now)
        : try processPast(message, at: now)
    case .welcome, .groupInfo, .keyPackage:
      throw .unexpectedMessageKind
    }
  }

  private func checkPlace(groupID: [UInt8], epoch: UInt64) throws(MLSFailure) {
    guard groupID == self.groupID else { throw .wrongGroup }
    guard epoch <= self.epoch else { throw .futureEpoch }
  }

  private mutating func processCurrent(
    _ message: PrivateMessage, preSharedKeys: PreSharedKeys, at now: Instant
  ) throws(MLSFailure) -> ProcessedMessage {
    let senderData = try message.senderData(
      suite: suite, senderDataSecret: state.secrets.senderDataSecret)
    guard senderData.leafIndex != ownLeafIndex else { return .ownMessage }
    guard state.tree.leaf(at: senderData.leafIndex) != nil else { throw .invalidSender }
    let kind: RatchetKind = message.contentType == .application ? .application : .handshake
    let (key, consumption) = try messages.current.key(
      of: senderData.leafIndex, kind, generation: senderData.generation, at: now)
    let content = try message.unprotected(suite: suite, senderData: senderData, key: key)
    let verified = try verified(content)
    let result: ProcessedMessage
    if case .application(let data) = verified.content.body {
      result = try applicationMessage(
        data, of: verified.content, leafNode: state.tree.leaf(at: senderData.leafIndex))
    } else {
      result = try processHandshake(verified, preSharedKeys: preSharedKeys, at: now)
    }
    messages.current.apply(consumption)
    return result
  }

  /// A late application message of an epoch that is over, checked against that epoch's members.
  private mutating func processPast(
    _ message: PrivateMessage, at now: Instant
  ) throws(MLSFailure) -> ProcessedMessage {
    guard
      let past = state.pastEpochs.first(where: { $0.context.epoch == message.epoch }),
      now - past.endedAt <= policy.pastEpochAgeMax,
      let tree = messages.tree(ofPast: message.epoch)
    else { throw .pastEpoch }
    guard message.contentType == .application else { throw .handshakeOutsideEpoch }
    let senderData = try message.senderData(
      suite: suite, senderDataSecret: past.senderDataSecret)
    if senderData.leafIndex == past.ownLeaf { return .ownMessage }
    guard let leaf = past.leafNode(at: senderData.leafIndex) else { throw .invalidSender }
    let (key, consumption) = try tree.key(
      of: senderData.leafIndex, .application, generation: senderData.generation, at: now)
    let content = try message.unprotected(suite: suite, senderData: senderData, key: key)
    let verified = try content.verified(
      suite: suite, signatureKey: leaf.signatureKey, context: past.context.encoded)
    guard case .application(let data) = verified.content.body else {
      throw .contentTypeMismatch
    }
    messages.apply(consumption, toPast: message.epoch)
    return try applicationMessage(data, of: verified.content, leafNode: leaf)
  }

  private func applicationMessage(
    _ data: [UInt8], of content: FramedContent, leafNode: LeafNode?
  ) throws(MLSFailure) -> ProcessedMessage {
    guard case .member(let sender) = content.sender, let leafNode else { throw .invalidSender }
    return .application(
      ApplicationMessage(
        sender: sender, senderLeaf: leafNode, epoch: content.epoch, data: data,
        authenticatedData: content.authenticatedData))
  }

  private mutating func processHandshake(
    _ verified: VerifiedContent, preSharedKeys: PreSharedKeys, at now: Instant
  ) throws(MLSFailure) -> ProcessedMessage {
    guard state.reInit == nil else { throw .groupReinitialized }
    switch verified.content.body {
    case .application:
      throw .applicationDataInPublicMessage
    case .proposal(let proposal):
      let sender = verified.content.sender
      try checkProposal(proposal, from: sender, in: verified.authenticated.wireFormat)
      try addPending(
        PendingProposal(
          reference: ProposalRef(verified.authenticated, suite: suite), proposal: proposal,
          sender: sender))
      return .proposal(proposal, sender: sender)
    case .commit(let commit):
      return .commit(
        try stage(commit, in: verified, preSharedKeys: preSharedKeys, at: now))
    }
  }

  /// Which senders may send which proposals at all (RFC 9420 §12.1.8).
  private func checkProposal(
    _ proposal: Proposal, from sender: Sender, in wireFormat: WireFormat
  ) throws(MLSFailure) {
    switch (sender, proposal) {
    case (.member, .externalInit): throw .proposalNotAllowedForSender
    case (.member, .selfRemove):
      guard wireFormat == .publicMessage else { throw .invalidSelfRemove }
      try checkEveryoneSupports(.selfRemove)
    case (.member, _), (.newMemberProposal, .add): break
    case (.external, .add), (.external, .remove), (.external, .preSharedKey),
      (.external, .reInit), (.external, .groupContextExtensions):
      break
    default: throw .proposalNotAllowedForSender
    }
  }

  /// Checks the signature under the key that belongs to the kind of sender (RFC 9420 §6.1).
  private func verified(
    _ content: AuthenticatedContent
  ) throws(MLSFailure) -> VerifiedContent {
    let key = try signatureKey(of: content.content)
    return try content.verified(
      suite: suite, signatureKey: key, context: state.context.encoded)
  }

  private func signatureKey(of content: FramedContent) throws(MLSFailure) -> [UInt8] {
    switch content.sender {
    case .member(let leaf):
      guard let node = state.tree.leaf(at: leaf) else { throw .invalidSender }
      return node.signatureKey
    case .external(let index):
      guard case .proposal = content.body else { throw .invalidSender }
      let senders: ExternalSenders?
      do throws(DecodingFailure) {
        senders = try contextExtensions.value(of: .externalSenders, as: ExternalSenders.self)
      } catch {
        throw .decoding(error)
      }
      guard let senders, Int(index) < senders.list.count else { throw .unknownExternalSender }
      return senders.list[Int(index)].signatureKey
    case .newMemberProposal:
      guard case .proposal(.add(let keyPackage)) = content.body else { throw .invalidSender }
      return keyPackage.leafNode.signatureKey
    case .newMemberCommit:
      guard case .commit(let commit) = content.body, let path = commit.path else {
        throw .invalidSender
      }
      return path.leafNode.signatureKey
    }
  }
}
