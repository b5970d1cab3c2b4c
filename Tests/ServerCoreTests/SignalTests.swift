// SPDX-License-Identifier: Apache-2.0

import Foundation
import SansIO
import ServerStoreConformance
import Testing
import Wire

@testable import ServerCore

/// What is handed from one connection to those that read a log at the moment, and to no other.
@Suite struct SignalTests {
  private static let body = [UInt8](repeating: 7, count: ServerLimits.signalBytes)

  private func signal(
    _ right: WireLogRight, _ body: [UInt8] = SignalTests.body
  ) -> WireLogsClientFrame.OneOf_Request {
    var signal = WireSendSignal()
    signal.right = right
    signal.body = Data(body)
    return .sendSignal(signal)
  }

  private func subscribe(
    _ log: UInt8, epoch: UInt64 = 0, signals: Bool = true
  ) -> WireLogsClientFrame.OneOf_Request {
    var subscribe = WireSubscribeLog()
    subscribe.right = .holding(log, epoch)
    subscribe.signals = signals
    return .subscribeLog(subscribe)
  }

  /// The signals that came to a connection: subscription and body.
  private func signals(
    _ fixture: inout MachineFixture, _ connection: MachineFixture.Connection
  ) throws -> [UInt64] {
    try fixture.logsFrames(connection).compactMap { frame in
      guard case .signal(let signal) = frame.response else { return nil }
      #expect(Array(signal.body) == Self.body)
      return frame.requestID
    }
  }

  @Test func whoReadsTheLogGetsItAndNobodyElse() throws {
    var fixture = try MachineFixture()
    let connections = (0..<4).map { _ in fixture.logs() }
    try fixture.makeLog(1, on: connections[0])
    try fixture.makeLog(2, on: connections[0])
    _ = try fixture.ask(connections[0], subscribe(1), id: 900)
    _ = try fixture.ask(connections[1], subscribe(1), id: 901)
    // An old client does not ask for signals: it would not know the frame.
    _ = try fixture.ask(connections[2], subscribe(1, signals: false), id: 902)
    _ = try fixture.ask(connections[3], subscribe(2), id: 903)
    let before = fixture.machine.store
    let answer = try fixture.answer(connections[0], signal(.holding(1, 0)))
    #expect(answer.response == .done(WireDone()))
    #expect(try signals(&fixture, connections[1]) == [901])
    for other in [0, 2, 3] { #expect(try signals(&fixture, connections[other]) == []) }
    #expect(fixture.machine.store == before, "nothing is stored")
    // Whoever comes now has missed it, and the log has no entry of it.
    let late = fixture.logs()
    let first = try fixture.ask(late, subscribe(1), id: 904)
    #expect(first.map(\.entries.head) == [0])
    // Whoever has no subscription may send as well.
    #expect(try fixture.answer(connections[3], signal(.holding(1, 0))).failure == WireFailure())
    #expect(try signals(&fixture, connections[0]) == [900])
    #expect(try signals(&fixture, late) == [904])
  }

  @Test func theRightIsOfThePresentEpoch() throws {
    var fixture = try MachineFixture()
    let writer = fixture.logs()
    let reader = fixture.logs()
    try fixture.makeLog(1, on: writer)
    _ = try fixture.ask(reader, subscribe(1), id: 900)
    var wrong = WireLogRight.holding(1, 0)
    wrong.token = Data(repeating: 1, count: 32)
    for right in [wrong, .holding(2, 0), .holding(1, 1)] {
      #expect(
        try fixture.answer(writer, signal(right)).response == .failure(WireFailure(.notFound)))
    }
    _ = try fixture.answer(writer, .commit(fixture.commit(1, 0)))
    #expect(
      try fixture.answer(writer, signal(.holding(1, 0))).response
        == .failure(WireFailure(.staleEpoch, epoch: 1, head: 1)))
    #expect(try signals(&fixture, reader) == [])
    // The reader has the commit, so that the same subscription goes on.
    _ = try fixture.answer(writer, signal(.holding(1, 1)))
    #expect(try signals(&fixture, reader) == [900])
  }

  @Test func whoWasRemovedIsNotToldThatSomebodyIsThere() throws {
    var fixture = try MachineFixture()
    let writer = fixture.logs()
    let removed = fixture.logs()
    try fixture.makeLog(1, on: writer)
    _ = try fixture.ask(removed, subscribe(1), id: 900)
    _ = try fixture.answer(writer, .commit(fixture.commit(1, 0, removes: true)))
    _ = try fixture.logsFrames(removed)
    _ = try fixture.answer(writer, signal(.holding(1, 1)))
    #expect(try fixture.logsFrames(removed) == [])
    // Nor can they send: they learn of the removal, and of nothing after it.
    _ = try fixture.answer(writer, fixture.append(.holding(1, 1)))
    #expect(
      try fixture.answer(removed, signal(.holding(1, 0))).response
        == .failure(WireFailure(.staleEpoch, epoch: 1, head: 1)))
  }

  @Test(arguments: [0, ServerLimits.signalBytes - 1, ServerLimits.signalBytes + 1])
  func allHaveOneSize(count: Int) throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    let answer = try fixture.answer(
      connection, signal(.holding(1, 0), [UInt8](repeating: 1, count: count)))
    #expect(answer.response == .failure(WireFailure(.malformed)))
    #expect(fixture.closed.isEmpty)
  }

  /// What waits for a slow reader is what was written; a signal that does not fit in is dropped.
  @Test func aReaderWithoutRoomIsPassedOver() throws {
    var fixture = try MachineFixture()
    let writer = fixture.logs()
    let reader = fixture.logs()
    try fixture.makeLog(1, on: writer)
    _ = try fixture.ask(reader, subscribe(1), id: 900)
    func fill(_ bytes: Int) {
      fixture.perform(
        fixture.machine.outboundChanged(to: bytes, on: reader, at: fixture.now))
    }
    fill(ServerLimits.outboundBytesMax)
    #expect(try fixture.answer(writer, signal(.holding(1, 0))).response == .done(WireDone()))
    fill(0)
    #expect(try signals(&fixture, reader) == [])
    _ = try fixture.answer(writer, signal(.holding(1, 0)))
    #expect(try signals(&fixture, reader) == [900])
  }

  @Test func signalsHaveLimitsOfTheirOwn() throws {
    var rates = RatePolicy.unrestricted
    rates.signals = TokenBucket.Rate(size: 2, refill: .seconds(1))
    rates.peerSignals = TokenBucket.Rate(size: 3, refill: .seconds(9))
    rates.right = TokenBucket.Rate(size: 1, refill: .seconds(9))
    var fixture = try MachineFixture(rates: rates)
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    try fixture.makeLog(2, on: connection)
    for _ in 0..<2 {
      #expect(
        try fixture.answer(connection, signal(.holding(1, 0))).response == .done(WireDone()))
    }
    #expect(
      try fixture.answer(connection, signal(.holding(1, 0))).failure
        == WireFailure(.rateLimited, retryAfter: 1_000))
    // What is written is counted apart.
    #expect(try fixture.answer(connection, fixture.append(.holding(1, 0))).appended.seq == 1)
    // Another log does not help: the network address has sent three.
    #expect(
      try fixture.answer(connection, signal(.holding(2, 0))).failure.code == .rateLimited)
    let elsewhere = fixture.logs(peer: PeerAddress(ipv4: [192, 0, 2, 2]))
    #expect(
      try fixture.answer(elsewhere, signal(.holding(2, 0))).response == .done(WireDone()))
  }
}
