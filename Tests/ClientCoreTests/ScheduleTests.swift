// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// Messages that are to be sent at a time, on a clock of the test's.
@Suite struct ScheduleTests {
  private func world() throws -> World {
    var world = try World.registered(["alice", "bob"])
    try world.send("hello", from: 0, to: 1)
    world.settle()
    return world
  }

  private func schedule(
    _ text: String, _ time: ScheduleTime, _ world: inout World
  ) throws -> ScheduledMessage {
    let request = ClientRequest.schedule(
      address: world.clients[1].address, text: text, time: time)
    guard case .scheduled(let message) = try world.ask(0, request) else {
      throw ClientFailure(.timeout, "no answer")
    }
    return message
  }

  private func list(_ world: inout World) throws -> [ScheduledMessage] {
    guard case .scheduledMessages(let list) = try world.ask(0, .scheduledMessages) else {
      throw ClientFailure(.timeout, "no answer")
    }
    return list
  }

  private func texts(_ world: inout World, _ index: Int) throws -> [String] {
    let other = world.clients[1 - index].address
    let answer = try world.ask(index, .history(address: other, limit: 100, before: nil))
    guard case .history(let lines) = answer else { return [] }
    return lines.reversed().map(\.text)
  }

  private func code(_ body: () throws -> Void) -> ClientFailureCode? {
    do { try body() } catch { return (error as? ClientFailure)?.code }
    return nil
  }

  /// Lets time pass as the driver does: to the core's deadline, where it is told.
  private func pass(_ time: Duration, _ world: inout World) {
    world.now = world.now + time
    world.apply([.tick], to: 0)
    world.settle()
  }

  @Test func messagesLeaveInTheOrderOfTheirTimes() throws {
    var world = try world()
    let start = world.now
    let late = try schedule("second", .after(.seconds(600)), &world)
    let early = try schedule("first", .at(start + .seconds(300)), &world)
    #expect(late.at >= start + .seconds(600))
    #expect(try list(&world).map(\.id) == [early.id, late.id])
    #expect(try #require(world.clients[0].core.nextDeadline) <= early.at)
    world.now = early.at + .milliseconds(-1)
    world.apply([.tick], to: 0)
    #expect(world.clients[0].store.committed.scheduled().map(\.id) == [early.id, late.id])
    world.now = early.at
    world.apply([.tick], to: 0)
    #expect(world.clients[0].store.committed.scheduled().map(\.id) == [late.id])
    pass(.zero, &world)
    #expect(try texts(&world, 1) == ["hello", "first"])
    #expect(try list(&world).map(\.id) == [late.id])
    #expect(code { try world.ask(0, .unschedule(id: early.id)) } == .unknownMessage)
    world.now = late.at
    pass(.zero, &world)
    #expect(try texts(&world, 1) == ["hello", "first", "second"])
    #expect(try texts(&world, 0) == ["hello", "first", "second"])
    #expect(try list(&world).isEmpty)
  }

  @Test func messagesAreChangedAndCancelledBeforeTheyLeave() throws {
    var world = try world()
    let one = try schedule("one", .after(.seconds(60)), &world)
    let two = try schedule("two", .after(.seconds(60)), &world)
    try world.ask(0, .reschedule(id: one.id, text: "ONE", time: .after(.seconds(600))))
    try world.ask(0, .unschedule(id: two.id))
    pass(.seconds(120), &world)
    #expect(try texts(&world, 1) == ["hello"])
    pass(.seconds(600), &world)
    #expect(try texts(&world, 1) == ["hello", "ONE"])
    #expect(code { try world.ask(0, .unschedule(id: two.id)) } == .unknownMessage)
    #expect(
      code { try world.ask(0, .reschedule(id: one.id, text: "x", time: nil)) } == .unknownMessage)
  }

  /// The program does not run when the time comes: the next one sends, and says that it is late.
  @Test func whatIsLateIsSentWithANotice() throws {
    var world = try world()
    _ = try schedule("happy new year", .after(.seconds(60)), &world)
    world.now = world.now + .seconds(86_400)
    world.restart(0)
    world.settle()
    #expect(try texts(&world, 1) == ["hello", "happy new year"])
    let own = try texts(&world, 0)
    #expect(own.prefix(2) == ["hello", "happy new year"])
    #expect(own.count == 3)
    #expect(own.last?.contains("scheduled for earlier") == true)
    // A little late is not worth a line.
    _ = try schedule("soon", .after(.seconds(60)), &world)
    world.now = world.now + .seconds(90)
    world.restart(0)
    world.settle()
    #expect(try texts(&world, 0).count == 4)
  }

  /// It leaves once, wherever the process dies.
  @Test(arguments: [TestCrash.beforeCommit, .afterCommit])
  func crashesSendOnce(crash: TestCrash) throws {
    var world = try world()
    let message = try schedule("once", .after(.seconds(60)), &world)
    world.crashes[0] = [world.clients[0].steps + 1: crash]
    world.now = message.at
    pass(.zero, &world)
    #expect(try texts(&world, 1) == ["hello", "once"])
    #expect(try texts(&world, 0) == ["hello", "once"])
    #expect(try list(&world).isEmpty)
  }

  @Test func draftsStayAndWhatCannotBeSentIsShown() throws {
    var world = try world()
    let bob = world.clients[1].address
    try world.ask(0, .draft(address: bob, text: "begun"))
    let message = try schedule("to a stranger", .after(.seconds(60)), &world)
    try world.clients[0].store.transact { (transaction) throws(ClientStoreFailure) in
      guard var peer = transaction.peer(address: bob) else { throw .corrupt("peer") }
      peer.standing = .identityChanged
      transaction.put(peer)
    }
    world.now = message.at
    pass(.zero, &world)
    #expect(try texts(&world, 1) == ["hello"])
    let row = try #require(world.clients[0].store.committed.messageRows.last)
    #expect(row.text == "to a stranger")
    #expect(row.state == .failed)
    #expect(row.failure == ClientFailureCode.identityChanged.rawValue)
    #expect(try list(&world).isEmpty)
    guard case .draft(let kept) = try world.ask(0, .draft(address: bob, text: nil)) else { return }
    #expect(kept == "begun")
    try world.ask(0, .delete(address: bob, messageID: row.messageID, forEveryone: false))
    #expect(try texts(&world, 0) == ["hello"])
  }

  @Test func timesThatMakeNoSenseAreRefused() throws {
    var world = try world()
    let bob = world.clients[1].address
    for time in [
      ScheduleTime.at(world.now), .at(world.now + .seconds(-1)), .after(.zero),
      .after(.seconds(-1)), .after(.seconds(400 * 86_400)), .at(Instant(milliseconds: .max)),
      .at(Instant(milliseconds: .min)),
    ] {
      #expect(
        code { try world.ask(0, .schedule(address: bob, text: "x", time: time)) } == .badRequest)
    }
    let soon = ScheduleTime.after(.seconds(1))
    #expect(
      code { try world.ask(0, .schedule(address: bob, text: "", time: soon)) } == .badRequest)
    #expect(
      code { try world.ask(0, .schedule(address: "@", text: "x", time: soon)) } == .badAddress)
  }
}
