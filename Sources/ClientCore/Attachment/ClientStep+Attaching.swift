// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// Messages with files.
extension ClientStep {
  mutating func answer(
    _ request: ClientAttachmentRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    switch request {
    case .attach(let address, let draft): try attach(draft, to: address, token: token)
    case .find(let address, let messageID, let number):
      guard let (_, row) = try line(messageID, with: address, orOnce: true, token) else { return }
      let files = row.sealedFiles
      guard files.indices.contains(number - 1) else {
        return refuse(token, .unknownAttachment, "The message has no file of this number.")
      }
      guard let account = try transaction.account() else { return }
      respond(token, .sealedFile(files[number - 1], invite: account.invite))
    case .thumbnail(let address, let messageID, let number):
      guard let (_, row) = try line(messageID, with: address, token) else { return }
      guard let thumbnail = try thumbnail(number, of: row) else {
        return refuse(token, .unknownAttachment, "There is no thumbnail of this number.")
      }
      respond(token, .thumbnail(thumbnail))
    case .saved(let address, let messageID):
      guard let (_, row) = try line(messageID, with: address, orOnce: true, token) else { return }
      try markSeen(row)
      try finishShowing(row)
      respond(token, .accepted)
    }
  }

  /// Of an imported line it lies with what is known of its files.
  private func thumbnail(
    _ number: Int, of row: MessageRow
  ) throws(ClientStoreFailure) -> ThumbnailReport? {
    if number == 0 { return row.linkPreview?.thumbnail.map(ThumbnailReport.init) }
    let imported = try transaction.imported(seq: row.seq)
    let files = imported?.reports ?? row.sealedFiles.map(\.report)
    return files.indices.contains(number - 1) ? files[number - 1].thumbnail : nil
  }

  private mutating func attach(
    _ draft: AttachmentDraft, to address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let account = try registered(token), let device = state.device else { return }
    guard (1...ClientLimits.attachmentsMax).contains(draft.files.count) else {
      return refuse(token, .badRequest, "A message has 1 to \(ClientLimits.attachmentsMax) files.")
    }
    let isNote = address == account.address
    if isNote, draft.timer?.once == true {
      return refuse(token, .badRequest, "A note to self is not shown once.")
    }
    let bytes = draft.files.reduce(UInt64(0)) { $0 + min($1.file.size, SealedFile.sizeMax) }
    let hasRoom = try hasRoomToKeep(bytes)
    guard hasRoom || !isNote else {
      return refuse(token, .quotaExceeded, "No more files can stay on this device.")
    }
    if !draft.inReplyTo.isEmpty {
      guard try line(draft.inReplyTo, with: address, token) != nil else { return }
    }
    let pending = try transaction.pendingUploads().count
    guard pending + draft.files.count <= ClientLimits.pendingUploadsMax else {
      return refuse(token, .quotaExceeded, "Too many files wait to be sent.")
    }
    let expires = now + ClientLimits.blobRetention
    let files = draft.files.map { spooled in
      spooled.file.attachment(domain: device.address.domain.text, expires: expires)
    }
    guard
      let sent = try send(
        draft.text, to: address, inReplyTo: draft.inReplyTo, files: files,
        waitsForFiles: !isNote, keepsDraft: true, timer: draft.timer, token: token)
    else { return }
    if let line = try transaction.message(
      conversationID: sent.conversationID, messageID: sent.messageID)
    {
      try keepFiles(of: line, areHere: true)
    }
    guard !isNote else {
      for spooled in draft.files { effects.append(.hold(blobID: spooled.file.blobID)) }
      return
    }
    for spooled in draft.files {
      try transaction.put(
        UploadRow(
          blobID: spooled.file.blobID, conversationID: sent.conversationID,
          messageID: sent.messageID, content: sent.content,
          token: Secret(count: 32, using: &entropy), size: spooled.sealedSize, phase: .waiting,
          createdAt: now))
    }
    try transaction.removeDoneUploads(
      createdBefore: now + .milliseconds(-ClientLimits.blobRetention.inMilliseconds))
    state.hasUploads = true
  }

  /// The message is gone: so is what was brought for it, and what was to be brought.
  mutating func forgetUploads(
    of row: MessageRow
  ) throws(ClientStoreFailure) {
    guard row.own, let account = try transaction.account() else { return }
    for upload in try transaction.uploads(
      conversationID: row.conversationID, messageID: row.messageID)
    {
      try drop(upload, account)
    }
  }

  mutating func drop(_ row: UploadRow, _ account: AccountRow) throws(ClientStoreFailure) {
    try transaction.removeUpload(blobID: row.blobID)
    if state.uploading == row.blobID { state.uploading = nil }
    state.uploadRetryAt[row.blobID] = nil
    // A message that failed still has its files here.
    if try stays(row.blobID) { effects.append(.hold(blobID: row.blobID)) }
    effects.append(.dropUpload(try job(row, account)))
  }

  func job(
    _ row: UploadRow, _ account: AccountRow
  ) throws(ClientStoreFailure) -> BlobUpload {
    BlobUpload(
      invite: account.invite, blobID: row.blobID, token: row.token, size: row.size,
      stays: try stays(row.blobID))
  }
}
