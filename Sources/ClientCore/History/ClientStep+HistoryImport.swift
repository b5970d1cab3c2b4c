// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// Lines that this device did not decrypt itself take their place before those that it did.
extension ClientStep {
  /// A record that is to be stored, and in which conversation.
  private typealias Arrival = (record: HistoryRecord, content: MIMIContent?, conversation: [UInt8])

  /// Stores what is new of a segment. Nothing is told of single lines; receipts are not sent.
  ///
  /// - Returns: how many lines were stored.
  mutating func takeIn(
    _ segment: HistorySegment, for row: HistoryRow
  ) throws(ClientStoreFailure) -> Int {
    var ids: [[UInt8]] = []
    for conversation in segment.conversations {
      ids.append(try historyConversation(conversation, newest: segment))
    }
    var arrivals: [Arrival] = []
    var known: Set<[UInt8]> = []
    for record in segment.records {
      let id = ids[Int(record.conversation)]
      guard let conversation = try transaction.conversation(id: id),
        let content = try newContent(of: record, in: conversation),
        known.insert(id + record.messageID).inserted
      else { continue }
      arrivals.append((record, content.value, id))
    }
    // In ascending order, into a row of numbers below everything that is here.
    let free = try freeLines()
    var seq = free >= UInt64(arrivals.count) ? free - UInt64(arrivals.count) : nil
    for arrival in arrivals.reversed() {
      if let last = seq { seq = last + 1 }
      try store(arrival, as: seq, for: row)
    }
    return arrivals.count
  }

  /// The highest number that is free, and all below it.
  private func freeLines() throws(ClientStoreFailure) -> UInt64 {
    if let lowest = try transaction.lowestLine(conversationID: nil) { return lowest - 1 }
    return try transaction.lineHead()
  }

  /// The conversation of a segment, which is made when it is not here.
  private mutating func historyConversation(
    _ named: HistorySegment.Conversation, newest segment: HistorySegment
  ) throws(ClientStoreFailure) -> [UInt8] {
    if let row = try transaction.conversation(address: named.address) { return row.id }
    var row = try conversation(with: named.address)
    if named.hasLeft { row.phase = .left }
    let place = segment.conversations.firstIndex(of: named) ?? 0
    let newest = segment.records.lazy.filter { Int($0.conversation) == place }.map(\.at).max()
    row.lastActivityAt = min(newest ?? now, now)
    try transaction.put(row)
    return row.id
  }

  /// What a record says, if it is new and may be shown; a line that was taken back says nothing.
  private func newContent(
    of record: HistoryRecord, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> (value: MIMIContent?, Void)? {
    let isOwn = record.sender == state.device?.address.description
    guard record.own == isOwn,
      try transaction.message(
        conversationID: conversation.id, messageID: record.messageID) == nil,
      try !isTakenBack(record.messageID, by: record.sender, in: conversation)
    else { return nil }
    if record.isDeleted { return (nil, ()) }
    if record.consent == nil, let timer = record.timer, timer.deadline <= now { return nil }
    guard let content = try? MIMIContent(decoding: record.content) else { return nil }
    return (content, ())
  }

  private mutating func store(
    _ arrival: Arrival, as seq: UInt64?, for row: HistoryRow
  ) throws(ClientStoreFailure) {
    let record = arrival.record
    let text = arrival.content.map { content in
      content.text
        ?? (content.sealedFiles.isEmpty
          ? "A message of a kind that this version cannot show." : "")
    }
    var line = MessageRow(
      seq: seq ?? 0, conversationID: arrival.conversation, messageID: record.messageID,
      sender: record.sender, own: record.own, kind: record.isDeleted ? .deleted : .text,
      state: record.state, failure: "", content: record.content, text: text ?? "",
      at: min(record.at, now), groupID: [], logSeq: 0, inReplyTo: record.inReplyTo,
      editedAt: record.editedAt.map { min($0, now) })
    if seq == nil {
      line.seq = try transaction.append(line)
    } else {
      try transaction.insertEarlier(line)
    }
    try transaction.put(
      OriginRow(
        seq: line.seq, origin: row.isGrant ? .granted : .ownHistory, giver: row.peer))
    try storeTimer(of: record, line)
    try storeRemarks(of: record, line)
  }

  /// The deadline stays what it was; what was not read where it comes from counts as read here.
  private mutating func storeTimer(
    of record: HistoryRecord, _ line: MessageRow
  ) throws(ClientStoreFailure) {
    guard let timer = record.timer else { return }
    var deadline = timer.deadline
    if !record.own, let visible = timer.timer.visibleSeconds {
      deadline = min(deadline, now + .seconds(visible))
    }
    let longest = timer.timer.existsSeconds.map { Duration.seconds($0) } ?? .seconds(366 * 86_400)
    try transaction.put(
      TimerRow(
        seq: line.seq, timer: timer.timer, anchor: now, deadline: min(deadline, now + longest),
        eventSeq: try transaction.eventHead(), isKept: record.consent != nil))
    guard let consent = record.consent else { return }
    _ = try transaction.append(
      AnnotationRow(
        conversationID: line.conversationID, messageID: consent.messageID,
        target: line.messageID, sender: line.sender, own: line.own, kind: .keep,
        state: line.own ? .stored : .seen, text: KeepContent.accept(turn: consent.turn).stored,
        at: line.at))
  }

  private mutating func storeRemarks(
    of record: HistoryRecord, _ line: MessageRow
  ) throws(ClientStoreFailure) {
    for version in record.versions {
      _ = try transaction.append(
        AnnotationRow(
          conversationID: line.conversationID, messageID: version.messageID,
          target: line.messageID, sender: line.sender, own: line.own, kind: .edit,
          state: line.own ? .stored : .seen, text: version.text, at: min(version.at, now)))
    }
    // Reactions that came by themselves are here already.
    var present = Set(try reactions(to: line).map { $0.sender + " " + $0.text })
    var counts: [String: Int] = [:]
    for remark in record.reactions where Reaction.isOne(remark.text) {
      counts[remark.sender, default: 0] += 1
      guard counts[remark.sender] ?? 0 <= ClientLimits.reactionsPerPersonMax,
        remark.own == (remark.sender == state.device?.address.description),
        present.insert(remark.sender + " " + remark.text).inserted
      else { continue }
      _ = try transaction.append(
        AnnotationRow(
          conversationID: line.conversationID, messageID: remark.messageID,
          target: line.messageID, sender: remark.sender, own: remark.own, kind: .reaction,
          state: remark.own ? .stored : .seen, text: remark.text, at: min(remark.at, now)))
    }
  }
}
