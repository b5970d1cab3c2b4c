// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO
import Wire

/// What the entries of a log say.
extension ClientStep {
  /// Applies one entry. False when reading has to wait, or the group was left behind: the cursor
  /// then stays before the entry.
  mutating func apply(
    _ item: ServerMessage.LogItem, to row: inout GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    guard row.phase == .active || row.phase == .closed else { return false }
    switch kind(of: item, in: row) {
    case .application:
      try applyApplication(item, to: &row)
      return true
    case .commit: return try applyCommit(item, to: &row)
    case .proposal:
      try applyProposal(item, to: &row)
      return row.phase != .over
    case .unspecified, .UNRECOGNIZED:
      try noteUndecryptable(item, in: row)
      return true
    }
  }

  /// What an entry is. A message of the group says so itself, under its key (RFC 9420 §6.3.1); what
  /// the server calls it, or another entry, counts for what bears no such mark.
  private func kind(of item: ServerMessage.LogItem, in row: GroupRow) -> WireEntryKind {
    switch MLSMessage.privateHeader(of: item.body, groupID: row.groupID)?.contentType {
    case .application: .application
    case .proposal: .proposal
    case .commit: .commit
    case nil: item.kind
    }
  }

  private mutating func applyApplication(
    _ item: ServerMessage.LogItem, to row: inout GroupRow
  ) throws(ClientStoreFailure) {
    // An own entry: its key is gone, and its text is in the store.
    let own = try ownEntry(item, in: row)
    if let own, own.body == item.body {
      // Behind the commit that took the right to write: the others do not show it.
      if let conversation = try transaction.conversation(id: row.conversationID),
        try failForbidden(own, in: conversation)
      {
        return
      }
      return try readBack(own, seq: item.seq, acceptedAt: item.acceptedAt)
    }
    var group = try group(row)
    let processed: ProcessedMessage
    do {
      // How late a message is, is a matter of when it was accepted and not of when it is read: a
      // device that was away for a week still has the keys that the log's order calls for.
      processed = try group.process(item.body, at: min(now, item.acceptedAt))
    } catch {
      if let own { return try readBack(own, seq: item.seq, acceptedAt: item.acceptedAt) }
      return isFromBefore(item, row) ? () : try noteUndecryptable(item, in: row)
    }
    guard case .application(let message) = processed else {
      if let own { return try readBack(own, seq: item.seq, acceptedAt: item.acceptedAt) }
      if case .ownMessage = processed { return }
      return try noteUndecryptable(item, in: row)
    }
    try storeRatchets(group)
    // The leaf was checked when its epoch began.
    let leaf = Member(leafIndex: message.sender, leafNode: message.senderLeaf)
    guard let sender = RoomMember(leaf) else { return try noteUndecryptable(item, in: row) }
    try noteHeard(message.senderLeaf, in: row.groupID)
    try received(content: message.data, from: sender, item: item, group: &row)
  }

  /// Whether an entry says that it is of an epoch in which this device was no member: the log takes
  /// messages of the epoch before the present one, and a newcomer is owed none of them.
  private func isFromBefore(_ item: ServerMessage.LogItem, _ row: GroupRow) -> Bool {
    guard let header = MLSMessage.privateHeader(of: item.body, groupID: row.groupID) else {
      return false
    }
    return header.epoch < row.joinedEpoch
  }

  /// What this device sent under the entry's name. The server says so: the body may be one of
  /// another attempt, in another epoch, or somebody else's words, which are then read.
  private func ownEntry(
    _ item: ServerMessage.LogItem, in row: GroupRow
  ) throws(ClientStoreFailure) -> OutboxRow? {
    guard let outbox = try transaction.outboxRow(submitID: item.submitID),
      outbox.groupID == row.groupID, outbox.phase != .queued
    else { return nil }
    return outbox
  }

  /// A commit of the present epoch moves the group on. One of an earlier epoch was merged before it
  /// came back; one of a later epoch means that something is missing.
  private mutating func applyCommit(
    _ item: ServerMessage.LogItem, to row: inout GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    if ConversationContext.isWrapped(item.body) { return try applyRejoin(item, to: &row) }
    guard let epoch = MLSMessage.privateHeader(of: item.body, groupID: row.groupID)?.epoch
    else { return try lose(&row) }
    if epoch < row.epoch { return true }
    guard epoch == row.epoch else { return try lose(&row) }
    if let pending = try transaction.pendingCommit(groupID: row.groupID),
      pending.submitID == item.submitID
    {
      try mergeOwn(pending, into: &row)
      return true
    }
    var group = try group(row)
    let staged: StagedCommit
    do {
      guard case .commit(let commit) = try group.process(item.body, at: now) else {
        return try lose(&row)
      }
      staged = commit
    } catch {
      return try lose(&row)
    }
    let isAllowed =
      !staged.isExternal && staged.reInit == nil && staged.pskIDs.isEmpty
      && staged.updated.allSatisfy { isSameDevice($0.old, $0.new) }
    guard isAllowed else { return try lose(&row) }
    guard let conversation = try transaction.conversation(id: row.conversationID) else {
      throw .corrupt("group")
    }
    do throws(RoomViolation) {
      try checkRules(staged, of: group, in: conversation)
    } catch {
      return try refuse(staged, of: group, because: error, in: &row)
    }
    if staged.selfRemoved { return try removed(by: staged, from: group, in: &row) }
    return try follow(staged, of: group, in: &row)
  }

  /// Looks at whom the commit would make members before it takes effect.
  mutating func follow(
    _ staged: StagedCommit, of group: Group, in row: inout GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    guard let conversation = try transaction.conversation(id: row.conversationID) else {
      throw .corrupt("group")
    }
    guard let next = try? group.merge(staged, at: now) else { return try lose(&row) }
    switch try check(changesOf: staged, of: group, towards: next, in: conversation) {
    case .trusted(let peer):
      guard peer == conversation.address else { return try lose(&row) }
      try adopt(next, in: &row)
      try transaction.removePendingCommit(groupID: row.groupID)
      try noteRoom(staged, of: group, in: row, conversation)
      if let leaf = group.leafNode(at: staged.committer),
        let actor = RoomMember(Member(leafIndex: staged.committer, leafNode: leaf))
      {
        try noteBrought(staged.added, by: actor, in: next)
      }
      try emit(
        .conversationRekeyed(epoch: next.epoch, byPeer: true), address: conversation.address)
      return true
    case .needsManifest(let address):
      pause(row, for: address)
      return false
    case .refused(let code, let address):
      try refuseMembers(code, of: address, in: &row, conversation)
      return false
    }
  }

  /// Somebody would be a member who is not what they say: the conversation stops.
  mutating func refuseMembers(
    _ code: ClientFailureCode, of address: String, in row: inout GroupRow,
    _ conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let notice: IdentityNotice = code == .identityChanged ? .identityChanged : .ghostDevice
    try emit(.identityNotice(notice), address: address)
    try replace(&row)
    try doubt(address, because: code)
    try block(address: conversation.address, code)
  }

  /// A leaf may be renewed; it may not become somebody else's (identity.md).
  func isSameDevice(_ old: LeafNode, _ new: LeafNode) -> Bool {
    guard let before = try? LeafClaim(old), let after = try? LeafClaim(new) else { return false }
    return before.certificate.accountID == after.certificate.accountID
      && before.certificate.deviceID == after.certificate.deviceID
  }

  /// Reading goes on once the directory has answered.
  mutating func pause(_ row: GroupRow, for address: String) {
    endSubscription(row.groupID)
    state.flows[row.groupID] = GroupFlow(paused: true)
    wantManifest(of: address)
  }

  /// The group cannot be followed any further.
  mutating func lose(_ row: inout GroupRow) throws(ClientStoreFailure) -> Bool {
    try leaveBehind(&row)
    return false
  }

  /// A proposal waits for its commit; one that makes no sense is skipped, since a commit that
  /// refers to it will not be followed. What is no proposal at all is shown as unreadable.
  private mutating func applyProposal(
    _ item: ServerMessage.LogItem, to row: inout GroupRow
  ) throws(ClientStoreFailure) {
    if let own = try ownEntry(item, in: row), own.body == item.body {
      try readBack(own, seq: item.seq)
      return try goWithProposals(of: &row)
    }
    var group = try group(row)
    guard case .proposal(let proposal, let sender)? = try? group.process(item.body, at: now) else {
      if MLSMessage.privateHeader(of: item.body, groupID: row.groupID) == nil {
        try noteUndecryptable(item, in: row)
      }
      return
    }
    // A member may propose to go, once, and nothing else: what is not stored is in no own commit.
    guard ProductGroup.room(of: group.contextExtensions)?.kind == .group,
      case .remove(let leaf) = proposal, sender == .member(leaf),
      group.pendingProposals.count(where: { $0.sender == sender }) == 1
    else { return }
    try store(group)
    state.markDirty(row.conversationID)
    try goWithProposals(of: &row)
  }

  /// The next epoch takes effect.
  mutating func adopt(_ next: Group, in row: inout GroupRow) throws(ClientStoreFailure) {
    try transaction.removeEpoch(groupID: row.groupID, epoch: row.epoch)
    row.epoch = next.epoch
    state.wantsRenewal = true
    try store(next)
  }

  /// Something arrived that nobody here can read: shown, counted, and skipped.
  private mutating func noteUndecryptable(
    _ item: ServerMessage.LogItem, in row: GroupRow
  ) throws(ClientStoreFailure) {
    guard let conversation = try transaction.conversation(id: row.conversationID) else { return }
    try addNotice(
      "A message could not be decrypted.", to: conversation, kind: .undecryptable,
      groupID: row.groupID, logSeq: item.seq)
    try emit(.undecryptable(logSeq: item.seq), address: conversation.address)
  }

  /// Entries that were deleted before this device read them.
  mutating func noteGap(
    _ row: inout GroupRow, after: UInt64, upTo: UInt64
  ) throws(ClientStoreFailure) {
    guard upTo > row.cursor ?? 0 else { return }
    row.cursor = upTo
    guard let conversation = try transaction.conversation(id: row.conversationID) else { return }
    try askOwnDevices(conversation)
    try addNotice(
      "Messages were deleted on the server before this device read them.", to: conversation,
      kind: .gap, groupID: row.groupID, logSeq: upTo)
    try emit(.gap(after: after, upTo: upTo), address: conversation.address)
  }
}

extension MLSMessage {
  /// What a PrivateMessage of this group says in the open (RFC 9420 §6.3.1), unauthenticated.
  static func privateHeader(
    of bytes: [UInt8], groupID: [UInt8]
  ) -> (epoch: UInt64, contentType: ContentType)? {
    guard case .privateMessage(let message)? = try? MLSMessage(bytes: bytes),
      message.groupID == groupID
    else { return nil }
    return (message.epoch, message.contentType)
  }
}
