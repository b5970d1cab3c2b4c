// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Wire

/// Files on their way to the server: place is asked for, then the driver brings the bytes, one file
/// at a time, and when a message's last one is there, the message leaves.
extension ClientStep {
  mutating func pumpUploads(_ account: AccountRow) throws(ClientStoreFailure) {
    guard state.hasUploads ?? true else { return }
    let rows = try transaction.pendingUploads()
    if state.hasUploads == nil {
      try holdFiles(besides: rows)
      effects.append(.keepSpool(rows.map(\.blobID)))
    }
    state.hasUploads = !rows.isEmpty
    state.uploadWakeAt = nil
    for row in rows {
      if let retryAt = state.uploadRetryAt[row.blobID], now < retryAt {
        state.uploadWakeAt = min(retryAt, state.uploadWakeAt ?? retryAt)
        continue
      }
      switch row.phase {
      case .waiting:
        let purpose = RequestPurpose.openBlob(blobID: row.blobID)
        guard state.inbox.phase == .ready, !state.inbox.isOpen(purpose) else { continue }
        let tokenHash = Group.tokenHash(row.token)
        send(
          InboxRequest.openBlob(blobID: row.blobID, size: row.size, tokenHash: tokenHash), purpose)
      case .open:
        guard state.uploading == nil else { continue }
        state.uploading = row.blobID
        effects.append(.upload(try job(row, account)))
      case .done: continue
      }
    }
  }

  /// The server has place.
  mutating func blobOpened(_ blobID: [UInt8]) throws(ClientStoreFailure) {
    guard var row = try transaction.upload(blobID: blobID), row.phase == .waiting else { return }
    row.phase = .open
    try transaction.put(row)
  }

  /// The server has none, or not now.
  mutating func blobRefused(
    _ blobID: [UInt8], _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    guard let row = try transaction.upload(blobID: blobID), row.phase == .waiting else { return }
    switch refusal.code {
    case .quotaExceeded: try fail(row, .quotaExceeded)
    case .tooLarge: try fail(row, .messageTooLarge)
    case .alreadyExists: try fail(row, .serverFailure)
    default:
      state.uploadRetryAt[blobID] = now + (refusal.retryAfter ?? ClientLimits.refusalWait)
    }
  }

  /// The driver is done with a file.
  mutating func uploadEnded(
    _ blobID: [UInt8], _ outcome: UploadOutcome
  ) throws(ClientStoreFailure) {
    if state.uploading == blobID { state.uploading = nil }
    guard var row = try transaction.upload(blobID: blobID), row.phase == .open else { return }
    switch outcome {
    case .done where row.isHistory:
      state.uploadTries = 0
      try segmentStored(row)
    case .done:
      state.uploadTries = 0
      let content = row.content
      row.phase = .done
      row.content = []
      try transaction.put(row)
      transaction.noteDestruction()
      try sendWhenComplete(row, content)
    case .unknown:
      // It has lapsed, or the server went back to an older state.
      row.phase = .waiting
      try transaction.put(row)
      state.uploadRetryAt[blobID] = now + ClientLimits.refusalWait
    case .refused: try fail(row, .serverFailure)
    case .missing where row.isHistory: try segmentLost(row)
    case .missing: try fail(row, .storeFailure)
    case .interrupted(let wait):
      let usual = backoff(
        from: ClientLimits.connectBackoff, attempt: state.uploadTries,
        longest: ClientLimits.connectBackoffMax)
      state.uploadTries += 1
      state.uploadRetryAt[blobID] = now + max(usual, wait ?? .zero)
    }
  }

  private mutating func sendWhenComplete(
    _ row: UploadRow, _ content: [UInt8]
  ) throws(ClientStoreFailure) {
    let all = try transaction.uploads(
      conversationID: row.conversationID, messageID: row.messageID)
    guard all.allSatisfy({ $0.phase == .done }),
      let conversation = try transaction.conversation(id: row.conversationID)
    else { return }
    try queue(content, kind: .message, messageID: row.messageID, in: conversation)
  }

  /// The message cannot be sent; its other files are not needed.
  private mutating func fail(
    _ row: UploadRow, _ code: ClientFailureCode
  ) throws(ClientStoreFailure) {
    if row.isHistory { return try segmentRefused(row, code) }
    guard let account = try transaction.account() else { return }
    for upload in try transaction.uploads(
      conversationID: row.conversationID, messageID: row.messageID)
    {
      try drop(upload, account)
    }
    guard let conversation = try transaction.conversation(id: row.conversationID) else { return }
    try setState(.failed, of: row.messageID, in: conversation, failure: code)
  }
}
