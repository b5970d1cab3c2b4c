// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// Sealed files that stay on this device as long as their messages (attachments.md, Files that
/// stay): what one sends oneself, what one notes, and what the user wants fetched unasked.
extension ClientStep {
  /// A message is here: which of its files are to stay is decided now.
  ///
  /// - Parameter areHere: whether they lie in the spool, because they are being sent.
  mutating func keepFiles(
    of line: MessageRow, areHere: Bool = false
  ) throws(ClientStoreFailure) {
    guard line.kind == .text else { return }
    let files = line.sealedFiles.prefix(ClientLimits.attachmentsMax)
    guard !files.isEmpty else { return }
    let policy = KeepPolicy(rawValue: try value(of: .keepFiles)) ?? .none
    let peer = try peerAddress(of: line)
    let isNote = line.own && line.sender == peer
    for file in files where isNote || policy.wants(file) {
      try keep(file, of: line, isHere: areHere)
    }
  }

  private mutating func keep(
    _ file: SealedFile, of line: MessageRow, isHere: Bool
  ) throws(ClientStoreFailure) {
    guard try hasRoomToKeep(file.size) else { return }
    let others = try transaction.keptFiles(blobID: file.blobID)
    let isKept = isHere || others.contains { $0.phase == .kept }
    try transaction.put(
      KeptFileRow(
        blobID: file.blobID, conversationID: line.conversationID, messageID: line.messageID,
        size: UInt32(clamping: file.size), phase: isKept ? .kept : .wanted, createdAt: now))
    if !isKept { state.hasFetches = true }
  }

  /// Whether as many bytes more may stay.
  func hasRoomToKeep(_ bytes: UInt64) throws(ClientStoreFailure) -> Bool {
    let total = try transaction.keptFileTotal()
    return total.count < ClientLimits.keptFilesMax
      && total.bytes + bytes <= ClientLimits.keptBytesMax
  }

  private func peerAddress(of line: MessageRow) throws(ClientStoreFailure) -> String? {
    try transaction.conversation(id: line.conversationID)?.address
  }

  /// The message is gone: so are its files, unless another one has them as well.
  mutating func releaseFiles(of line: MessageRow) throws(ClientStoreFailure) {
    guard !line.messageID.isEmpty else { return }
    for row in try transaction.keptFiles(
      conversationID: line.conversationID, messageID: line.messageID)
    {
      try release(row)
    }
  }

  private mutating func release(_ row: KeptFileRow) throws(ClientStoreFailure) {
    try transaction.remove(row)
    guard try transaction.keptFiles(blobID: row.blobID).isEmpty else { return }
    effects.append(.release(blobID: row.blobID))
  }

  /// Whether a blob stays when the server has it.
  func stays(_ blobID: [UInt8]) throws(ClientStoreFailure) -> Bool {
    try !transaction.keptFiles(blobID: blobID).isEmpty
  }

  /// What is on the disk is told to the driver once, before anything else about files: an earlier
  /// process may have ended between storing that a file stays and putting it aside.
  mutating func holdFiles(besides uploads: [UploadRow]) throws(ClientStoreFailure) {
    let waiting = Set(uploads.map(\.blobID))
    var held: [[UInt8]] = []
    for phase in KeptFileRow.Phase.allCases {
      held += try transaction.keptFiles(phase: phase, limit: ClientLimits.keptFilesMax)
        .map(\.blobID)
    }
    effects.append(.holdOnly(held.filter { !waiting.contains($0) }))
  }

  // MARK: Fetching

  /// One file at a time, the oldest first.
  mutating func pumpFetches(_ account: AccountRow) throws(ClientStoreFailure) {
    guard state.hasFetches ?? true, state.fetching == nil else { return }
    if let retryAt = state.fetchRetryAt, now < retryAt { return }
    state.fetchRetryAt = nil
    while let row = try transaction.keptFiles(phase: .wanted, limit: 1).first {
      guard let file = try file(row) else {
        // Its message says something else by now.
        try release(row)
        continue
      }
      state.hasFetches = true
      state.fetching = row.blobID
      return effects.append(.keep(file, invite: account.invite))
    }
    state.hasFetches = false
  }

  private func file(_ row: KeptFileRow) throws(ClientStoreFailure) -> SealedFile? {
    try transaction.message(conversationID: row.conversationID, messageID: row.messageID)?
      .sealedFiles.first { $0.blobID == row.blobID }
  }

  /// The driver is done with a file.
  mutating func keepEnded(
    _ blobID: [UInt8], _ outcome: KeepOutcome
  ) throws(ClientStoreFailure) {
    if state.fetching == blobID { state.fetching = nil }
    let rows = try transaction.keptFiles(blobID: blobID)
    switch outcome {
    case .done:
      state.fetchTries = 0
      // Its message went meanwhile.
      guard !rows.isEmpty else { return effects.append(.release(blobID: blobID)) }
      for var row in rows where row.phase == .wanted {
        row.phase = .kept
        try transaction.put(row)
      }
    case .gone:
      state.fetchTries = 0
      for row in rows where row.phase == .wanted { try transaction.remove(row) }
    case .interrupted(let wait):
      let usual = backoff(
        from: ClientLimits.connectBackoff, attempt: state.fetchTries,
        longest: ClientLimits.connectBackoffMax)
      state.fetchTries += 1
      state.fetchRetryAt = now + max(usual, wait ?? .zero)
    }
  }
}

extension KeepPolicy {
  /// Whether a file is fetched unasked. What it is, its sender says.
  fileprivate func wants(_ file: SealedFile) -> Bool {
    let isPicture = file.contentType.hasPrefix("image/")
    return switch self {
    case .none: false
    case .pictures: isPicture && file.size <= ClientLimits.keptPictureBytesMax
    case .all: file.size <= ClientLimits.keptFileBytesMax
    }
  }
}
