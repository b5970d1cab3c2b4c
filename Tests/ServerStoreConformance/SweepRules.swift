// SPDX-License-Identifier: Apache-2.0

import SansIO
import ServerCore
import Testing

/// What goes when its time is over.
enum SweepRules {
  private static let right = Rights.right(1, 0)

  private static func rows(_ answer: StoreAnswer) -> Int? {
    if case .swept(let rows) = answer { rows } else { nil }
  }

  static func budget(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    try fixture.makeLog(2)
    var batch: [StoreRequest] = []
    for _ in 0..<600 {
      batch.append(fixture.message(right))
      batch.append(fixture.message(Rights.right(2, 0)))
    }
    _ = try fixture.store.write(batch, at: fixture.now)
    fixture.now = fixture.now + (ServerLimits.entryRetention - .milliseconds(1))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 0))
    fixture.now = fixture.now + .milliseconds(1)
    #expect(try fixture.one(.sweep(rowsMax: 10)) == .swept(rows: 10))
    // In the order of appending, which went to and fro between the two.
    #expect(try fixture.page(right).gap == LogPage.Gap(after: 0, through: 5))
    #expect(try fixture.page(Rights.right(2, 0)).gap == LogPage.Gap(after: 0, through: 5))
    #expect(try fixture.one(.sweep(rowsMax: 100_000)) == .swept(rows: 500))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 500))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 190))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 0))
    let page = try fixture.page(right)
    #expect(page.gap == LogPage.Gap(after: 0, through: 600))
    #expect(page.head == 600)
  }

  static func seen(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    let accepted = fixture.now
    let message = fixture.message(right)
    _ = try fixture.one(message)
    fixture.now = fixture.now + ServerLimits.entryRetention
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 1))
    let again = StoreAnswer.appended(
      AppendReceipt(seq: 1, accepted: accepted, isDuplicate: true))
    #expect(try fixture.one(message) == again)
    fixture.now = fixture.now + (ServerLimits.seenRetention - .milliseconds(1))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 0))
    #expect(try fixture.one(message) == again)
    fixture.now = fixture.now + .milliseconds(1)
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 1))
    #expect(try fixture.one(message).seq == 2)
  }

  static func epochs(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    _ = try fixture.one(fixture.commit(1, 0))
    fixture.now = fixture.now + ServerLimits.epochRetention
    _ = try fixture.one(fixture.commit(1, 1))
    // The first commit is swept, and with it the epoch that it ended, but not the one it began.
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 2))
    let limit = PageLimit(entries: 10, bytes: 1_000)
    #expect(try fixture.read(.log(right, .after(0), limit)) == .refused(.notFound))
    #expect(try fixture.page(Rights.right(1, 1)).head == 2)
    #expect(try fixture.page(Rights.right(1, 2)).head == 2)
  }

  static func deadLogs(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    _ = try fixture.one(fixture.commit(1, 0))
    _ = try fixture.one(fixture.message(Rights.right(1, 1)))
    try fixture.makeLog(2)
    fixture.now = fixture.now + (ServerLimits.logIdleRetention - .seconds(86_400))
    _ = try fixture.one(fixture.message(Rights.right(2, 0)))
    while let count = rows(try fixture.one(.sweep(rowsMax: 500))), count > 0 {}
    #expect(try fixture.page(Rights.right(1, 1)).head == 2)
    #expect(try fixture.read(.groupInfo(Rights.right(1, 1))) == .groupInfo(epoch: 1, sealed: [1]))
    fixture.now = fixture.now + .seconds(2 * 86_400)
    // Two remembered ids, the present epoch, the GroupInfo and the log itself.
    #expect(try fixture.one(.sweep(rowsMax: 3)) == .swept(rows: 3))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 2))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 0))
    #expect(try fixture.read(.groupInfo(Rights.right(1, 1))) == .refused(.notFound))
    #expect(try fixture.one(fixture.message(Rights.right(1, 1))) == .refused(.notFound))
    #expect(try fixture.page(Rights.right(2, 0)).head == 1)
    // The name is free again, for whoever knows it.
    try fixture.makeLog(1)
    #expect(try fixture.page(right).head == 0)
  }

  static func unusedLogs(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    fixture.now = fixture.now + (ServerLimits.logUnusedRetention - .milliseconds(1))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 0))
    fixture.now = fixture.now + .milliseconds(1)
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 2))
    #expect(try fixture.one(fixture.message(right)) == .refused(.notFound))
  }
}
