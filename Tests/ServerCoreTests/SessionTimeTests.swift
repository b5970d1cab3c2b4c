// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import SansIO
import ServerStoreConformance
import SwiftProtobuf
import Testing
import Wire

@testable import ServerCore

/// Deadlines, silence, slow readers, limits and draining.
@Suite struct SessionTimeTests {
  private let getManifest: WireLogsClientFrame.OneOf_Request = {
    var get = WireGetManifest()
    get.address = "alice@messenger.example"
    return .getManifest(get)
  }()

  private func shut(
    _ fixture: inout MachineFixture, _ connection: MachineFixture.Connection
  ) throws -> WireFailure? {
    try fixture.logsFrames(connection).last?.failure
  }

  @Test func firstFrameHasADeadline() throws {
    var fixture = try MachineFixture()
    let silent = fixture.logs()
    let talking = fixture.logs()
    fixture.passTime(.milliseconds(9_999))
    _ = try fixture.answer(talking, getManifest)
    #expect(fixture.closed.isEmpty)
    fixture.passTime(.milliseconds(1))
    #expect(fixture.closed == [silent: .deadline])
    #expect(try shut(&fixture, silent) == WireFailure(.deadline))
  }

  @Test func authenticationHasADeadline() throws {
    var fixture = try MachineFixture()
    let known = try fixture.register(try TestAccount("alice", seed: 1))
    let (stranger, _) = try fixture.inbox()
    _ = try fixture.answer(stranger, .countKeyPackages(WireCountKeyPackages()))
    fixture.passTime(.milliseconds(19_999))
    #expect(fixture.closed.isEmpty)
    fixture.passTime(.milliseconds(1))
    #expect(fixture.closed == [stranger: .deadline])
    #expect(fixture.machine.connections == [known])
  }

  @Test func silenceIsAskedAndThenEnded() throws {
    var fixture = try MachineFixture()
    let dead = fixture.logs()
    let alive = fixture.logs()
    for connection in [dead, alive] { _ = try fixture.answer(connection, getManifest) }
    fixture.passTime(.milliseconds(29_999))
    #expect(fixture.pinged.isEmpty)
    fixture.passTime(.milliseconds(1))
    #expect(fixture.pinged == [dead, alive])
    fixture.machine.receivePong(on: alive, at: fixture.now)
    fixture.pinged = []
    fixture.passTime(.seconds(30))
    #expect(fixture.pinged == [dead, alive])
    fixture.machine.receivePong(on: alive, at: fixture.now)
    fixture.passTime(.seconds(30))
    #expect(fixture.closed == [dead: .deadline])
  }

  @Test func nextDeadlineIsTheEarliest() throws {
    var random = SeededGenerator(seed: 1)
    var session = LogsSession(policy: try MachineFixture.policy(), peer: MachineFixture.peer)
    let start = StoreClock.start
    _ = session.opened(at: start, using: &random)
    #expect(session.nextDeadline == start + .seconds(10))
    var limits = RateLimiter(policy: .unrestricted)
    let frame: [UInt8] = [0x08, 0x05]
    _ = session.received(frame.span, at: start + .seconds(1), limits: &limits)
    #expect(session.nextDeadline == start + .seconds(31))
    _ = session.outboundChanged(to: 100, at: start + .seconds(2))
    #expect(session.nextDeadline == start + .seconds(22))
    #expect(session.deadlineReached(at: start + .seconds(21)).isEmpty)
    let effects = session.deadlineReached(at: start + .seconds(22))
    #expect(effects.last == .close(.slowReader))
    #expect(session.nextDeadline == nil)
  }

  @Test func progressKeepsASlowReader() throws {
    var fixture = try MachineFixture()
    let connection = fixture.logs()
    _ = try fixture.answer(connection, getManifest)
    func wait(_ bytes: Int) {
      fixture.perform(
        fixture.machine.outboundChanged(to: bytes, on: connection, at: fixture.now))
    }
    wait(1_000)
    fixture.passTime(.seconds(15))
    wait(900)
    fixture.passTime(.seconds(10))
    // More waits than before: that is no progress.
    wait(5_000)
    #expect(fixture.closed.isEmpty)
    fixture.passTime(.seconds(10))
    #expect(fixture.closed == [connection: .slowReader])
    #expect(try shut(&fixture, connection) == WireFailure(.slowReader))
  }

  @Test func nothingIsPushedToAFullSocket() throws {
    var fixture = try MachineFixture()
    let writer = fixture.logs()
    let reader = fixture.logs()
    try fixture.makeLog(1, on: writer)
    var subscribe = WireSubscribeLog()
    subscribe.right = .holding(1, 0)
    _ = try fixture.ask(reader, .subscribeLog(subscribe), id: 900)
    fixture.perform(
      fixture.machine.outboundChanged(
        to: ServerLimits.outboundBytesMax, on: reader, at: fixture.now))
    _ = try fixture.answer(writer, fixture.append(.holding(1, 0)))
    #expect(try fixture.logsFrames(reader).isEmpty)
    fixture.perform(fixture.machine.outboundChanged(to: 0, on: reader, at: fixture.now))
    #expect(try fixture.logsFrames(reader).map(\.requestID) == [900])
  }

  @Test func rateLimitsSayWhenToTryAgain() throws {
    var rates = RatePolicy.unrestricted
    rates.peer = TokenBucket.Rate(size: 3, refill: .milliseconds(500))
    var fixture = try MachineFixture(rates: rates)
    let first = fixture.logs()
    let second = fixture.logs()
    let elsewhere = fixture.logs(peer: PeerAddress(ipv4: [192, 0, 2, 2]))
    for connection in [first, second, first] {
      #expect(
        try fixture.answer(connection, getManifest).failure == WireFailure(.notFound))
    }
    // One bucket for all connections of an address; another address has its own.
    #expect(
      try fixture.answer(second, getManifest).failure
        == WireFailure(.rateLimited, retryAfter: 500))
    #expect(try fixture.answer(elsewhere, getManifest).failure == WireFailure(.notFound))
    fixture.now = fixture.now + .milliseconds(499)
    #expect(
      try fixture.answer(second, getManifest).failure == WireFailure(.rateLimited, retryAfter: 1))
    fixture.now = fixture.now + .milliseconds(1)
    #expect(try fixture.answer(second, getManifest).failure == WireFailure(.notFound))
  }

  @Test func logAndAccountAndCreationHaveTheirOwnLimits() throws {
    var rates = RatePolicy.unrestricted
    rates.right = TokenBucket.Rate(size: 2, refill: .seconds(1))
    rates.account = TokenBucket.Rate(size: 1, refill: .seconds(2))
    rates.peerCreation = TokenBucket.Rate(size: 3, refill: .seconds(3))
    rates.peerTaking = TokenBucket.Rate(size: 1, refill: .seconds(4))
    var fixture = try MachineFixture(rates: rates)
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    let alice = try TestAccount("alice", seed: 1)
    let inbox = try fixture.register(alice)
    // A wrong token has a bucket of its own and leaves the members theirs.
    var wrong = WireLogRight.holding(1, 0)
    wrong.token = Data(repeating: 3, count: 32)
    for code in [.notFound, .notFound, .rateLimited] as [WireErrorCode] {
      #expect(try fixture.answer(connection, fixture.append(wrong)).failure.code == code)
    }
    #expect(try fixture.answer(connection, fixture.append(.holding(1, 0))).appended.seq == 1)
    #expect(try fixture.answer(connection, fixture.append(.holding(1, 0))).appended.seq == 2)
    #expect(
      try fixture.answer(connection, fixture.append(.holding(1, 0))).failure
        == WireFailure(.rateLimited, retryAfter: 1_000))
    let count = WireInboxClientFrame.OneOf_Request.countKeyPackages(WireCountKeyPackages())
    #expect(try fixture.answer(inbox, count).keyPackageCount.oneTimeMax == 100)
    #expect(
      try fixture.answer(inbox, count).failure == WireFailure(.rateLimited, retryAfter: 2_000))
    var take = WireTakeKeyPackages()
    take.address = "alice@messenger.example"
    #expect(try fixture.answer(connection, .takeKeyPackages(take)).keyPackages.packages.isEmpty)
    #expect(
      try fixture.answer(connection, .takeKeyPackages(take)).failure
        == WireFailure(.rateLimited, retryAfter: 4_000))
    try fixture.makeLog(2, on: connection)
    var create = WireCreateLog()
    create.logID = Data(Rights.logID(3).bytes)
    create.tokenHash = Data(Rights.right(3, 0).tokenHash.bytes)
    #expect(
      try fixture.answer(connection, .createLog(create)).failure
        == WireFailure(.rateLimited, retryAfter: 3_000))
  }

  @Test func openRequestsAreLimited() throws {
    var fixture = try MachineFixture(rates: .unrestricted)
    let connection = fixture.logs()
    try fixture.makeLog(1, on: connection)
    for number in 0...ServerLimits.openRequestsMax {
      var frame = WireLogsClientFrame()
      frame.requestID = UInt64(1_000 + number)
      frame.request = fixture.append(.holding(1, 0))
      // Nothing is flushed, so nothing is answered.
      fixture.perform(
        fixture.machine.receive(
          try frame.serializedBytes(), on: connection, at: fixture.now))
    }
    let refused = try fixture.logsFrames(connection)
    #expect(refused.map(\.requestID) == [UInt64(1_000 + ServerLimits.openRequestsMax)])
    #expect(refused.map(\.failure) == [WireFailure(.rateLimited, retryAfter: 100)])
    fixture.perform(fixture.machine.flush(at: fixture.now))
    #expect(try fixture.logsFrames(connection).count == ServerLimits.openRequestsMax)
  }

  @Test func drainingFinishesWhatIsOpen() throws {
    var fixture = try MachineFixture()
    let idle = fixture.logs()
    let busy = fixture.logs()
    try fixture.makeLog(1, on: busy)
    var frame = WireLogsClientFrame()
    frame.requestID = 500
    frame.request = fixture.append(.holding(1, 0))
    fixture.perform(
      fixture.machine.receive(try frame.serializedBytes(), on: busy, at: fixture.now))
    fixture.perform(fixture.machine.drain(at: fixture.now, using: &fixture.random))
    #expect(fixture.closed == [idle: .unavailable])
    let told = try fixture.logsFrames(idle)
    #expect(told.map(\.requestID) == [0])
    #expect(told[0].failure.code == .unavailable)
    #expect(ServerLimits.drainRetryAfter.contains(told[0].failure.retryAfterMs))
    _ = try fixture.logsFrames(busy)
    frame.requestID = 501
    fixture.perform(
      fixture.machine.receive(try frame.serializedBytes(), on: busy, at: fixture.now))
    #expect(try fixture.logsFrames(busy).map(\.failure.code) == [.unavailable])
    fixture.perform(fixture.machine.flush(at: fixture.now))
    let last = try fixture.logsFrames(busy)
    #expect(last.map(\.requestID) == [500])
    #expect(last[0].appended.seq == 1)
    #expect(fixture.closed[busy] == .unavailable)
  }

  @Test func drainingDoesNotWaitForEver() throws {
    var fixture = try MachineFixture()
    let busy = fixture.logs()
    try fixture.makeLog(1, on: busy)
    var frame = WireLogsClientFrame()
    frame.requestID = 500
    frame.request = fixture.append(.holding(1, 0))
    fixture.perform(
      fixture.machine.receive(try frame.serializedBytes(), on: busy, at: fixture.now))
    fixture.perform(fixture.machine.drain(at: fixture.now, using: &fixture.random))
    fixture.passTime(ServerLimits.drainDeadline - .milliseconds(1))
    #expect(fixture.closed.isEmpty)
    fixture.passTime(.milliseconds(1))
    #expect(fixture.closed == [busy: .unavailable])
  }
}
