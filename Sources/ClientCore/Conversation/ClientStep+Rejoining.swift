// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Wire

/// Coming back into a group that this device lost step with, by an external commit that replaces
/// its own leaf (RFC 9420 §12.4.3.2; mls-profile.md, lost step 2).
extension ClientStep {
  /// Takes the first step. False when it cannot be taken, or was taken too often today: a server
  /// that breaks the log again and again must not make this go on for ever.
  mutating func beginRejoin(_ row: inout GroupRow) throws(ClientStoreFailure) -> Bool {
    guard row.phase == .active, state.device != nil,
      var conversation = try transaction.conversation(id: row.conversationID),
      conversation.phase != .blocked
    else { return false }
    let day = Duration.seconds(86_400)
    guard
      conversation.restarts < ClientLimits.rejoinsPerDay
        || now - conversation.restartsSince >= day
    else { return false }
    try countRestart(&conversation)
    try transaction.put(conversation)
    row.commitAttempts = 0
    row.commitRetryAt = nil
    try close(&row, as: .rejoining)
    endSubscription(row.groupID)
    state.markDirty(row.conversationID)
    return true
  }

  /// The next step: the stored commit, or the GroupInfo to make one from.
  mutating func goOnRejoining(_ row: GroupRow) throws(ClientStoreFailure) {
    if let retryAt = row.commitRetryAt, now < retryAt {
      return state.wake(row.conversationID, at: retryAt)
    }
    if let pending = try transaction.pendingCommit(groupID: row.groupID) {
      return try send(pending, of: row)
    }
    if state.trees[.group(row.groupID)]?.isComing == true { return }
    let purpose = RequestPurpose.getGroupInfo(groupID: row.groupID)
    guard !state.logs.isOpen(purpose) else { return }
    send(LogsRequest.getGroupInfo(try access(row)), purpose)
  }

  mutating func groupInfoRefused(
    _ groupID: [UInt8], _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    guard var row = try transaction.group(id: groupID), row.phase == .rejoining else { return }
    switch refusal.code {
    case .notFound, .malformed: try replace(&row)
    default: try retryRejoin(&row, after: refusal.retryAfter ?? ClientLimits.refusalWait)
    }
  }

  private mutating func retryRejoin(
    _ row: inout GroupRow, after wait: Duration
  ) throws(ClientStoreFailure) {
    let retryAt = now + wait
    row.commitRetryAt = retryAt
    try transaction.put(row)
    state.wake(row.conversationID, at: retryAt)
  }

  /// The group as the server holds it: looked at whole, before anything leaves.
  mutating func receivedGroupInfo(
    _ sealed: [UInt8], epoch: UInt64, of groupID: [UInt8]
  ) throws(ClientStoreFailure) {
    guard var row = try transaction.group(id: groupID), row.phase == .rejoining,
      try transaction.pendingCommit(groupID: groupID) == nil,
      let conversation = try transaction.conversation(id: row.conversationID)
    else { return }
    let old = try group(row)
    let context = try context(of: old)
    guard let info = try? context.openGroupInfo(sealed) else { return try replace(&row) }
    var tree = info.extensions.data(of: .ratchetTree)
    if let reference = TreeReference(of: info) {
      switch self.tree(reference, of: row.routingID, for: .group(groupID)) {
      case .there(let bytes): tree = bytes
      case .coming: return state.wake(row.conversationID, at: now + ClientLimits.refusalWait)
      // The next commit brings another one, by somebody who may be more careful.
      case .lost: return try rejoinLostRace(&row)
      }
    }
    guard let tree,
      let join = try? makeRejoin(info, tree: tree, epoch: epoch, context: context, old: old)
    else { return try replace(&row) }
    switch try check(people: join.group.members, in: conversation.address, coming: []) {
    case .trusted(let peer):
      guard peer == conversation.address else { return try replace(&row) }
      try store(join, endsEpoch: epoch, context: context, in: &row)
    case .needsManifest(let address):
      wantManifest(of: address)
      try retryRejoin(&row, after: ClientLimits.commitBackoff)
    case .refused(let code, let address):
      try refuseMembers(code, of: address, in: &row, conversation)
    }
  }

  /// Makes the external commit. The server cannot offer another group in place of this one: its
  /// GroupInfo opens under the group state key, and the context has to be the same.
  private mutating func makeRejoin(
    _ info: GroupInfo, tree: [UInt8], epoch: UInt64, context: ConversationContext, old: Group
  ) throws -> ExternalJoin {
    guard let device = state.device, info.context.groupID == old.groupID,
      info.context.epoch == epoch, epoch >= old.epoch, epoch < ProductGroup.epochMax,
      isSame(info.context.extensions, old.contextExtensions),
      let own = try RatchetTree(decoding: tree).leafIndex(
        ofSignatureKey: device.leafIdentity.signatureKeyPair.publicKey)
    else { throw MLSFailure.invalidSender }
    let id = PreSharedKeyID(
      source: context.rejoinKeySource, nonce: entropy.bytes(ProductGroup.suite.hashLength))
    return try Group.joinExternally(
      info, ratchetTree: tree, identity: device.leafIdentity, replacing: own, pskIDs: [id],
      preSharedKeys: context.rejoinKeys, at: now, using: &entropy)
  }

  /// Whether extensions are those of the same conversation. What a group agrees on may have changed
  /// while this device was away; its keys may not, or the GroupInfo would not have opened.
  private func isSame(_ new: [Extension], _ old: [Extension]) -> Bool {
    if new == old { return true }
    guard let room = ProductGroup.room(of: new), let known = ProductGroup.room(of: old),
      let context = ProductGroup.context(of: new), let present = ProductGroup.context(of: old)
    else { return false }
    return room.kind == known.kind && room.roomID == known.roomID && room.domain == known.domain
      && context == present
  }

  /// Stores the commit and the group that it leads to, which the next look at the conversation
  /// sends.
  private mutating func store(
    _ join: ExternalJoin, endsEpoch epoch: UInt64, context: ConversationContext,
    in row: inout GroupRow
  ) throws(ClientStoreFailure) {
    let parcel: CommitParcel
    do {
      var sealed: SealedTree?
      if let key = treeKey(join.group, adding: 0) {
        sealed = try SealedTree(
          join.group.encodedRatchetTree, key: key, routingID: context.routingID)
      }
      let info = try join.group.groupInfo(
        carriesTree: sealed == nil, extensions: sealed.map { [$0.groupInfoExtension] } ?? [])
      parcel = CommitParcel(
        body: try context.wrap(join.message, using: &entropy),
        nextTokenHash: Group.tokenHash(join.group.logToken(routingID: context.routingID)),
        sealedGroupInfo: try context.seal(info, using: &entropy), welcome: [],
        welcomeDevices: [], removes: false, parts: sealed?.parts ?? [])
    } catch {
      return try replace(&row)
    }
    try transaction.put(
      PendingCommitRow(
        groupID: row.groupID, epoch: epoch, submitID: entropy.bytes(16), reason: .rejoin,
        request: parcel.encoded, state: RejoinedGroup(join.group).encoded, createdAt: now))
    state.markDirty(row.conversationID)
  }

  /// The server has put the commit into the log at `seq`: this device is in step again from there.
  mutating func rejoined(
    _ pending: PendingCommitRow, into row: inout GroupRow, seq: UInt64
  ) throws(ClientStoreFailure) {
    guard let next = RejoinedGroup(decoding: pending.state) else {
      throw .corrupt("pending commit")
    }
    let cursor = row.cursor ?? 0
    row.cursor = seq
    try adopt(next.group, in: &row)
    try transaction.removePendingCommit(groupID: row.groupID)
    row.phase = .active
    row.lastPathAt = now
    row.messagesSincePath = 0
    row.commitAttempts = 0
    row.commitRetryAt = nil
    guard let conversation = try transaction.conversation(id: row.conversationID) else { return }
    try askOwnDevices(conversation)
    if row.generation < conversation.generation { row.phase = .closed }
    if let room = ProductGroup.room(of: next.group.contextExtensions) {
      if RoomReference.isOne(conversation.address) {
        try transaction.put(RoomRow(conversationID: conversation.id, state: room.encoded))
      } else {
        try settle(room.policy, after: nil, in: conversation)
      }
    }
    if seq > cursor + 1 {
      try emit(.gap(after: cursor, upTo: seq - 1), address: conversation.address)
    }
    try addNotice(
      "This device had lost step with the conversation and has joined it again. "
        + "What was sent in between cannot be read here.",
      to: conversation, groupID: row.groupID, logSeq: seq)
    try emit(
      .conversationRekeyed(epoch: row.epoch, byPeer: false), address: conversation.address)
  }

  /// Somebody committed meanwhile: the present GroupInfo is asked for anew.
  mutating func rejoinLostRace(_ row: inout GroupRow) throws(ClientStoreFailure) {
    try transaction.removePendingCommit(groupID: row.groupID)
    row.commitAttempts += 1
    guard row.commitAttempts < ClientLimits.commitAttemptsMax else { return try replace(&row) }
    try retryRejoin(
      &row,
      after: backoff(
        from: ClientLimits.commitBackoff, attempt: Int(row.commitAttempts) - 1,
        longest: ClientLimits.connectBackoffMax))
  }

  /// A member came back. It is followed only if it takes the place of its own leaf, has the key of
  /// those who were members, and changes nothing else.
  mutating func applyRejoin(
    _ item: ServerMessage.LogItem, to row: inout GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    var group = try group(row)
    let context = try context(of: group)
    guard case .publicMessage(let message)? = try? context.unwrap(item.body),
      message.content.groupID == row.groupID
    else { return try lose(&row) }
    if message.content.epoch < row.epoch { return true }
    guard message.content.epoch == row.epoch, message.content.sender == .newMemberCommit,
      case .commit(let staged)? = try? group.process(
        .publicMessage(message), preSharedKeys: context.rejoinKeys, at: now),
      staged.reInit == nil, staged.updated.isEmpty,
      staged.contextExtensions == group.contextExtensions,
      staged.pskIDs.map(\.source) == [context.rejoinKeySource],
      staged.removed.count == 1, staged.added.count == 1,
      isSameDevice(staged.removed[0].leafNode, staged.added[0].leafNode)
    else { return try lose(&row) }
    guard let conversation = try transaction.conversation(id: row.conversationID) else {
      throw .corrupt("group")
    }
    if staged.selfRemoved {
      // Not by this device, which would have the commit among its own.
      try addNotice(
        "The keys of this device were used elsewhere.", to: conversation, groupID: row.groupID,
        logSeq: item.seq)
      return try lose(&row)
    }
    guard try follow(staged, of: group, in: &row) else { return false }
    try addNotice(
      "A device had lost step with the conversation and has joined it again.", to: conversation,
      groupID: row.groupID, logSeq: item.seq)
    return true
  }
}
