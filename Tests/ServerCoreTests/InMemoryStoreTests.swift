// SPDX-License-Identifier: Apache-2.0

import SansIO
import ServerStoreConformance
import Testing

@testable import ServerCore

@Suite struct InMemoryStoreTests {
  @Test(arguments: StoreRule.allCases)
  func keeps(rule: StoreRule) throws {
    try rule.check(CheckedStore())
  }

  @Test func copyIsASnapshot() throws {
    var fixture = StoreFixture(InMemoryStore())
    try fixture.makeLog(1)
    _ = try fixture.one(fixture.message(Rights.right(1, 0)))
    let snapshot = fixture.store
    _ = try fixture.one(fixture.message(Rights.right(1, 0)))
    #expect(try fixture.page(Rights.right(1, 0)).head == 2)
    fixture.store = snapshot
    #expect(try fixture.page(Rights.right(1, 0)).head == 1)
  }

  @Test func fullLogStillTakesCommits() throws {
    var fixture = StoreFixture(InMemoryStore())
    try fixture.makeLog(1)
    let right = Rights.right(1, 0)
    let id = try #require(fixture.store.logIDs[right.logID])
    fixture.store.logs[id]?.row.entries = ServerLimits.logEntriesMax
    #expect(try fixture.one(fixture.message(right)) == .refused(.quotaExceeded))
    #expect(
      try fixture.one(fixture.message(right, kind: .proposal)) == .refused(.quotaExceeded))
    #expect(try fixture.one(fixture.commit(1, 0, removes: true)).seq == 1)
    fixture.store.logs[id]?.row.entries =
      ServerLimits.logEntriesMax + ServerLimits.logEntriesMax / ServerLimits.commitReserveDivisor
    #expect(try fixture.one(fixture.commit(1, 1)) == .refused(.quotaExceeded))
    fixture.store.logs[id]?.row.entries = 1
    fixture.store.logs[id]?.row.bytes = ServerLimits.logBytesMax - 2
    let present = Rights.right(1, 1)
    #expect(try fixture.one(fixture.message(present, [1, 2, 3])) == .refused(.quotaExceeded))
    #expect(try fixture.one(fixture.message(present, [1, 2])).seq == 2)
  }
}

/// The store with its invariants checked after each batch.
private struct CheckedStore: ServerStore {
  var store = InMemoryStore()

  mutating func write(
    _ batch: [StoreRequest], at now: Instant
  ) throws(StoreFailure) -> [StoreAnswer] {
    let answers = try store.write(batch, at: now)
    store.checkInvariants()
    return answers
  }

  func read(_ request: ReadRequest, at now: Instant) throws(StoreFailure) -> ReadAnswer {
    try store.read(request, at: now)
  }
}
