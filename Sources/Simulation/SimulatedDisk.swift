// SPDX-License-Identifier: Apache-2.0

import SansIO
import ServerCore

/// The server's disk: the store in memory, which can fail for a while.
struct SimulatedDisk: ServerStore {
  /// What is written.
  var store: InMemoryStore
  /// Until then it neither takes nor gives anything.
  var failsUntil = Instant(milliseconds: 0)
  /// The planted fault that a second commit of one epoch is taken.
  let takesSecondCommit: Bool

  mutating func write(
    _ batch: [StoreRequest], at now: Instant
  ) throws(StoreFailure) -> [StoreAnswer] {
    guard now >= failsUntil else { throw .unavailable }
    var answers = try store.write(batch, at: now)
    guard takesSecondCommit else { return answers }
    for (index, request) in batch.enumerated() {
      guard case .commit(let commit) = request, case .refused(.staleEpoch) = answers[index]
      else { continue }
      answers[index] = takeAnyway(commit, at: now)
    }
    return answers
  }

  func read(_ request: ReadRequest, at now: Instant) throws(StoreFailure) -> ReadAnswer {
    guard now >= failsUntil else { throw .unavailable }
    return try store.read(request, at: now)
  }

  private mutating func takeAnyway(_ commit: CommitRequest, at now: Instant) -> StoreAnswer {
    guard var log = store.log(commit.right.logID) else { return .refused(.notFound) }
    log.head += 1
    log.entries += 1
    log.bytes += UInt64(commit.body.count)
    let entry = LogPage.Entry(
      seq: log.head, kind: .commit, epoch: commit.right.epoch, body: commit.body,
      submitID: commit.submitID, accepted: max(now, log.lastAccepted))
    store.insertEntry(
      EntryRow(log: log.id, entry: entry, expires: now + ServerLimits.entryRetention))
    store.updateLog(log)
    return .appended(AppendReceipt(seq: log.head, accepted: entry.accepted, isDuplicate: false))
  }
}
