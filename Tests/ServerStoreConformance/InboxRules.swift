// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import ServerCore
import Testing

/// What stands in an inbox, and how it goes.
enum InboxRules {
  private static func accounts<Store>(
    _ fixture: inout StoreFixture<Store>
  ) throws -> (TestAccount, TestAccount) {
    var alice = try TestAccount("alice", seed: 1)
    _ = try fixture.one(.register(alice.address, alice.manifest))
    let first = alice.manifest
    try alice.add(2, seed: 3)
    _ = try fixture.one(
      .publishManifest(alice.address, alice.manifest, replacing: first.hash))
    let bob = try TestAccount("bob", seed: 2)
    _ = try fixture.one(.register(bob.address, bob.manifest))
    return (alice, bob)
  }

  static func delivery(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let (alice, bob) = try accounts(&fixture)
    try fixture.makeLog(1)
    let welcomes = [
      CommitRequest.Welcome(devices: [alice.key(1), alice.key(2)], body: [1]),
      CommitRequest.Welcome(devices: [bob.key(), alice.key(1)], body: [2, 2]),
    ]
    _ = try fixture.one(fixture.commit(1, 0, welcomes: welcomes))
    let expected = { (seq: UInt64, body: [UInt8]) in
      InboxPage.Entry(seq: seq, body: body, accepted: StoreClock.start)
    }
    #expect(
      try fixture.inbox(alice.key(1)).entries == [expected(1, [1]), expected(2, [2, 2])])
    #expect(try fixture.inbox(alice.key(2)).entries == [expected(1, [1])])
    #expect(try fixture.inbox(bob.key()).entries == [expected(1, [2, 2])])
    #expect(try fixture.inbox(alice.key(1), entries: 1).hasMore)
    #expect(try fixture.inbox(alice.key(1), after: 1).entries == [expected(2, [2, 2])])
    #expect(try !fixture.inbox(alice.key(1), after: 2).hasMore)
  }

  static func acknowledgement(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let (alice, bob) = try accounts(&fixture)
    try fixture.makeLog(1)
    let devices = [alice.key(1), alice.key(2), bob.key()]
    for epoch in 0..<3 as Range<UInt64> {
      let welcome = CommitRequest.Welcome(devices: devices, body: [UInt8(epoch)])
      _ = try fixture.one(fixture.commit(1, epoch, welcomes: [welcome]))
    }
    #expect(try fixture.one(.acknowledgeInbox(alice.key(1), upTo: 2)) == .done)
    #expect(try fixture.inbox(alice.key(1)).entries.map(\.seq) == [3])
    // Neither the other device of the account nor another account lost anything.
    #expect(try fixture.inbox(alice.key(2)).entries.map(\.body) == [[0], [1], [2]])
    #expect(try fixture.inbox(bob.key()).entries.map(\.body) == [[0], [1], [2]])
    #expect(try fixture.one(.acknowledgeInbox(alice.key(1), upTo: 1)) == .done)
    #expect(try fixture.one(.acknowledgeInbox(alice.key(1), upTo: 0)) == .done)
    #expect(try fixture.inbox(alice.key(1)).entries.map(\.body) == [[2]])
    #expect(try fixture.one(.acknowledgeInbox(alice.key(1), upTo: 3)) == .done)
    #expect(try fixture.inbox(bob.key()).entries.count == 3)
    // Numbers are not given again.
    let welcome = CommitRequest.Welcome(devices: [alice.key(1)], body: [7])
    _ = try fixture.one(fixture.commit(1, 3, welcomes: [welcome]))
    #expect(try fixture.inbox(alice.key(1)).entries.map(\.seq) == [4])
    let nobody = DeviceKey(address: alice.address, deviceID: DeviceID(rawValue: 9))
    #expect(
      try fixture.one(.acknowledgeInbox(nobody, upTo: 1)) == .refused(.notADevice))
    #expect(
      try fixture.read(.inbox(nobody, after: 0, PageLimit(entries: 1, bytes: 1)))
        == .refused(.notADevice))
  }

  static func quota(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let (alice, bob) = try accounts(&fixture)
    try fixture.makeLog(1)
    let full = CommitRequest.Welcome(devices: [alice.key(1)], body: [1])
    var epoch: UInt64 = 0
    while epoch < ServerLimits.inboxEntriesMax {
      var batch: [StoreRequest] = []
      for _ in 0..<200 {
        batch.append(fixture.commit(1, epoch, welcomes: [full]))
        epoch += 1
      }
      let answers = try fixture.store.write(batch, at: fixture.now)
      #expect(answers.allSatisfy { $0.seq != nil })
    }
    let both = CommitRequest.Welcome(devices: [bob.key(), alice.key(1)], body: [1])
    #expect(
      try fixture.one(fixture.commit(1, epoch, welcomes: [both])) == .refused(.quotaExceeded))
    #expect(try fixture.inbox(bob.key()).entries.isEmpty)
    #expect(try fixture.one(.acknowledgeInbox(alice.key(1), upTo: 1)) == .done)
    #expect(try fixture.one(fixture.commit(1, epoch, welcomes: [both])).seq == epoch + 1)
    // Inbox entries lapse like all others.
    fixture.now = fixture.now + ServerLimits.entryRetention
    var rows = 0
    while case .swept(let count) = try fixture.one(.sweep(rowsMax: 500)), count > 0 {
      rows += count
      if rows >= 2_002 { break }
    }
    #expect(try fixture.inbox(alice.key(1)).entries.isEmpty)
    #expect(try fixture.inbox(bob.key()).entries.isEmpty)
  }
}
