// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// A fault that is built in deliberately, around the product and never in it, to show that a
/// checker finds it.
package enum Plant: String, CaseIterable, Sendable {
  /// The server answers at once and writes later.
  case acknowledgeBeforeCommit = "acknowledge-before-commit"
  /// A client's store loses the step of a ratchet with which it sent.
  case ratchetNotStored = "ratchet-not-stored"
  /// A client's store writes down a received line twice.
  case duplicateShown = "duplicate-shown"
  /// The server takes a second commit for an epoch.
  case commitAcceptedTwice = "commit-accepted-twice"
  /// A client's store keeps the key of a message that it has read.
  case keyKept = "key-kept"
  /// A client's store makes an ordinary notice of each line that says that something is missing or
  /// that the device had lost step.
  case signHidden = "sign-hidden"
  /// A client's store writes what came from a group into the conversation with its writer.
  case lineMisplaced = "line-misplaced"
  /// A client's store forgets the timers of what comes.
  case timerForgotten = "timer-forgotten"
  /// A client's store keeps the content of what has disappeared.
  case contentKept = "content-kept"

  /// Does to a client's transaction what a bad store would do.
  func spoil(
    _ transaction: inout InMemoryClientTransaction, before: InMemoryClientTransaction
  ) throws(ClientStoreFailure) {
    switch self {
    case .acknowledgeBeforeCommit, .commitAcceptedTwice: return
    case .ratchetNotStored:
      if transaction.eventHead() == before.eventHead() { try undoSteps(&transaction, before) }
    case .keyKept:
      if transaction.eventHead() > before.eventHead() { try undoSteps(&transaction, before) }
    case .signHidden:
      for var line in newLines(transaction, before)
      where line.kind == .gap || line.kind == .undecryptable
        || line.text.hasPrefix("This device had lost step")
      {
        line.kind = .notice
        line.text = "Something happened."
        line.logSeq = 0
        try transaction.update(line)
      }
    case .lineMisplaced: try misplace(newLines(transaction, before), in: &transaction)
    case .timerForgotten:
      for line in newLines(transaction, before) { transaction.removeTimer(seq: line.seq) }
    case .contentKept: try keepContent(in: &transaction, before)
    case .duplicateShown:
      for var line in newLines(transaction, before) where line.kind == .text && !line.own {
        line.seq = 0
        _ = transaction.append(line)
      }
    }
  }

  /// Ratchets that stepped in this transaction stand where they stood.
  private func undoSteps(
    _ transaction: inout InMemoryClientTransaction, _ before: InMemoryClientTransaction
  ) throws(ClientStoreFailure) {
    for group in transaction.groups() {
      for row in transaction.epochs(groupID: group.groupID) {
        guard let old = before.epoch(groupID: row.groupID, epoch: row.epoch) else { continue }
        try transaction.updateRatchets(
          groupID: row.groupID, epoch: row.epoch, ratchets: old.ratchets)
      }
    }
  }

  private func misplace(
    _ lines: [MessageRow], in transaction: inout InMemoryClientTransaction
  ) throws(ClientStoreFailure) {
    for var line in lines where line.kind == .text && !line.own {
      guard let here = transaction.conversation(id: line.conversationID),
        RoomReference.isOne(here.address),
        let other = transaction.conversation(address: line.sender)
      else { continue }
      line.conversationID = other.id
      try transaction.update(line)
    }
  }

  private func keepContent(
    in transaction: inout InMemoryClientTransaction, _ before: InMemoryClientTransaction
  ) throws(ClientStoreFailure) {
    for conversation in before.conversations() {
      let old = before.messages(conversationID: conversation.id, before: nil, limit: 1000)
      for line in old where line.kind == .text {
        guard var now = transaction.message(seq: line.seq), now.kind == .expired else { continue }
        now.content = line.content
        try transaction.update(now)
      }
    }
  }

  private func newLines(
    _ transaction: InMemoryClientTransaction, _ before: InMemoryClientTransaction
  ) -> [MessageRow] {
    var lines: [MessageRow] = []
    for conversation in transaction.conversations() {
      let last = before.messages(conversationID: conversation.id, before: nil, limit: 1).first
      let all = transaction.messages(conversationID: conversation.id, before: nil, limit: 1000)
      lines += all.filter { $0.seq > last?.seq ?? 0 }
    }
    return lines.sorted { $0.seq < $1.seq }
  }
}
