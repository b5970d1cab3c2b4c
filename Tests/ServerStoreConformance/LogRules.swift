// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import ServerCore
import Testing

/// What may be appended, by whom, in which epoch.
enum LogRules {
  static func creation(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let right = Rights.right(1, 4)
    let create = StoreRequest.createLog(right.logID, epoch: 4, tokenHash: right.tokenHash)
    #expect(try fixture.one(create) == .done)
    #expect(try fixture.one(create) == .done)
    let other = Rights.right(2, 4).tokenHash
    #expect(
      try fixture.one(.createLog(right.logID, epoch: 4, tokenHash: other))
        == .refused(.alreadyExists))
    #expect(
      try fixture.one(.createLog(right.logID, epoch: 5, tokenHash: right.tokenHash))
        == .refused(.alreadyExists))
    #expect(try fixture.one(fixture.commit(1, 4)).seq == 1)
    // The answer to the first request may have been lost for long.
    #expect(try fixture.one(create) == .done)
    let page = try fixture.page(right)
    #expect(page.epoch == 5)
    #expect(page.head == 1)
  }

  static func rights(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    _ = try fixture.one(fixture.message(Rights.right(1, 0)))
    let wrong = [
      // An unknown log, an epoch that is not there, and a token of another epoch.
      Rights.right(2, 0), Rights.right(1, 1),
      LogRight(logID: Rights.logID(1), epoch: 0, tokenHash: Rights.right(1, 1).tokenHash),
      LogRight(logID: Rights.logID(1), epoch: .max, tokenHash: Rights.right(1, 0).tokenHash),
      LogRight(logID: Rights.logID(2), epoch: 0, tokenHash: .absent),
    ]
    for right in wrong {
      let limit = PageLimit(entries: 10, bytes: 1_000)
      #expect(try fixture.read(.log(right, .after(0), limit)) == .refused(.notFound))
      #expect(try fixture.read(.log(right, .epoch(1), limit)) == .refused(.notFound))
      #expect(try fixture.read(.groupInfo(right)) == .refused(.notFound))
      #expect(try fixture.one(fixture.message(right)) == .refused(.notFound))
      #expect(
        try fixture.one(fixture.message(right, kind: .proposal)) == .refused(.notFound))
      let commit = CommitRequest(
        right: right, submitID: fixture.nextSubmitID(), body: [1],
        nextTokenHash: Rights.right(1, 1).tokenHash, groupInfo: [1], welcomes: [],
        removes: true)
      #expect(try fixture.one(.commit(commit)) == .refused(.notFound))
    }
    #expect(try fixture.page(Rights.right(1, 0)).head == 1)
  }

  static func repeatedSubmission(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    let accepted = fixture.now
    let message = fixture.message(Rights.right(1, 0))
    let proposal = fixture.message(Rights.right(1, 0), kind: .proposal)
    let commit = fixture.commit(1, 0)
    #expect(
      try fixture.write(message, message, proposal, commit) == [
        .appended(AppendReceipt(seq: 1, accepted: accepted, isDuplicate: false)),
        .appended(AppendReceipt(seq: 1, accepted: accepted, isDuplicate: true)),
        .appended(AppendReceipt(seq: 2, accepted: accepted, isDuplicate: false)),
        .appended(AppendReceipt(seq: 3, accepted: accepted, isDuplicate: false)),
      ])
    _ = try fixture.one(fixture.commit(1, 1))
    _ = try fixture.one(fixture.commit(1, 2, removes: true))
    fixture.now = fixture.now + .seconds(5)
    // Three epochs later each is still answered as at first, although none could be appended now.
    for (request, seq) in [(message, 1), (proposal, 2), (commit, 3)] as [(StoreRequest, UInt64)] {
      #expect(
        try fixture.one(request)
          == .appended(AppendReceipt(seq: seq, accepted: accepted, isDuplicate: true)))
    }
    #expect(try fixture.page(Rights.right(1, 3)).head == 5)
    // The same id in another log is another submission.
    try fixture.makeLog(2)
    guard case .append(let first) = message else { return }
    let elsewhere = AppendRequest(
      right: Rights.right(2, 0), submitID: first.submitID, kind: .application, body: [1],
      expires: nil)
    #expect(try fixture.one(.append(elsewhere)).seq == 1)
  }

  /// A member that lost step ends the present epoch with the right of an earlier one, unless a
  /// removal has cut it.
  static func comingBack(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    _ = try fixture.one(fixture.commit(1, 0))
    _ = try fixture.one(fixture.commit(1, 1))
    func back(from epoch: UInt64, ending ends: UInt64) -> StoreRequest {
      .commit(
        CommitRequest(
          right: Rights.right(1, epoch), submitID: fixture.nextSubmitID(), body: [9],
          nextTokenHash: Rights.right(1, ends + 1).tokenHash, groupInfo: [4], welcomes: [],
          removes: false, endsEpoch: ends))
    }
    for ends in [0, 1, 3] as [UInt64] {
      #expect(
        try fixture.one(back(from: 0, ending: ends)) == .refused(.staleEpoch(epoch: 2, head: 2)))
    }
    #expect(try fixture.read(.groupInfo(Rights.right(1, 0))) == .groupInfo(epoch: 2, sealed: [2]))
    #expect(try fixture.one(back(from: 0, ending: 2)).seq == 3)
    #expect(try fixture.page(Rights.right(1, 3)).entries.map(\.epoch) == [0, 1, 2])
    #expect(try fixture.read(.groupInfo(Rights.right(1, 3))) == .groupInfo(epoch: 3, sealed: [4]))
    #expect(try fixture.one(fixture.commit(1, 3, removes: true)).seq == 4)
    #expect(
      try fixture.one(back(from: 0, ending: 4)) == .refused(.staleEpoch(epoch: 4, head: 4)))
    #expect(try fixture.read(.groupInfo(Rights.right(1, 0))) == .refused(.notFound))
  }

  static func previousEpoch(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    _ = try fixture.one(fixture.commit(1, 0))
    let old = Rights.right(1, 0)
    #expect(try fixture.one(fixture.message(old)).seq == 2)
    #expect(
      try fixture.one(fixture.message(old, kind: .proposal))
        == .refused(.staleEpoch(epoch: 1, head: 2)))
    #expect(
      try fixture.one(fixture.commit(1, 0)) == .refused(.staleEpoch(epoch: 1, head: 2)))
    #expect(try fixture.one(fixture.message(Rights.right(1, 1), kind: .proposal)).seq == 3)
    _ = try fixture.one(fixture.commit(1, 1))
    #expect(
      try fixture.one(fixture.message(old)) == .refused(.staleEpoch(epoch: 2, head: 4)))
    #expect(try fixture.one(fixture.message(Rights.right(1, 1))).seq == 5)
    #expect(try fixture.page(old).entries.map(\.epoch) == [0, 0, 1, 1, 1])
    #expect(
      try fixture.page(old).entries.map(\.kind) == [
        .commit, .application, .proposal, .commit, .application,
      ])
  }

  static func compareAndSwap(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    let winner = fixture.commit(1, 0, body: [1])
    let losers = (2...50).map { number in fixture.commit(1, 0, body: [number]) }
    let answers = try fixture.store.write([winner] + losers, at: fixture.now)
    #expect(answers[0].seq == 1)
    #expect(
      answers.dropFirst().allSatisfy { $0 == .refused(.staleEpoch(epoch: 1, head: 1)) })
    let page = try fixture.page(Rights.right(1, 1))
    #expect(page.entries.map(\.body) == [[1]])
    #expect(page.epoch == 1)
  }

  static func wholeOrNothing(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let alice = try TestAccount("alice", seed: 1)
    _ = try fixture.one(.register(alice.address, alice.manifest))
    try fixture.makeLog(1)
    let unknown = [
      DeviceKey(address: alice.address, deviceID: .init(rawValue: 9)),
      try TestAccount("mallory", seed: 2).key(),
    ]
    for device in unknown {
      let welcomes = [
        CommitRequest.Welcome(devices: [alice.key()], body: [1]),
        CommitRequest.Welcome(devices: [device], body: [2]),
      ]
      #expect(
        try fixture.one(fixture.commit(1, 0, welcomes: welcomes)) == .refused(.notFound))
    }
    #expect(try fixture.inbox(alice.key()).entries.isEmpty)
    #expect(try fixture.read(.groupInfo(Rights.right(1, 0))) == .refused(.notFound))
    let page = try fixture.page(Rights.right(1, 0))
    #expect(page.head == 0)
    #expect(page.epoch == 0)
    // A commit that lost delivers nothing either.
    _ = try fixture.one(fixture.commit(1, 0))
    let welcome = CommitRequest.Welcome(devices: [alice.key()], body: [1])
    #expect(
      try fixture.one(fixture.commit(1, 0, welcomes: [welcome]))
        == .refused(.staleEpoch(epoch: 1, head: 1)))
    #expect(try fixture.inbox(alice.key()).entries.isEmpty)
  }

  static func removal(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    _ = try fixture.one(fixture.message(Rights.right(1, 0)))
    _ = try fixture.one(fixture.commit(1, 0))
    _ = try fixture.one(fixture.commit(1, 1, removes: true))
    for _ in 0..<3 { _ = try fixture.one(fixture.message(Rights.right(1, 2))) }
    _ = try fixture.one(fixture.commit(1, 2))
    for epoch in 0...1 as ClosedRange<UInt64> {
      let cut = Rights.right(1, epoch)
      let page = try fixture.page(cut)
      #expect(page.entries.map(\.seq) == [1, 2, 3])
      #expect(page.head == 3)
      #expect(page.epoch == 2)
      #expect(page.isCaughtUp)
      #expect(page.isCut)
      #expect(try fixture.page(cut, after: 3).entries.isEmpty)
      #expect(try fixture.page(cut, after: 5).entries.isEmpty)
      let stale = StoreAnswer.refused(.staleEpoch(epoch: 2, head: 3))
      #expect(try fixture.one(fixture.message(cut)) == stale)
      #expect(try fixture.one(fixture.message(cut, kind: .proposal)) == stale)
      #expect(try fixture.one(fixture.commit(1, epoch)) == stale)
      #expect(try fixture.read(.groupInfo(cut)) == .refused(.notFound))
      let limit = PageLimit(entries: 10, bytes: 1_000)
      #expect(try fixture.page(cut, .epoch(2)).entries.isEmpty)
      #expect(try fixture.read(.log(cut, .epoch(3), limit)) == .refused(.notFound))
    }
    let page = try fixture.page(Rights.right(1, 2))
    #expect(page.head == 7)
    #expect(!page.isCut)
  }

  static func earlierCuts(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    _ = try fixture.one(fixture.commit(1, 0, removes: true))
    _ = try fixture.one(fixture.message(Rights.right(1, 1)))
    _ = try fixture.one(fixture.commit(1, 1, removes: true))
    #expect(try fixture.page(Rights.right(1, 0)).head == 1)
    #expect(try fixture.page(Rights.right(1, 1)).head == 3)
    #expect(
      try fixture.one(fixture.message(Rights.right(1, 1)))
        == .refused(.staleEpoch(epoch: 2, head: 3)))
  }

  static func olderTokens(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    for epoch in 0..<4 as Range<UInt64> { _ = try fixture.one(fixture.commit(1, epoch)) }
    _ = try fixture.one(fixture.message(Rights.right(1, 4)))
    for epoch in 0...4 as ClosedRange<UInt64> {
      let page = try fixture.page(Rights.right(1, epoch))
      #expect(page.entries.count == 5)
      #expect(page.epoch == 4)
      #expect(
        try fixture.read(.groupInfo(Rights.right(1, epoch))) == .groupInfo(epoch: 4, sealed: [4]))
    }
  }

  static func groupInfo(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    try fixture.makeLog(1)
    #expect(try fixture.read(.groupInfo(Rights.right(1, 0))) == .refused(.notFound))
    for epoch in 0..<3 as Range<UInt64> {
      _ = try fixture.one(fixture.commit(1, epoch))
      #expect(
        try fixture.read(.groupInfo(Rights.right(1, epoch + 1)))
          == .groupInfo(epoch: epoch + 1, sealed: [UInt8(epoch + 1)]))
    }
  }

  static func batch(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let right = Rights.right(1, 0)
    let answers = try fixture.write(
      .createLog(right.logID, epoch: 0, tokenHash: right.tokenHash),
      fixture.message(Rights.right(2, 0)),
      fixture.message(right),
      .takeKeyPackages(try TestAccount("nobody", seed: 3).address),
      fixture.commit(1, 0),
      fixture.message(right, kind: .proposal),
      fixture.message(right))
    #expect(answers[0] == .done)
    #expect(answers[1] == .refused(.notFound))
    #expect(answers[2].seq == 1)
    #expect(answers[3] == .refused(.notFound))
    #expect(answers[4].seq == 2)
    #expect(answers[5] == .refused(.staleEpoch(epoch: 1, head: 2)))
    #expect(answers[6].seq == 3)
    #expect(try fixture.page(right).entries.map(\.seq) == [1, 2, 3])
  }
}

extension StoreAnswer {
  /// The number of a new entry, or `nil` for everything else.
  package var seq: UInt64? {
    if case .appended(let receipt) = self, !receipt.isDuplicate { receipt.seq } else { nil }
  }
}
