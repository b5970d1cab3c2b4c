// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// Lines that a member of a group was handed by another: which may go, and which are taken.
extension ClientStep {
  /// What of a segment that a member has handed over is taken at all: lines of that one group,
  /// which others than this account have said.
  mutating func taken(
    _ segment: HistorySegment, for row: HistoryRow
  ) throws(ClientStoreFailure) -> HistorySegment? {
    guard row.isGrant else { return segment }
    guard let conversation = try transaction.conversation(id: row.conversationID),
      segment.conversations.map(\.address) == [conversation.address],
      segment.conversations.allSatisfy({ !$0.hasLeft })
    else { return nil }
    var taken = segment
    taken.records = []
    for record in segment.records
    where try isTaken(record, in: conversation) {
      taken.records.append(record)
    }
    return taken
  }

  private mutating func isTaken(
    _ record: HistoryRecord, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    guard record.isForeign, let sender = try? Address(record.sender),
      record.sender != state.device?.address.description,
      record.reactions.allSatisfy({ $0.sender != state.device?.address.description }),
      record.timer?.timer.visibleSeconds == nil,
      // That it may be kept is the author's word, which only the log brings.
      record.consent == nil,
      try !isBlocked(record.sender)
    else { return false }
    guard !record.isDeleted else { return true }
    // The identifier is the content's, or that of the message whose later version it is.
    guard let content = try? MIMIContent(decoding: record.content) else { return false }
    let messageID = content.messageID(
      senderURI: sender.uri, roomURI: try roomURI(with: conversation.address))
    return (content.replaces ?? messageID).bytes == record.messageID
  }

  /// A message has come by itself whose identifier a member had handed over: what that one said
  /// gives way, so that nobody keeps a message out by handing over another under its name.
  mutating func replaceGranted(
    _ messageID: [UInt8], in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    guard
      let line = try transaction.message(
        conversationID: conversation.id, messageID: messageID),
      try transaction.origin(seq: line.seq)?.origin == .granted
    else { return }
    for annotation in try transaction.annotations(
      conversationID: conversation.id, target: messageID)
    {
      try transaction.removeAnnotation(seq: annotation.seq)
    }
    try releaseFiles(of: line)
    try transaction.removeStar(seq: line.seq)
    try transaction.removeTimer(seq: line.seq)
    var gone = line
    gone.messageID = []
    (gone.kind, gone.text, gone.content, gone.inReplyTo) = (.removed, "", [], [])
    gone.editedAt = nil
    try transaction.update(gone)
    transaction.noteDestruction()
  }
}

extension HistoryRecord {
  /// Somebody else's, with nothing of it marked as this account's.
  fileprivate var isForeign: Bool {
    !own && state == .seen && reactions.allSatisfy { !$0.own }
  }

  /// The line as it is handed to `grantee`; nil when it stays: what they said themselves, and what
  /// disappears after a look.
  func granted(to grantee: String) -> HistoryRecord? {
    guard sender != grantee, timer?.timer.visibleSeconds == nil else { return nil }
    return HistoryRecord(
      conversation: conversation, isDeleted: isDeleted, messageID: messageID, sender: sender,
      own: false, state: .seen, at: at, editedAt: editedAt, inReplyTo: inReplyTo,
      content: content, timer: timer,
      reactions: reactions.filter { $0.sender != grantee }.map {
        Remark(messageID: $0.messageID, sender: $0.sender, own: false, text: $0.text, at: $0.at)
      }, versions: versions)
  }
}
