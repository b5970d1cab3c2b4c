// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Which version of a message is shown: the one that the server accepted last (content.md). Several
/// devices of its sender may change it, and what this one changed stands nowhere before it came
/// back by the log.
extension ClientStep {
  /// Whether an edit that was read now stands behind the version that is shown.
  ///
  /// - Parameter edits: what is kept of the message's other versions.
  func isBehind(
    _ acceptedAt: Instant, of row: MessageRow, _ edits: [AnnotationRow]
  ) throws(ClientStoreFailure) -> Bool {
    let own = edits.filter { $0.own && $0.state != .failed }
    if try waitForLog(own, in: row.conversationID) { return true }
    return row.editedAt.map { acceptedAt < $0 } ?? false
  }

  /// An own edit came back by the log: it stands where the server put it.
  mutating func settleEdit(
    _ messageID: [UInt8], at acceptedAt: Instant, in conversationID: [UInt8]
  ) throws(ClientStoreFailure) {
    let own = try transaction.annotations(conversationID: conversationID, messageID: messageID)
    guard let edit = own.first(where: { $0.own && $0.kind == .edit }),
      var row = try transaction.message(conversationID: conversationID, messageID: edit.target),
      row.kind == .text
    else { return }
    // A later one is shown already.
    let later = try edits(of: row).filter { $0.own && $0.seq > edit.seq }
    guard try !waitForLog(later, in: conversationID) else { return }
    row.editedAt = acceptedAt
    try transaction.update(row)
  }

  /// Whether one of these own remarks was not read back by the log yet: the server puts it behind
  /// everything that was read before it, whatever the clock here says.
  func waitForLog(
    _ own: [AnnotationRow], in conversationID: [UInt8]
  ) throws(ClientStoreFailure) -> Bool {
    guard !own.isEmpty else { return false }
    let names = Set(own.map(\.messageID))
    return try transaction.outboxRows(
      conversationID: conversationID, phases: OutboxRow.Phase.allCases,
      limit: ClientLimits.outboxRowsMax
    ).contains { names.contains($0.messageID) }
  }
}
