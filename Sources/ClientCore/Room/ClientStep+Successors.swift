// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// A group goes on without a member who broke a rule: those who did not follow leave it behind, and
/// its owner makes another one with everybody else (groups.md, broken rules).
extension ClientStep {
  /// A commit breaks a rule. What the group would be without its committer is stored as the group's
  /// state: everybody who did not follow comes to the same, since all had the same before.
  ///
  /// - Returns: whether there will be another group.
  mutating func leaveBreaker(
    _ staged: StagedCommit, of group: Group, in row: inout GroupRow,
    _ conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    let members = group.roomMembers
    guard row.phase == .active, let own = ownAccount,
      let room = ProductGroup.room(of: group.contextExtensions), room.kind == .group,
      let breaker = members.first(where: { $0.leaf == staged.committer })?.account,
      breaker != own,
      let next = room.without(breaker, leaving: group.leavingLeaves, members: members)
    else { return false }
    // Who was about to go has no part in what comes.
    guard group.staying(without: breaker).holds(own) else {
      try failWaiting(conversation, .notAMember)
      try end(&row, of: conversation)
      return true
    }
    try close(&row, as: .broken)
    endSubscription(row.groupID)
    try transaction.put(RoomRow(conversationID: conversation.id, state: next.encoded))
    for change in try transaction.roomChanges(conversationID: conversation.id) {
      try transaction.removeRoomChange(id: change.id)
    }
    try forgetJoinLinks(of: conversation)
    var conversation = conversation
    if conversation.phase == .open {
      conversation.phase = .starting
      try transaction.put(conversation)
    }
    try addNotice(
      "The group goes on without whoever broke the rule, in a new group that its owner makes.",
      to: conversation, groupID: row.groupID)
    try emit(.conversationRestarted(.outOfStep), address: conversation.address)
    // What came from the owner before this was known.
    state.waitingWelcomes = state.waitingWelcomes.filter { $0.value != conversation.address }
    state.markDirty(conversation.id)
    return true
  }

  /// The owner makes the next group: of its devices the first in the order of leaves, the next ones
  /// later. At most so many a day, whoever breaks rules.
  mutating func goOnSucceeding(
    _ conversation: ConversationRow, _ groups: [GroupRow]
  ) throws(ClientStoreFailure) {
    let hasNext = groups.contains { row in
      switch row.phase {
      case .creating, .inviting, .active, .rejoining: true
      case .broken, .outOfStep, .closed, .over: false
      }
    }
    guard conversation.phase == .starting || conversation.phase == .idle, !hasNext,
      let broken = groups.filter({ $0.phase == .broken })
        .max(by: { $0.generation < $1.generation }),
      let room = try room(of: conversation), let own = ownAccount, room.owner == own
    else { return }
    let group = try group(broken)
    let members = group.staying(without: nil).filter { !room.banned.contains($0.account) }
    let rank = members.filter { $0.account == own }.firstIndex { $0.leaf == group.ownLeafIndex }
    let since = state.brokenSince[broken.groupID] ?? now
    state.brokenSince[broken.groupID] = since
    // Another own device may have made it, and its Welcome be on the way.
    var due =
      since
      + .milliseconds(
        ClientLimits.proposalRankWait + Int64(rank ?? 0) * ClientLimits.ownDeviceRankWait)
    if let again = restartsAgainAt(conversation) { due = max(due, again) }
    guard due <= now else { return state.wake(conversation.id, at: due) }
    var conversation = conversation
    try countRestart(&conversation)
    conversation.generation = (groups.map(\.generation).max() ?? broken.generation) &+ 1
    try transaction.put(conversation)
    for address in members.filter({ $0.account != own }).addresses {
      try want(.add(address: address), in: conversation)
    }
    for member in members.accounts where room.role(of: member) == .admin {
      guard let address = members.address(of: member) else { continue }
      try want(.role(address: address, .admin), in: conversation)
    }
    // Whoever comes in gets the role then; a group names no roles of those who are no members.
    var begin = room
    for account in room.roles.keys where account != own { begin.setRole(.member, of: account) }
    try transaction.put(RoomRow(conversationID: conversation.id, state: begin.encoded))
    try makeRoomGroup(for: conversation, begin)
  }

  /// What becomes of a Welcome to another group of a room that this device has one of.
  ///
  /// - Returns: nil when the old group says nothing against it.
  mutating func reception(
    ofSuccessor context: ConversationContext, _ room: RoomState, members: [RoomMember],
    from inviter: RoomMember, instead old: GroupRow, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> RoomWelcome? {
    guard let known = try self.room(of: conversation) else { return nil }
    switch old.phase {
    case .active:
      // The owner may have seen a rule broken that this device has not read of yet.
      guard context.generation == old.generation &+ 1, room.owner == inviter.account,
        try group(old).roomMembers.holds(inviter.account)
      else { return .refused }
      return .waits
    case .broken:
      let isNext = context.generation > old.generation
      return isNext && known.isSuccessor(room, members, by: inviter) ? nil : .refused
    case .outOfStep:
      // What has become of the group is told by those alone who could have told it before.
      let isTrusted = inviter.account == ownAccount || known.role(of: inviter.account) >= .admin
      return isTrusted && context.generation > old.generation ? nil : .refused
    case .creating, .inviting, .rejoining, .closed, .over: return nil
    }
  }

  /// A broken group has another in its place: its keys go.
  mutating func forgetBroken(
    _ groups: [GroupRow], below generation: UInt32
  ) throws(ClientStoreFailure) {
    for var old in groups where old.phase == .broken && old.generation < generation {
      try close(&old, as: .over)
      for epoch in try transaction.epochs(groupID: old.groupID) {
        try transaction.removeEpoch(groupID: old.groupID, epoch: epoch.epoch)
      }
      state.groups[old.groupID] = nil
    }
  }
}

extension RoomState {
  /// The room as it is once this account is put out and banned, and who was leaving is gone; its
  /// links are closed, since that account knows them. Nil when nobody would be left, or no more can
  /// be banned.
  func without(
    _ account: AccountID, leaving: Set<LeafIndex>, members: [RoomMember]
  ) -> RoomState? {
    let going = Set(members.filter { leaving.contains($0.leaf) }.map(\.account))
    let isGone = { (member: RoomMember) in
      member.account == account || going.contains(member.account)
    }
    let staying = members.filter { !isGone($0) }
    guard !staying.isEmpty, banned.count < RoomState.accountsMax else { return nil }
    var next = removing(members.filter(isGone), remaining: staying)
    next.links = []
    next.banned.insert(account)
    return next
  }

  /// Whether a group is what this state, which knows who broke a rule, may have become.
  func isSuccessor(_ room: RoomState, _ members: [RoomMember], by inviter: RoomMember) -> Bool {
    owner == inviter.account && room.owner == owner && banned.isSubset(of: room.banned)
      && !members.contains { banned.contains($0.account) }
  }
}

extension Group {
  /// The leaves of those who neither broke a rule nor were leaving.
  fileprivate func staying(without breaker: AccountID?) -> [RoomMember] {
    let members = roomMembers
    let leaves = leavingLeaves
    let going = Set(members.filter { leaves.contains($0.leaf) }.map(\.account))
    return members.filter { $0.account != breaker && !going.contains($0.account) }
  }
}

extension [RoomMember] {
  /// The addresses, each once, in the order of their first leaves.
  fileprivate var addresses: [String] {
    var seen: Set<String> = []
    return map(\.address).filter { seen.insert($0).inserted }
  }
}
