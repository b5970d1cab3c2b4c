// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// Edits, deletions and reactions, as they arrive and as they are kept.
extension ClientStep {
  /// Takes what changes an earlier message or remarks upon it.
  ///
  /// - Returns: whether the content was of that kind and has been dealt with. An edit of a message
  ///   that is not here is not: it is shown in its place.
  mutating func applyAnnotation(
    _ content: MIMIContent, messageID: [UInt8], from sender: String, isOwn: Bool,
    item: ServerMessage.LogItem, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    if let replaced = content.replaces?.bytes {
      if content.isDeletion {
        try takeBack(replaced, by: messageID, from: sender, item: item, in: conversation)
        return true
      }
      return try applyEdit(
        content, of: replaced, messageID: messageID, from: sender, item: item, in: conversation)
    }
    guard let named = content.inReplyTo?.bytes, content.isReaction else { return false }
    guard try !isTakenBack(messageID, by: sender, in: conversation) else { return true }
    let row = try message(of: named, in: conversation)
    guard row?.kind ?? .text == .text else { return true }
    // By another group it may come before its message, and waits for it. A stranger's does not.
    if row == nil, try request(from: conversation.address) != nil { return true }
    let target = row?.messageID ?? named
    let present = try reactions(to: target, in: conversation)
      .filter { $0.sender == sender }.map(\.text)
    let new = Set(content.reactions.filter(Reaction.isOne)).subtracting(present).sorted()
    for reaction in new.prefix(max(0, ClientLimits.reactionsPerPersonMax - present.count)) {
      _ = try transaction.append(
        AnnotationRow(
          conversationID: conversation.id, messageID: messageID, target: target,
          sender: sender, own: isOwn, kind: .reaction, state: isOwn ? .stored : .seen,
          text: reaction,
          at: item.acceptedAt))
      guard row != nil else { continue }
      try emit(
        .reactionChanged(messageID: target, sender: sender, reaction: reaction, added: true),
        address: conversation.address)
    }
    return true
  }

  private mutating func applyEdit(
    _ content: MIMIContent, of original: [UInt8], messageID: [UInt8], from sender: String,
    item: ServerMessage.LogItem, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    guard let said = content.text else { return false }
    let text = try shown(said, in: conversation)
    guard let row = try message(of: original, in: conversation) else {
      // In the place of a reaction or a retraction there is no message to stand for.
      return try !transaction.annotations(
        conversationID: conversation.id, messageID: original
      ).isEmpty
    }
    guard row.sender == sender else {
      try noteForgery(of: row, item: item, in: conversation)
      return true
    }
    // What was taken back, or removed here, does not come back by being changed.
    guard row.kind == .text, row.special == nil else { return true }
    let edits = try edits(of: row)
    guard !edits.contains(where: { $0.messageID == messageID }),
      edits.count < ClientLimits.editsPerMessageMax
    else { return true }
    // What the server accepted last counts, by whichever group it came first.
    let isLate = try isBehind(item.acceptedAt, of: row, edits)
    // A stranger's earlier versions are not kept: there could be many, and long ones.
    let isKept = try request(from: conversation.address) == nil
    _ = try transaction.append(
      AnnotationRow(
        conversationID: conversation.id, messageID: messageID, target: row.messageID,
        sender: sender, own: row.own, kind: .edit, state: row.own ? .stored : .seen,
        text: !isKept ? "" : isLate ? text : row.text,
        at: isLate ? item.acceptedAt : row.editedAt ?? row.at))
    guard !isLate else { return true }
    try change(row, to: text, content: content.encoded, at: item.acceptedAt, in: conversation)
    return true
  }

  private mutating func takeBack(
    _ messageID: [UInt8], by retraction: [UInt8], from sender: String,
    item: ServerMessage.LogItem, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let said = try transaction.annotations(conversationID: conversation.id, messageID: messageID)
    for reaction in said where reaction.kind == .reaction && reaction.sender == sender {
      try transaction.removeAnnotation(seq: reaction.seq)
      try emit(
        .reactionChanged(
          messageID: reaction.target, sender: sender, reaction: reaction.text, added: false),
        address: conversation.address)
    }
    guard !said.contains(where: { $0.kind == .reaction }) else { return }
    guard let row = try message(of: messageID, in: conversation) else {
      // It may come yet, by another group: then it is known to be gone.
      guard try !isTakenBack(messageID, by: sender, in: conversation),
        try request(from: conversation.address) == nil
      else { return }
      _ = try transaction.append(
        AnnotationRow(
          conversationID: conversation.id, messageID: retraction, target: messageID,
          sender: sender, own: false, kind: .retraction, state: .seen, text: "",
          at: item.acceptedAt))
      return
    }
    guard row.sender == sender else {
      return try noteForgery(of: row, item: item, in: conversation)
    }
    guard row.kind == .text || row.kind == .once else { return }
    try wipe(row, leaving: .deleted, byPeer: !row.own, in: conversation)
  }

  /// Whether the sender took something back before it came.
  func isTakenBack(
    _ messageID: [UInt8], by sender: String, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    try transaction.annotations(conversationID: conversation.id, target: messageID)
      .contains { $0.kind == .retraction && $0.sender == sender }
  }

  /// Somebody tried to change what somebody else said.
  private mutating func noteForgery(
    of row: MessageRow, item: ServerMessage.LogItem, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    // Whose a line is that a member has handed over, only that one says.
    guard try request(from: conversation.address) == nil,
      try transaction.origin(seq: row.seq)?.origin != .granted
    else { return }
    try addNotice(
      "Somebody tried to change a message that is not theirs.", to: conversation,
      groupID: row.groupID, logSeq: item.seq)
  }

  /// The message of this identifier, which may be that of one of its later versions.
  private func message(
    of messageID: [UInt8], in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> MessageRow? {
    if let row = try transaction.message(conversationID: conversation.id, messageID: messageID) {
      return row
    }
    let edit = try transaction.annotations(conversationID: conversation.id, messageID: messageID)
      .first { $0.kind == .edit }
    guard let edit else { return nil }
    return try transaction.message(conversationID: conversation.id, messageID: edit.target)
  }

  // MARK: What is kept

  func reactions(to row: MessageRow) throws(ClientStoreFailure) -> [AnnotationRow] {
    try annotations(of: row).filter { $0.kind == .reaction && $0.state != .failed }
  }

  /// Reactions to a message that need not be here yet.
  private func reactions(
    to messageID: [UInt8], in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> [AnnotationRow] {
    try transaction.annotations(conversationID: conversation.id, target: messageID)
      .filter { $0.kind == .reaction && $0.state != .failed }
  }

  /// A message has come to which somebody had reacted before: by another group, whose log was read
  /// first.
  mutating func tellEarlyReactions(
    to line: MessageRow, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    for reaction in try reactions(to: line) {
      guard line.kind == .text else {
        try transaction.removeAnnotation(seq: reaction.seq)
        continue
      }
      try emit(
        .reactionChanged(
          messageID: line.messageID, sender: reaction.sender, reaction: reaction.text,
          added: true),
        address: conversation.address)
    }
  }

  func edits(of row: MessageRow) throws(ClientStoreFailure) -> [AnnotationRow] {
    try annotations(of: row).filter { $0.kind == .edit }
      .sorted { ($0.at, $0.seq) < ($1.at, $1.seq) }
  }

  func annotations(of row: MessageRow) throws(ClientStoreFailure) -> [AnnotationRow] {
    guard !row.messageID.isEmpty else { return [] }
    return try transaction.annotations(
      conversationID: row.conversationID, target: row.messageID)
  }

  /// The message says something else from now on.
  mutating func change(
    _ row: MessageRow, to text: String, content: [UInt8], at: Instant? = nil,
    in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    var row = row
    row.text = text
    row.content = content
    row.editedAt = at ?? now
    try transaction.update(row)
    try emit(
      .messageEdited(
        messageID: row.messageID, text: text, byPeer: !row.own, mentions: mentions(in: row)),
      address: conversation.address)
  }

  /// Nothing of what the message said is kept: not its text, not its earlier versions, not what was
  /// said about it, not its events.
  mutating func wipe(
    _ row: MessageRow, leaving kind: MessageKind, byPeer: Bool = false,
    in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    try forgetContent(of: row, in: conversation)
    try releaseFiles(of: row)
    if kind == .deleted { try forgetUploads(of: row) }
    for annotation in try annotations(of: row)
    where !annotation.isOwnRefusal || !annotation.isOnItsWay {
      try transaction.removeAnnotation(seq: annotation.seq)
    }
    try transaction.removeStar(seq: row.seq)
    try wipeImported(row)
    let event: ClientEvent.Kind =
      kind == .expired
      ? .messageExpired(messageID: row.messageID)
      : .messageDeleted(messageID: row.messageID, byPeer: byPeer)
    let after = try transaction.timer(seq: row.seq)?.eventSeq ?? 0
    try wipeEvents(of: row.messageID, with: conversation.address, after: after, leaving: event)
    try transaction.removeTimer(seq: row.seq)
    var row = row
    row.kind = kind
    row.text = ""
    row.content = []
    row.editedAt = nil
    if kind == .expired { row.inReplyTo = [] }
    if row.state == .received { row.state = .seen }
    try transaction.update(row)
    try emit(event, address: conversation.address)
  }

  /// Events that a program has not taken yet say that the message is gone, and not what it said.
  private mutating func wipeEvents(
    of messageID: [UInt8], with address: String, after: UInt64, leaving event: ClientEvent.Kind
  ) throws(ClientStoreFailure) {
    var after = after
    while true {
      let rows = try transaction.events(after: after, limit: ClientLimits.pageMax)
      guard let last = rows.last else { return }
      after = last.seq
      for var row in rows where row.address == address {
        guard let kind = try? ClientEvent.Kind(decoding: row.body), kind.tellsText(of: messageID)
        else { continue }
        row.body = event.encoded
        try transaction.update(row)
      }
    }
  }

  /// An own annotation has come further.
  mutating func setAnnotationState(
    _ new: MessageState, of messageID: [UInt8], in conversation: ConversationRow,
    failure: ClientFailureCode? = nil
  ) throws(ClientStoreFailure) {
    guard !messageID.isEmpty else { return }
    let rows = try transaction.annotations(conversationID: conversation.id, messageID: messageID)
    for var row in rows where row.own && row.state != .failed && !row.state.hasReached(new) {
      row.state = new
      row.failure = failure?.rawValue ?? ""
      try transaction.update(row)
      try emit(
        .messageStateChanged(messageID: messageID, state: new, failure: failure),
        address: conversation.address)
      if new == .failed, row.kind == .keep,
        let line = try transaction.message(
          conversationID: conversation.id, messageID: row.target)
      {
        try updateKeeping(of: line)
      }
      if new == .failed, row.kind == .reaction {
        try emit(
          .reactionChanged(
            messageID: row.target, sender: row.sender, reaction: row.text, added: false),
          address: conversation.address)
      }
    }
  }
}
