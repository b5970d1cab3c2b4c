// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Wire

/// Own commits: when they are due, and who wins (mls-profile.md).
extension ClientStep {
  /// Why a path is due before the next own message; nil when none is.
  mutating func commitReason(
    _ row: GroupRow
  ) throws(ClientStoreFailure) -> PendingCommitRow.Reason? {
    guard let last = row.lastPathAt else { return .joined }
    let age = now - last
    if row.answering, age >= ClientLimits.pathAgeOnAnswer {
      let isLarge = try group(row).members.count > ClientLimits.smallRoomDevicesMax
      if !isLarge || age >= ClientLimits.pathAgeOnAnswerInLargeRooms { return .answer }
    }
    if row.messagesSincePath >= ClientLimits.messagesPerPath { return .messages }
    if age >= ClientLimits.pathAgeOnSend { return .age }
    return nil
  }

  /// Whether a path is due although nothing is to be sent.
  func isCommitDueOnConnect(_ row: GroupRow) -> Bool {
    guard let last = row.lastPathAt else { return false }
    return now - last >= ClientLimits.pathAgeOnConnect
  }

  /// Makes and stores a commit, which the next look at the conversation sends: an empty one, or
  /// what a plan says. Whoever asked to go goes with it.
  mutating func commit(
    _ reason: PendingCommitRow.Reason, _ planned: RoomPlan? = nil, in row: inout GroupRow
  ) throws(ClientStoreFailure) {
    var group = try group(row)
    var context = try context(of: group)
    let pending: PendingCommit
    let parcel: CommitParcel
    do {
      let plan = try planned ?? RoomPlan(group, actor: ownAccount)
      var proposals = plan.proposals
      if !plan.removed.isEmpty { context = context.rekeyed(using: &entropy) }
      if plan.after != plan.before || !plan.removed.isEmpty {
        proposals.append(
          .groupContextExtensions(ProductGroup.contextExtensions(context, plan.after)))
      }
      (pending, parcel) = try makeCommit(
        proposals, in: &group, next: context,
        inviting: plan.invitees.map { ($0.address, $0.invitee.deviceID) })
    } catch {
      // Keys that cannot be added are the fault of those who are to come in.
      if let planned, !planned.invitees.isEmpty {
        return try addAgain(planned.invitees.map(\.address), to: row, .keyPackageInvalid)
      }
      // Without a commit nothing more can be sent in this group: another one takes its place.
      return try leaveBehind(&row)
    }
    if planned?.invitees.isEmpty == false, parcel.byteCount > ClientLimits.parcelBytesMax {
      return try giveUpAdding(in: row, .groupFull)
    }
    try storeRatchets(group)
    let stored = PendingCommitRow(
      groupID: row.groupID, epoch: row.epoch, submitID: entropy.bytes(16), reason: reason,
      request: parcel.encoded, state: pending.encodedForStorage, createdAt: now)
    try transaction.put(stored)
    try send(stored, of: row)
  }

  /// Sends the stored commit, unless its answer is awaited.
  mutating func send(
    _ pending: PendingCommitRow, of row: GroupRow
  ) throws(ClientStoreFailure) {
    let purpose = RequestPurpose.commit(groupID: row.groupID, submitID: pending.submitID)
    guard !state.logs.isOpen(purpose) else { return }
    guard let parcel = try? CommitParcel(decoding: pending.request) else {
      throw .corrupt("pending commit")
    }
    guard try bringParts(pending, parcel, of: row) else { return }
    send(
      LogsRequest.commit(
        try access(row), endsEpoch: pending.epoch, submitID: pending.submitID, parcel: parcel),
      purpose)
  }

  /// The server has put the commit into the log. What stands before it there belongs to the epoch
  /// that it ends, and to its rules: the commit is merged when its own entry comes.
  mutating func ownCommitAccepted(
    _ row: GroupRow, submitID: [UInt8], seq: UInt64
  ) throws(ClientStoreFailure) {
    guard let pending = try transaction.pendingCommit(groupID: row.groupID),
      pending.submitID == submitID
    else { return }
    if row.phase == .active || row.phase == .closed, (row.cursor ?? 0) + 1 < seq {
      return holdBack(untilHead: seq, of: row)
    }
    var row = row
    if pending.reason == .rejoin {
      try rejoined(pending, into: &row, seq: seq)
    } else {
      try mergeOwn(pending, into: &row)
    }
    try transaction.put(row)
    state.markDirty(row.conversationID)
  }

  /// The own commit has won: its epoch begins here too.
  mutating func mergeOwn(
    _ pending: PendingCommitRow, into row: inout GroupRow
  ) throws(ClientStoreFailure) {
    let group = try group(row)
    let next: Group
    let staged: StagedCommit
    do {
      staged = try PendingCommit(storage: pending.state).staged
      next = try group.merge(staged, at: now)
    } catch {
      throw .corrupt("pending commit")
    }
    try adopt(next, in: &row)
    try transaction.removePendingCommit(groupID: row.groupID)
    row.lastPathAt = now
    row.messagesSincePath = 0
    row.commitAttempts = 0
    row.commitRetryAt = nil
    guard var conversation = try transaction.conversation(id: row.conversationID) else { return }
    guard pending.reason == .invite else {
      try noteRoom(staged, of: group, in: row, conversation)
      try forgetDone(in: next, conversation)
      return try emit(
        .conversationRekeyed(epoch: next.epoch, byPeer: false), address: conversation.address)
    }
    row.phase = row.generation < conversation.generation ? .closed : .active
    if conversation.phase != .blocked {
      conversation.phase = .open
      try transaction.put(conversation)
    }
    try transaction.put(row)
    try closeGroups(of: conversation, below: row.generation)
    if let room = ProductGroup.room(of: next.contextExtensions) {
      try settle(room.policy, after: nil, in: conversation)
    }
    try emit(.conversationStarted(byPeer: false), address: conversation.address)
  }

  /// The server did not take the commit, or a part of it.
  mutating func commitRefused(
    groupID: [UInt8], submitID: [UInt8], _ refusal: ServerRefusal, isPart: Bool = false
  ) throws(ClientStoreFailure) {
    guard var row = try transaction.group(id: groupID),
      let pending = try transaction.pendingCommit(groupID: groupID), pending.submitID == submitID
    else { return }
    // It is not sent again in a group that is only read.
    if row.phase == .closed { return try transaction.removePendingCommit(groupID: groupID) }
    var invited: [String] = []
    if pending.reason == .room, !isPart, let parcel = try? CommitParcel(decoding: pending.request) {
      invited = parcel.welcomeDevices.map(\.address)
    }
    switch refusal.code {
    case .staleEpoch: try lostRace(&row, refusal)
    case .notFound where !invited.isEmpty, .malformed where !invited.isEmpty:
      return try addAgain(invited, to: row, .keyPackageInvalid)
    case .tooLarge where !invited.isEmpty: return try addAgain(invited, to: row, .groupFull)
    case .quotaExceeded where !invited.isEmpty:
      return try addAgain(invited, to: row, .quotaExceeded)
    case .partsMissing:
      state.sentParts[groupID] = nil
      row.commitRetryAt = now + ClientLimits.refusalWait
      try transaction.put(row)
    case .notFound, .malformed, .tooLarge, .invalidSignature:
      if row.phase == .inviting { return try abandon(row) }
      if row.phase == .rejoining { return try replace(&row) }
      return try leaveBehind(&row)
    default:
      row.commitRetryAt = now + (refusal.retryAfter ?? ClientLimits.refusalWait)
      try transaction.put(row)
    }
    if let retryAt = row.commitRetryAt { state.wake(row.conversationID, at: retryAt) }
    state.markDirty(row.conversationID)
  }

  /// Somebody else's commit has ended the epoch. Ours is dropped; the winner comes by the log, and
  /// whether a commit is still due is looked at anew after a wait.
  private mutating func lostRace(
    _ row: inout GroupRow, _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    if row.phase == .rejoining { return try rejoinLostRace(&row) }
    guard row.phase == .active else { return try leaveOrAbandon(&row) }
    try transaction.removePendingCommit(groupID: row.groupID)
    row.commitAttempts += 1
    let isWaitedFor = try !transaction.roomChanges(conversationID: row.conversationID).isEmpty
    let wait =
      row.commitAttempts >= ClientLimits.commitAttemptsMax && !isWaitedFor
      ? ClientLimits.pathAgeOnAnswer
      : backoff(
        from: ClientLimits.commitBackoff, attempt: Int(row.commitAttempts) - 1,
        longest: isWaitedFor
          ? ClientLimits.roomCommitBackoffMax : ClientLimits.connectBackoffMax)
    row.commitRetryAt = now + wait
    try transaction.put(row)
    holdBack(untilHead: refusal.head, of: row)
  }

  private mutating func leaveOrAbandon(_ row: inout GroupRow) throws(ClientStoreFailure) {
    if row.phase == .inviting { try abandon(row) } else { try leaveBehind(&row) }
  }

  /// Nothing is sent in the group until the log was read up to `head`.
  mutating func holdBack(untilHead head: UInt64, of row: GroupRow) {
    guard head > row.cursor ?? 0 else { return }
    let known = state.flows[row.groupID]?.head ?? 0
    state.flows[row.groupID]?.head = max(head, known)
  }
}
