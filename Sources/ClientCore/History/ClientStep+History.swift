// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Wire

/// History between own devices (history.md): what the user says, and the log over which two devices
/// speak. The device that was linked makes the log and waits at it.
extension ClientStep {
  mutating func answer(
    _ request: ClientHistoryRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    switch request {
    case .share(let number, let extent): try share(extent, with: number, token: token)
    case .list:
      var reports: [HistoryReport] = []
      for row in try transaction.historyRows() {
        reports.append(HistoryReport(row, group: row.isGrant ? try historyPlace(row) : nil))
      }
      respond(token, .histories(reports))
    case .grant(let reference, let address, let extent):
      try grantHistory(extent, to: address, in: reference, token: token)
    }
  }

  private mutating func share(
    _ extent: HistoryExtent, with number: UInt32, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard extent.last != 0 else {
      return refuse(token, .badRequest, "No message is no history.")
    }
    let found = try transaction.historyRows().last {
      $0.role == .giver && $0.deviceID == number && !$0.isGrant
    }
    guard var row = found else {
      return refuse(
        token, .badRequest,
        "History is given by the device that has linked the other one, within 30 days.")
    }
    guard row.phase != .active else {
      return refuse(token, .badRequest, "The device is being given history already.")
    }
    row.phase = .active
    row.failure = ""
    row.since = extent.since
    row.remaining = extent.last ?? .max
    (row.below, row.belowNext) = (.max, .max)
    row.messages = 0
    try transaction.put(row)
    state.hasHistory = true
    respond(token, .accepted)
  }

  /// Both sides keep what history needs, from when the grant is made or opened.
  mutating func keepHistoryChannel(
    _ channel: HistoryChannel, _ role: HistoryRow.Role, deviceID: UInt32
  ) throws(ClientStoreFailure) {
    let rows = try transaction.historyRows().filter { !$0.isGrant }
    for old in rows.dropLast(max(0, ClientLimits.historyRowsMax - 1)) { try forgetHistory(old) }
    try transaction.put(
      HistoryRow(
        logID: channel.logID, role: role, deviceID: deviceID, secret: channel.secret,
        createdAt: now))
    state.hasHistory = true
  }

  /// The way and what lies on it are not needed any more.
  mutating func forgetHistory(_ row: HistoryRow) throws(ClientStoreFailure) {
    try dropSegments(of: row)
    try transaction.removeHistoryRow(logID: row.logID)
    if let subscription = state.historyFlows[row.logID]?.subscription {
      send(LogsRequest.unsubscribe(subscription: subscription), nil)
    }
    state.historyFlows[row.logID] = nil
  }

  /// An own device went out of the account: nothing more is for it.
  mutating func forgetHistory(of number: UInt32) throws(ClientStoreFailure) {
    for row in try transaction.historyRows()
    where row.role == .giver && row.deviceID == number && !row.isGrant {
      try forgetHistory(row)
    }
  }

  mutating func dropSegments(of row: HistoryRow) throws(ClientStoreFailure) {
    guard row.role == .giver, let account = try transaction.account() else { return }
    for upload in try transaction.uploads(conversationID: [], messageID: row.logID) {
      try drop(upload, account)
    }
  }

  /// Whether the log has anything for this device, or this device for it.
  func wantsHistoryLog() throws(ClientStoreFailure) -> Bool {
    guard state.hasHistory ?? true else { return false }
    return try transaction.historyRows().contains { $0.isUnderWay }
  }

  // MARK: The log

  /// Goes on with everything that is on its way.
  mutating func pumpHistory() throws(ClientStoreFailure) {
    guard state.hasHistory ?? true else { return }
    state.historyWakeAt = nil
    let rows = try transaction.historyRows()
    state.hasHistory = !rows.isEmpty
    for row in rows {
      guard now < row.createdAt + ClientLimits.historyLifetime else {
        try forgetHistory(row)
        continue
      }
      guard row.isUnderWay, try goesOn(row) else { continue }
      let flow = state.historyFlows[row.logID] ?? HistoryFlow()
      if let retryAt = flow.retryAt, now < retryAt {
        wakeHistory(at: retryAt)
        continue
      }
      if row.role == .taker, !flow.isMade {
        makeLog(row)
        continue
      }
      if flow.subscription == nil {
        state.historyFlows[row.logID, default: HistoryFlow()].subscription = send(
          LogsRequest.subscribe(row.channel.access, afterSeq: row.cursor, fromEpoch: 0),
          .historyRead(logID: row.logID))
      }
      switch row.role {
      case .giver: try pumpGiving(row)
      case .taker: try pumpTaking(row)
      }
    }
  }

  private mutating func makeLog(_ row: HistoryRow) {
    let purpose = RequestPurpose.historyLog(logID: row.logID)
    guard !state.logs.isOpen(purpose) else { return }
    send(
      LogsRequest.createLog(
        logID: row.logID, epoch: 0, tokenHash: Group.tokenHash(row.channel.access.token)),
      purpose)
  }

  mutating func historyLogMade(_ logID: [UInt8]) {
    state.historyFlows[logID, default: HistoryFlow()].isMade = true
  }

  mutating func wakeHistory(at instant: Instant) {
    state.historyWakeAt = min(instant, state.historyWakeAt ?? instant)
  }

  /// Says something, until the server has it.
  mutating func say(
    _ message: HistoryMessage, submitID: [UInt8], to row: HistoryRow
  ) {
    let purpose = RequestPurpose.historyAppend(logID: row.logID, submitID: submitID)
    guard !state.logs.isOpen(purpose),
      let body = try? row.channel.seal(message, submitID: submitID)
    else { return }
    send(
      LogsRequest.append(
        row.channel.access, submitID: submitID, isProposal: false, body: body), purpose)
  }

  func historyRow(_ logID: [UInt8]) throws(ClientStoreFailure) -> HistoryRow? {
    try transaction.historyRows().first { $0.logID == logID }
  }

  func historyLog(ofSubscription subscription: UInt64) -> [UInt8]? {
    state.historyFlows.first { $0.value.subscription == subscription }?.key
  }

  /// The log is not there, or not yet; or the server cannot now.
  mutating func historyRefused(
    _ logID: [UInt8], _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    guard var row = try historyRow(logID) else { return }
    if refusal.code == .notFound, row.role == .taker {
      // It was not used for a week, and is made anew.
      row.cursor = 0
      try transaction.put(row)
      state.historyFlows[logID]?.isMade = false
    }
    var flow = state.historyFlows[logID] ?? HistoryFlow()
    flow.subscription = nil
    flow.queue = []
    flow.retryAt = now + max(refusal.retryAfter ?? .zero, ClientLimits.refusalWait)
    state.historyFlows[logID] = flow
  }

  /// Entries of the log: they wait in memory, and are asked for again after a crash.
  mutating func receivedHistory(
    _ batch: ServerMessage.LogBatch, of logID: [UInt8]
  ) throws(ClientStoreFailure) {
    guard var row = try historyRow(logID), var flow = state.historyFlows[logID] else { return }
    if batch.head < row.cursor {
      // The log was lost and made anew: what stands in it is not what was read. The numbers of the
      // messages say what is new.
      row.cursor = 0
      try transaction.put(row)
    }
    for item in batch.entries where item.seq > flow.queue.last?.seq ?? row.cursor {
      guard flow.queue.count < ClientLimits.historyQueueMax else { return try breakOff(.logs) }
      flow.queue.append((item.seq, row.channel.open(item.body)))
    }
    state.historyFlows[logID] = flow
    switch row.role {
    case .giver: try takeAnswers(&row)
    case .taker: break
    }
  }

  /// The entries up to and with this one were dealt with.
  mutating func historyDealtWith(_ row: inout HistoryRow, upTo seq: UInt64) {
    row.cursor = seq
    state.historyFlows[row.logID]?.queue.removeAll { $0.seq <= seq }
    if let subscription = state.historyFlows[row.logID]?.subscription {
      send(LogsRequest.acknowledge(subscription: subscription, seq: seq), nil)
    }
  }

  /// The server has what was said.
  mutating func historyAppended(
    _ logID: [UInt8], submitID: [UInt8]
  ) throws(ClientStoreFailure) {
    guard var row = try historyRow(logID) else { return }
    switch row.role {
    case .giver: try given(&row, submitID: submitID)
    case .taker:
      guard row.phase == .listed else { return }
      row.phase = .done
      try transaction.put(row)
    }
  }
}

extension HistoryRow {
  /// The log over which both devices speak.
  var channel: HistoryChannel { HistoryChannel(secret: secret) }

  /// A linked device waits as long as it may be given something; the other one has to do something
  /// only once its user has agreed.
  var isUnderWay: Bool {
    role == .taker && (!isGrant || phase != .done) || phase == .active || phase == .listed
  }
}
