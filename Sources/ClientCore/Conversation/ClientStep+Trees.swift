// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO
import Wire

/// What a tree is fetched for.
enum TreeOwner: Hashable, Sendable {
  /// A Welcome, by its entry of the inbox.
  case welcome(UInt64)
  /// A group that this device comes back into.
  case group([UInt8])
}

/// A tree on its way. It dies with the process; the parts keep their names, so it is begun anew.
struct TreeFetch: Sendable {
  let reference: TreeReference
  let routingID: [UInt8]
  /// By the place of the part.
  var parts: [Int: [UInt8]] = [:]
  /// The server does not have it.
  var isLost = false
  /// Nothing is asked for before this.
  var retryAt: Instant?

  var isComing: Bool { !isLost && parts.count < reference.parts.count }
}

/// How far a tree has come.
enum TreeAnswer {
  case there([UInt8])
  case coming
  /// The server does not have it, or it is not what was sealed.
  case lost
}

/// Trees of large groups, which lie beside the log (mls-profile.md).
extension ClientStep {
  /// The tree that a reference names, which is fetched when it is not here.
  mutating func tree(
    _ reference: TreeReference, of routingID: [UInt8], for owner: TreeOwner
  ) -> TreeAnswer {
    guard let fetch = state.trees[owner], fetch.reference == reference,
      fetch.routingID == routingID
    else {
      guard state.trees[owner] != nil || state.trees.count < ClientLimits.treeFetchesMax else {
        return .coming
      }
      state.trees[owner] = TreeFetch(reference: reference, routingID: routingID)
      return .coming
    }
    if fetch.isComing { return .coming }
    state.trees[owner] = nil
    let parts = reference.parts.indices.compactMap { fetch.parts[$0] }
    guard !fetch.isLost, let tree = reference.open(parts, of: routingID) else { return .lost }
    // It is looked at once more when a manifest is missing.
    if case .welcome = owner { state.trees[owner] = fetch }
    return .there(tree)
  }

  /// Asks for the parts that are missing, a few at a time.
  mutating func pumpTrees() {
    for owner in state.trees.keys.sorted(by: { $0.order < $1.order }) {
      guard let fetch = state.trees[owner], fetch.isComing,
        fetch.retryAt.map({ $0 <= now }) ?? true
      else { continue }
      state.trees[owner]?.retryAt = nil
      for (index, part) in fetch.reference.parts.enumerated() where fetch.parts[index] == nil {
        let purpose = RequestPurpose.getPart(owner, part: part)
        guard !state.logs.isOpen(purpose) else { continue }
        guard state.logs.openParts < ClientLimits.partsInFlight else { return }
        send(LogsRequest.getPart(logID: fetch.routingID, partID: part), purpose)
      }
    }
  }

  mutating func receivedPart(
    _ body: [UInt8], of owner: TreeOwner, part: [UInt8]
  ) throws(ClientStoreFailure) {
    guard var fetch = state.trees[owner],
      let index = fetch.reference.parts.firstIndex(of: part)
    else { return }
    if Fingerprint(hashing: body).bytes == part {
      fetch.parts[index] = body
    } else {
      fetch.isLost = true
    }
    try take(fetch, for: owner)
  }

  mutating func partRefused(
    of owner: TreeOwner, part: [UInt8], _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    guard var fetch = state.trees[owner], fetch.reference.parts.contains(part) else { return }
    switch refusal.code {
    case .notFound, .malformed: fetch.isLost = true
    default: fetch.retryAt = now + (refusal.retryAfter ?? ClientLimits.refusalWait)
    }
    try take(fetch, for: owner)
  }

  /// Whoever waits goes on when the tree is there, or lost.
  private mutating func take(
    _ fetch: TreeFetch, for owner: TreeOwner
  ) throws(ClientStoreFailure) {
    state.trees[owner] = fetch
    guard !fetch.isComing, case .group(let groupID) = owner,
      let row = try transaction.group(id: groupID)
    else { return }
    state.markDirty(row.conversationID)
  }

  // MARK: Bringing

  /// Brings the parts that a commit names. True once the server has all of them.
  mutating func bringParts(
    _ pending: PendingCommitRow, _ parcel: CommitParcel, of row: GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    guard !parcel.parts.isEmpty else { return true }
    var sent = state.sentParts[row.groupID] ?? SentParts(submitID: pending.submitID)
    if sent.submitID != pending.submitID { sent = SentParts(submitID: pending.submitID) }
    state.sentParts[row.groupID] = sent
    guard sent.indices.count < parcel.parts.count else { return true }
    for (index, body) in parcel.parts.enumerated() where !sent.indices.contains(index) {
      let purpose = RequestPurpose.putPart(
        groupID: row.groupID, submitID: pending.submitID, index: index)
      guard !state.logs.isOpen(purpose) else { continue }
      guard state.logs.openParts < ClientLimits.partsInFlight else { break }
      send(LogsRequest.putPart(try access(row), body: body), purpose)
    }
    return false
  }

  mutating func partStored(
    groupID: [UInt8], submitID: [UInt8], index: Int
  ) throws(ClientStoreFailure) {
    guard state.sentParts[groupID]?.submitID == submitID,
      let row = try transaction.group(id: groupID)
    else { return }
    state.sentParts[groupID]?.indices.insert(index)
    state.markDirty(row.conversationID)
  }

  /// The parts of a commit that is not made yet; nil when the tree travels with the commit.
  mutating func treeKey(_ group: Group, adding count: Int) -> Secret? {
    guard group.members.count + count > state.treeInlineDevicesMax else { return nil }
    return Secret(count: ProductGroup.suite.aeadKeyLength, using: &entropy)
  }
}

/// The parts of a commit that the server has.
struct SentParts: Sendable {
  let submitID: [UInt8]
  var indices: Set<Int> = []
}

extension TreeOwner {
  /// An order that does not depend on memory.
  fileprivate var order: (UInt64, String) {
    switch self {
    case .welcome(let seq): (seq, "")
    case .group(let groupID): (0, Hex.encode(groupID))
    }
  }
}

extension ServerConnection {
  /// Requests for parts, and with parts, that wait for their answer.
  fileprivate var openParts: Int {
    open.values.count { request in
      switch request.purpose {
      case .getPart, .putPart: true
      default: false
      }
    }
  }
}
