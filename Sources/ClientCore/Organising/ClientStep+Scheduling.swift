// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// Messages that are to be sent at a time.
extension ClientStep {
  mutating func answerSchedule(
    _ request: ClientRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let account = try registered(token) else { return }
    switch request {
    case .schedule(let address, let text, let time):
      guard try isAddressee(address, of: account, token), isSendable(text, token),
        let at = due(time, token)
      else { return }
      guard try transaction.scheduled().count < ClientLimits.scheduledMax else {
        return refuse(token, .quotaExceeded, "Too many messages are scheduled.")
      }
      var row = ScheduledRow(address: address, text: text, at: at, createdAt: now)
      row.id = try transaction.append(row)
      state.scheduleIsRead = false
      respond(token, .scheduled(ScheduledMessage(row)))
    case .reschedule(let id, let text, let time):
      guard var row = try scheduled(id, token) else { return }
      if let text {
        guard isSendable(text, token) else { return }
        row.text = text
      }
      if let time {
        guard let at = due(time, token) else { return }
        row.at = at
      }
      try transaction.update(row)
      state.scheduleIsRead = false
      respond(token, .scheduled(ScheduledMessage(row)))
    case .unschedule(let id):
      guard try scheduled(id, token) != nil else { return }
      try transaction.removeScheduled(id: id)
      state.scheduleIsRead = false
      respond(token, .arranged)
    case .scheduledMessages:
      respond(
        token, .scheduledMessages(try transaction.scheduled().map { ScheduledMessage($0) }))
    default: refuse(token, .internalFailure, "The core has mistaken a request.")
    }
  }

  private mutating func scheduled(
    _ id: UInt64, _ token: RequestToken
  ) throws(ClientStoreFailure) -> ScheduledRow? {
    if let row = try transaction.scheduled(id: id) { return row }
    refuse(token, .unknownMessage, "No message of this number is scheduled.")
    return nil
  }

  /// When that is; answers the request when it cannot be waited for.
  private mutating func due(_ time: ScheduleTime, _ token: RequestToken) -> Instant? {
    let at: Instant
    switch time {
    case .at(let instant): at = instant
    case .after(let wait):
      guard wait > .zero, wait <= ClientLimits.scheduleAheadMax else {
        refuse(token, .badRequest, "A message is scheduled within the next year.")
        return nil
      }
      at = now + wait
    }
    guard at > now, at - now <= ClientLimits.scheduleAheadMax else {
      refuse(token, .badRequest, "A message is scheduled within the next year.")
      return nil
    }
    return at
  }

  // MARK: When the time has come

  /// Puts what is due into the outbox, and knows when to look again.
  mutating func pumpScheduled() throws(ClientStoreFailure) {
    if state.scheduleIsRead {
      guard let next = state.scheduledAt, next <= now else { return }
    }
    state.scheduleIsRead = true
    state.scheduledAt = nil
    for row in try transaction.scheduled() {
      guard row.at <= now else {
        state.scheduledAt = row.at
        return
      }
      guard try leave(row) else {
        state.scheduledAt = now + ClientLimits.refusalWait
        return
      }
    }
  }

  /// Sends what is due. What cannot be sent any more stands in its conversation as failed: it must
  /// not vanish.
  ///
  /// - Returns: whether it is dealt with; a full outbox has to be waited for.
  private mutating func leave(_ row: ScheduledRow) throws(ClientStoreFailure) -> Bool {
    // The core asks itself, and takes the answer back before a driver sees it.
    let own = RequestToken(.max)
    let count = effects.count
    let isLate = now - row.at > ClientLimits.scheduleLateness
    let known = try transaction.conversation(address: row.address)
    try send(row.text, to: row.address, inReplyTo: [], keepsDraft: true, token: own)
    guard effects.count > count, case .answer(own, let result)? = effects.last else {
      throw .corrupt("scheduled")
    }
    effects.removeLast()
    switch result {
    case .success: break
    case .failure(let failure) where failure.code == .quotaExceeded: return false
    case .failure(let failure):
      // A group that was left has no conversation to stand in, or one that is known.
      guard known != nil || !RoomReference.isOne(row.address) else { break }
      try appendFailed(row, failure.code)
    }
    if isLate, case .success = result,
      let conversation = try transaction.conversation(address: row.address)
    {
      try addNotice(
        "The message before this line was scheduled for earlier; no program of yours ran then.",
        to: conversation, groupID: [])
    }
    try transaction.removeScheduled(id: row.id)
    return true
  }

  private mutating func appendFailed(
    _ row: ScheduledRow, _ code: ClientFailureCode
  ) throws(ClientStoreFailure) {
    guard let device = state.device else { throw .corrupt("account") }
    let conversation = try conversation(with: row.address)
    // It was never encoded, and has an identifier all the same, so that it can be removed.
    let messageID = [1] + entropy.bytes(31)
    _ = try transaction.append(
      MessageRow(
        conversationID: conversation.id, messageID: messageID,
        sender: device.address.description, own: true, kind: .text, state: .failed,
        failure: code.rawValue, content: [], text: row.text, at: now, groupID: [], logSeq: 0))
    try emit(
      .messageStateChanged(messageID: messageID, state: .failed, failure: code),
      address: conversation.address)
  }
}
