// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// Groups in the store: loading, choosing, replacing.
extension ClientStep {
  /// The present epoch of a group.
  ///
  /// - Throws: `corrupt` when the stored state does not decode.
  mutating func group(_ row: GroupRow) throws(ClientStoreFailure) -> Group {
    if let cached = state.groups[row.groupID] { return cached }
    guard let epoch = try transaction.epoch(groupID: row.groupID, epoch: row.epoch) else {
      throw .corrupt("epoch")
    }
    do {
      let group = try Group(epochState: epoch.state, messageSecrets: epoch.ratchets)
      state.groups[row.groupID] = group
      return group
    } catch {
      throw .corrupt("epoch")
    }
  }

  /// Stores a whole epoch.
  mutating func store(_ group: Group) throws(ClientStoreFailure) {
    try transaction.put(
      EpochRow(
        groupID: group.groupID, epoch: group.epoch, state: group.encodedEpochState,
        ratchets: group.encodedMessageSecrets, retiredAt: nil))
    state.groups[group.groupID] = group
  }

  /// Stores what a message changed.
  mutating func storeRatchets(_ group: Group) throws(ClientStoreFailure) {
    try transaction.updateRatchets(
      groupID: group.groupID, epoch: group.epoch, ratchets: group.encodedMessageSecrets)
    state.groups[group.groupID] = group
  }

  /// What the group's context says of the conversation.
  ///
  /// - Throws: `corrupt`: it was checked before the group was stored.
  func context(of group: Group) throws(ClientStoreFailure) -> ConversationContext {
    guard let context = ProductGroup.context(of: group) else { throw .corrupt("epoch") }
    return context
  }

  /// The right to the group's log.
  mutating func access(_ row: GroupRow) throws(ClientStoreFailure) -> LogAccess {
    let group = try group(row)
    return LogAccess(
      logID: row.routingID, epoch: group.epoch,
      token: group.logToken(routingID: row.routingID))
  }

  /// The group that own messages go by: the highest generation, and of two that were made at the
  /// same time the smaller identifier, so that both sides choose the same.
  func sendingGroup(
    of conversation: ConversationRow
  ) throws(ClientStoreFailure) -> GroupRow? {
    try transaction.groups(conversationID: conversation.id)
      .filter { $0.phase == .active }
      .min { left, right in
        if left.generation != right.generation { return left.generation > right.generation }
        return left.groupID.lexicographicallyPrecedes(right.groupID)
      }
  }

  /// A group whose making, or coming back to, has begun and is not confirmed.
  func groupBeingMade(
    for conversation: ConversationRow
  ) throws(ClientStoreFailure) -> GroupRow? {
    try transaction.groups(conversationID: conversation.id)
      .first { $0.phase == .creating || $0.phase == .inviting || $0.phase == .rejoining }
  }

  /// Groups that another one replaces: their logs are read on, nothing more is sent in them. One
  /// that is out of step stays so, since its log says nothing to this device any more.
  mutating func closeGroups(
    of conversation: ConversationRow, below generation: UInt32
  ) throws(ClientStoreFailure) {
    for var row in try transaction.groups(conversationID: conversation.id)
    where row.generation < generation && row.phase.canBeClosed {
      let wasActive = row.phase == .active
      try close(&row, as: .closed)
      if wasActive {
        try addNotice(
          "The conversation goes on with new keys.", to: conversation, groupID: row.groupID)
        try emit(.conversationRestarted(.outOfStep), address: conversation.address)
      }
    }
  }

  /// The group can no longer be followed: this device comes back into it by an external commit or,
  /// when that cannot be, a new group takes its place (mls-profile.md, lost step).
  mutating func leaveBehind(_ row: inout GroupRow) throws(ClientStoreFailure) {
    if try beginRejoin(&row) { return }
    try replace(&row)
  }

  /// A new group is made for the conversation, visibly (mls-profile.md, lost step 4).
  mutating func replace(_ row: inout GroupRow) throws(ClientStoreFailure) {
    guard row.phase != .outOfStep, row.phase != .closed, row.phase != .over, row.phase != .broken
    else { return }
    try close(&row, as: .outOfStep)
    state.groups[row.groupID] = nil
    endSubscription(row.groupID)
    guard var conversation = try transaction.conversation(id: row.conversationID) else { return }
    if RoomReference.isOne(conversation.address) {
      return try lostRoom(row, conversation)
    }
    if conversation.phase != .blocked, try sendingGroup(of: conversation) == nil {
      conversation.phase = .starting
      try transaction.put(conversation)
    }
    try addNotice(
      "This device lost step with the conversation; a new group replaces it.",
      to: conversation, groupID: row.groupID)
    try emit(.conversationRestarted(.outOfStep), address: conversation.address)
    state.markDirty(conversation.id)
  }

  /// Takes a group out of use; what it had not yet delivered goes back to the outbox.
  mutating func close(
    _ row: inout GroupRow, as phase: GroupRow.Phase
  ) throws(ClientStoreFailure) {
    // The server may have taken a commit of a group that is read on: without it, its own author
    // could read nothing of what follows.
    let isReadOn = row.phase == .active && phase == .closed
    row.phase = phase
    state.trees[.group(row.groupID)] = nil
    try transaction.put(row)
    if !isReadOn { try transaction.removePendingCommit(groupID: row.groupID) }
    let rows = try transaction.outboxRows(
      conversationID: row.conversationID, phases: [.protected], limit: ClientLimits.pageMax)
    for outbox in rows where outbox.groupID == row.groupID {
      try requeue(outbox, newSubmitID: true)
    }
  }

  /// A line of the client's own in a conversation.
  mutating func addNotice(
    _ text: String, to conversation: ConversationRow, kind: MessageKind = .notice,
    groupID: [UInt8], logSeq: UInt64 = 0
  ) throws(ClientStoreFailure) {
    // The notes to self are the user's own lines alone.
    guard !isOwn(conversation.address) else { return }
    _ = try transaction.append(
      MessageRow(
        conversationID: conversation.id, messageID: [], sender: conversation.address, own: false,
        kind: kind, state: .seen, failure: "", content: [], text: text, at: now,
        groupID: groupID, logSeq: logSeq))
  }

  /// Ends the subscription, if there is one; its entries are not looked at any more.
  mutating func endSubscription(_ groupID: [UInt8]) {
    if let subscription = state.flows[groupID]?.subscription {
      send(LogsRequest.unsubscribe(subscription: subscription), nil)
    }
    state.flows[groupID] = nil
  }
}

extension GroupRow.Phase {
  /// Whether a group of a later generation takes its place.
  fileprivate var canBeClosed: Bool {
    self != .closed && self != .outOfStep && self != .over
      && self != .broken
  }
}
