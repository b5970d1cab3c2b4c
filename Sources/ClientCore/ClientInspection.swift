// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO

/// What the simulator and tests may look at in a store.
package enum ClientInspection {
  /// One group as its members have it.
  package struct GroupView: Hashable, Sendable {
    /// The group.
    package let groupID: [UInt8]
    /// The present epoch.
    package let epoch: UInt64
    /// Equal among the members of the epoch (RFC 9420 §8.7).
    package let epochAuthenticator: [UInt8]
    /// The hash over the tree.
    package let treeHash: [UInt8]
    /// Whether messages are sent in it.
    package let isActive: Bool
  }

  /// Every group of the store, by group identifier.
  package static func groups(
    in transaction: some ClientTransaction
  ) throws(ClientStoreFailure) -> [GroupView] {
    var views: [GroupView] = []
    for row in try transaction.groups() {
      guard let epoch = try transaction.epoch(groupID: row.groupID, epoch: row.epoch),
        let group = try? Group(epochState: epoch.state, messageSecrets: epoch.ratchets)
      else { continue }
      views.append(
        GroupView(
          groupID: row.groupID, epoch: group.epoch,
          epochAuthenticator: group.epochAuthenticator, treeHash: group.treeHash,
          isActive: row.phase == .active))
    }
    return views
  }
}

extension ClientCore {
  /// What must hold of every store between two transactions; each line that is returned is a rule
  /// that is broken, and a bug.
  package static func checkInvariants(
    in transaction: some ClientTransaction
  ) throws(ClientStoreFailure) -> [String] {
    var broken: [String] = []
    for conversation in try transaction.conversations() {
      broken += try checkGroups(of: conversation, in: transaction)
      broken += try checkOutbox(of: conversation, in: transaction)
    }
    if try transaction.account() == nil, try !transaction.conversations().isEmpty {
      broken.append("conversations without an account")
    }
    for row in try transaction.subscribers() where row.cursor > (try transaction.eventHead()) {
      broken.append("subscription \(row.name) is ahead of the events")
    }
    return broken
  }

  private static func checkGroups(
    of conversation: ConversationRow, in transaction: some ClientTransaction
  ) throws(ClientStoreFailure) -> [String] {
    var broken: [String] = []
    let isOwn = try transaction.account()?.address == conversation.address
    for row in try transaction.groups(conversationID: conversation.id) {
      let name = "group \(Hex.encode(Array(row.groupID.prefix(4))))"
      let epochs = try transaction.epochs(groupID: row.groupID)
      if row.phase == .over {
        if !epochs.isEmpty { broken.append("\(name): keys of a group that is over") }
        continue
      }
      if epochs.map(\.epoch) != [row.epoch] { broken.append("\(name): one epoch is kept") }
      if let epoch = epochs.first {
        let group = try? Group(epochState: epoch.state, messageSecrets: epoch.ratchets)
        if group?.epoch != row.epoch { broken.append("\(name): the epoch does not load") }
      }
      let pending = try transaction.pendingCommit(groupID: row.groupID)
      if let pending, pending.epoch != row.epoch {
        broken.append("\(name): a pending commit of another epoch")
      }
      let isBeingMade = row.phase == .creating || row.phase == .inviting
      let isRoom = RoomReference.isOne(conversation.address)
      if isBeingMade, pending == nil, !isRoom, !isOwn {
        broken.append("\(name): nobody is invited")
      }
      if row.phase == .closed || row.phase == .outOfStep, pending != nil {
        broken.append("\(name): a pending commit in a group that is over")
      }
      if row.generation > conversation.generation {
        broken.append("\(name): a generation above the conversation's")
      }
    }
    return broken
  }

  private static func checkOutbox(
    of conversation: ConversationRow, in transaction: some ClientTransaction
  ) throws(ClientStoreFailure) -> [String] {
    var broken: [String] = []
    let isOwn = try transaction.account()?.address == conversation.address
    let rows = try transaction.outboxRows(
      conversationID: conversation.id, phases: OutboxRow.Phase.allCases,
      limit: ClientLimits.outboxRowsMax)
    for row in rows {
      let name = "outbox row \(row.id)"
      if (row.phase == .queued) != row.body.isEmpty {
        broken.append("\(name): its bytes do not fit its phase")
      }
      if row.phase != .queued, try transaction.group(id: row.groupID) == nil {
        broken.append("\(name): protected for a group that is not there")
      }
      guard row.kind == .message else { continue }
      let message = try transaction.message(
        conversationID: conversation.id, messageID: row.messageID)
      let isExpected =
        switch row.phase {
        case .queued: message?.state == (isOwn ? .read : .queued)
        case .protected: message?.state == .protected || message?.state.isReceipt == true
        case .stored: message?.state.hasReached(.stored) == true
        }
      if !isExpected { broken.append("\(name): its message says something else") }
    }
    let waiting = rows.count { $0.phase == .protected }
    if waiting > ClientLimits.appendsInFlight { broken.append("too many appends in flight") }
    return broken
  }
}

extension MessageState {
  /// A receipt came before the server's own answer did.
  fileprivate var isReceipt: Bool { self == .delivered || self == .read }
}
