// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// Coming into groups by Welcome, and how far messages have come in them.
extension ClientStep {
  /// What became of a Welcome to a group.
  enum RoomWelcome {
    /// This account is a member now.
    case entered
    /// It has to wait until the log has said that this device went out.
    case waits
    /// Nobody may ask somebody in like that.
    case refused
  }

  /// Stores the group that a Welcome led to. Its members were checked.
  mutating func enterRoom(
    _ welcome: StagedWelcome, context: ConversationContext, room: RoomState, asking: Bool
  ) throws(ClientStoreFailure) -> RoomWelcome {
    let group = welcome.group
    let members = group.roomMembers
    guard let reference = room.reference?.description, let own = ownAccount,
      let inviter = members.first(where: { $0.leaf == welcome.sender }),
      inviter.account == own || room.allows(.add, by: inviter.account)
        || room.mayBringBack(own, by: inviter.account, among: members),
      room.owner.map({ members.holds($0) }) ?? false, !room.banned.contains(own),
      members.count <= ClientLimits.roomDevicesMax
    else { return .refused }
    var conversation = try conversation(with: reference)
    for var old in try transaction.groups(conversationID: conversation.id) {
      guard old.groupID == group.groupID else {
        // Another log for a group that is there: nobody makes one while it can be used.
        let answer = try reception(
          ofSuccessor: context, room, members: members, from: inviter, instead: old,
          in: conversation)
        if let answer { return answer }
        continue
      }
      // Whoever broke a rule brings nobody back into what became of the group; the owner may, who
      // put them out.
      if old.phase == .broken,
        try !(self.room(of: conversation)?.isSuccessor(room, members, by: inviter) ?? false)
      {
        return .refused
      }
      if old.phase == .active || old.phase == .closed { return .waits }
      guard group.epoch > old.epoch else { return .refused }
      endSubscription(old.groupID)
      try close(&old, as: .over)
      for epoch in try transaction.epochs(groupID: old.groupID) {
        try transaction.removeEpoch(groupID: old.groupID, epoch: epoch.epoch)
      }
    }
    if asking { try holdBack(conversation, from: inviter.address) }
    try transaction.put(
      GroupRow(
        groupID: group.groupID, conversationID: conversation.id, routingID: context.routingID,
        phase: .active, generation: context.generation, epoch: group.epoch,
        joinedEpoch: group.epoch, cursor: nil, lastPathAt: nil, messagesSincePath: 0,
        answering: true, commitAttempts: 0, commitRetryAt: nil, createdAt: now))
    try store(group)
    try transaction.put(RoomRow(conversationID: conversation.id, state: room.encoded))
    try forgetBroken(
      transaction.groups(conversationID: conversation.id), below: context.generation)
    conversation.generation = max(conversation.generation, context.generation)
    conversation.phase = .open
    conversation.lastActivityAt = now
    try transaction.put(conversation)
    try forgetKnock(reference)
    state.keptLinks[conversation.id] = nil
    // In a group that has just been made, the others were asked in along with this device.
    if group.epoch == 1 { try noteBrought(group.members, by: inviter, in: group) }
    try entered(group, in: reference)
    try emit(.conversationStarted(byPeer: true), address: reference)
    try tell(RoomNotice(.invited, actor: inviter.address), in: conversation, groupID: group.groupID)
    state.markDirty(conversation.id)
    return .entered
  }

  /// Whether receipts are sent and counted in a conversation.
  mutating func hasReceipts(_ conversation: ConversationRow) throws(ClientStoreFailure) -> Bool {
    guard RoomReference.isOne(conversation.address) else { return true }
    guard let row = try sendingGroup(of: conversation) else { return false }
    return try group(row).roomMembers.accounts.count <= ClientLimits.receiptAccountsMax
  }

  /// A member reports how far an own message has come to it. The message is as far as it has come
  /// to all the others.
  mutating func noteReport(
    _ new: MessageState, of messageID: [UInt8], from member: String,
    in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    guard RoomReference.isOne(conversation.address) else {
      return try setState(new, of: messageID, in: conversation)
    }
    let message = try transaction.message(conversationID: conversation.id, messageID: messageID)
    guard let message, message.own, let row = try sendingGroup(of: conversation) else { return }
    let known = try transaction.roomReceipts(
      conversationID: conversation.id, messageID: messageID)
    if known.contains(where: { $0.member == member && $0.state.hasReached(new) }) { return }
    try transaction.put(
      RoomReceiptRow(
        conversationID: conversation.id, messageID: messageID, member: member, state: new, at: now))
    let states =
      known.filter { $0.member != member }.map { ($0.member, $0.state) }
      + [(member, new)]
    let others = try group(row).roomMembers.filter { $0.account != ownAccount }
    for goal in [MessageState.delivered, .read] {
      let isReached = others.allSatisfy { other in
        states.contains { $0.0 == other.address && $0.1.hasReached(goal) }
      }
      guard isReached, !others.isEmpty else { return }
      try setState(goal, of: messageID, in: conversation)
    }
  }
}
