// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// Answers that only tell what is.
extension ClientStep {
  mutating func reportStatus(_ token: RequestToken) throws(ClientStoreFailure) {
    let account = try transaction.account()
    let conversations = try transaction.conversations()
    var waiting = 0
    var hidden = try contacts().requests.count
    for row in conversations {
      waiting += try ownWaiting(in: row)
      if try isHidden(row) { hidden += 1 }
    }
    let link = account.flatMap { try? InviteLink($0.invite) }
    var logsConnection = state.logs.phase.rawValue
    if let account, state.logs.phase == .closed, try !wantsLogs(account) { logsConnection = "idle" }
    respond(
      token,
      .status(
        StatusReport(
          address: account?.address, registered: account?.phase == .registered,
          deviceID: account?.deviceID, server: link.map { "\($0.host.uriText):\($0.port)" },
          inboxConnection: state.inbox.phase.rawValue, logsConnection: logsConnection,
          conversations: conversations.count - hidden, waiting: waiting,
          keyPackages: try transaction.keyPackages().count { !$0.lastResort },
          eventHead: try transaction.eventHead(), connectionFailure: state.connectionFailure)))
  }

  /// Own messages that the server does not have yet, and changes of groups that wait to be done.
  private func ownWaiting(in row: ConversationRow) throws(ClientStoreFailure) -> Int {
    let messages = try transaction.outboxRows(
      conversationID: row.id, phases: [.queued, .protected], limit: ClientLimits.outboxRowsMax
    ).count { $0.kind != .report && $0.kind != .note }
    let uploads = Set(
      try transaction.pendingUploads().filter { $0.conversationID == row.id }.map(\.messageID))
    return try messages + transaction.roomChanges(conversationID: row.id).count + uploads.count
  }

  mutating func reportState(
    of messageID: [UInt8], with address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let conversation = try transaction.conversation(address: address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    let row =
      messageID.isEmpty
      ? nil : try transaction.message(conversationID: conversation.id, messageID: messageID)
    let said = try transaction.annotations(
      conversationID: conversation.id, messageID: messageID)
    guard let state = row?.state ?? said.first?.state else {
      return refuse(token, .unknownMessage, "There is no message of this identifier.")
    }
    let failure = row?.failure ?? said.first?.failure ?? ""
    respond(token, .messageState(state, failure: ClientFailureCode(rawValue: failure)))
  }

  mutating func reportConversations(_ token: RequestToken) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    var summaries: [ConversationSummary] = []
    for row in try transaction.conversations() {
      if try request(from: row.address) != nil { continue }
      if try isHidden(row) { continue }
      let lines = try self.lines(of: row.id, before: nil, limit: ClientLimits.linesLookedAt)
      summaries.append(
        ConversationSummary(
          address: row.address, name: try room(of: row)?.name.nonEmpty,
          isVerified: try transaction.peer(address: row.address)?.comparedAt != nil,
          phase: row.phase.rawValue,
          unread: try transaction.unseenCount(conversationID: row.id),
          waiting: try ownWaiting(in: row), lastActivityAt: row.lastActivityAt,
          lastText: lines.first { $0.kind == .text }.map { shownText(of: $0) },
          arrangement: try transaction.arrangement(conversationID: row.id).map {
            ConversationArrangement($0, at: now)
          } ?? ConversationArrangement()))
    }
    summaries.sort { $0.precedes($1) }
    respond(token, .conversations(summaries))
  }

  /// Showing lines is looking at them: what was unread among them is read.
  mutating func reportHistory(
    with address: String, limit: Int, before: UInt64?, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard let conversation = try transaction.conversation(address: address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    guard limit > 0 else { return refuse(token, .badRequest, "The limit is above 0.") }
    try endUnreadMark(in: conversation.id)
    var lines: [HistoryLine] = []
    var before = before
    let wanted = min(limit, ClientLimits.pageMax)
    while lines.count < wanted {
      let rows = try self.lines(
        of: conversation.id, before: before, limit: wanted - lines.count)
      guard let last = rows.last else { break }
      before = last.seq
      for row in rows where row.kind != .removed && row.kind != .expired {
        try markSeen(row)
        lines.append(try historyLine(row))
        try finishLooking(row)
      }
    }
    respond(token, .history(lines))
  }

  /// The text of a line in a list; one that is all file goes by its file's name.
  private func shownText(of row: MessageRow) -> String {
    row.text.isEmpty ? row.sealedFiles.first?.filename ?? "" : row.text
  }

  func historyLine(_ row: MessageRow) throws(ClientStoreFailure) -> HistoryLine {
    var quote: HistoryLine.Quote?
    if !row.inReplyTo.isEmpty, row.kind == .text {
      let quoted = try transaction.message(
        conversationID: row.conversationID, messageID: row.inReplyTo)
      quote = HistoryLine.Quote(
        messageID: row.inReplyTo, sender: quoted?.sender,
        text: quoted.flatMap { $0.kind == .text ? $0.text : nil })
    }
    let reactions = try reactions(to: row).map {
      HistoryLine.Reaction(sender: $0.sender, text: $0.text)
    }
    let timer = try transaction.timer(seq: row.seq)
    let imported = try transaction.imported(seq: row.seq)
    let origin = try transaction.origin(seq: row.seq)
    var files = try attachments(of: row)
    if let imported {
      files = imported.reports.map { file in
        var file = file
        file.thumbnail = file.thumbnail?.measures
        return file
      }
    }
    return HistoryLine(
      seq: row.seq, messageID: row.messageID, sender: row.sender, own: row.own,
      kind: row.special?.kind ?? row.kind, text: row.text, state: row.state,
      failure: ClientFailureCode(rawValue: row.failure), at: row.at, editedAt: row.editedAt,
      quote: quote, reactions: reactions, isStarred: try transaction.star(seq: row.seq) != nil,
      isForwarded: imported?.isForwarded ?? isForwarded(row),
      timer: timer?.timer, expiresAt: timer?.isKept == true ? nil : timer?.deadline,
      keeping: timer == nil ? nil : try keepReport(of: row),
      attachments: files, mentions: mentions(in: row),
      special: try specialReport(row),
      preview: row.linkPreview.map(LinkPreviewReport.init), isImported: imported != nil,
      origin: origin?.origin, grantedBy: origin?.giver.nonEmpty)
  }

  private func attachments(of row: MessageRow) throws(ClientStoreFailure) -> [AttachmentReport] {
    let files = row.sealedFiles
    guard !files.isEmpty else { return [] }
    let here = Set(
      try transaction.keptFiles(conversationID: row.conversationID, messageID: row.messageID)
        .filter { $0.phase == .kept }.map(\.blobID))
    return zip(files, files.reports(in: row.kind)).map { file, report in
      var report = report
      report.isHere = here.contains(file.blobID)
      return report
    }
  }

  mutating func reportRevisions(
    of messageID: [UInt8], with address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let conversation = try transaction.conversation(address: address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    guard !messageID.isEmpty,
      let row = try transaction.message(conversationID: conversation.id, messageID: messageID),
      row.kind == .text
    else { return refuse(token, .unknownMessage, "There is no message of this identifier.") }
    var revisions = try edits(of: row).filter { !$0.text.isEmpty }.map {
      MessageRevision(text: $0.text, at: $0.at)
    }
    revisions.append(MessageRevision(text: row.text, at: row.editedAt ?? row.at))
    respond(token, .revisions(revisions))
  }
}
