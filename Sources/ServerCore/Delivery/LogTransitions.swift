// SPDX-License-Identifier: Apache-2.0

import SansIO

extension StoreTransaction {
  /// Makes a log. The same request again is answered the same, also when the log went on since.
  mutating func createLog(
    _ id: LogID, epoch: UInt64, tokenHash: LogTokenHash, at now: Instant
  ) throws(StoreFailure) -> StoreAnswer {
    if let log = try log(id) {
      let first = try self.epoch(log.createdEpoch, of: log.id)
      let isSame = constantTimeEquals((first?.tokenHash ?? .absent).bytes, tokenHash.bytes)
      return log.createdEpoch == epoch && isSame ? .done : .refused(.alreadyExists)
    }
    let log = try insertLog(
      id, epoch: epoch, at: now, idleUntil: now + ServerLimits.logUnusedRetention)
    try insertEpoch(epoch, of: log, tokenHash: tokenHash, begin: 0)
    return .done
  }

  /// Appends an application message (in the present epoch or the one before) or a proposal (in the
  /// present epoch). An id that was appended before is answered first: a sender that lost the
  /// answer must get it even when its epoch has passed since.
  mutating func append(
    _ request: AppendRequest, at now: Instant
  ) throws(StoreFailure) -> StoreAnswer {
    guard let held = try held(request.right) else { return .refused(.notFound) }
    if let receipt = try earlier(request.submitID, in: held) { return .appended(receipt) }
    guard held.epoch.cut == nil else { return held.stale }
    let age = held.log.epoch - request.right.epoch
    guard age == 0 || age == 1 && request.kind == .application else { return held.stale }
    guard hasRoom(in: held.log, forBytes: request.body.count, isCommit: false) else {
      return .refused(.quotaExceeded)
    }
    var log = held.log
    let receipt = try append(
      request.kind, request.body, id: request.submitID, epoch: request.right.epoch,
      expires: request.expires, to: &log, at: now)
    try updateLog(log)
    return .appended(receipt)
  }

  /// Appends a commit when its epoch is the present one, and begins the next one: compare-and-swap
  /// on the epoch (RFC 9420 §14). Everything is checked before anything is changed.
  mutating func commit(
    _ request: CommitRequest, at now: Instant
  ) throws(StoreFailure) -> StoreAnswer {
    guard let held = try held(request.right) else { return .refused(.notFound) }
    if let receipt = try earlier(request.submitID, in: held) { return .appended(receipt) }
    guard held.epoch.cut == nil, held.log.epoch == request.endsEpoch else { return held.stale }
    var deliveries: [(body: [UInt8], devices: [DeviceRow])] = []
    for welcome in request.welcomes {
      var devices: [DeviceRow] = []
      for key in welcome.devices {
        guard let device = try device(key) else { return .refused(.notFound) }
        guard hasRoom(in: device, forBytes: welcome.body.count) else {
          return .refused(.quotaExceeded)
        }
        devices.append(device)
      }
      deliveries.append((welcome.body, devices))
    }
    for id in request.parts where try part(id, of: held.log.id) == nil {
      return .refused(.partsMissing)
    }
    let size = request.body.count
    guard hasRoom(in: held.log, forBytes: size, isCommit: true) else {
      return .refused(.quotaExceeded)
    }
    var log = held.log
    let receipt = try append(
      .commit, request.body, id: request.submitID, epoch: request.endsEpoch, expires: nil,
      to: &log, at: now)
    try beginEpoch(after: request, seq: receipt.seq, in: &log, at: receipt.accepted)
    try updateLog(log)
    for (body, devices) in deliveries {
      try deliver(body, to: devices, accepted: receipt.accepted)
    }
    return .appended(receipt)
  }

  /// Ends the present epoch and begins the next one with the commit at `seq`.
  private mutating func beginEpoch(
    after request: CommitRequest, seq: UInt64, in log: inout LogRow, at now: Instant
  ) throws(StoreFailure) {
    let ended = log.epoch
    log.epoch += 1
    try endEpoch(ended, of: log.id, at: now)
    if request.removes {
      let cut = EpochRow.Cut(through: seq, epoch: log.epoch)
      try cutEpochs(of: log.id, upTo: ended, at: cut)
    }
    try insertEpoch(log.epoch, of: log.id, tokenHash: request.nextTokenHash, begin: seq)
    try setGroupInfo(request.groupInfo, epoch: log.epoch, of: log.id)
    try keepParts(of: request, in: log.id, at: now)
  }

  /// The first answer to an id, as far as the right may read.
  private func earlier(
    _ id: SubmitID, in held: HeldRight
  ) throws(StoreFailure) -> AppendReceipt? {
    guard let receipt = try submitted(id, to: held.log.id) else { return nil }
    return receipt.seq <= held.readableHead ? receipt : nil
  }

  /// Whether the quota lets one more entry in; commits may use a reserve.
  func hasRoom(in log: LogRow, forBytes count: Int, isCommit: Bool) -> Bool {
    let divisor = ServerLimits.commitReserveDivisor
    let entries = ServerLimits.logEntriesMax
    let bytes = ServerLimits.logBytesMax
    return log.entries < entries + (isCommit ? entries / divisor : 0)
      && log.bytes + UInt64(count) <= bytes + (isCommit ? bytes / divisor : 0)
  }

  private mutating func append(
    _ kind: EntryKind, _ body: [UInt8], id: SubmitID, epoch: UInt64, expires: Instant?,
    to log: inout LogRow, at now: Instant
  ) throws(StoreFailure) -> AppendReceipt {
    // A clock that steps back changes neither the order of entries nor that of their retention.
    let accepted = max(now, log.lastAccepted)
    let retained = accepted + ServerLimits.entryRetention
    log.head += 1
    log.entries += 1
    log.bytes += UInt64(body.count)
    log.lastAccepted = accepted
    log.idleUntil = (accepted + ServerLimits.logIdleRetention).roundedUpToDay
    let entry = LogPage.Entry(
      seq: log.head, kind: kind, epoch: epoch, body: body, submitID: id, accepted: accepted)
    try insertEntry(
      EntryRow(log: log.id, entry: entry, expires: min(expires ?? retained, retained)))
    return AppendReceipt(seq: log.head, accepted: accepted, isDuplicate: false)
  }
}

extension Instant {
  /// The end of the day, in whole days since 1970. What changes once a day costs a backend no
  /// index entry with each message.
  fileprivate var roundedUpToDay: Instant {
    let day: Int64 = 86_400_000
    let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: day)
    return Instant(milliseconds: (days + (rest > 0 ? 1 : 0)) * day)
  }
}
