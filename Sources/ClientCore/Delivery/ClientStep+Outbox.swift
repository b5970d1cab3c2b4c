// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import MLS
import SansIO
import Wire

/// Sending: nothing leaves before its ratchet step is stored, and the same bytes leave until the
/// server has answered.
extension ClientStep {
  /// Looks at the conversations whose state changed, or whose time has come.
  mutating func pumpConversations() throws(ClientStoreFailure) {
    if state.allDirty {
      state.allDirty = false
      for row in try transaction.conversations() { state.markDirty(row.id) }
    }
    let due = state.wakeups.filter { $0.value <= now }.map(\.key)
    for id in due.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      state.wakeups[id] = nil
      state.markDirty(id)
    }
    // Looking at one marks none but itself, and that at most once for each step that it makes.
    while !state.dirty.isEmpty {
      let id = state.dirty.removeFirst()
      if let row = try transaction.conversation(id: id) { try pump(row) }
    }
  }

  private mutating func pump(_ conversation: ConversationRow) throws(ClientStoreFailure) {
    let groups = try transaction.groups(conversationID: conversation.id)
    for row in groups where row.phase == .active || row.phase == .closed {
      // An earlier wake may have taken the place of this one.
      if let retryAt = state.flows[row.groupID]?.subscribeRetryAt, now < retryAt {
        state.wake(conversation.id, at: retryAt)
        continue
      }
      try subscribe(row)
      try forgetPastEpochs(row)
    }
    guard conversation.phase != .blocked, try maySend(in: conversation) else { return }
    for row in groups where row.phase == .rejoining { try goOnRejoining(row) }
    for row in groups where row.phase == .creating || row.phase == .inviting {
      try goOnMaking(row)
    }
    if groups.count > 1 {
      for row in groups where row.phase == .active && isCaughtUp(row) {
        _ = try lookAfterRemovedPeers(of: conversation, in: row)
      }
    }
    try collectReceipts(conversation)
    try pumpSharing(conversation)
    guard let row = try sendingGroup(of: conversation) else {
      let waits =
        try transaction.outboxCount(
          conversationID: conversation.id, phases: [.queued, .protected]) > 0
      guard !RoomReference.isOne(conversation.address) else {
        return try goOnSucceeding(conversation, groups)
      }
      let isBeingMade = try groupBeingMade(for: conversation) != nil
      if !isBeingMade, waits || conversation.phase == .starting { try start(conversation) }
      return
    }
    try pumpJoinLinks(conversation, through: row)
    try pumpOutbox(conversation, through: row)
  }

  /// The next step of a group that is being made.
  private mutating func goOnMaking(_ row: GroupRow) throws(ClientStoreFailure) {
    if let retryAt = state.flows[row.groupID]?.appendRetryAt, now < retryAt {
      return state.wake(row.conversationID, at: retryAt)
    }
    if let retryAt = row.commitRetryAt, now < retryAt {
      return state.wake(row.conversationID, at: retryAt)
    }
    if row.phase == .creating {
      let purpose = RequestPurpose.createLog(groupID: row.groupID)
      guard !state.logs.isOpen(purpose) else { return }
      let access = try access(row)
      send(
        LogsRequest.createLog(
          logID: row.routingID, epoch: row.epoch, tokenHash: Group.tokenHash(access.token)),
        purpose)
    } else if let pending = try transaction.pendingCommit(groupID: row.groupID) {
      try send(pending, of: row)
    }
  }

  /// Sends what waits, in its order, after the commit that is due before it.
  private mutating func pumpOutbox(
    _ conversation: ConversationRow, through row: GroupRow
  ) throws(ClientStoreFailure) {
    var row = row
    while true {
      guard isCaughtUp(row) else { return }
      let removed = try lookAfterRemovedPeers(of: conversation, in: row)
      guard removed != .left else { return }
      if try inviteAgain(conversation, in: row) { return }
      if let pending = try transaction.pendingCommit(groupID: row.groupID) {
        if let retryAt = row.commitRetryAt, now < retryAt {
          return state.wake(conversation.id, at: retryAt)
        }
        return try send(pending, of: row)
      }
      if try commitRoom(conversation, in: &row) { return }
      if try commitOwnDevices(conversation, in: &row) { return }
      guard removed != .here else { return }
      let rows = try transaction.outboxRows(
        conversationID: conversation.id, phases: [.queued, .protected],
        limit: ClientLimits.appendsInFlight)
      guard !rows.isEmpty else {
        if conversation.phase == .open, isCommitDueOnConnect(row),
          row.commitRetryAt.map({ $0 <= now }) ?? true
        {
          try commit(.connect, in: &row)
        }
        return
      }
      for outbox in rows where outbox.phase == .protected {
        try resend(outbox, through: row)
      }
      guard let next = rows.first(where: { $0.phase == .queued }) else { return }
      if try failForbidden(next, in: conversation) { continue }
      if next.kind != .leave, try waitsForMembers(conversation, in: row) { return }
      if let retryAt = state.flows[row.groupID]?.appendRetryAt, now < retryAt {
        return state.wake(conversation.id, at: retryAt)
      }
      // Whoever goes commits nothing: the own proposal to go is no part of an own commit.
      if conversation.phase != .leaving, next.kind != .leave, let reason = try commitReason(row) {
        guard let retryAt = row.commitRetryAt, now < retryAt else {
          return try commit(reason, in: &row)
        }
        // After the last try messages go without: they must not wait for ever.
        if row.commitAttempts < ClientLimits.commitAttemptsMax {
          return state.wake(conversation.id, at: retryAt)
        }
      }
      guard try protect(next, through: &row, in: conversation) else { return }
    }
  }

  /// Forgets the keys of epochs that ended long ago, once their messages were all read.
  private mutating func forgetPastEpochs(_ row: GroupRow) throws(ClientStoreFailure) {
    guard isCaughtUp(row) else { return }
    var group = try group(row)
    let before = group.pastEpochCount
    guard before > 0 else { return }
    group.expirePastEpochs(at: now)
    if group.pastEpochCount < before { try store(group) }
  }

  /// Whether the log was read to its end, as far as it is known.
  func isCaughtUp(_ row: GroupRow) -> Bool {
    guard let flow = state.flows[row.groupID], flow.caughtUp else { return false }
    return row.cursor ?? 0 >= flow.head
  }

  /// Sends the same bytes again, unless their answer is awaited.
  private mutating func resend(
    _ outbox: OutboxRow, through row: GroupRow
  ) throws(ClientStoreFailure) {
    let purpose = RequestPurpose.append(groupID: outbox.groupID, submitID: outbox.submitID)
    guard !state.logs.isOpen(purpose) else { return }
    // Bytes of an epoch that is over are not sent again, though the server might take them: the
    // others forget its keys. What was stored has been read back before this.
    guard let target = try transaction.group(id: outbox.groupID), target.phase == .active,
      outbox.epoch == target.epoch
    else {
      let other = outbox.groupID != row.groupID
      state.markDirty(outbox.conversationID)
      return try requeue(outbox, newSubmitID: other)
    }
    guard target.groupID == row.groupID || isCaughtUp(target) else { return }
    if let retryAt = state.flows[outbox.groupID]?.appendRetryAt, now < retryAt {
      return state.wake(outbox.conversationID, at: retryAt)
    }
    try append(outbox, through: target)
  }

  private mutating func append(
    _ outbox: OutboxRow, through row: GroupRow
  ) throws(ClientStoreFailure) {
    send(
      LogsRequest.append(
        try access(row), submitID: outbox.submitID, isProposal: outbox.kind == .leave,
        body: outbox.body),
      .append(groupID: row.groupID, submitID: outbox.submitID))
  }

  /// Encrypts a message, stores ratchet step and ciphertext, and sends it. False when it cannot be.
  private mutating func protect(
    _ outbox: OutboxRow, through row: inout GroupRow, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    var group = try group(row)
    var outbox = outbox
    do {
      if outbox.kind == .leave {
        outbox.body = try group.propose(.remove(group.ownLeafIndex), using: &entropy)
      } else {
        outbox.body = try group.protect(outbox.content, using: &entropy)
      }
    } catch {
      try leaveBehind(&row)
      return false
    }
    if outbox.kind == .leave { try store(group) } else { try storeRatchets(group) }
    outbox.phase = .protected
    outbox.groupID = row.groupID
    outbox.epoch = row.epoch
    try transaction.update(outbox)
    row.messagesSincePath += 1
    if outbox.kind == .message { row.answering = false }
    try transaction.put(row)
    try setState(.protected, of: outbox.messageID, in: conversation)
    try append(outbox, through: row)
    return true
  }

  /// The row is to be encrypted anew. With the same submit identifier where the server has refused
  /// it, with a new one where it goes by another group.
  mutating func requeue(
    _ outbox: OutboxRow, newSubmitID: Bool
  ) throws(ClientStoreFailure) {
    var outbox = outbox
    outbox.phase = .queued
    outbox.groupID = []
    outbox.epoch = 0
    outbox.body = []
    if newSubmitID { outbox.submitID = entropy.bytes(16) }
    try transaction.update(outbox)
    guard !outbox.messageID.isEmpty,
      var message = try transaction.message(
        conversationID: outbox.conversationID, messageID: outbox.messageID),
      message.state == .protected
    else { return }
    message.state = .queued
    try transaction.update(message)
  }

  /// The server has it on disk.
  mutating func stored(
    submitID: [UInt8], groupID: [UInt8], seq: UInt64
  ) throws(ClientStoreFailure) {
    guard var outbox = try transaction.outboxRow(submitID: submitID),
      outbox.groupID == groupID, outbox.phase == .protected,
      let row = try transaction.group(id: groupID)
    else { return }
    if row.cursor ?? 0 >= seq { return try readBack(outbox, seq: seq) }
    outbox.phase = .stored
    outbox.logSeq = seq
    try transaction.update(outbox)
    try noteStored(outbox, seq: seq)
  }

  /// The entry came back by the log, so it is stored and known.
  mutating func readBack(
    _ outbox: OutboxRow, seq: UInt64, acceptedAt: Instant? = nil
  ) throws(ClientStoreFailure) {
    try noteStored(outbox, seq: seq)
    if outbox.kind == .report { try grantIsInLog(outbox) }
    if let acceptedAt, outbox.kind == .annotation {
      try settleAsking(outbox.messageID, at: acceptedAt, in: outbox.conversationID)
      try settleEdit(outbox.messageID, at: acceptedAt, in: outbox.conversationID)
      try settlePin(outbox.messageID, at: acceptedAt, in: outbox.conversationID)
      try settlePollRemark(outbox.messageID, at: acceptedAt, in: outbox.conversationID)
    }
    try transaction.removeOutboxRow(id: outbox.id)
  }

  private mutating func noteStored(
    _ outbox: OutboxRow, seq: UInt64
  ) throws(ClientStoreFailure) {
    state.markDirty(outbox.conversationID)
    if outbox.kind == .note { return try settle(outbox, seq: seq) }
    guard outbox.kind != .report, outbox.kind != .leave,
      let conversation = try transaction.conversation(id: outbox.conversationID)
    else { return }
    if var message = try transaction.message(
      conversationID: conversation.id, messageID: outbox.messageID)
    {
      message.groupID = outbox.groupID
      message.logSeq = seq
      try transaction.update(message)
    }
    try setState(.stored, of: outbox.messageID, in: conversation)
  }

  /// The server did not take it.
  mutating func appendRefused(
    submitID: [UInt8], groupID: [UInt8], _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    guard let outbox = try transaction.outboxRow(submitID: submitID),
      outbox.groupID == groupID, outbox.phase == .protected,
      var row = try transaction.group(id: groupID),
      let conversation = try transaction.conversation(id: row.conversationID)
    else { return }
    state.markDirty(row.conversationID)
    switch refusal.code {
    case .staleEpoch:
      try requeue(outbox, newSubmitID: false)
      holdBack(untilHead: refusal.head, of: row)
    case .notFound: try leaveBehind(&row)
    case .malformed, .tooLarge:
      try transaction.removeOutboxRow(id: outbox.id)
      let code: ClientFailureCode =
        refusal.code == .tooLarge ? .messageTooLarge : .serverFailure
      try setState(.failed, of: outbox.messageID, in: conversation, failure: code)
      // What it told is told again, and not at once: a server could refuse for ever.
      guard outbox.kind == .note else { return }
      let retryAt = now + ClientLimits.refusalWait
      state.flows[groupID]?.appendRetryAt = retryAt
      state.wake(row.conversationID, at: retryAt)
    default:
      let retryAt = now + (refusal.retryAfter ?? ClientLimits.refusalWait)
      state.flows[groupID]?.appendRetryAt = retryAt
      state.wake(row.conversationID, at: retryAt)
    }
  }

  /// Puts receipts that have waited long enough into a status report.
  private mutating func collectReceipts(
    _ conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let rows = try transaction.receipts(
      conversationID: conversation.id, limit: ClientLimits.receiptsPerReport)
    guard let oldest = rows.first else { return }
    let due = oldest.at + ClientLimits.receiptDelay
    // One that is from the future waits no longer: the clock was set back meanwhile.
    guard due <= now || oldest.at > now else { return state.wake(conversation.id, at: due) }
    let statuses = rows.compactMap { row in
      MessageID(row.messageID).map { id in
        PerMessageStatus(messageID: id, status: row.state == .read ? .read : .delivered)
      }
    }
    for row in rows {
      try transaction.removeReceipt(
        conversationID: row.conversationID, messageID: row.messageID)
    }
    guard try hasReceipts(conversation) else { return }
    if rows.count == ClientLimits.receiptsPerReport { state.markDirty(conversation.id) }
    guard let report = MessageStatusReport(statuses) else { return }
    let content = MIMIContent.statusReport(
      report, salt: Salt(using: &entropy), extensions: contentExtensions)
    _ = try transaction.append(
      OutboxRow(
        conversationID: conversation.id, kind: .report, messageID: [], content: content.encoded,
        submitID: entropy.bytes(16), phase: .queued, groupID: [], epoch: 0, body: [], logSeq: 0,
        createdAt: now))
  }
}
