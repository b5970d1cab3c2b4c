// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// The timer that two people share (timers.md): what comes of it when groups are made, left and
/// changed.
extension ClientStep {
  /// What is known of the timer of two people; `nil` before anything was.
  func pairPolicy(
    of conversation: ConversationRow
  ) throws(ClientStoreFailure) -> PairPolicy? {
    try room(of: conversation)?.policy
  }

  /// A conversation that this account begins has the timer that new ones have.
  mutating func beginPolicy(of conversation: ConversationRow) throws(ClientStoreFailure) {
    guard !RoomReference.isOne(conversation.address),
      try transaction.room(conversationID: conversation.id) == nil,
      try transaction.groups(conversationID: conversation.id).isEmpty,
      let timer = MessageTimer(try value(of: .timer))
    else { return }
    try put(PairPolicy(timer: timer), of: conversation)
  }

  private mutating func put(
    _ policy: PairPolicy, of conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    try transaction.put(
      RoomRow(conversationID: conversation.id, state: RoomState.pair(policy).encoded))
  }

  /// What was proposed between two people is not, once one of them has another identity.
  mutating func forgetProposal(in conversation: ConversationRow) throws(ClientStoreFailure) {
    guard let known = try pairPolicy(of: conversation), known.proposal != nil else { return }
    try put(PairPolicy(timer: known.timer), of: conversation)
  }

  /// The state that a new group of two people begins with. A proposal is made anew: nobody else's
  /// word for it would be in the group.
  func newPairState(
    for conversation: ConversationRow
  ) throws(ClientStoreFailure) -> RoomState {
    .pair(PairPolicy(timer: try pairPolicy(of: conversation)?.timer))
  }

  /// A group of two people says `found` of the timer. Where this device knows of a shorter one,
  /// that holds, and the group is made to say so: nobody lengthens it by making a new group.
  ///
  /// - Parameter before: what the group said before, if it was followed from there.
  mutating func settle(
    _ found: PairPolicy, after before: PairPolicy?, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    guard !RoomReference.isOne(conversation.address), let own = ownAccount else { return }
    let known = try pairPolicy(of: conversation)
    let isFollowed = before.map { $0.timer == known?.timer } ?? (known == nil)
    // What this account proposed, the other side may have agreed to while nobody looked.
    let isAgreed =
      known?.proposal.map { $0.proposer == own && $0.timer == found.timer } ?? false
    let timer =
      isFollowed || isAgreed ? found.timer : MessageTimer.combined(known?.timer, found.timer)
    var proposal = timer == found.timer ? found.proposal : nil
    // A word of this account that it does not know of may be somebody else's invention.
    let isInvented = before == nil && proposal?.proposer == own && proposal != known?.proposal
    if isInvented, known != nil { proposal = nil }
    try put(PairPolicy(timer: timer, proposal: proposal), of: conversation)
    if timer != found.timer {
      try wantTimer(.timer(timer?.encoded ?? []), in: conversation)
    } else if let ours = known?.proposal, ours.proposer == own, before == nil, !isAgreed,
      found.proposal == nil, timer == known?.timer
    {
      try wantTimer(.timer(ours.timer?.encoded ?? []), in: conversation)
    } else if isInvented, known != nil, let invented = found.proposal {
      try wantTimer(.declineTimer(invented.timer?.encoded ?? []), in: conversation)
    }
  }

  /// Has a commit change the timer of two people, before what the user wants of it.
  private mutating func wantTimer(
    _ change: RoomChange, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let waiting = try transaction.roomChanges(conversationID: conversation.id)
    guard waiting.first?.change != change.encoded else { return }
    for row in waiting { try transaction.removeRoomChange(id: row.id) }
    _ = try transaction.append(
      RoomChangeRow(conversationID: conversation.id, change: change.encoded, createdAt: now))
    for row in waiting where row.change != change.encoded {
      _ = try transaction.append(
        RoomChangeRow(
          conversationID: conversation.id, change: row.change, createdAt: row.createdAt))
    }
    state.markDirty(conversation.id)
  }

  /// Whether a commit that takes up a proposal of this account takes up one that it made.
  func isOwnProposal(
    _ after: RoomState, after before: RoomState, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    let (old, new) = (before.policy, after.policy)
    guard before.kind == .pair, new.timer != old.timer, !old.isShorter(new.timer),
      let proposal = old.proposal, proposal.proposer == ownAccount
    else { return true }
    return try pairPolicy(of: conversation)?.proposal == proposal
  }

  /// Stores and tells what a commit has changed between two people.
  mutating func notePair(
    _ staged: StagedCommit, of group: Group, in row: GroupRow, _ conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    guard let before = ProductGroup.room(of: group.contextExtensions)?.policy,
      let after = ProductGroup.room(of: staged.contextExtensions)?.policy
    else { throw .corrupt("epoch") }
    guard before != after else { return }
    try settle(after, after: before, in: conversation)
    let actor = address(of: staged.committer, in: group)
    let proposer = before.proposal.flatMap { group.roomMembers.address(of: $0.proposer) } ?? ""
    let notice: RoomNotice
    if after.timer != before.timer {
      let isAccepted = before.proposal.map { $0.timer == after.timer } ?? false
      notice = RoomNotice(
        isAccepted && actor != proposer ? .timerAccepted : .timer, actor: actor,
        subject: isAccepted ? proposer : "", detail: after.timer.shown)
    } else if let proposal = after.proposal {
      notice = RoomNotice(.timerProposed, actor: actor, detail: proposal.timer.shown)
    } else {
      notice = RoomNotice(
        .timerDeclined, actor: actor, subject: proposer,
        detail: before.proposal?.timer.shown ?? "")
    }
    try tell(notice, in: conversation, groupID: row.groupID)
  }

  /// A group that somebody else made has a timer from the start.
  mutating func noteFirstTimer(
    of group: Group, by inviter: RoomMember, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    guard let found = ProductGroup.room(of: group.contextExtensions)?.policy else { return }
    let isNew = try transaction.room(conversationID: conversation.id) == nil
    try settle(found, after: nil, in: conversation)
    guard isNew, found.timer != nil, inviter.account != ownAccount else { return }
    try tell(
      RoomNotice(.timer, actor: inviter.address, detail: found.timer.shown), in: conversation,
      groupID: group.groupID)
  }

  // MARK: Requests

  mutating func setPairTimer(
    _ timer: MessageTimer?, in conversation: ConversationRow, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try !transaction.groups(conversationID: conversation.id).isEmpty else {
      // Nobody else is there yet: the group begins with it.
      try put(PairPolicy(timer: timer), of: conversation)
      return respond(token, .accepted)
    }
    try wantPairTimer(.timer(timer?.encoded ?? []), in: conversation, token: token)
  }

  /// Agrees to the timer that the other side proposes, or turns it down; an own proposal is taken
  /// back.
  mutating func answerTimer(
    of address: String, accepting: Bool, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard let conversation = try transaction.conversation(address: address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    guard !RoomReference.isOne(address),
      let proposal = try pairPolicy(of: conversation)?.proposal
    else {
      return refuse(token, .badRequest, "No other timer is proposed here.")
    }
    let proposed = proposal.timer?.encoded ?? []
    guard accepting else {
      return try wantPairTimer(.declineTimer(proposed), in: conversation, token: token)
    }
    guard proposal.proposer != ownAccount else {
      return refuse(token, .notPermitted, "The other side has to accept this.")
    }
    try wantPairTimer(.acceptTimer(proposed), in: conversation, token: token)
  }

  private mutating func wantPairTimer(
    _ change: RoomChange, in conversation: ConversationRow, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try mayWrite(to: conversation.address, token) else { return }
    for row in try transaction.roomChanges(conversationID: conversation.id) {
      try transaction.removeRoomChange(id: row.id)
    }
    _ = try transaction.append(
      RoomChangeRow(conversationID: conversation.id, change: change.encoded, createdAt: now))
    state.markDirty(conversation.id)
    respond(token, .accepted)
  }
}

extension MessageTimer? {
  /// As people write it.
  var shown: String { self?.description ?? "off" }
}
