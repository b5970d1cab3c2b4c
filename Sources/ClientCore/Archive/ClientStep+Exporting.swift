// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// What an export is made of, and who may say that it is one.
extension ClientStep {
  mutating func answer(
    _ request: ClientArchiveRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let account = try registered(token), let device = state.device else { return }
    switch request {
    case .begin(let address): try beginArchive(of: account, address: address, token: token)
    case .page(let query): try reportArchive(query, token: token)
    case .sign(let hash):
      guard let manifest = state.manifests[account.address]?.signed else {
        throw .corrupt("account")
      }
      let seal = ArchiveSeal(
        hash: hash, certificate: device.certificate, manifest: manifest, by: device.device)
      respond(token, .archiveSeal(seal))
    case .check(let seal, let hash): check(seal, of: hash, by: device, token: token)
    case .keep(let address, let lines, let cursor):
      try keep(lines, in: address, of: account, cursor, token: token)
    }
  }

  private mutating func beginArchive(
    of account: AccountRow, address: String?, token: RequestToken
  ) throws(ClientStoreFailure) {
    var found: [ArchiveOverview.Conversation] = []
    for row in try transaction.conversations() {
      guard try request(from: row.address) == nil, address == nil || address == row.address else {
        continue
      }
      if try isHidden(row) { continue }
      found.append(
        ArchiveOverview.Conversation(
          address: row.address, name: try room(of: row)?.name.nonEmpty))
    }
    if address != nil, found.isEmpty {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    respond(
      token,
      .archive(
        ArchiveOverview(
          address: account.address, accountID: account.accountID, deviceID: account.deviceID,
          conversations: found)))
  }

  private mutating func reportArchive(
    _ query: ArchiveQuery, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let conversation = try transaction.conversation(address: query.address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    let rows = try lines(
      of: conversation.id, after: query.after, limit: ClientLimits.archivePageLines)
    var lines: [ArchivedLine] = []
    var leftOut = 0
    for row in rows {
      if let since = query.since, row.at < since { continue }
      if let until = query.until, row.at >= until { continue }
      switch row.kind {
      case .deleted, .removed, .expired: continue
      case .once:
        leftOut += 1
        continue
      case .text, .poll, .location, .contact, .undecryptable, .gap, .notice: break
      }
      let hasLeft = !row.own || row.state != .queued && row.state != .protected
      // What has not left is in no history yet; what is timed will be in none.
      // Nor is there what is a member's word alone: this account signs for nobody else's.
      guard hasLeft, try !disappears(row),
        try transaction.origin(seq: row.seq)?.origin != .granted
      else {
        leftOut += 1
        continue
      }
      lines.append(try archived(row))
    }
    let next = rows.count < ClientLimits.archivePageLines ? nil : rows.last?.seq
    respond(token, .archivePage(ArchivePage(lines: lines, leftOut: leftOut, next: next)))
  }

  private func archived(_ row: MessageRow) throws(ClientStoreFailure) -> ArchivedLine {
    let imported = try transaction.imported(seq: row.seq)
    var line = ArchivedLine(
      messageID: row.messageID, sender: row.sender, own: row.own, kind: row.kind, text: row.text,
      state: row.state == .received ? .seen : row.state,
      failure: ClientFailureCode(rawValue: row.failure), at: row.at)
    line.seq = row.seq
    line.editedAt = row.editedAt
    line.inReplyTo = row.kind == .text ? row.inReplyTo : []
    line.quote = try lastingQuote(of: row)
    line.reactions = try reactions(to: row).map {
      ArchivedLine.Reaction(messageID: $0.messageID, sender: $0.sender, text: $0.text)
    }
    line.isForwarded = imported?.isForwarded ?? isForwarded(row)
    line.isImported = imported != nil
    line.attachments = imported?.reports ?? row.sealedFiles.map(\.report)
    return line
  }

  /// What is answered, as far as it does not disappear.
  private func lastingQuote(
    of row: MessageRow
  ) throws(ClientStoreFailure) -> HistoryLine.Quote? {
    guard row.kind == .text, !row.inReplyTo.isEmpty else { return nil }
    let quoted = try transaction.message(
      conversationID: row.conversationID, messageID: row.inReplyTo)
    var text: String?
    if let quoted, quoted.kind == .text, try !disappears(quoted) {
      text = quoted.text
    }
    return HistoryLine.Quote(messageID: row.inReplyTo, sender: quoted?.sender, text: text)
  }

  private mutating func check(
    _ seal: ArchiveSeal, of hash: [UInt8], by device: LocalDevice, token: RequestToken
  ) {
    guard let origin = try? seal.verified(hash: hash) else {
      return refuse(token, .exportInvalid, "The signature of the export does not hold.")
    }
    guard origin.accountID == device.accountID, origin.aik == device.signer.aik else {
      return refuse(token, .exportForeign, "The export is of another account.")
    }
    let own = state.manifests[device.address.description]
    let listed = try? own?.liveDevice(origin.deviceID, at: now)
    respond(token, .archiveOrigin(isListed: listed?.signatureKey == origin.signatureKey))
  }
}

extension ClientArchiveRequest {
  /// The conversation that has to be an accepted one.
  var conversation: String? {
    switch self {
    case .begin(let address): address
    case .page(let query): query.address
    case .keep(let address, _, _): address
    case .sign, .check: nil
    }
  }
}

extension ImportedRow {
  /// Its files.
  var reports: [AttachmentReport] {
    files.isEmpty ? [] : (try? ImportedFiles(decoding: files))?.files ?? []
  }
}
