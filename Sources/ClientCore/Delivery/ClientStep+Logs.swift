// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Wire

/// The connection that carries no account: finding the place of each answer.
extension ClientStep {
  mutating func receivedLogs(
    _ message: ServerMessage, requestID: UInt64
  ) throws(ClientStoreFailure) {
    switch message {
    case .greeting:
      guard state.logs.phase == .opening else { return try breakOff(.logs) }
      becameReady(.logs)
      state.allDirty = true
      try recheckIdentities()
    case .done: try logsDone(state.logs.close(requestID))
    case .failure(let refusal):
      if let purpose = state.logs.close(requestID) {
        try logsRefused(purpose, refusal)
      } else if let groupID = groupID(ofSubscription: requestID) {
        // A subscription that had begun: the server ends it when it cannot read, or when the token
        // that it was made with reads no further.
        try subscriptionRefused(groupID, refusal)
      } else if requestID == state.link?.subscription {
        linkRefused(refusal)
      } else if let linkID = linkID(ofSubscription: requestID) {
        joinRefused(linkID, refusal)
      } else if let reference = ownKnock(ofSubscription: requestID) {
        knockRefused(reference, refusal)
      } else if let logID = historyLog(ofSubscription: requestID) {
        try historyRefused(logID, refusal)
      }
    case .manifest(let bytes):
      guard case .getManifest(let address) = state.logs.close(requestID) else { return }
      try receivedManifest(bytes, of: address)
    case .keyPackages(let manifest, let packages):
      switch state.logs.close(requestID) {
      case .takeKeyPackages(let id):
        try receivedKeyPackages(manifest: manifest, packages, conversationID: id)
      case .inviteToRoom(let id, let address):
        try receivedInvitees(manifest: manifest, packages, changeID: id, address: address)
      case .inviteOwnDevices(let groupID):
        try receivedOwnKeyPackages(manifest: manifest, packages, groupID: groupID)
      default: break
      }
    case .appended(let seq): try appended(state.logs.close(requestID), seq: seq)
    case .logEntries(let batch):
      _ = state.logs.close(requestID)
      guard requestID != state.link?.subscription else { return try receivedLink(batch) }
      if let linkID = linkID(ofSubscription: requestID) {
        try receivedKnocks(batch, of: linkID)
      } else if let reference = ownKnock(ofSubscription: requestID) {
        try receivedKeys(batch, of: reference)
      } else if let logID = historyLog(ofSubscription: requestID) {
        try receivedHistory(batch, of: logID)
      } else {
        try received(batch, subscription: requestID)
      }
    case .groupInfo(let epoch, let sealed):
      guard case .getGroupInfo(let groupID) = state.logs.close(requestID) else { return }
      try receivedGroupInfo(sealed, epoch: epoch, of: groupID)
    case .part(let body):
      guard case .getPart(let owner, let part) = state.logs.close(requestID) else { return }
      try receivedPart(body, of: owner, part: part)
    case .signal(let body): try received(signal: body, subscription: requestID)
    case .challenge, .keyPackageCount, .inboxEntries:
      try breakOff(.logs)
    }
  }

  private mutating func logsDone(_ purpose: RequestPurpose?) throws(ClientStoreFailure) {
    switch purpose {
    case .createLog(let groupID): try logCreated(groupID)
    case .linkLog: linkLogMade()
    case .joinLog(let linkID): joinLogMade(linkID)
    case .returnLog(let reference): try returnLogMade(reference)
    case .putPart(let groupID, let submitID, let index):
      try partStored(groupID: groupID, submitID: submitID, index: index)
    case .historyLog(let logID): historyLogMade(logID)
    default: break
    }
  }

  /// A peer whose identity is in doubt is looked up again on each connection: a directory that has
  /// come to its senses unblocks the conversation.
  private mutating func recheckIdentities() throws(ClientStoreFailure) {
    for var peer in try transaction.peers() where peer.standing != .trusted {
      peer.manifestWanted = true
      try transaction.put(peer)
    }
  }

  private mutating func appended(
    _ purpose: RequestPurpose?, seq: UInt64
  ) throws(ClientStoreFailure) {
    switch purpose {
    case .append(let groupID, let submitID):
      try stored(submitID: submitID, groupID: groupID, seq: seq)
    case .commit(let groupID, let submitID):
      guard let row = try transaction.group(id: groupID) else { return }
      try ownCommitAccepted(row, submitID: submitID, seq: seq)
    case .linkAppend(let submitID): try linkSaid(submitID)
    case .joinAnnounce(let linkID): try announced(linkID)
    case .knock(let reference): try knocked(at: reference)
    case .historyAppend(let logID, let submitID):
      try historyAppended(logID, submitID: submitID)
    default: break
    }
  }

  private mutating func logsRefused(
    _ purpose: RequestPurpose, _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    switch purpose {
    case .getManifest(let address): try manifestRefused(of: address, refusal)
    case .takeKeyPackages(let id): try keyPackagesRefused(conversationID: id, refusal)
    case .inviteOwnDevices(let groupID): try ownKeyPackagesRefused(groupID: groupID, refusal)
    case .linkLog, .linkAppend, .linkRead: linkRefused(refusal)
    case .joinLog(let linkID), .joinRead(let linkID), .joinAnnounce(let linkID):
      joinRefused(linkID, refusal)
    case .knockRead(let reference), .knock(let reference), .returnLog(let reference):
      knockRefused(reference, refusal)
    case .historyLog(let logID), .historyRead(let logID), .historyAppend(let logID, _):
      try historyRefused(logID, refusal)
    case .inviteToRoom(let id, _): try inviteesRefused(changeID: id, refusal)
    case .createLog(let groupID): try logRefused(groupID, refusal)
    case .append(let groupID, let submitID):
      try appendRefused(submitID: submitID, groupID: groupID, refusal)
    case .commit(let groupID, let submitID):
      try commitRefused(groupID: groupID, submitID: submitID, refusal)
    case .subscribeLog(let groupID): try subscriptionRefused(groupID, refusal)
    case .getGroupInfo(let groupID): try groupInfoRefused(groupID, refusal)
    case .getPart(let owner, let part): try partRefused(of: owner, part: part, refusal)
    case .putPart(let groupID, let submitID, _):
      try commitRefused(groupID: groupID, submitID: submitID, refusal, isPart: true)
    default: break
    }
  }

  /// Reads the log from where this device is.
  mutating func subscribe(_ row: GroupRow) throws(ClientStoreFailure) {
    let flow = state.flows[row.groupID] ?? GroupFlow()
    guard flow.subscription == nil, !flow.paused else { return }
    let access = try access(row)
    let subscription = send(
      LogsRequest.subscribe(
        access, afterSeq: row.cursor ?? 0, fromEpoch: row.cursor == nil ? row.joinedEpoch : 0,
        signals: true),
      .subscribeLog(groupID: row.groupID))
    state.flows[row.groupID, default: GroupFlow()].subscription = subscription
    state.flows[row.groupID]?.readsAfter = row.cursor ?? 0
  }

  private mutating func subscriptionRefused(
    _ groupID: [UInt8], _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    state.flows[groupID]?.subscription = nil
    state.flows[groupID]?.caughtUp = false
    guard var row = try transaction.group(id: groupID) else { return }
    if refusal.code == .notFound { return try leaveBehind(&row) }
    if refusal.code == .staleEpoch, refusal.epoch <= row.epoch {
      // The token of an epoch before the present one; reading goes on with the present one's.
      return state.markDirty(row.conversationID)
    }
    let retryAt = now + (refusal.retryAfter ?? ClientLimits.refusalWait)
    state.flows[groupID]?.subscribeRetryAt = retryAt
    state.wake(row.conversationID, at: retryAt)
  }

  /// Entries of a subscription: each is dealt with and the cursor moved, all in this transaction,
  /// and then they are acknowledged.
  private mutating func received(
    _ batch: ServerMessage.LogBatch, subscription: UInt64
  ) throws(ClientStoreFailure) {
    guard let groupID = groupID(ofSubscription: subscription),
      var row = try transaction.group(id: groupID)
    else { return }
    // A batch before this one has not come: reading begins again where this device is.
    guard batch.first || row.cursor.map({ batch.after <= $0 }) ?? false else {
      return try breakOff(.logs)
    }
    // The log ends before what was read of it: the server has lost entries, and what follows would
    // come under numbers that this device has passed.
    if row.phase == .active, batch.head < state.flows[groupID]?.readsAfter ?? 0 {
      return try leaveBehind(&row)
    }
    // From here on the place is known, even while nothing stands behind it.
    if row.cursor == nil { row.cursor = batch.after }
    if let gap = batch.gap { try noteGap(&row, after: gap.after, upTo: gap.upTo) }
    for item in batch.entries where item.seq > row.cursor ?? 0 {
      if let cursor = row.cursor, item.seq != cursor + 1 {
        try noteGap(&row, after: cursor, upTo: item.seq - 1)
      }
      guard try apply(item, to: &row) else { return try transaction.put(row) }
      row.cursor = item.seq
    }
    let cursor = row.cursor ?? 0
    try transaction.removeStoredOutboxRows(groupID: groupID, upTo: cursor)
    try transaction.put(row)
    if var flow = state.flows[groupID] {
      flow.caughtUp = flow.caughtUp || batch.caughtUp
      if batch.caughtUp, batch.head >= flow.head { flow.head = 0 }
      state.flows[groupID] = flow
    }
    if !batch.entries.isEmpty || batch.gap != nil {
      send(LogsRequest.acknowledge(subscription: subscription, seq: cursor), nil)
    }
    // Everything was read, and the log is in an epoch that this device has not seen begin.
    if batch.caughtUp, batch.epoch > row.epoch, row.phase == .active || row.phase == .closed {
      try leaveBehind(&row)
    }
    state.markDirty(row.conversationID)
  }

  func groupID(ofSubscription subscription: UInt64) -> [UInt8]? {
    state.flows.first { $0.value.subscription == subscription }?.key
  }
}
