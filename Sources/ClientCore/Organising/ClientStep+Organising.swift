// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// How the user arranges conversations and messages. Own devices are told, and nobody else.
extension ClientStep {
  mutating func organise(
    _ request: ClientRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    switch request {
    case .star(let address, let messageID, let adding):
      guard let (_, row) = try line(messageID, with: address, token) else { return }
      if !adding {
        try transaction.removeStar(seq: row.seq)
        try share(OwnKey(.star, address, part: messageID), [])
      } else if try transaction.star(seq: row.seq) == nil {
        try transaction.put(StarRow(seq: row.seq, at: now))
        try share(OwnKey(.star, address, part: messageID), now.shared)
      }
      respond(token, .arranged)
    case .starred(let address, let limit, let before):
      try reportStarred(in: address, limit: limit, before: before, token: token)
    case .forward(let address, let messageID, let to):
      guard let (_, row) = try line(messageID, with: address, token) else { return }
      let special = row.special
      if case .poll = special {
        return refuse(token, .badRequest, "A poll is asked anew, not forwarded.")
      }
      // Files are named again, and stay where they are.
      let files = (try? MIMIContent(decoding: row.content))?.nameableFiles ?? []
      try send(
        row.text, to: to, inReplyTo: [], isForwarded: true, files: files, keepsDraft: true,
        special: special, preview: row.linkPreview, token: token)
    case .draft(let address, let text): try draft(text, for: address, token: token)
    case .arrange(let address, let arrangement):
      guard let conversation = try known(address, token) else { return }
      try arrange(arrangement, conversation)
      respond(token, .arranged)
    default: refuse(token, .internalFailure, "The core has mistaken a request.")
    }
  }

  /// The conversation of a request; answers the request when there is none.
  private mutating func known(
    _ address: String, _ token: RequestToken
  ) throws(ClientStoreFailure) -> ConversationRow? {
    guard try registered(token) != nil else { return nil }
    guard let conversation = try transaction.conversation(address: address) else {
      refuse(token, .unknownConversation, "There is no conversation with this address.")
      return nil
    }
    return conversation
  }

  private func arrangement(
    of conversation: ConversationRow
  ) throws(ClientStoreFailure) -> ArrangementRow {
    try transaction.arrangement(conversationID: conversation.id)
      ?? ArrangementRow(conversationID: conversation.id)
  }

  private mutating func arrange(
    _ arrangement: Arrangement, _ conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let old = try self.arrangement(of: conversation)
    var row = old
    switch arrangement {
    case .mute(let until): row.mutedUntil = until ?? Instant(milliseconds: .max)
    case .unmute: row.mutedUntil = nil
    case .archive:
      row.isArchived = true
      row.pinnedAt = nil
    case .unarchive: row.isArchived = false
    case .pin:
      row.pinnedAt = row.pinnedAt ?? now
      row.isArchived = false
    case .unpin: row.pinnedAt = nil
    case .markUnread: row.isMarkedUnread = true
    }
    try arrange(row, insteadOf: old)
  }

  /// Keeps a draft when there is a text, forgets it when that is empty; tells what is kept.
  private mutating func draft(
    _ text: String?, for address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let conversation = try known(address, token) else { return }
    let old = try arrangement(of: conversation)
    var row = old
    if let text {
      guard text.utf8.count <= ClientLimits.messageBytesMax else {
        return refuse(token, .messageTooLarge, "A message has 64 KiB at most.")
      }
      row.draft = text
      try arrange(row, insteadOf: old)
    }
    respond(token, .draft(row.draft))
  }

  private mutating func reportStarred(
    in address: String?, limit: Int, before: UInt64?, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard limit > 0 else { return refuse(token, .badRequest, "The limit is above 0.") }
    if let address, try known(address, token) == nil { return }
    let wanted = min(limit, ClientLimits.pageMax)
    var items: [StarredPage.Item] = []
    var before = before
    while items.count < wanted {
      let stars = try transaction.stars(before: before, limit: wanted)
      for star in stars where items.count < wanted {
        before = star.seq
        guard let row = try transaction.message(seq: star.seq),
          let conversation = try transaction.conversation(id: row.conversationID)
        else { throw .corrupt("star") }
        guard address == nil || conversation.address == address else { continue }
        items.append(
          StarredPage.Item(address: conversation.address, line: try historyLine(row)))
      }
      guard stars.count == wanted else { break }
    }
    respond(
      token, .starred(StarredPage(items: items, next: items.count == wanted ? before : nil)))
  }

  // MARK: What happens by itself

  /// A message came or went: it brings the conversation back, unless that is muted.
  mutating func noteMessage(in conversationID: [UInt8]) throws(ClientStoreFailure) {
    guard let old = try transaction.arrangement(conversationID: conversationID), old.isArchived,
      !old.isMuted(at: now)
    else { return }
    var row = old
    row.isArchived = false
    try arrange(row, insteadOf: old)
  }

  /// What was begun is sent.
  mutating func endDraft(in conversationID: [UInt8]) throws(ClientStoreFailure) {
    guard let old = try transaction.arrangement(conversationID: conversationID),
      !old.draft.isEmpty || old.isMarkedUnread
    else { return }
    var row = old
    row.draft = ""
    row.isMarkedUnread = false
    try arrange(row, insteadOf: old)
  }

  /// The user has looked at the conversation.
  mutating func endUnreadMark(in conversationID: [UInt8]) throws(ClientStoreFailure) {
    guard let old = try transaction.arrangement(conversationID: conversationID),
      old.isMarkedUnread
    else { return }
    var row = old
    row.isMarkedUnread = false
    try arrange(row, insteadOf: old)
  }

  /// Whether the line says that its text was somebody's before.
  func isForwarded(_ row: MessageRow) -> Bool {
    guard row.kind == .text, let content = try? MIMIContent(decoding: row.content) else {
      return false
    }
    return content.extensions.isForwarded
  }
}
