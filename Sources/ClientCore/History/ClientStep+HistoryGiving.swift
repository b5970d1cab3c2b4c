// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// The device that gives: it seals one segment after the other, the newest lines first, brings each
/// to the server, and then says in the log where it lies and what opens it.
extension ClientStep {
  mutating func pumpGiving(_ row: HistoryRow) throws(ClientStoreFailure) {
    guard row.phase == .active else { return }
    let onTheWay = try transaction.uploads(conversationID: [], messageID: row.logID)
      .first { !$0.content.isEmpty }
    if let onTheWay {
      guard onTheWay.phase == .done else { return }
      guard let message = try? HistoryMessage(decoding: onTheWay.content) else {
        throw .corrupt("upload")
      }
      return say(message, submitID: onTheWay.submitID, to: row)
    }
    try makeSegment(row)
  }

  /// Seals what is next, or says that nothing is.
  private mutating func makeSegment(_ row: HistoryRow) throws(ClientStoreFailure) {
    var row = row
    var segment = HistorySegment()
    let isAtEnd = try fill(&segment, for: &row)
    guard !segment.records.isEmpty else {
      row.below = row.belowNext
      try transaction.put(row)
      if isAtEnd {
        let end = HistoryMessage(row.number, .end(messages: row.messages))
        return say(end, submitID: row.channel.submitID("end", row.number), to: row)
      }
      // Nothing of what was looked at is to go: the next step goes on.
      return wakeHistory(at: now)
    }
    let count = UInt32(segment.records.count)
    guard let (blob, sealed) = try? SealedBlob.seal(segment.encoded, using: &entropy) else {
      return try fail(&row, .internalFailure)
    }
    try transaction.put(row)
    let message = HistoryMessage(row.number, .segment(blob, messages: count))
    try transaction.put(
      UploadRow(
        blobID: blob.blobID, conversationID: [], messageID: row.logID, content: message.encoded,
        token: Secret(count: 32, using: &entropy), size: UInt64(sealed.count), phase: .waiting,
        createdAt: now))
    state.hasUploads = true
    effects.append(.spool(blobID: blob.blobID, sealed))
    // Place is asked for in the next step.
    wakeHistory(at: now)
  }

  /// Puts lines into the segment until it is full; `row.belowNext` says how far that went.
  ///
  /// - Returns: whether there are no more.
  private mutating func fill(
    _ segment: inout HistorySegment, for row: inout HistoryRow
  ) throws(ClientStoreFailure) -> Bool {
    var conversations: [[UInt8]: HistorySegment.Conversation?] = [:]
    var bytes = 0
    var looked = 0
    row.belowNext = row.below
    while looked < ClientLimits.historyLinesLookedAt {
      let lines = try transaction.messages(
        before: row.belowNext, limit: ClientLimits.historyPage)
      guard !lines.isEmpty else { return true }
      for line in lines {
        if UInt64(segment.records.count) >= row.remaining { return true }
        looked += 1
        if conversations[line.conversationID] == nil {
          conversations[line.conversationID] = try historyConversation(line.conversationID)
        }
        if !row.isGrant || line.conversationID == row.conversationID,
          let conversation = conversations[line.conversationID] ?? nil,
          row.since.map({ $0 <= line.at }) ?? true
        {
          guard segment.records.count < ClientLimits.historyRecordsMax,
            let place = segment.place(of: conversation)
          else { return false }
          if let record = try historyRecord(of: line, in: place, for: row) {
            bytes += record.encoded.count
            guard bytes <= ClientLimits.historySegmentBytes else { return false }
            segment.records.append(record)
          }
        }
        row.belowNext = line.seq
      }
    }
    return false
  }

  /// How a conversation is named to the other device; `nil` when nothing of it is to go.
  private mutating func historyConversation(
    _ id: [UInt8]
  ) throws(ClientStoreFailure) -> HistorySegment.Conversation? {
    guard let conversation = try transaction.conversation(id: id),
      try request(from: conversation.address) == nil
    else { return nil }
    return HistorySegment.Conversation(
      address: conversation.address,
      hasLeft: conversation.phase == .left && RoomReference.isOne(conversation.address))
  }

  // MARK: What the server has

  /// A segment is with the server: now the other device is told. This is about an upload of which
  /// the row says that it belongs to no conversation.
  mutating func segmentStored(_ upload: UploadRow) throws(ClientStoreFailure) {
    var upload = upload
    upload.phase = .done
    try transaction.put(upload)
    state.hasHistory = true
  }

  /// What was sealed is not in the spool: the process died between its transaction and the file.
  /// The same lines are sealed again.
  mutating func segmentLost(_ upload: UploadRow) throws(ClientStoreFailure) {
    guard let account = try transaction.account() else { return }
    try drop(upload, account)
    state.hasHistory = true
  }

  /// The server will not take it.
  mutating func segmentRefused(
    _ upload: UploadRow, _ code: ClientFailureCode
  ) throws(ClientStoreFailure) {
    guard var row = try historyRow(upload.messageID) else { return }
    try fail(&row, code)
  }

  private mutating func fail(
    _ row: inout HistoryRow, _ code: ClientFailureCode
  ) throws(ClientStoreFailure) {
    row.phase = .failed
    row.failure = code.rawValue
    try transaction.put(row)
    try dropSegments(of: row)
  }

  /// The log has what this device said.
  mutating func given(
    _ row: inout HistoryRow, submitID: [UInt8]
  ) throws(ClientStoreFailure) {
    guard row.phase == .active else { return }
    let uploads = try transaction.uploads(conversationID: [], messageID: row.logID)
    if var upload = uploads.first(where: { $0.submitID == submitID && !$0.content.isEmpty }) {
      guard case .segment(_, let messages) = try? HistoryMessage(decoding: upload.content).body
      else { throw .corrupt("upload") }
      upload.content = []
      try transaction.put(upload)
      transaction.noteDestruction()
      row.below = row.belowNext
      row.messages += UInt64(messages)
      row.remaining -= min(row.remaining, UInt64(messages))
    } else if submitID == row.channel.submitID("end", row.number) {
      row.phase = .listed
    } else {
      return
    }
    row.number += 1
    try transaction.put(row)
  }

  /// What the other device says.
  mutating func takeAnswers(_ row: inout HistoryRow) throws(ClientStoreFailure) {
    guard let last = state.historyFlows[row.logID]?.queue.last else { return }
    for (_, message) in state.historyFlows[row.logID]?.queue ?? [] {
      guard let message, case .taken(let messages, let missing) = message.body,
        row.phase == .listed, message.number &+ 1 == row.number
      else { continue }
      row.phase = .done
      row.missing = missing
      try dropSegments(of: row)
      try emit(
        .historyGiven(deviceID: row.deviceID, messages: messages),
        address: try historyPlace(row))
    }
    historyDealtWith(&row, upTo: last.seq)
    try transaction.put(row)
  }
}

extension UploadRow {
  /// It holds history, and belongs to no message.
  var isHistory: Bool { conversationID.isEmpty }

  /// What tells the log of it; the same over all attempts.
  var submitID: [UInt8] { Array(blobID.prefix(16)) }
}
