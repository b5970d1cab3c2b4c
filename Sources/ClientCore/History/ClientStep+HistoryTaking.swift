// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// The device that was linked: it fetches one segment after the other, takes each in with one
/// transaction, which also moves the cursor, and says so at the end.
extension ClientStep {
  mutating func pumpTaking(_ row: HistoryRow) throws(ClientStoreFailure) {
    var row = row
    if row.phase == .listed {
      let answer = HistoryMessage(
        row.number &- 1, .taken(messages: row.messages, missing: row.missing))
      return say(answer, submitID: row.channel.submitID("answer", row.number), to: row)
    }
    while let next = state.historyFlows[row.logID]?.queue.first {
      guard let message = next.message, message.number == row.number else {
        // Not for this device, or seen before: the server has put it there, or the log is new.
        historyDealtWith(&row, upTo: next.seq)
        try transaction.put(row)
        continue
      }
      switch message.body {
      case .segment(let blob, _): return try fetch(blob, for: row)
      case .end:
        row.number += 1
        row.phase = .listed
        historyDealtWith(&row, upTo: next.seq)
        try transaction.put(row)
        try emit(
          .historyReceived(messages: row.messages, missing: row.missing),
          address: try historyPlace(row))
        try noteGranted(row)
        return wakeHistory(at: now)
      case .taken:
        historyDealtWith(&row, upTo: next.seq)
        try transaction.put(row)
      }
    }
  }

  private mutating func fetch(
    _ blob: SealedBlob, for row: HistoryRow
  ) throws(ClientStoreFailure) {
    guard let account = try transaction.account(),
      let flow = state.historyFlows[row.logID], flow.fetching == nil
    else { return }
    if let fetchAt = flow.fetchAt, now < fetchAt { return wakeHistory(at: fetchAt) }
    state.historyFlows[row.logID]?.fetching = blob.blobID
    effects.append(
      .fetch(
        BlobFetch(
          invite: account.invite, blobID: blob.blobID, sealedSize: UInt64(blob.sealedSize))))
  }

  /// The driver is done with a blob.
  mutating func fetchEnded(
    _ blobID: [UInt8], _ outcome: FetchOutcome
  ) throws(ClientStoreFailure) {
    let found = state.historyFlows.first { $0.value.fetching == blobID }
    guard let logID = found?.key, var row = try historyRow(logID) else { return }
    state.historyFlows[logID]?.fetching = nil
    guard let next = state.historyFlows[logID]?.queue.first, let message = next.message,
      message.number == row.number, case .segment(let blob, let count) = message.body,
      blob.blobID == blobID
    else { return }
    switch outcome {
    case .fetched(let sealed):
      if let bytes = blob.open(sealed), let segment = try? HistorySegment(decoding: bytes),
        let taken = try taken(segment, for: row)
      {
        row.messages += UInt64(try takeIn(taken, for: row))
      } else {
        row.missing += UInt64(count)
      }
    case .gone: row.missing += UInt64(count)
    case .interrupted(let wait):
      var flow = state.historyFlows[logID] ?? HistoryFlow()
      let usual = backoff(
        from: ClientLimits.connectBackoff, attempt: flow.fetchTries,
        longest: ClientLimits.connectBackoffMax)
      flow.fetchTries += 1
      flow.fetchAt = now + max(usual, wait ?? .zero)
      state.historyFlows[logID] = flow
      return
    }
    state.historyFlows[logID]?.fetchTries = 0
    state.historyFlows[logID]?.fetchAt = nil
    if row.phase != .active {
      // The first segment of what the user of the other device gave: counted by itself.
      row.phase = .active
    }
    row.number += 1
    historyDealtWith(&row, upTo: next.seq)
    try transaction.put(row)
  }
}
