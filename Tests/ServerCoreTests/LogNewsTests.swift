// SPDX-License-Identifier: Apache-2.0

import Foundation
import SansIO
import ServerStoreConformance
import SwiftProtobuf
import Testing
import Wire

@testable import ServerCore

/// What readers are told without reading the store.
@Suite struct LogNewsTests {
  private static func id(_ number: UInt8) -> SubmitID {
    guard let id = SubmitID([UInt8](repeating: number, count: 16)) else {
      preconditionFailure("an id has 16 bytes")
    }
    return id
  }

  private static func request(
    _ number: UInt8, log: UInt8 = 1, expires: Instant? = nil, byteCount: Int = 3
  ) -> StoreRequest {
    .append(
      AppendRequest(
        right: Rights.right(log, 0), submitID: id(number),
        kind: .application, body: [UInt8](repeating: number, count: byteCount), expires: expires))
  }

  private static func receipt(_ seq: UInt64, isDuplicate: Bool = false) -> StoreAnswer {
    .appended(AppendReceipt(seq: seq, accepted: StoreClock.start, isDuplicate: isDuplicate))
  }

  private static func news(
    _ requests: [StoreRequest], _ answers: [StoreAnswer]
  ) -> LogNews? {
    let log = Rights.right(1, 0).logID
    return LogNews.of([log], in: requests, answers, at: StoreClock.start)[log]
  }

  @Test func newsAreWhatWasAppendedAndNothingElse() throws {
    let requests = [
      Self.request(1), Self.request(2, log: 2), Self.request(3), Self.request(4), Self.request(5),
    ]
    let answers: [StoreAnswer] = [
      Self.receipt(7), Self.receipt(1), Self.receipt(2, isDuplicate: true),
      .refused(.quotaExceeded), Self.receipt(8),
    ]
    let news = try #require(Self.news(requests, answers))
    #expect(news.after == 6)
    #expect(news.head == 8)
    let entries = try WireLogEntries(serializedBytes: news.encoded).entries
    #expect(entries.map(\.seq) == [7, 8])
    #expect(entries.map { $0.body.first } == [1, 5])
  }

  /// A log with a commit, with a message that has lapsed, or with more than a page is read.
  @Test func whatIsMoreThanMessagesIsRead() {
    let commit = CommitRequest(
      right: Rights.right(1, 0), submitID: Self.id(9),
      body: [1], nextTokenHash: Rights.right(1, 1).tokenHash, groupInfo: [1], welcomes: [],
      removes: false)
    let two = [Self.receipt(1), Self.receipt(2)]
    #expect(Self.news([Self.request(1), .commit(commit)], two) == nil)
    #expect(Self.news([.commit(commit), Self.request(1)], two) == nil)
    let lapsed = Self.request(1, expires: StoreClock.start)
    #expect(Self.news([lapsed, Self.request(2)], two) == nil)
    let later = Self.request(1, expires: StoreClock.start + .milliseconds(1))
    #expect(Self.news([later, Self.request(2)], two) != nil)
    let half = ServerLimits.pageBytesMax / 2
    let full = [Self.request(1, byteCount: half), Self.request(2, byteCount: half)]
    #expect(Self.news(full, two) != nil)
    let over = [Self.request(1, byteCount: half), Self.request(2, byteCount: half + 1)]
    #expect(Self.news(over, two) == nil)
    #expect(Self.news([Self.request(1, log: 2)], [Self.receipt(1)]) == nil)
  }

  private static func subscribe(_ epoch: UInt64) -> WireLogsClientFrame.OneOf_Request {
    var subscribe = WireSubscribeLog()
    subscribe.right = .holding(1, epoch)
    return .subscribeLog(subscribe)
  }

  /// The frame made of encoded entries has the bytes that the whole page encodes to.
  @Test(arguments: [1, 300, UInt64.max])
  func frameOfNewsIsTheFrameOfThePage(requestID: UInt64) throws {
    var fixture = try MachineFixture()
    let writer = fixture.logs()
    try fixture.makeLog(1, on: writer)
    var commit = fixture.commit(1, 0)
    #expect(try fixture.answer(writer, .commit(commit)).appended.seq == 1)
    let reader = fixture.logs()
    _ = try fixture.ask(reader, Self.subscribe(1), id: requestID)
    for count in [1, 200] {
      _ = try fixture.answer(
        writer, fixture.append(.holding(1, 1), [UInt8](repeating: 4, count: count)))
    }
    let frames = fixture.sent.removeValue(forKey: reader) ?? []
    #expect(frames.count == 2)
    for (number, bytes) in frames.enumerated() {
      let frame = try WireLogsServerFrame(serializedBytes: bytes)
      let again: [UInt8] = try frame.serializedBytes()
      #expect(again == bytes)
      #expect(frame.requestID == requestID)
      #expect(frame.entries.entries.map(\.seq) == [UInt64(2 + number)])
      #expect(frame.entries.head == UInt64(2 + number))
      #expect(frame.entries.afterSeq == UInt64(1 + number))
      #expect(frame.entries.epoch == 1)
      #expect(frame.entries.caughtUp)
      #expect(!frame.entries.first)
    }
    // After a commit the epoch is the new one.
    commit = fixture.commit(1, 1)
    _ = try fixture.answer(writer, .commit(commit))
    _ = try fixture.answer(writer, fixture.append(.holding(1, 2)))
    let epochs = try fixture.logsFrames(reader).map(\.entries.epoch)
    #expect(epochs == [2, 2])
  }

  /// Readers at different places get the same entries, whichever way they come.
  @Test func aReaderThatIsBehindReads() throws {
    var fixture = try MachineFixture()
    let writer = fixture.logs()
    try fixture.makeLog(1, on: writer)
    let early = fixture.logs()
    _ = try fixture.ask(early, Self.subscribe(0), id: 5)
    var seqs: [[UInt64]] = [[], []]
    // More than a window: the reader that acknowledges nothing stops at it.
    for _ in 0..<(ServerLimits.windowEntriesMax + 10) {
      _ = try fixture.answer(writer, fixture.append(.holding(1, 0)))
    }
    seqs[0] += try fixture.logsFrames(early).flatMap { $0.entries.entries.map(\.seq) }
    #expect(seqs[0] == Array(1...UInt64(ServerLimits.windowEntriesMax)))
    var acknowledge = WireAcknowledgeLog()
    acknowledge.subscription = 5
    acknowledge.seq = UInt64(ServerLimits.windowEntriesMax)
    seqs[0] += try fixture.ask(early, .acknowledgeLog(acknowledge), id: 6)
      .flatMap { $0.entries.entries.map(\.seq) }
    let late = fixture.logs()
    seqs[1] += try fixture.ask(late, Self.subscribe(0), id: 5)
      .flatMap { $0.entries.entries.map(\.seq) }
    _ = try fixture.answer(writer, fixture.append(.holding(1, 0)))
    seqs[0] += try fixture.logsFrames(early).flatMap { $0.entries.entries.map(\.seq) }
    let all = Array(1...UInt64(ServerLimits.windowEntriesMax + 11))
    #expect(seqs[0] == all)
    #expect(seqs[1] == Array(1...UInt64(ServerLimits.windowEntriesMax)))
    acknowledge.seq = UInt64(ServerLimits.windowEntriesMax)
    seqs[1] += try fixture.ask(late, .acknowledgeLog(acknowledge), id: 6)
      .flatMap { $0.entries.entries.map(\.seq) }
    #expect(seqs[1] == all)
  }

  /// Appends and a commit of one transaction come in their order, with the epoch that follows.
  @Test func aBatchWithACommitIsRead() throws {
    var fixture = try MachineFixture()
    let writer = fixture.logs()
    try fixture.makeLog(1, on: writer)
    let reader = fixture.logs()
    _ = try fixture.ask(reader, Self.subscribe(0), id: 5)
    for request in [
      fixture.append(.holding(1, 0)), .commit(fixture.commit(1, 0)),
      fixture.append(.holding(1, 0)),
    ] {
      var frame = WireLogsClientFrame()
      frame.requestID = fixture.nextRequestID() + 100
      frame.request = request
      fixture.perform(
        fixture.machine.receive(try frame.serializedBytes(), on: writer, at: fixture.now))
    }
    fixture.perform(fixture.machine.flush(at: fixture.now))
    let frames = try fixture.logsFrames(reader)
    #expect(frames.flatMap { $0.entries.entries.map(\.seq) } == [1, 2, 3])
    #expect(frames.last?.entries.epoch == 1)
  }
}
