// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// What of a line travels.
extension ClientStep {
  /// The line for whoever takes; `nil` when it stays.
  func historyRecord(
    of line: MessageRow, in place: UInt16, for row: HistoryRow
  ) throws(ClientStoreFailure) -> HistoryRecord? {
    let record = try historyRecord(of: line, in: place)
    return row.isGrant ? record?.granted(to: row.peer) : record
  }

  /// The line for another device; `nil` when it stays: what disappears at a look, what is gone,
  /// what is only a line of this program, and what is still on its way from here.
  func historyRecord(
    of line: MessageRow, in place: UInt16
  ) throws(ClientStoreFailure) -> HistoryRecord? {
    guard line.kind == .text || line.kind == .deleted,
      line.messageID.count == MessageID.byteCount,
      line.kind == .deleted || !line.content.isEmpty,
      line.content.count <= ClientLimits.historyContentBytesMax,
      !line.own || line.state.hasReached(.stored),
      // What came out of an export has nobody's word but the file's, and what a member has handed
      // over nobody's but theirs.
      try transaction.imported(seq: line.seq) == nil,
      try transaction.origin(seq: line.seq)?.origin != .granted
    else { return nil }
    guard line.kind == .text else {
      return HistoryRecord(
        conversation: place, isDeleted: true, messageID: line.messageID, sender: line.sender,
        own: line.own, state: line.own ? line.state : .seen, at: line.at, content: [])
    }
    var timer: HistoryRecord.Timer?
    var consent: HistoryRecord.Consent?
    if let row = try transaction.timer(seq: line.seq) {
      guard !row.timer.once, let deadline = row.deadline, row.isKept || now < deadline else {
        return nil
      }
      if row.isKept, let said = try decision(of: line) {
        consent = HistoryRecord.Consent(messageID: said.row.messageID, turn: said.remark.turn)
      }
      timer = HistoryRecord.Timer(timer: row.timer, deadline: deadline)
    }
    let reactions = try reactions(to: line).filter {
      $0.messageID.count == MessageID.byteCount && $0.state != .failed
    }.prefix(ClientLimits.historyReactionsMax).map {
      HistoryRecord.Remark(
        messageID: $0.messageID, sender: $0.sender, own: $0.own, text: $0.text, at: $0.at)
    }
    return HistoryRecord(
      conversation: place, isDeleted: false, messageID: line.messageID, sender: line.sender,
      own: line.own, state: line.own ? line.state : .seen, at: line.at, editedAt: line.editedAt,
      inReplyTo: line.inReplyTo, content: line.content, timer: timer, consent: consent,
      reactions: reactions,
      versions: try versions(of: line))
  }

  /// What it said before: the newest versions, as many as may go.
  private func versions(of line: MessageRow) throws(ClientStoreFailure) -> [HistoryRecord.Version] {
    var versions: [HistoryRecord.Version] = []
    var bytes = 0
    for edit in try edits(of: line).reversed()
    where edit.messageID.count == MessageID.byteCount {
      bytes += edit.text.utf8.count
      guard bytes <= ClientLimits.historyVersionBytesMax,
        versions.count < ClientLimits.editsPerMessageMax
      else { break }
      versions.append(
        HistoryRecord.Version(messageID: edit.messageID, text: edit.text, at: edit.at))
    }
    return versions.reversed()
  }
}
