// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// The messages that one transaction appended to a log, for readers who have all that stands before
/// them: they need not read the store, and the entries are encoded once for all.
///
/// Only for logs to which the transaction did nothing else: after a commit each reader reads, as
/// its right may have ended.
package struct LogNews: Sendable {
  /// The entry before the first one.
  let after: UInt64
  let entries: [Size]
  /// The bytes of all bodies.
  let byteCount: Int
  /// The entries as they stand in `LogEntries`.
  let encoded: [UInt8]

  /// What a reader's window has to know.
  struct Size: Sendable {
    let seq: UInt64
    let byteCount: Int
  }

  /// The last entry.
  var head: UInt64 { after + UInt64(entries.count) }

  /// What a batch appended to each of `logs`, as far as their readers need not read.
  package static func of(
    _ logs: Set<LogID>, in requests: [StoreRequest], _ answers: [StoreAnswer], at now: Instant
  ) -> [LogID: LogNews] {
    var entries: [LogID: [LogPage.Entry]] = [:]
    var mustRead: Set<LogID> = []
    for index in requests.indices {
      switch requests[index] {
      case .commit(let commit): mustRead.insert(commit.right.logID)
      case .append(let append):
        let log = append.right.logID
        guard logs.contains(log), case .appended(let receipt) = answers[index],
          !receipt.isDuplicate
        else { continue }
        if let expires = append.expires, expires <= now { mustRead.insert(log) }
        entries[log, default: []].append(
          LogPage.Entry(
            seq: receipt.seq, kind: append.kind, epoch: append.right.epoch, body: append.body,
            submitID: append.submitID, accepted: receipt.accepted))
      default: break
      }
    }
    for log in mustRead { entries[log] = nil }
    return entries.compactMapValues { LogNews($0) }
  }

  /// The entries of one log, which follow each other; `nil` when they are more than a page.
  private init?(_ entries: [LogPage.Entry]) {
    guard let first = entries.first, let last = entries.last,
      last.seq - first.seq == UInt64(entries.count - 1)
    else { return nil }
    after = first.seq - 1
    self.entries = entries.map { Size(seq: $0.seq, byteCount: $0.body.count) }
    byteCount = entries.reduce(0) { $0 + $1.body.count }
    guard byteCount <= ServerLimits.pageBytesMax else { return nil }
    encoded = LogsResponse.encoded(entries)
  }

  /// Whether the window lets all of it in.
  func fits(in room: PageLimit) -> Bool {
    entries.count <= room.entries && byteCount <= room.bytes
  }
}
