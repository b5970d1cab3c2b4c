// SPDX-License-Identifier: Apache-2.0

import SansIO

/// A right that holds, with the rows that prove it.
struct HeldRight {
  let log: LogRow
  let epoch: EpochRow

  /// The last entry that the right may read.
  var readableHead: UInt64 { min(epoch.cut?.through ?? log.head, log.head) }

  /// The log's epoch, as far as the right may know.
  var visibleEpoch: UInt64 { epoch.cut?.epoch ?? log.epoch }

  /// What a writer of a past epoch is told. A removed member learns nothing after its removal.
  var stale: StoreAnswer { .refused(.staleEpoch(epoch: visibleEpoch, head: readableHead)) }
}

extension StoreReading {
  /// Checks a right. An unknown log, an unknown epoch and a wrong token cost the same look-ups and
  /// the same comparison, and give the same answer.
  func held(_ right: LogRight) throws(StoreFailure) -> HeldRight? {
    let log = try log(right.logID)
    let epoch = try epoch(right.epoch, of: log?.id ?? .absent)
    let expected = epoch?.tokenHash ?? .absent
    let isEqual = constantTimeEquals(expected.bytes, right.tokenHash.bytes)
    guard let log, let epoch, isEqual else { return nil }
    return HeldRight(log: log, epoch: epoch)
  }

  func readGroupInfo(_ right: LogRight) throws(StoreFailure) -> ReadAnswer {
    guard let held = try held(right), held.epoch.cut == nil else { return .refused(.notFound) }
    guard let info = try groupInfo(of: held.log.id) else { return .refused(.notFound) }
    return .groupInfo(epoch: info.epoch, sealed: info.sealed)
  }

  /// Whether a right is of the present epoch, as for a proposal.
  func readPresent(_ right: LogRight) throws(StoreFailure) -> ReadAnswer {
    guard let held = try held(right) else { return .refused(.notFound) }
    guard held.epoch.cut == nil, right.epoch == held.log.epoch else {
      return .refused(.staleEpoch(epoch: held.visibleEpoch, head: held.readableHead))
    }
    return .present
  }

  func readLog(
    _ right: LogRight, from start: LogStart, limit: PageLimit, at now: Instant
  ) throws(StoreFailure) -> ReadAnswer {
    guard let held = try held(right) else { return .refused(.notFound) }
    let head = held.readableHead
    guard let after = try position(of: start, for: held) else { return .refused(.notFound) }
    let trimmed = held.log.tail - 1
    let gap =
      after < trimmed && after < head
      ? LogPage.Gap(after: after, through: min(trimmed, head)) : nil
    let begin = gap?.through ?? after
    let page = try entries(of: held.log.id, after: begin, through: head, limit: limit)
    let last = page.rows.last?.entry.seq ?? begin
    return .log(
      LogPage(
        // What its sender wanted gone is gone, even while the sweep has not come to it.
        entries: page.rows.filter { row in !row.expiresEarly || row.expires > now }.map(\.entry),
        after: after, head: head, epoch: held.visibleEpoch, gap: gap,
        next: page.hasMore ? last : max(begin, head), isCut: held.epoch.cut != nil))
  }

  /// The entry after which reading begins, or `nil` when the right may not know the epoch named.
  private func position(
    of start: LogStart, for held: HeldRight
  ) throws(StoreFailure) -> UInt64? {
    switch start {
    case .after(let seq): return seq
    case .epoch(let number):
      guard number <= held.visibleEpoch else { return nil }
      return try epoch(number, of: held.log.id)?.begin
    }
  }
}
