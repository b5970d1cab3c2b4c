// SPDX-License-Identifier: Apache-2.0

import SansIO
import ServerCore
import Testing

/// What a reader gets, and what it is told of what it does not get.
enum ReadRules {
  private static let right = Rights.right(1, 0)

  static func limits(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    let empty = try fixture.page(right)
    #expect(empty.entries.isEmpty)
    #expect(empty.isCaughtUp)
    #expect(empty.next == 0)
    for size in [100, 100, 100, 5_000, 100] {
      _ = try fixture.one(fixture.message(right, Array(repeating: 1, count: size)))
    }
    let two = try fixture.page(right, entries: 2)
    #expect(two.entries.map(\.seq) == [1, 2])
    #expect(two.next == 2)
    #expect(two.head == 5)
    #expect(!two.isCaughtUp)
    #expect(try fixture.page(right, after: 2, entries: 3).isCaughtUp)
    // The entry that does not fit is left for the next page, whose first entry it is.
    #expect(try fixture.page(right, bytes: 350).entries.map(\.seq) == [1, 2, 3])
    #expect(try fixture.page(right, after: 3, bytes: 350).entries.map(\.seq) == [4])
    #expect(try fixture.page(right, after: 4, bytes: 350).entries.map(\.seq) == [5])
    let beyond = try fixture.page(right, after: 99)
    #expect(beyond.entries.isEmpty)
    #expect(beyond.isCaughtUp)
    #expect(beyond.head == 5)
    #expect(try fixture.page(right, after: .max).entries.isEmpty)
  }

  static func fromEpoch(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1, epoch: 3)
    let right = Rights.right(1, 3)
    _ = try fixture.one(fixture.message(right))
    _ = try fixture.one(fixture.commit(1, 3))
    _ = try fixture.one(fixture.message(right))
    _ = try fixture.one(fixture.commit(1, 4))
    #expect(try fixture.page(right, .epoch(3)).entries.map(\.seq) == [1, 2, 3, 4])
    #expect(try fixture.page(right, .epoch(4)).entries.map(\.seq) == [3, 4])
    #expect(try fixture.page(right, .epoch(5)).entries.isEmpty)
    let limit = PageLimit(entries: 10, bytes: 1_000)
    #expect(try fixture.read(.log(right, .epoch(6), limit)) == .refused(.notFound))
    #expect(try fixture.read(.log(right, .epoch(2), limit)) == .refused(.notFound))
  }

  static func gap(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    for _ in 0..<3 { _ = try fixture.one(fixture.message(right)) }
    fixture.now = fixture.now + .seconds(86_400)
    for _ in 0..<2 { _ = try fixture.one(fixture.message(right)) }
    fixture.now = fixture.now + (ServerLimits.entryRetention - .seconds(86_400))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 3))
    let behind = try fixture.page(right, after: 1)
    #expect(behind.gap == LogPage.Gap(after: 1, through: 3))
    #expect(behind.entries.map(\.seq) == [4, 5])
    #expect(try fixture.page(right, after: 2).gap == LogPage.Gap(after: 2, through: 3))
    #expect(try fixture.page(right, after: 3).gap == nil)
    #expect(try fixture.page(right, .after(0)).gap == LogPage.Gap(after: 0, through: 3))
    #expect(try fixture.page(right, .epoch(0)).gap == LogPage.Gap(after: 0, through: 3))
    fixture.now = fixture.now + .seconds(86_400)
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 5))
    let empty = try fixture.page(right, after: 1)
    #expect(empty.gap == LogPage.Gap(after: 1, through: 5))
    #expect(empty.next == 5)
    #expect(empty.isCaughtUp)
    #expect(try fixture.one(fixture.message(right)).seq == 6)
  }

  static func earlyExpiry(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    _ = try fixture.one(fixture.message(right, expires: fixture.now + .seconds(10)))
    _ = try fixture.one(fixture.message(right))
    _ = try fixture.one(fixture.message(right, expires: fixture.now + .seconds(20)))
    #expect(try fixture.page(right).entries.map(\.seq) == [1, 2, 3])
    fixture.now = fixture.now + .seconds(10)
    // Nobody has swept yet, and it is gone all the same.
    let page = try fixture.page(right)
    #expect(page.entries.map(\.seq) == [2, 3])
    #expect(page.gap == nil)
    fixture.now = fixture.now + .seconds(10)
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 2))
    let swept = try fixture.page(right)
    #expect(swept.entries.map(\.seq) == [2])
    #expect(swept.gap == nil)
    #expect(swept.head == 3)
    #expect(swept.next == 3)
    #expect(swept.isCaughtUp)
    // A wish beyond the server's retention does not prolong it.
    _ = try fixture.one(fixture.message(right, expires: Instant(milliseconds: .max)))
    fixture.now = fixture.now + ServerLimits.entryRetention
    _ = try fixture.one(.sweep(rowsMax: 500))
    #expect(try fixture.page(right).entries.isEmpty)
  }

  static func clock(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    let first = fixture.now
    _ = try fixture.one(fixture.message(right))
    fixture.now = Instant(milliseconds: first.milliseconds - 3_600_000)
    _ = try fixture.one(fixture.message(right))
    fixture.now = first + .seconds(1)
    _ = try fixture.one(fixture.message(right))
    let entries = try fixture.page(right).entries
    #expect(entries.map(\.seq) == [1, 2, 3])
    #expect(entries.map(\.accepted) == [first, first, first + .seconds(1)])
  }
}
