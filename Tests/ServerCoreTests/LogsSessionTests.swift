// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import SansIO
import ServerStoreConformance
import SwiftProtobuf
import Testing
import Wire

@testable import ServerCore

@Suite struct LogsSessionTests {
  private func subscribe(
    _ log: UInt8, epoch: UInt64 = 0, after: UInt64 = 0, from: UInt64 = 0
  ) -> WireLogsClientFrame.OneOf_Request {
    var subscribe = WireSubscribeLog()
    subscribe.right = .holding(log, epoch)
    subscribe.afterSeq = after
    subscribe.fromEpoch = from
    return .subscribeLog(subscribe)
  }

  private func acknowledge(
    _ subscription: UInt64, _ seq: UInt64
  ) -> WireLogsClientFrame.OneOf_Request {
    var acknowledge = WireAcknowledgeLog()
    acknowledge.subscription = subscription
    acknowledge.seq = seq
    return .acknowledgeLog(acknowledge)
  }

  @Test func serverSpeaksFirst() throws {
    var fixture = try MachineFixture()
    let connection = fixture.connect(.logs)
    let frames = try fixture.logsFrames(connection)
    #expect(frames.count == 1)
    #expect(frames[0].requestID == 0)
    #expect(frames[0].greeting.domains == ["messenger.example"])
    #expect(frames[0].greeting.nowMs == UInt64(fixture.now.milliseconds))
  }

  @Test func appendedAndRead() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    let request = fixture.append(.holding(1, 0), [5, 6])
    let first = try fixture.answer(connection, request).appended
    #expect(first.seq == 1)
    #expect(first.acceptedMs == UInt64(fixture.now.milliseconds))
    #expect(!first.duplicate)
    #expect(try fixture.answer(connection, request).appended.duplicate)
    var read = WireReadLog()
    read.right = .holding(1, 0)
    let entries = try fixture.answer(connection, .readLog(read)).entries
    #expect(entries.entries.map { Array($0.body) } == [[5, 6]])
    #expect(entries.entries[0].kind == .application)
    #expect(entries.head == 1)
    #expect(entries.caughtUp)
    #expect(entries.gapTo == 0)
  }

  @Test func wrongTokenAndUnknownLogAreToldTheSame() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    var wrong = WireLogRight.holding(1, 0)
    wrong.token = Data(repeating: 1, count: 32)
    for right in [wrong, .holding(2, 0), .holding(1, 1)] {
      var read = WireReadLog()
      read.right = right
      var info = WireGetGroupInfo()
      info.right = right
      var commit = fixture.commit(1, 0)
      commit.right = right
      var subscribe = WireSubscribeLog()
      subscribe.right = right
      let requests: [WireLogsClientFrame.OneOf_Request] = [
        .readLog(read), .getGroupInfo(info), fixture.append(right), .commit(commit),
        .subscribeLog(subscribe),
      ]
      for request in requests {
        let answer = try fixture.answer(connection, request)
        #expect(answer.response == .failure(WireFailure(.notFound)))
      }
    }
    #expect(fixture.closed.isEmpty)
  }

  @Test func staleCommitIsToldTheEpochAndTheHead() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    let winner = fixture.commit(1, 0)
    #expect(try fixture.answer(connection, .commit(winner)).appended.seq == 1)
    _ = try fixture.answer(connection, fixture.append(.holding(1, 1)))
    let loser = fixture.commit(1, 0)
    #expect(
      try fixture.answer(connection, .commit(loser)).response
        == .failure(WireFailure(.staleEpoch, epoch: 1, head: 2)))
    #expect(try fixture.answer(connection, .commit(winner)).appended.duplicate)
    var info = WireGetGroupInfo()
    info.right = .holding(1, 1)
    let answer = try fixture.answer(connection, .getGroupInfo(info)).groupInfo
    #expect(answer.epoch == 1)
    #expect(answer.sealed == Data([8]))
  }

  @Test func subscriptionGetsStoredAndNewEntries() throws {
    var fixture = try MachineFixture()
    let writer = fixture.logs()
    let reader = fixture.logs()
    try fixture.makeLog(1, on: writer)
    _ = try fixture.answer(writer, fixture.append(.holding(1, 0), [1]))
    let first = try fixture.ask(reader, subscribe(1), id: 900)
    #expect(first.map(\.requestID) == [900])
    #expect(first[0].entries.entries.map { Array($0.body) } == [[1]])
    #expect(first[0].entries.caughtUp)
    _ = try fixture.answer(writer, fixture.append(.holding(1, 0), [2]))
    let second = try fixture.logsFrames(reader)
    #expect(second.map(\.requestID) == [900])
    #expect(second[0].entries.entries.map(\.seq) == [2])
    // Another log wakes nobody.
    try fixture.makeLog(2, on: writer)
    _ = try fixture.answer(writer, fixture.append(.holding(2, 0), [3]))
    #expect(try fixture.logsFrames(reader).isEmpty)
    var unsubscribe = WireUnsubscribeLog()
    unsubscribe.subscription = 900
    #expect(
      try fixture.answer(reader, .unsubscribeLog(unsubscribe)).response == .done(WireDone()))
    _ = try fixture.answer(writer, fixture.append(.holding(1, 0), [4]))
    #expect(try fixture.logsFrames(reader).isEmpty)
    #expect(
      try fixture.answer(reader, .unsubscribeLog(unsubscribe)).response
        == .failure(WireFailure(.notFound)))
  }

  @Test func emptyLogIsAnsweredAtOnce() throws {
    var fixture = try MachineFixture()
    let reader = fixture.logs()
    try fixture.makeLog(1, on: reader)
    let frames = try fixture.ask(reader, subscribe(1), id: 900)
    #expect(frames.count == 1)
    #expect(frames[0].entries.entries.isEmpty)
    #expect(frames[0].entries.caughtUp)
  }

  @Test func windowStopsUntilAcknowledged() throws {
    var fixture = try MachineFixture(rates: .unrestricted)
    let writer = fixture.logs()
    try fixture.makeLog(1, on: writer)
    for number in 0..<300 {
      _ = try fixture.answer(writer, fixture.append(.holding(1, 0), [UInt8(number & 0xff)]))
    }
    let reader = fixture.logs()
    func seqs(_ frames: [WireLogsServerFrame]) -> [UInt64] {
      frames.flatMap { $0.entries.entries.map(\.seq) }
    }
    let first = try fixture.ask(reader, subscribe(1), id: 900)
    #expect(seqs(first) == Array(1...256))
    #expect(first.last?.entries.caughtUp == false)
    _ = try fixture.answer(writer, fixture.append(.holding(1, 0)))
    #expect(try fixture.logsFrames(reader).isEmpty)
    #expect(seqs(try fixture.ask(reader, acknowledge(900, 10))) == Array(257...266))
    // What was never sent cannot be acknowledged.
    #expect(
      try fixture.answer(reader, acknowledge(900, 267)).response
        == .failure(WireFailure(.malformed)))
    #expect(
      try fixture.answer(reader, acknowledge(901, 1)).response
        == .failure(WireFailure(.notFound)))
    let rest = try fixture.ask(reader, acknowledge(900, 266))
    #expect(seqs(rest) == Array(267...301))
    #expect(rest.last?.entries.caughtUp == true)
  }

  @Test func windowCountsBytes() throws {
    var fixture = try MachineFixture(rates: .unrestricted)
    let writer = fixture.logs()
    try fixture.makeLog(1, on: writer)
    let body = [UInt8](repeating: 1, count: 90_000)
    for _ in 0..<30 { _ = try fixture.answer(writer, fixture.append(.holding(1, 0), body)) }
    let reader = fixture.logs()
    let frames = try fixture.ask(reader, subscribe(1), id: 900)
    let count = frames.reduce(0) { $0 + $1.entries.entries.count }
    #expect(count == 12)
    for frame in frames {
      let size = frame.entries.entries.reduce(0) { $0 + $1.body.count }
      #expect(size <= ServerLimits.pageBytesMax)
    }
  }

  @Test func removalEndsSubscriptionsOfOlderTokens() throws {
    var fixture = try MachineFixture()
    let writer = fixture.logs()
    let reader = fixture.logs()
    try fixture.makeLog(1, on: writer)
    _ = try fixture.ask(reader, subscribe(1), id: 900)
    _ = try fixture.answer(writer, .commit(fixture.commit(1, 0, removes: true)))
    let frames = try fixture.logsFrames(reader)
    #expect(frames.map(\.requestID) == [900, 900])
    #expect(frames[0].entries.entries.map(\.seq) == [1])
    #expect(frames[0].entries.epoch == 1)
    #expect(
      frames[1].response == .failure(WireFailure(.staleEpoch, epoch: 1, head: 1)))
    _ = try fixture.answer(writer, fixture.append(.holding(1, 1)))
    #expect(try fixture.logsFrames(reader).isEmpty)
    // Who is still a member goes on with the token of the next epoch.
    let again = try fixture.ask(reader, subscribe(1, epoch: 1, after: 1), id: 901)
    #expect(again[0].entries.entries.map(\.seq) == [2])
  }

  @Test func gapIsTold() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    _ = try fixture.answer(connection, fixture.append(.holding(1, 0)))
    fixture.machine.disconnect(connection)
    fixture.perform(fixture.machine.deadlineReached(at: fixture.now))
    fixture.passTime(ServerLimits.entryRetention)
    let later = fixture.logs()
    _ = try fixture.answer(later, fixture.append(.holding(1, 0)))
    let frames = try fixture.ask(later, subscribe(1), id: 900)
    #expect(frames[0].entries.gapAfter == 0)
    #expect(frames[0].entries.gapTo == 1)
    #expect(frames[0].entries.entries.map(\.seq) == [2])
  }

  @Test func manifestAndKeyPackages() throws {
    var fixture = try MachineFixture()
    let alice = try TestAccount("alice", seed: 1)
    let inbox = try fixture.register(alice)
    var upload = WireUploadKeyPackages()
    upload.oneTime = [Data([1])]
    upload.lastResort = Data([2])
    _ = try fixture.answer(inbox, .uploadKeyPackages(upload))
    let connection = fixture.logs()
    var get = WireGetManifest()
    get.address = "alice@messenger.example"
    let manifest = Data(alice.manifest.signed.encoded)
    #expect(try fixture.answer(connection, .getManifest(get)).manifest.manifest == manifest)
    var take = WireTakeKeyPackages()
    take.address = "alice@messenger.example"
    for (body, isLastResort) in [([1], false), ([2], true), ([2], true)] as [([UInt8], Bool)] {
      let taken = try fixture.answer(connection, .takeKeyPackages(take)).keyPackages
      #expect(taken.manifest == manifest)
      #expect(taken.packages.map { Array($0.keyPackage) } == [body])
      #expect(taken.packages.map(\.lastResort) == [isLastResort])
      #expect(taken.packages.map(\.deviceID) == [1])
    }
    get.address = "nobody@messenger.example"
    #expect(
      try fixture.answer(connection, .getManifest(get)).response
        == .failure(WireFailure(.notFound)))
    get.address = "alice@elsewhere.example"
    #expect(
      try fixture.answer(connection, .getManifest(get)).response
        == .failure(WireFailure(.unknownDomain)))
    take.address = "alice@elsewhere.example"
    #expect(
      try fixture.answer(connection, .takeKeyPackages(take)).response
        == .failure(WireFailure(.unknownDomain)))
  }

  @Test func tooManySubscriptionsAreRefused() throws {
    var fixture = try MachineFixture(rates: .unrestricted)
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    for number in 0..<ServerLimits.subscriptionsMax {
      _ = try fixture.ask(connection, subscribe(1), id: UInt64(10_000 + number))
    }
    let last = try fixture.ask(connection, subscribe(1), id: 50_000)
    #expect(last.map(\.response) == [.failure(WireFailure(.quotaExceeded))])
  }
}
