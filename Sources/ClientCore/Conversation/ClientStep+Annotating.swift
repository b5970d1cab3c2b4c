// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// What the user does with messages that are there: answer, react, change, take back.
extension ClientStep {
  mutating func reply(
    _ text: String, to messageID: [UInt8], with address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try line(messageID, with: address, token) != nil else { return }
    try send(text, to: address, inReplyTo: messageID, token: token)
  }

  mutating func react(
    _ reaction: String, to messageID: [UInt8], with address: String, removing: Bool,
    token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let (conversation, row) = try line(messageID, with: address, token) else { return }
    guard Reaction.isOne(reaction) else {
      return refuse(token, .badRequest, "A reaction is one character, or one emoji.")
    }
    guard try mayWrite(to: address, token), try hasRoom(conversation, token) else { return }
    let own = try reactions(to: row).filter(\.own)
    let present = own.first { $0.text == reaction }
    if removing {
      guard let present else {
        return refuse(token, .unknownMessage, "There is no such reaction of this account.")
      }
      return try takeBack(present, in: conversation, token)
    }
    if let present { return respond(token, .queued(messageID: present.messageID)) }
    guard own.count < ClientLimits.reactionsPerPersonMax else {
      return refuse(token, .quotaExceeded, "This account has reacted too often to this message.")
    }
    guard let target = MessageID(messageID) else { throw .corrupt("message") }
    let content = MIMIContent.reaction(
      reaction, to: target, salt: Salt(using: &entropy), extensions: contentExtensions)
    guard
      try annotate(
        row, .reaction, text: reaction, at: now, saying: content, in: conversation, token) != nil
    else { return }
    try emit(
      .reactionChanged(
        messageID: messageID, sender: try ownAddress(), reaction: reaction, added: true),
      address: conversation.address)
  }

  mutating func edit(
    _ messageID: [UInt8], with address: String, text: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let (conversation, row) = try line(messageID, with: address, token) else { return }
    guard row.own, row.state != .failed else {
      return refuse(token, .badRequest, "Only an own message that can be sent can be changed.")
    }
    guard row.special == nil else {
      return refuse(token, .badRequest, "Only texts can be changed.")
    }
    guard isSendable(text, token), try mayWrite(to: address, token),
      try hasRoom(conversation, token)
    else { return }
    guard try edits(of: row).count < ClientLimits.editsPerMessageMax else {
      return refuse(token, .quotaExceeded, "This message was changed too often.")
    }
    guard let original = MessageID(messageID) else { throw .corrupt("message") }
    let words = try withMentions(text, in: conversation)
    var content = MIMIContent.text(
      words, salt: Salt(using: &entropy), replaces: original, inReplyTo: MessageID(row.inReplyTo),
      extensions: contentExtensions)
    let files = (try? MIMIContent(decoding: row.content))?.nameableFiles ?? []
    // What was said about a link holds while the link stands there.
    if let preview = row.linkPreview, preview.stands(in: words) { content.add(preview) }
    if !files.isEmpty { content.attach(files, hasText: true) }
    try transaction.timer(seq: row.seq)?.timer.put(into: &content)
    guard
      let bytes = try annotate(
        row, .edit, text: row.text, at: row.editedAt ?? row.at, saying: content,
        in: conversation, token)
    else { return }
    try change(
      row, to: try shown(words, in: conversation), content: bytes, in: conversation)
  }

  mutating func delete(
    _ messageID: [UInt8], with address: String, forEveryone: Bool, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let (conversation, row) = try line(messageID, with: address, orOnce: true, token) else {
      return
    }
    guard forEveryone else {
      try wipe(row, leaving: .removed, in: conversation)
      return respond(token, .queued(messageID: messageID))
    }
    guard row.own else {
      return refuse(token, .badRequest, "Only its sender can take a message back for everyone.")
    }
    guard try mayWrite(to: address, token), try hasRoom(conversation, token) else { return }
    guard let original = MessageID(messageID) else { throw .corrupt("message") }
    let content = MIMIContent.deletion(
      of: original, salt: Salt(using: &entropy), extensions: contentExtensions)
    try unqueue(messageID, in: conversation)
    try wipe(row, leaving: .deleted, in: conversation)
    _ = try annotate(row, .retraction, text: "", at: now, saying: content, in: conversation, token)
  }

  private mutating func takeBack(
    _ reaction: AnnotationRow, in conversation: ConversationRow, _ token: RequestToken
  ) throws(ClientStoreFailure) {
    guard
      let row = try transaction.message(
        conversationID: conversation.id, messageID: reaction.target),
      let said = MessageID(reaction.messageID), let target = MessageID(reaction.target)
    else { throw .corrupt("annotation") }
    try transaction.removeAnnotation(seq: reaction.seq)
    try emit(
      .reactionChanged(
        messageID: reaction.target, sender: reaction.sender, reaction: reaction.text, added: false),
      address: conversation.address)
    try unqueue(reaction.messageID, in: conversation)
    let content = MIMIContent.deletion(
      of: said, disposition: .reaction, salt: Salt(using: &entropy), inReplyTo: target,
      extensions: contentExtensions)
    _ = try annotate(row, .retraction, text: "", at: now, saying: content, in: conversation, token)
  }

  /// Stores what this account says about a message, puts it into the outbox and answers the
  /// request.
  ///
  /// - Returns: the content's bytes; `nil` when they are too many, which the request is told.
  mutating func annotate(
    _ row: MessageRow, _ kind: AnnotationRow.Kind, text: String, at: Instant,
    saying content: MIMIContent, in conversation: ConversationRow, _ token: RequestToken
  ) throws(ClientStoreFailure) -> [UInt8]? {
    guard let device = state.device else { throw .corrupt("account") }
    let content = content.fitted
    guard let bytes = try? content.encodedForSending() else {
      refuse(token, .messageTooLarge, "A message has 64 KiB at most.")
      return nil
    }
    let messageID = content.messageID(
      senderURI: device.address.uri, roomURI: try roomURI(with: conversation.address)
    ).bytes
    _ = try transaction.append(
      AnnotationRow(
        conversationID: conversation.id, messageID: messageID, target: row.messageID,
        sender: device.address.description, own: true, kind: kind, state: .queued, text: text,
        at: at))
    try queue(bytes, kind: .annotation, messageID: messageID, in: conversation)
    respond(token, .queued(messageID: messageID))
    return bytes
  }

  /// What waits to be encrypted does not leave any more. It may have left before, in an epoch that
  /// was lost: what takes it back is sent all the same.
  mutating func unqueue(
    _ messageID: [UInt8], in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let rows = try transaction.outboxRows(
      conversationID: conversation.id, phases: [.queued], limit: ClientLimits.outboxRowsMax)
    for row in rows where row.messageID == messageID {
      try transaction.removeOutboxRow(id: row.id)
    }
  }

  /// The message that a request is about; answers the request when there is none.
  mutating func line(
    _ messageID: [UInt8], with address: String, orOnce: Bool = false, _ token: RequestToken
  ) throws(ClientStoreFailure) -> (ConversationRow, MessageRow)? {
    guard try registered(token) != nil else { return nil }
    guard let conversation = try transaction.conversation(address: address) else {
      refuse(token, .unknownConversation, "There is no conversation with this address.")
      return nil
    }
    guard !messageID.isEmpty,
      let row = try transaction.message(conversationID: conversation.id, messageID: messageID),
      row.kind == .text || orOnce && row.kind == .once
    else {
      refuse(token, .unknownMessage, "There is no message of this identifier.")
      return nil
    }
    return (conversation, row)
  }

  private func ownAddress() throws(ClientStoreFailure) -> String {
    guard let device = state.device else { throw .corrupt("account") }
    return device.address.description
  }
}
