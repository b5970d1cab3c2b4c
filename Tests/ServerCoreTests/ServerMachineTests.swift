// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import SansIO
import ServerStoreConformance
import SwiftProtobuf
import Testing
import Wire

@testable import ServerCore

@Suite struct ServerMachineTests {
  @Test func nothingIsAnsweredBeforeItIsFlushed() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    var frame = WireLogsClientFrame()
    frame.requestID = 500
    frame.request = fixture.append(.holding(1, 0))
    fixture.perform(
      fixture.machine.receive(try frame.serializedBytes(), on: connection, at: fixture.now))
    #expect(fixture.sent[connection] == nil)
    #expect(fixture.machine.hasPendingWrites)
    fixture.perform(fixture.machine.flush(at: fixture.now))
    #expect(try fixture.logsFrames(connection).map(\.requestID) == [500])
    #expect(!fixture.machine.hasPendingWrites)
  }

  @Test(arguments: [false, true])
  func crashDropsOrKeepsWhatIsPending(keepsPending: Bool) throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    var frame = WireLogsClientFrame()
    frame.requestID = 500
    frame.request = fixture.append(.holding(1, 0))
    let bytes: [UInt8] = try frame.serializedBytes()
    fixture.perform(fixture.machine.receive(bytes, on: connection, at: fixture.now))
    let store = fixture.machine.crash(keepingPending: keepsPending, at: fixture.now)
    // The client never heard an answer and sends the same again to the server that comes up.
    var next = try MachineFixture(store: store)
    let again = next.logs()
    next.receive(bytes, on: again)
    let answer = try next.logsFrames(again)[0].appended
    #expect(answer.seq == 1)
    #expect(answer.duplicate == keepsPending)
  }

  @Test func answersOfClosedConnectionsGoNowhere() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    var frame = WireLogsClientFrame()
    frame.requestID = 500
    frame.request = fixture.append(.holding(1, 0))
    fixture.perform(
      fixture.machine.receive(try frame.serializedBytes(), on: connection, at: fixture.now))
    fixture.machine.disconnect(connection)
    fixture.perform(fixture.machine.flush(at: fixture.now))
    #expect(fixture.sent.isEmpty)
    #expect(fixture.machine.connections.isEmpty)
  }

  @Test func allReadersSeeOneOrder() throws {
    var fixture = try MachineFixture(rates: .unrestricted)
    let writers = (0..<4).map { _ in fixture.logs() }
    try fixture.makeLog(1, on: writers[0])
    let readers = (0..<3).map { _ in fixture.logs() }
    var subscribe = WireSubscribeLog()
    subscribe.right = .holding(1, 0)
    var seen: [[UInt64: Data]] = Array(repeating: [:], count: readers.count)
    for reader in readers { _ = try fixture.ask(reader, .subscribeLog(subscribe), id: 900) }
    for round in 0..<50 {
      for (number, writer) in writers.enumerated() {
        var frame = WireLogsClientFrame()
        frame.requestID = UInt64(1_000 + round)
        frame.request = fixture.append(.holding(1, 0), [UInt8(round), UInt8(number)])
        fixture.perform(
          fixture.machine.receive(try frame.serializedBytes(), on: writer, at: fixture.now))
      }
      if fixture.random.chance(1, in: 3) { fixture.perform(fixture.machine.flush(at: fixture.now)) }
    }
    while fixture.machine.hasPendingWrites {
      fixture.perform(fixture.machine.flush(at: fixture.now))
    }
    for (index, reader) in readers.enumerated() {
      for frame in try fixture.logsFrames(reader) {
        for entry in frame.entries.entries {
          #expect(seen[index].updateValue(entry.body, forKey: entry.seq) == nil)
        }
      }
      #expect(seen[index].keys.sorted() == Array(1...200))
      #expect(seen[index] == seen[0])
    }
  }

  @Test func failingStoreIsToldAsUnavailable() throws {
    var machine = ServerMachine(store: BrokenStore(), policy: try MachineFixture.policy())
    var random = SeededGenerator(seed: 1)
    let now = StoreClock.start
    let connection = ServerMachine<BrokenStore>.ConnectionID(rawValue: 1)
    _ = machine.connect(
      connection, to: .logs, from: MachineFixture.peer, at: now, using: &random)
    var maker = try MachineFixture()
    var read = WireReadLog()
    read.right = .holding(1, 0)
    for request in [maker.append(.holding(1, 0)), .readLog(read)] {
      var frame = WireLogsClientFrame()
      frame.requestID = maker.nextRequestID()
      frame.request = request
      var effects = machine.receive(try frame.serializedBytes(), on: connection, at: now)
      effects += machine.flush(at: now)
      var failure = WireLogsServerFrame()
      failure.requestID = frame.requestID
      failure.failure = WireFailure(
        .unavailable, retryAfter: ServerLimits.unavailableRetryAfter)
      #expect(effects == [.send(connection, try failure.serializedBytes())])
    }
  }

  @Test func sweepsByItself() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    _ = try fixture.answer(connection, fixture.append(.holding(1, 0)))
    fixture.machine.disconnect(connection)
    fixture.passTime(.zero)
    fixture.passTime(ServerLimits.entryRetention)
    #expect(fixture.machine.store.logs.values.allSatisfy { $0.entries.isEmpty })
    #expect(fixture.machine.nextDeadline == fixture.now + ServerLimits.sweepInterval)
  }
}

private struct BrokenStore: ServerStore {
  mutating func write(
    _ batch: [StoreRequest], at now: Instant
  ) throws(StoreFailure) -> [StoreAnswer] {
    throw .unavailable
  }

  func read(_ request: ReadRequest, at now: Instant) throws(StoreFailure) -> ReadAnswer {
    throw .unavailable
  }
}
