// SPDX-License-Identifier: Apache-2.0

import SansIO

extension StoreTransaction {
  /// Deletes what has lapsed, at most `rowsMax` rows: entries, parts, inbox entries, remembered
  /// ids, spent key packages, ended epochs, dead logs. Gives the number of rows; as many as allowed
  /// means that more may be left.
  mutating func sweep(at now: Instant, rowsMax: Int) throws(StoreFailure) -> Int {
    let budget = min(rowsMax, ServerLimits.sweepRowsMax)
    var done = try sweepEntries(at: now, limit: budget)
    if done < budget { done += try sweepParts(at: now, limit: budget - done) }
    if done < budget { done += try sweepInboxes(at: now, limit: budget - done) }
    if done < budget { done += try forgetSeen(at: now, limit: budget - done) }
    if done < budget { done += try forgetSpentKeyPackages(at: now, limit: budget - done) }
    if done < budget {
      let time = now - ServerLimits.epochRetention
      done += try deleteEpochs(endedBy: time, limit: budget - done)
    }
    if done < budget {
      for log in try deadLogs(at: now, limit: budget - done) {
        done += try deleteLog(log, limit: budget - done)
        if done >= budget { break }
      }
    }
    return done
  }

  /// Deletes lapsed entries and remembers their ids. Only retention moves the tail: an entry that
  /// its sender wanted gone is not a loss that a reader must be told of.
  private mutating func sweepEntries(
    at now: Instant, limit: Int
  ) throws(StoreFailure) -> Int {
    let lapsed = try lapsedEntries(at: now, limit: limit)
    for entry in lapsed {
      guard var log = try log(row: entry.log) else { throw .corrupt }
      try deleteEntry(entry.seq, of: entry.log)
      try rememberSeen(entry, until: now + ServerLimits.seenRetention)
      log.entries -= 1
      log.bytes -= entry.byteCount
      if entry.wasRetained { log.tail = max(log.tail, entry.seq + 1) }
      try updateLog(log)
    }
    return lapsed.count
  }

  private mutating func sweepInboxes(
    at now: Instant, limit: Int
  ) throws(StoreFailure) -> Int {
    let lapsed = try lapsedInboxEntries(at: now, limit: limit)
    for entry in lapsed {
      guard var device = try device(row: entry.device) else { throw .corrupt }
      try deleteInboxEntry(entry)
      device.inboxEntries -= 1
      device.inboxBytes -= entry.byteCount
      try updateDevice(device)
    }
    return lapsed.count
  }
}

extension Instant {
  /// The instant that lies `duration` earlier.
  static func - (left: Instant, right: Duration) -> Instant {
    left + .milliseconds(-right.inMilliseconds)
  }
}
