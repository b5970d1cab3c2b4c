// SPDX-License-Identifier: Apache-2.0

import SansIO
import ServerCore
import Testing

/// Parts beside a log: what a commit names has to be there, and what nothing names goes.
enum PartRules {
  private static let right = Rights.right(1, 0)

  private static func put(_ body: [UInt8], _ right: LogRight = right) -> StoreRequest {
    .putPart(PutPartRequest(right: right, body: body))
  }

  private static func has<Store>(
    _ body: [UInt8], _ fixture: StoreFixture<Store>, log: UInt8 = 1
  ) throws -> Bool {
    let answer = try fixture.read(.part(Rights.logID(log), PartID(hashing: body)))
    guard answer == .part(body) else {
      #expect(answer == .refused(.notFound))
      return false
    }
    return true
  }

  static func order(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    try fixture.makeLog(2)
    let names = [[1], [2]].map { PartID(hashing: $0) }
    #expect(try fixture.one(put([1])) == .done)
    #expect(try fixture.one(put([1])) == .done)
    // Of another log, and by somebody who has no right.
    #expect(try fixture.one(put([2], Rights.right(2, 0))) == .done)
    #expect(try fixture.one(put([2], Rights.right(1, 1))) == .refused(.notFound))
    #expect(try has([1], fixture))
    #expect(try !has([2], fixture))
    #expect(try fixture.one(fixture.commit(1, 0, parts: names)) == .refused(.partsMissing))
    #expect(try fixture.page(right).epoch == 0)
    // Both in one batch, in this order.
    let commit = fixture.commit(1, 0, parts: names)
    #expect(try fixture.write(put([2]), commit)[1].seq == 1)
    #expect(try fixture.page(right).epoch == 1)
    // The answer may have been lost: the same commit is answered the same when the parts are gone.
    _ = try fixture.one(fixture.commit(1, 1))
    fixture.now = fixture.now + ServerLimits.partRetention
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 3))
    #expect(
      try fixture.one(commit)
        == .appended(AppendReceipt(seq: 1, accepted: StoreClock.start, isDuplicate: true)))
    // Whoever comes back brings parts with the right of an earlier epoch, until a removal cuts it.
    #expect(try fixture.one(put([3])) == .done)
    _ = try fixture.one(fixture.commit(1, 2, removes: true))
    #expect(try fixture.one(put([4])) == .refused(.staleEpoch(epoch: 3, head: 3)))
    #expect(try fixture.one(put([4], Rights.right(1, 3))) == .done)
  }

  static func lapsing(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    let alice = try TestAccount("alice", seed: 1)
    _ = try fixture.one(.register(alice.address, alice.manifest))
    _ = try fixture.write(put([1]), put([2]))
    let welcome = CommitRequest.Welcome(devices: [alice.key()], body: [7])
    _ = try fixture.one(
      fixture.commit(1, 0, welcomes: [welcome], parts: [PartID(hashing: [1])]))
    fixture.now = fixture.now + (ServerLimits.partRetention - .milliseconds(1))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 0))
    // One that a lost race left behind.
    fixture.now = fixture.now + .milliseconds(1)
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 1))
    #expect(try has([1], fixture))
    #expect(try !has([2], fixture))
    // The next epoch has its own; the Welcome's are kept as long as it waits.
    _ = try fixture.write(
      put([3], Rights.right(1, 1)), fixture.commit(1, 1, parts: [PartID(hashing: [3])]))
    fixture.now = fixture.now + (ServerLimits.entryRetention - .seconds(3_600))
    _ = try fixture.one(.sweep(rowsMax: 500))
    #expect(try !has([1], fixture))
    #expect(try has([3], fixture))
    // What the present epoch names stays, until another takes its place or the log dies.
    fixture.now = fixture.now + .seconds(3_600)
    _ = try fixture.one(.sweep(rowsMax: 500))
    #expect(try has([3], fixture))
    _ = try fixture.one(fixture.commit(1, 2))
    #expect(try has([3], fixture) == true)
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 1))
    #expect(try !has([3], fixture))
    _ = try fixture.write(
      put([5], Rights.right(1, 3)), fixture.commit(1, 3, parts: [PartID(hashing: [5])]))
    fixture.now = fixture.now + (ServerLimits.logIdleRetention + .seconds(86_400))
    for _ in 0..<4 { _ = try fixture.one(.sweep(rowsMax: 500)) }
    #expect(try !has([5], fixture))
    #expect(try fixture.read(.groupInfo(Rights.right(1, 4))) == .refused(.notFound))
  }

  static func quota(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    let size = 64 << 20
    for number in 0..<4 {
      #expect(
        try fixture.one(put([UInt8](repeating: UInt8(number), count: size))) == .done)
    }
    #expect(try fixture.one(fixture.message(right)) == .refused(.quotaExceeded))
    // What only commits may use.
    #expect(try fixture.one(put([9])) == .done)
    #expect(
      try fixture.one(put([UInt8](repeating: 9, count: size / 2))) == .refused(.quotaExceeded))
    #expect(try fixture.one(fixture.commit(1, 0, parts: [PartID(hashing: [9])])).seq == 1)
    fixture.now = fixture.now + ServerLimits.partRetention
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 4))
    #expect(try fixture.one(fixture.message(Rights.right(1, 1))).seq == 2)
  }
}
