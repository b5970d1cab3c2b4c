// SPDX-License-Identifier: Apache-2.0

package import SansIO

extension InMemoryStore {
  package func log(_ id: LogID) -> LogRow? { logIDs[id].flatMap { row in logs[row]?.row } }

  package func log(row: RowID) -> LogRow? { logs[row]?.row }

  package func epoch(_ epoch: UInt64, of log: RowID) -> EpochRow? {
    logs[log]?.epochs[epoch]?.row
  }

  package func submitted(_ id: SubmitID, to log: RowID) -> AppendReceipt? {
    logs[log]?.submitted[id] ?? logs[log]?.seen[id]?.receipt
  }

  package func entries(
    of log: RowID, after seq: UInt64, through: UInt64, limit: PageLimit
  ) -> (rows: [EntryRow], hasMore: Bool) {
    guard let entries = logs[log]?.entries else { return ([], false) }
    var rows: [EntryRow] = []
    var bytes = 0
    for stored in entries[firstIndex(after: seq, in: entries)...] {
      guard stored.row.entry.seq <= through else { break }
      let size = stored.row.entry.body.count
      let fits = rows.count < limit.entries && bytes + size <= limit.bytes
      guard fits || rows.isEmpty else { return (rows, true) }
      rows.append(stored.row)
      bytes += size
    }
    return (rows, false)
  }

  package func groupInfo(of log: RowID) -> (epoch: UInt64, sealed: [UInt8])? {
    logs[log]?.groupInfo.map { info in (info.epoch, info.sealed) }
  }

  package mutating func insertLog(
    _ id: LogID, epoch: UInt64, at now: Instant, idleUntil: Instant
  ) -> RowID {
    let row = newID()
    logIDs[id] = row
    logs[row] = Log(
      id: id,
      row: LogRow(
        id: row, head: 0, tail: 1, epoch: epoch, entries: 0, bytes: 0, lastAccepted: now,
        idleUntil: idleUntil, createdEpoch: epoch))
    return row
  }

  package mutating func updateLog(_ log: LogRow) { logs[log.id]?.row = log }

  package mutating func insertEpoch(
    _ epoch: UInt64, of log: RowID, tokenHash: LogTokenHash, begin: UInt64
  ) {
    logs[log]?.epochs[epoch] = Log.Epoch(
      row: EpochRow(tokenHash: tokenHash, begin: begin, cut: nil), ended: nil)
  }

  package mutating func endEpoch(_ epoch: UInt64, of log: RowID, at now: Instant) {
    logs[log]?.epochs[epoch]?.ended = now
  }

  package mutating func cutEpochs(of log: RowID, upTo epoch: UInt64, at cut: EpochRow.Cut) {
    guard let epochs = logs[log]?.epochs else { return }
    for (number, old) in epochs where number <= epoch && old.row.cut == nil {
      logs[log]?.epochs[number]?.row = EpochRow(
        tokenHash: old.row.tokenHash, begin: old.row.begin, cut: cut)
    }
  }

  package mutating func insertEntry(_ entry: EntryRow) {
    let order = newID().rawValue
    logs[entry.log]?.entries.append(Stored(order: order, row: entry))
    logs[entry.log]?.submitted[entry.entry.submitID] = AppendReceipt(
      seq: entry.entry.seq, accepted: entry.entry.accepted, isDuplicate: true)
  }

  package mutating func setGroupInfo(_ sealed: [UInt8], epoch: UInt64, of log: RowID) {
    logs[log]?.groupInfo = Log.GroupInfo(epoch: epoch, sealed: sealed)
  }

  // MARK: Sweeping

  package func lapsedEntries(at now: Instant, limit: Int) -> [LapsedEntry] {
    let lapsed = logs.values.flatMap { log in log.entries.filter { $0.row.expires <= now } }
    let sorted = lapsed.sorted { ($0.row.expires, $0.order) < ($1.row.expires, $1.order) }
    return sorted.prefix(limit).map { stored in
      let entry = stored.row.entry
      return LapsedEntry(
        log: stored.row.log, seq: entry.seq, byteCount: UInt64(entry.body.count),
        submitID: entry.submitID, accepted: entry.accepted, expires: stored.row.expires)
    }
  }

  package mutating func deleteEntry(_ seq: UInt64, of log: RowID) {
    guard let entries = logs[log]?.entries, seq > 0 else { return }
    let index = firstIndex(after: seq - 1, in: entries)
    guard index < entries.count, entries[index].row.entry.seq == seq else { return }
    logs[log]?.submitted[entries[index].row.entry.submitID] = nil
    logs[log]?.entries.remove(at: index)
  }

  package mutating func rememberSeen(_ entry: LapsedEntry, until: Instant) {
    let receipt = AppendReceipt(seq: entry.seq, accepted: entry.accepted, isDuplicate: true)
    logs[entry.log]?.seen[entry.submitID] = Log.Seen(receipt: receipt, until: until)
  }

  package mutating func forgetSeen(at now: Instant, limit: Int) -> Int {
    var lapsed: [(until: Instant, log: RowID, id: SubmitID)] = []
    for (row, log) in logs {
      for (id, seen) in log.seen where seen.until <= now { lapsed.append((seen.until, row, id)) }
    }
    lapsed.sort { ($0.until, $0.log, $0.id) < ($1.until, $1.log, $1.id) }
    for row in lapsed.prefix(limit) { logs[row.log]?.seen[row.id] = nil }
    return min(lapsed.count, limit)
  }

  package mutating func deleteEpochs(endedBy time: Instant, limit: Int) -> Int {
    var lapsed: [(ended: Instant, log: RowID, epoch: UInt64)] = []
    for (row, log) in logs {
      for (number, epoch) in log.epochs {
        if let ended = epoch.ended, ended <= time { lapsed.append((ended, row, number)) }
      }
    }
    lapsed.sort { ($0.ended, $0.log, $0.epoch) < ($1.ended, $1.log, $1.epoch) }
    for row in lapsed.prefix(limit) { logs[row.log]?.epochs[row.epoch] = nil }
    return min(lapsed.count, limit)
  }

  package func deadLogs(at now: Instant, limit: Int) -> [RowID] {
    let dead = logs.values.map(\.row).filter { $0.idleUntil <= now && $0.entries == 0 }
    let sorted = dead.sorted { ($0.idleUntil, $0.id) < ($1.idleUntil, $1.id) }
    return sorted.prefix(limit).map(\.id)
  }

  package mutating func deleteLog(_ row: RowID, limit: Int) -> Int {
    guard let log = logs[row] else { return 0 }
    var left = limit
    for id in log.seen.keys.sorted().prefix(left) { logs[row]?.seen[id] = nil }
    left -= min(left, log.seen.count)
    for epoch in log.epochs.keys.sorted().prefix(left) { logs[row]?.epochs[epoch] = nil }
    left -= min(left, log.epochs.count)
    for id in log.parts.keys.sorted().prefix(left) { logs[row]?.parts[id] = nil }
    left -= min(left, log.parts.count)
    if left > 0, log.groupInfo != nil {
      logs[row]?.groupInfo = nil
      left -= 1
    }
    if left > 0 {
      logs[row] = nil
      logIDs[log.id] = nil
      left -= 1
    }
    return limit - left
  }

  /// The index of the first entry with a number above `seq`.
  private func firstIndex(after seq: UInt64, in entries: [Stored]) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].row.entry.seq <= seq { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
