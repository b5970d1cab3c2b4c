// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// Texts, on their way into the outbox.
extension ClientStep {
  /// Stores a message, puts it into the outbox unless it waits for its files, and answers the
  /// request.
  ///
  /// - Returns: what was stored; `nil` when the request was refused.
  @discardableResult
  mutating func send(
    _ text: String, to address: String, inReplyTo: [UInt8], isForwarded: Bool = false,
    files: [MIMIContent.Attachment] = [], waitsForFiles: Bool = false,
    keepsDraft: Bool = false, special: SpecialContent? = nil, preview: LinkPreview? = nil,
    timer: MessageTimer? = nil,
    token: RequestToken
  ) throws(ClientStoreFailure) -> (
    conversationID: [UInt8], messageID: [UInt8], content: [UInt8]
  )? {
    guard let account = try registered(token), let device = state.device,
      try isAddressee(address, of: account, token),
      !files.isEmpty && text.isEmpty || isSendable(text, token),
      try mayWrite(to: address, token), try acceptByWriting(to: address, token),
      try hasPolicy(address, of: account),
      let timer = try timerToSend(timer, with: address, token)
    else { return nil }
    var extensions = contentExtensions
    extensions.isForwarded = isForwarded
    let known = try transaction.conversation(address: address)
    // What is forwarded was said elsewhere, and calls nobody here.
    let isAsItStands = isForwarded || special != nil
    let words = isAsItStands ? text : try withMentions(text, in: known)
    var content = MIMIContent.text(
      words, salt: Salt(using: &entropy), inReplyTo: MessageID(inReplyTo), extensions: extensions)
    if let preview { content.add(preview) }
    if let special { content.body = special.body }
    if !files.isEmpty { content.attach(files, hasText: !text.isEmpty) }
    timer?.put(into: &content)
    // What is shown once shows nothing before.
    content = timer?.once == true ? content.withoutThumbnails : content.fitted
    guard let bytes = try? content.encodedForSending() else {
      refuse(token, .messageTooLarge, "A message has 64 KiB at most.")
      return nil
    }
    var conversation = try conversation(with: address)
    guard try hasRoom(conversation, token) else { return nil }
    try shareAcceptance(of: address)
    let messageID = content.messageID(
      senderURI: device.address.uri, roomURI: try roomURI(with: address)
    ).bytes
    // Of what is shown once there is no own copy.
    let isOnce = timer?.once ?? false
    let seq = try transaction.append(
      MessageRow(
        conversationID: conversation.id, messageID: messageID, sender: account.address, own: true,
        kind: isOnce ? .once : .text, state: .queued, failure: "", content: isOnce ? [] : bytes,
        text: isOnce ? "" : special != nil ? text : try shown(words, in: conversation), at: now,
        groupID: [], logSeq: 0,
        inReplyTo: inReplyTo))
    if let timer {
      let events = try transaction.eventHead()
      try transaction.put(
        TimerRow(seq: seq, timer: timer, anchor: now, deadline: nil, eventSeq: events))
    }
    if !waitsForFiles {
      if !files.isEmpty, isForwarded,
        let line = try transaction.message(conversationID: conversation.id, messageID: messageID)
      {
        try keepFiles(of: line)
      }
      try queue(bytes, kind: .message, messageID: messageID, in: conversation)
    }
    conversation.lastActivityAt = now
    try transaction.put(conversation)
    try noteMessage(in: conversation.id)
    if !keepsDraft { try endDraft(in: conversation.id) }
    respond(token, .queued(messageID: messageID))
    return (conversation.id, messageID, bytes)
  }

  /// A conversation that begins with this message has the timer of new ones.
  private mutating func hasPolicy(
    _ address: String, of account: AccountRow
  ) throws(ClientStoreFailure) -> Bool {
    guard try value(of: .timer) != ClientSetting.timer.usual, address != account.address,
      !RoomReference.isOne(address)
    else { return true }
    try beginPolicy(of: try conversation(with: address))
    return true
  }

  /// Whether something can be sent to an address, or to a group of this reference; answers the
  /// request when it cannot.
  mutating func isAddressee(
    _ address: String, of account: AccountRow, _ token: RequestToken
  ) throws(ClientStoreFailure) -> Bool {
    if RoomReference(address) != nil {
      if try transaction.conversation(address: address) != nil { return true }
      refuse(token, .unknownConversation, "There is no group of this reference.")
    } else if (try? Address(address)) == nil {
      refuse(token, .badAddress, "An address has the form name@domain.")
    } else {
      return true
    }
    return false
  }

  /// The timer that an own message goes with, from the one that was asked for; answers the request
  /// when that cannot be.
  ///
  /// - Returns: `nil` when it cannot be, else a timer or none.
  private mutating func timerToSend(
    _ wanted: MessageTimer?, with address: String, _ token: RequestToken
  ) throws(ClientStoreFailure) -> MessageTimer?? {
    let conversation = try transaction.conversation(address: address)
    guard let wanted else {
      guard let conversation else { return .some(nil) }
      return .some(try usualTimer(of: conversation))
    }
    var policy: MessageTimer?
    if let conversation { policy = try self.policy(of: conversation) }
    if !wanted.isChoice {
      refuse(token, .badRequest, "A timer is from 5 s to 4 weeks.")
    } else if let policy, wanted.exceeds(policy) {
      refuse(token, .badRequest, "No message outlives the conversation's timer.")
    } else {
      return .some(MessageTimer.combined(wanted, policy))
    }
    return nil
  }

  /// Puts content into the outbox. A note to self has arrived by being stored, and goes to other
  /// own devices when there are any.
  mutating func queue(
    _ content: [UInt8], kind: OutboxRow.Kind, messageID: [UInt8], in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    try stopTyping(in: conversation.id)
    if isOwn(conversation.address) {
      try setState(.read, of: messageID, in: conversation)
      guard try isSharing() else { return }
    }
    _ = try transaction.append(
      OutboxRow(
        conversationID: conversation.id, kind: kind, messageID: messageID, content: content,
        submitID: entropy.bytes(16), phase: .queued, groupID: [], epoch: 0, body: [], logSeq: 0,
        createdAt: now))
    state.markDirty(conversation.id)
  }

  /// Whether a text is one; answers the request when it is not.
  mutating func isSendable(_ text: String, _ token: RequestToken) -> Bool {
    if text.isEmpty {
      refuse(token, .badRequest, "The message is empty.")
    } else if text.utf8.count > ClientLimits.messageBytesMax {
      refuse(token, .messageTooLarge, "A message has 64 KiB at most.")
    } else {
      return true
    }
    return false
  }

  /// Whether the identity of the address is beyond doubt; answers the request when it is not.
  mutating func mayWrite(
    to address: String, _ token: RequestToken
  ) throws(ClientStoreFailure) -> Bool {
    if RoomReference.isOne(address) { return try mayPost(in: address, token) }
    switch try transaction.peer(address: address)?.standing {
    case .identityChanged:
      refuse(token, .identityChanged, "The identity key of this address has changed.")
    case .contradicted:
      refuse(token, .manifestInvalid, "The device list of this address is contradicted.")
    case .trusted, nil: return true
    }
    return false
  }

  /// Whether this account may write in a group; answers the request when it may not.
  private mutating func mayPost(
    in reference: String, _ token: RequestToken
  ) throws(ClientStoreFailure) -> Bool {
    let conversation = try transaction.conversation(address: reference)
    guard let conversation, let room = try room(of: conversation), let own = ownAccount else {
      refuse(token, .unknownConversation, "There is no group of this reference.")
      return false
    }
    if conversation.phase == .left || conversation.phase == .leaving {
      refuse(token, .notAMember, "This account is no member of the group any more.")
    } else if !room.allows(.post, by: own) {
      refuse(token, .notPermitted, "Only admins may write in this group.")
    } else {
      return true
    }
    return false
  }

  /// What was written before this account lost the right to write, and has not left, fails: the
  /// others would not show it (groups.md).
  ///
  /// - Returns: whether it did.
  mutating func failForbidden(
    _ outbox: OutboxRow, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    guard outbox.kind == .message || outbox.kind == .annotation,
      let own = ownAccount, let room = try room(of: conversation), !room.allows(.post, by: own)
    else { return false }
    try transaction.removeOutboxRow(id: outbox.id)
    try setState(.failed, of: outbox.messageID, in: conversation, failure: .notPermitted)
    return true
  }

  /// Whether one more fits into the outbox; answers the request when it does not.
  mutating func hasRoom(
    _ conversation: ConversationRow, _ token: RequestToken
  ) throws(ClientStoreFailure) -> Bool {
    let waiting = try transaction.outboxCount(
      conversationID: conversation.id, phases: [.queued, .protected])
    guard waiting < ClientLimits.outboxRowsMax else {
      refuse(token, .quotaExceeded, "Too many messages wait to be sent.")
      return false
    }
    return true
  }
}
