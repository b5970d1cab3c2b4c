// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// What decrypted messages say (draft-ietf-mimi-content-08).
extension ClientStep {
  /// A decrypted message, whose sender is a verified member.
  mutating func received(
    content bytes: [UInt8], from member: RoomMember, item: ServerMessage.LogItem,
    group row: inout GroupRow
  ) throws(ClientStoreFailure) {
    let sender = member.address
    guard let conversation = try transaction.conversation(id: row.conversationID),
      let device = state.device, let address = try? Address(sender),
      // Whoever has said that they go hears no more.
      conversation.phase != .leaving
    else { return }
    let isOwn = sender == device.address.description
    if isOwn {
      // Another own device has answered: the conversation is wanted.
      try accept(conversation)
    } else if try isBlocked(sender) {
      return
    }
    guard let content = try? MIMIContent(decoding: bytes) else {
      let request = isOwn ? nil : try request(from: conversation.address)
      if let request, try !isKept(request, from: sender, in: conversation) { return }
      return try show(
        text: "A message that this version cannot read.", kind: .notice, messageID: [],
        content: [], from: sender, isOwn: isOwn, item: item, in: conversation, group: row)
    }
    if !isOwn { try compareManifest(content.extensions.senderManifest, of: member) }
    if isOwn, self.isOwn(conversation.address), let bytes = content.ownNoteBytes {
      guard let note = try? OwnNote(decoding: bytes) else { return }
      let place = OwnPlace(generation: row.generation, groupID: row.groupID, seq: item.seq)
      return try take(
        note, from: member, at: place, acceptedAt: item.acceptedAt, in: conversation)
    }
    if let report = content.statusReport {
      if isOwn {
        try applyOwn(report, at: item.acceptedAt, in: conversation)
      } else {
        try apply(report, from: sender, in: conversation)
      }
      return
    }
    if let bytes = content.historyGrantBytes {
      return try apply(grant: bytes, from: member, logSeq: item.seq, in: conversation, row)
    }
    if let room = try room(of: conversation), !room.allows(.post, by: member.account) {
      return try addNotice(
        "\(sender) wrote, and may not write here.", to: conversation, groupID: row.groupID,
        logSeq: item.seq)
    }
    let messageID = content.messageID(
      senderURI: address.uri, roomURI: try roomURI(with: conversation.address)
    ).bytes
    if try applyRemark(
      content, messageID: messageID, from: member, isOwn: isOwn, item: item, in: conversation)
    {
      return
    }
    if try applyPoll(
      content, messageID: messageID, from: sender, isOwn: isOwn, item: item, in: conversation)
    {
      return
    }
    if try applyAnnotation(
      content, messageID: messageID, from: sender, isOwn: isOwn, item: item, in: conversation)
    {
      return
    }
    if !isOwn { row.answering = true }
    try received(
      message: content, bytes, messageID: messageID, from: sender, isOwn: isOwn, item: item,
      in: conversation, group: row)
  }

  /// A message that stands by itself.
  private mutating func received(
    message content: MIMIContent, _ bytes: [UInt8], messageID: [UInt8], from sender: String,
    isOwn: Bool, item: ServerMessage.LogItem, in conversation: ConversationRow, group row: GroupRow
  ) throws(ClientStoreFailure) {
    var conversation = conversation
    if !isOwn { endTyping(of: sender, in: conversation) }
    // A later version of a message that is not here stands in its place.
    let messageID = content.replaces?.bytes ?? messageID
    let request = isOwn ? nil : try request(from: conversation.address)
    if !isOwn, request == nil, try isOn(.deliveryReceipts) {
      try transaction.put(
        ReceiptRow(
          conversationID: conversation.id, messageID: messageID, state: .delivered, at: now))
    }
    try replaceGranted(messageID, in: conversation)
    // The same message by two groups, or sent again after a crash, is shown once.
    guard
      try transaction.message(conversationID: conversation.id, messageID: messageID) == nil
    else { return }
    if let request, try !isKept(request, from: sender, in: conversation) { return }
    conversation.lastActivityAt = now
    try transaction.put(conversation)
    guard try !isTakenBack(messageID, by: sender, in: conversation) else { return }
    try noteMessage(in: conversation.id)
    let files = content.sealedFiles
    var text = files.isEmpty ? nil : ""
    if let special = SpecialContent(content) {
      text = special.words
    } else if let said = content.text {
      text = try shown(said, in: conversation)
    }
    let timer = MessageTimer.combined(
      MessageTimer(of: content, acceptedAt: item.acceptedAt), try policy(of: conversation))
    try show(
      text: text ?? "A message of a kind that this version cannot show.",
      kind: text == nil ? .notice : timer?.once == true ? .once : .text, messageID: messageID,
      content: bytes, from: sender, isOwn: isOwn, item: item, in: conversation, group: row,
      inReplyTo: content.inReplyTo?.bytes ?? [],
      editedAt: content.replaces == nil ? nil : item.acceptedAt, timer: timer,
      files: files)
  }

  private mutating func show(
    text: String, kind: MessageKind, messageID: [UInt8], content: [UInt8], from sender: String,
    isOwn: Bool, item: ServerMessage.LogItem, in conversation: ConversationRow, group: GroupRow,
    inReplyTo: [UInt8] = [], editedAt: Instant? = nil, timer: MessageTimer? = nil,
    files: [SealedFile] = []
  ) throws(ClientStoreFailure) {
    var line = MessageRow(
      conversationID: conversation.id, messageID: messageID, sender: sender, own: isOwn,
      kind: kind,
      state: !isOwn ? .received : self.isOwn(conversation.address) ? .read : .stored, failure: "",
      content: content,
      text: text, at: item.acceptedAt, groupID: group.groupID, logSeq: item.seq,
      inReplyTo: inReplyTo, editedAt: editedAt)
    if isOwn, kind == .once { (line.text, line.content) = ("", []) }
    line.seq = try transaction.append(line)
    if let timer, try !startTimer(timer, of: line, acceptedAt: item.acceptedAt) {
      // Its time was over before it came: it is known, and never shown.
      (line.kind, line.text, line.content) = (.expired, "", [])
      (line.state, line.inReplyTo, line.editedAt) = (isOwn ? .stored : .seen, [], nil)
      try transaction.update(line)
      return try tellEarlyReactions(to: line, in: conversation)
    }
    if try request(from: conversation.address) == nil { try keepFiles(of: line) }
    guard !isOwn else {
      try applyShared(to: line, in: conversation)
      return try tellEarlyReactions(to: line, in: conversation)
    }
    try emit(
      .messageReceived(
        ClientEvent.Message(
          messageID: messageID, sender: sender, text: kind == .once ? "" : text,
          acceptedAt: item.acceptedAt, inReplyTo: inReplyTo, timer: timer,
          attachments: files.reports(in: kind), mentions: mentions(in: line),
          special: line.special?.report,
          preview: line.linkPreview.map { LinkPreviewReport($0).words })),
      address: conversation.address)
    try applyShared(to: line, in: conversation)
    try tellEarlyReactions(to: line, in: conversation)
  }

  /// What another own device has read is read here too.
  private mutating func applyOwn(
    _ report: MessageStatusReport, at acceptedAt: Instant, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    for status in report.statuses where status.status == .read {
      let row = try transaction.message(
        conversationID: conversation.id, messageID: status.messageID.bytes)
      guard var row, row.state == .received else { continue }
      row.state = .seen
      try transaction.update(row)
      try transaction.removeReceipt(
        conversationID: conversation.id, messageID: row.messageID)
      try startVisibleTime(of: row, at: min(acceptedAt, now))
      try finishShowing(row)
    }
    try expire()
  }

  /// Receipts move own messages on; they never take one back.
  private mutating func apply(
    _ report: MessageStatusReport, from sender: String, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    for status in report.statuses {
      switch status.status {
      case .delivered:
        try noteReport(
          .delivered, of: status.messageID.bytes, from: sender, in: conversation)
      case .read:
        // Whoever tells nobody is not told.
        let state: MessageState = try isOn(.readReceipts) ? .read : .delivered
        try noteReport(state, of: status.messageID.bytes, from: sender, in: conversation)
      default: continue
      }
    }
  }

  /// Moves an own message on and tells of it. Nothing happens when it has come that far.
  mutating func setState(
    _ new: MessageState, of messageID: [UInt8], in conversation: ConversationRow,
    failure: ClientFailureCode? = nil
  ) throws(ClientStoreFailure) {
    guard !messageID.isEmpty else { return }
    guard var row = try transaction.message(conversationID: conversation.id, messageID: messageID)
    else {
      return try setAnnotationState(new, of: messageID, in: conversation, failure: failure)
    }
    guard row.own, row.state != .failed, !row.state.hasReached(new),
      // A note to self is here, whatever becomes of its copies.
      new != .failed || !isOwn(conversation.address)
    else { return }
    let wasStored = row.state.hasReached(.stored)
    row.state = new
    row.failure = failure?.rawValue ?? ""
    try transaction.update(row)
    // Once: a timer that is agreed on later is none of a message that was there before.
    if new == .failed || row.state.hasReached(.stored) && !wasStored {
      try startOwnTimer(of: row, in: conversation)
    }
    try emit(
      .messageStateChanged(messageID: messageID, state: new, failure: failure),
      address: conversation.address)
  }

  /// The name of the conversation between two people, the same on both sides and in every group:
  /// message identifiers are made with it.
  func roomURI(with peer: String) throws(ClientStoreFailure) -> String {
    if let reference = RoomReference(peer) { return reference.uri }
    guard let own = state.device?.address, let other = try? Address(peer) else {
      throw .corrupt("conversation")
    }
    let pair = [own, other].sorted()
    let hash = Fingerprint(hashing: Array((pair[0].uri + " " + pair[1].uri).utf8))
    return "mimi://\(pair[0].domain.text)/r/\(Hex.encode(Array(hash.bytes.prefix(16))))"
  }

  /// What goes into every message of this device.
  var contentExtensions: ContentExtensions {
    var extensions = ContentExtensions()
    if let device = state.device, let manifest = state.manifests[device.address.description] {
      extensions.senderManifest = SenderManifest(
        version: manifest.version, hash: manifest.hash.bytes)
    }
    return extensions
  }
}
