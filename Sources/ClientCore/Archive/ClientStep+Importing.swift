// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// Lines out of an export of the same account. Nothing of them leaves the device, and nobody is a
/// contact by them.
extension ClientStep {
  mutating func keep(
    _ lines: [ArchivedLine], in address: String, of account: AccountRow,
    _ cursor: ImportCursor?, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard RoomReference(address) != nil || (try? Address(address)) != nil else {
      return refuse(token, .exportInvalid, "The export names a conversation that cannot be.")
    }
    guard lines.count <= ClientLimits.archivePageLines,
      lines.allSatisfy({ $0.isImportable(by: account.address) })
    else {
      return refuse(token, .exportInvalid, "The export has a line that cannot be.")
    }
    var outcome = ArchiveOutcome()
    outcome.cursor = cursor
    let messages = lines.filter { $0.kind == .text }
    outcome.passedOver = lines.count - messages.count
    guard !messages.isEmpty else { return respond(token, .archived(outcome)) }
    let conversation = try importConversation(with: address)
    var place = ImportCursor(floor: 0, ceiling: 0)
    if let cursor {
      place = cursor
    } else {
      let newest = try transaction.genuineMessages(
        conversationID: conversation.id, before: nil, notBelow: 0, limit: 1)
      place.ceiling = newest.first?.seq ?? 0
    }
    for line in messages {
      let present = try transaction.message(
        conversationID: conversation.id, messageID: line.messageID)
      guard present == nil else {
        outcome.known += 1
        continue
      }
      place.floor = try importPlace(at: line.at, in: conversation.id, place)
      try append(line, at: place.floor, in: conversation)
      outcome.added += 1
    }
    outcome.cursor = place
    try noteActivity(of: messages, in: conversation)
    respond(token, .archived(outcome))
  }

  /// A conversation that has lines from an export and nothing else makes nobody a contact.
  func isOnlyImported(_ conversation: ConversationRow) throws(ClientStoreFailure) -> Bool {
    guard conversation.phase == .idle else { return false }
    let imported = try transaction.importedRows(
      conversationID: conversation.id, before: nil, limit: 1)
    guard !imported.isEmpty else { return false }
    return try transaction.genuineMessages(
      conversationID: conversation.id, before: nil, notBelow: 0, limit: 1
    ).isEmpty
  }

  /// An imported line is gone: so are the names of its files.
  mutating func wipeImported(_ line: MessageRow) throws(ClientStoreFailure) {
    guard var row = try transaction.imported(seq: line.seq) else { return }
    row.files = []
    row.isForwarded = false
    try transaction.put(row)
  }

  /// A group that this device is not in can only be read.
  private mutating func importConversation(
    with address: String
  ) throws(ClientStoreFailure) -> ConversationRow {
    if let row = try transaction.conversation(address: address) { return row }
    var row = try conversation(with: address)
    row.lastActivityAt = Instant(milliseconds: 0)
    if RoomReference.isOne(address) { row.phase = .left }
    try transaction.put(row)
    return row
  }

  private mutating func append(
    _ line: ArchivedLine, at place: UInt64, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let seq = try transaction.append(
      MessageRow(
        conversationID: conversation.id, messageID: line.messageID, sender: line.sender,
        own: line.own, kind: .text, state: line.own ? line.state : .seen,
        failure: line.failure?.rawValue ?? "", content: [], text: line.text, at: line.at,
        groupID: [], logSeq: 0, inReplyTo: line.inReplyTo, editedAt: line.editedAt))
    try transaction.put(
      ImportedRow(
        seq: seq, conversationID: conversation.id, place: place, at: line.at,
        isForwarded: line.isForwarded,
        files: line.attachments.isEmpty ? [] : ImportedFiles(line.attachments).encoded))
    for reaction in line.reactions {
      let own = try transaction.account()?.address == reaction.sender
      let known = try transaction.annotations(
        conversationID: conversation.id, messageID: reaction.messageID)
      guard !known.contains(where: { $0.text == reaction.text }) else { continue }
      _ = try transaction.append(
        AnnotationRow(
          conversationID: conversation.id, messageID: reaction.messageID, target: line.messageID,
          sender: reaction.sender, own: own, kind: .reaction, state: own ? .stored : .seen,
          text: reaction.text, at: line.at))
    }
  }

  private mutating func noteActivity(
    of lines: [ArchivedLine], in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    guard let latest = lines.map(\.at).max(),
      var row = try transaction.conversation(
        id: conversation.id), row.lastActivityAt < latest
    else { return }
    row.lastActivityAt = min(latest, now)
    try transaction.put(row)
  }
}

extension ArchivedLine {
  /// Whether the line is one that an export of this account can have.
  fileprivate func isImportable(by address: String) -> Bool {
    guard kind == .text else { return [.notice, .undecryptable, .gap].contains(kind) }
    let states: [MessageState] = own ? [.stored, .delivered, .read, .failed] : [.seen]
    return MessageID(messageID) != nil && (try? Address(sender)) != nil
      && own == (sender == address) && states.contains(state)
      && (failure == nil || state == .failed)
      && (inReplyTo.isEmpty || MessageID(inReplyTo) != nil)
      && text.utf8.count <= ClientLimits.messageBytesMax
      && attachments.count <= ClientLimits.attachmentsMax
      && reactions.count <= ClientLimits.archiveReactionsMax
      && reactions.allSatisfy { reaction in
        MessageID(reaction.messageID) != nil && reaction.isOneCharacter
          && (try? Address(reaction.sender)) != nil
      }
  }
}

extension ArchivedLine.Reaction {
  fileprivate var isOneCharacter: Bool { ReactionText.isOne(text) }
}

/// `ArchivedLine` has a `Reaction` of its own.
private typealias ReactionText = Reaction
