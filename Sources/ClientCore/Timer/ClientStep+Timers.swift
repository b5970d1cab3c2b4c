// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Messages that disappear (timers.md): when their time begins, and what happens at its end.
extension ClientStep {
  /// Destroys what is due. This comes before anything else that a step does, so that a device that
  /// slept shows nothing whose time has come.
  mutating func expire() throws(ClientStoreFailure) {
    // Nobody gains time by setting the clock back: what was left then is left now, and no more.
    while true {
      let rows = try transaction.timers(anchoredAfter: now, limit: ClientLimits.pageMax)
      guard !rows.isEmpty else { break }
      for var row in rows {
        if let deadline = row.deadline { row.deadline = now + max(.zero, deadline - row.anchor) }
        row.anchor = now
        try transaction.put(row)
      }
    }
    while true {
      let rows = try transaction.timers(dueAt: now, limit: ClientLimits.pageMax)
      guard !rows.isEmpty else { return }
      for row in rows {
        guard let line = try transaction.message(seq: row.seq) else { throw .corrupt("timer") }
        try expire(line)
      }
    }
  }

  /// Nothing is left of the message but the knowledge that it was here, so that it does not come
  /// again.
  private mutating func expire(_ line: MessageRow) throws(ClientStoreFailure) {
    guard let conversation = try transaction.conversation(id: line.conversationID) else {
      throw .corrupt("timer")
    }
    // Changes of it that wait do not leave any more. That it is kept no longer has to be heard.
    let said = try transaction.annotations(
      conversationID: conversation.id, target: line.messageID
    ).filter { !$0.isOwnRefusal }.map(\.messageID)
    let waiting = try transaction.outboxRows(
      conversationID: conversation.id, phases: [.queued], limit: ClientLimits.outboxRowsMax)
    for row in waiting where said.contains(row.messageID) {
      try transaction.removeOutboxRow(id: row.id)
    }
    try wipe(line, leaving: .expired, in: conversation)
  }

  /// The timer that the conversation's members have agreed on.
  func policy(of conversation: ConversationRow) throws(ClientStoreFailure) -> MessageTimer? {
    try room(of: conversation)?.policy.timer
  }

  /// A received line, or one of another own device, has a timer.
  ///
  /// - Returns: false when its time was over before it came.
  mutating func startTimer(
    _ timer: MessageTimer, of line: MessageRow, acceptedAt: Instant
  ) throws(ClientStoreFailure) -> Bool {
    // A server that accepts things in the future gives them no more time.
    let accepted = min(acceptedAt, now)
    let unread = timer.existsSeconds.map { Duration.seconds($0) } ?? MessageTimer.unreadMax
    var deadline = accepted + unread
    if line.own, let visible = timer.visibleSeconds {
      deadline = min(deadline, accepted + .seconds(visible))
    }
    guard deadline > now else { return false }
    // Events that tell of the line come after this.
    let row = TimerRow(
      seq: line.seq, timer: timer, anchor: now, deadline: deadline,
      eventSeq: try transaction.eventHead())
    try transaction.put(row)
    return true
  }

  /// The server has an own line, or will never have it: its time begins, under what holds in the
  /// conversation now.
  mutating func startOwnTimer(
    of line: MessageRow, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let present = try transaction.timer(seq: line.seq)
    guard present?.deadline == nil, line.kind == .text || line.kind == .once,
      let timer = MessageTimer.combined(present?.timer, try policy(of: conversation))
    else { return }
    let limits = [timer.visibleSeconds, timer.existsSeconds].compactMap { $0 }.min()
    let deadline = now + (limits.map { Duration.seconds($0) } ?? MessageTimer.unreadMax)
    let row = TimerRow(
      seq: line.seq, timer: timer, anchor: now, deadline: deadline,
      eventSeq: present?.eventSeq ?? 0, isKept: present?.isKept ?? false)
    try transaction.put(row)
    if line.kind == .once { try forgetContent(of: line, in: conversation) }
  }

  /// A received line was read, here or on another own device.
  mutating func startVisibleTime(
    of line: MessageRow, at readAt: Instant
  ) throws(ClientStoreFailure) {
    guard !line.own, var row = try transaction.timer(seq: line.seq),
      let visible = row.timer.visibleSeconds
    else { return }
    var deadline = readAt + .seconds(visible)
    if row.timer.existsSeconds != nil, let present = row.deadline {
      deadline = min(deadline, present)
    }
    row.deadline = deadline
    row.anchor = now
    try transaction.put(row)
  }

  /// A line that is shown once was shown.
  mutating func finishShowing(_ line: MessageRow) throws(ClientStoreFailure) {
    if line.kind == .once, !line.own { try expire(line) }
  }

  /// What an own message said is not kept in the outbox, once it is not needed there.
  mutating func forgetContent(
    of line: MessageRow, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let said = try transaction.annotations(
      conversationID: conversation.id, target: line.messageID
    ).map(\.messageID)
    let rows = try transaction.outboxRows(
      conversationID: conversation.id, phases: [.stored], limit: ClientLimits.outboxRowsMax)
    for var row in rows
    where row.messageID == line.messageID || said.contains(row.messageID) {
      row.content = []
      try transaction.update(row)
    }
    transaction.noteDestruction()
  }

  // MARK: Requests

  /// What an earlier version set for what this account writes; notes to self have nothing else.
  private func timerKey(_ conversation: ConversationRow) -> String {
    "timer:" + Hex.encode(conversation.id)
  }

  private func ownTimer(
    of conversation: ConversationRow
  ) throws(ClientStoreFailure) -> MessageTimer? {
    guard let bytes = try transaction.setting(key: timerKey(conversation))?.value, !bytes.isEmpty
    else { return nil }
    do { return try MessageTimer(decoding: bytes) } catch { throw .corrupt("setting") }
  }

  /// The timer of what this account writes here: what was agreed on, or something shorter that
  /// waits to be.
  func usualTimer(of conversation: ConversationRow) throws(ClientStoreFailure) -> MessageTimer? {
    var timer = try policy(of: conversation)
    for row in try transaction.roomChanges(conversationID: conversation.id) {
      guard case .timer(let bytes)? = try? RoomChange(decoding: row.change),
        let wanted = try? MessageTimer(decoding: bytes), wanted.isWithin(timer)
      else { continue }
      timer = wanted
    }
    return MessageTimer.combined(timer, try ownTimer(of: conversation))
  }

  mutating func setTimer(
    _ timer: MessageTimer?, of address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let account = try registered(token) else { return }
    if let timer, !timer.isChoice {
      return refuse(token, .badRequest, "A timer is from 5 s to 4 weeks.")
    }
    if RoomReference.isOne(address) {
      return try changeRoom(address, .timer(timer?.encoded ?? []), token: token)
    }
    guard try isAddressee(address, of: account, token) else { return }
    let conversation = try conversation(with: address)
    let isNote = address == account.address
    let key = timerKey(conversation)
    let hasOwn = try transaction.setting(key: key) != nil
    if isNote || hasOwn {
      try transaction.put(SettingRow(key: key, value: isNote ? timer?.encoded ?? [] : []))
    }
    guard !isNote else { return respond(token, .accepted) }
    try setPairTimer(timer, in: conversation, token: token)
  }

  mutating func reportTimer(
    of address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard let conversation = try transaction.conversation(address: address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    let timer = try usualTimer(of: conversation)
    let proposal =
      RoomReference.isOne(address) ? nil : try pairPolicy(of: conversation)?.proposal
    respond(
      token,
      .timer(
        TimerReport(
          timer: timer,
          proposal: proposal.map {
            TimerReport.Proposal(timer: $0.timer, isOwn: $0.proposer == ownAccount)
          })))
  }
}
