// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// Messages that disappear, between real cores.
@Suite struct TimerTests {
  /// Alice has sent `text` to Bob with a timer, and Bob has it.
  private func sent(
    _ timer: String, text: String = "canary"
  ) throws -> (world: World, id: [UInt8]) {
    var world = try World.registered(["alice", "bob"])
    let id = try send(text, timer, in: &world)
    world.settle(for: .seconds(1))
    return (world, id)
  }

  @discardableResult
  private func send(
    _ text: String, _ timer: String, from: Int = 0, in world: inout World
  ) throws -> [UInt8] {
    let token = world.begin(
      from,
      .sendTimed(
        address: world.clients[1 - from].address, text: text,
        timer: try #require(MessageTimer(timer))))
    guard case .success(.queued(let id)) = world.clients[from].answers[token] else {
      throw ClientFailure(.timeout, "\(String(describing: world.clients[from].answers[token]))")
    }
    return id
  }

  /// What one reads, without letting time pass.
  private func history(_ world: inout World, _ index: Int) throws -> [HistoryLine] {
    let other = world.clients[1 - index].address
    let token = world.begin(index, .history(address: other, limit: 100, before: nil))
    guard case .success(.history(let lines)) = world.clients[index].answers[token] else {
      throw ClientFailure(.timeout, "no history")
    }
    return lines.reversed()
  }

  private func texts(_ world: inout World, _ index: Int) throws -> [String] {
    try history(&world, index).filter { $0.kind == .text || $0.kind == .once }.map(\.text)
  }

  /// Everything in a client's store that may have words in it.
  private func words(_ world: World, _ index: Int) -> String {
    let store = world.clients[index].store.committed
    var found = store.messageRows.map(\.text) + store.annotationRows.map(\.text)
    let bytes =
      store.messageRows.map(\.content) + store.outboxRows.map(\.content)
      + store.eventRows.map(\.body)
    found += bytes.map { String(decoding: $0, as: UTF8.self) }
    return found.joined(separator: "\n")
  }

  @Test func theReadersTimeBeginsWhenItIsRead() throws {
    var (world, _) = try sent("5s")
    world.now = world.now + .seconds(3_600)
    #expect(try texts(&world, 1) == ["canary"])
    let line = try history(&world, 1)[0]
    #expect(line.timer?.description == "5s")
    #expect(line.expiresAt == world.now + .seconds(5))
    world.now = world.now + .milliseconds(4_999)
    #expect(try texts(&world, 1) == ["canary"])
    world.now = world.now + .milliseconds(1)
    #expect(try texts(&world, 1) == [])
    #expect(!words(world, 1).contains("canary"))
  }

  @Test func theSendersTimeBeginsWhenItIsSent() throws {
    var world = try World.registered(["alice", "bob"])
    world.setOnline(false, 0)
    let id = try send("canary", "5s", in: &world)
    world.settle(for: .seconds(3_600))
    // It waits, and is kept for that.
    #expect(try texts(&world, 0) == ["canary"])
    world.setOnline(true, 0)
    world.settle(for: .seconds(120))
    #expect(world.clients[0].events.contains { $0.kind == .messageExpired(messageID: id) })
    #expect(!words(world, 0).contains("canary"))
    #expect(try texts(&world, 1) == ["canary"])
  }

  @Test func itGoesByItselfAtItsDeadline() throws {
    var (world, id) = try sent("10s")
    _ = try history(&world, 1)
    #expect(world.clients[1].core.nextDeadline.map { $0 <= world.now + .seconds(10) } == true)
    world.settle(for: .seconds(10))
    for index in 0..<2 {
      #expect(world.clients[index].events.contains { $0.kind == .messageExpired(messageID: id) })
      #expect(!words(world, index).contains("canary"), "\(index)")
      #expect(world.clients[index].store.committed.timerRows == [])
    }
    try world.checkAll()
  }

  @Test func whatNobodyReadsGoesAfterTwoWeeks() throws {
    var (world, _) = try sent("5s")
    world.now = world.now + .seconds(14 * 86_400 - 60)
    world.apply([.tick], to: 1)
    #expect(words(world, 1).contains("canary"))
    world.now = world.now + .seconds(60)
    world.apply([.tick], to: 1)
    #expect(!words(world, 1).contains("canary"))
  }

  @Test func existenceEndsWhetherItIsReadOrNot() throws {
    var (world, _) = try sent("exists:1m+1h")
    _ = try history(&world, 1)
    world.settle(for: .seconds(60))
    #expect(try texts(&world, 0) == [])
    #expect(try texts(&world, 1) == [])
  }

  @Test func aDeviceThatWasAwayNeverShowsIt() throws {
    var world = try World.registered(["alice", "bob"])
    try world.send("first", from: 0, to: 1)
    world.settle()
    world.setOnline(false, 1)
    try send("canary", "exists:5s", in: &world)
    world.settle(for: .seconds(30))
    world.setOnline(true, 1)
    world.settle(for: .seconds(120))
    #expect(try texts(&world, 1) == ["first"])
    #expect(!words(world, 1).contains("canary"))
    #expect(world.lines(1, with: 0).map(\.kind).contains(.expired))
  }

  @Test func aDeviceThatSleptDeletesBeforeItShows() throws {
    var (world, _) = try sent("5s")
    _ = try history(&world, 1)
    world.now = world.now + .seconds(86_400)
    #expect(try texts(&world, 1) == [])
    let token = world.begin(1, .receive(subscriber: "s", fromStart: true, limit: 100))
    guard case .success(.events(let events, _)) = world.clients[1].answers[token] else {
      throw ClientFailure(.timeout, "no events")
    }
    #expect(!events.contains { if case .messageReceived = $0.kind { true } else { false } })
  }

  @Test func aClockThatIsSetBackGivesNoTime() throws {
    var (world, _) = try sent("1h")
    _ = try history(&world, 1)
    world.now = world.now + .seconds(600)
    _ = try history(&world, 1)
    // A year back: an hour is left at most.
    world.now = world.now + .seconds(-365 * 86_400)
    #expect(try texts(&world, 1) == ["canary"])
    world.now = world.now + .seconds(3_600)
    #expect(try texts(&world, 1) == [])
  }

  @Test func onceIsShownOnceAndTheSenderKeepsNothing() throws {
    var (world, id) = try sent("once")
    #expect(!words(world, 0).contains("canary"))
    #expect(try history(&world, 0).map(\.kind).contains(.once))
    // An acknowledged event had no text of it.
    _ = world.begin(1, .receive(subscriber: "s", fromStart: true, limit: 100))
    _ = world.begin(1, .acknowledge(subscriber: "s", seq: 1_000))
    let listed = world.begin(1, .conversations)
    guard case .success(.conversations(let list)) = world.clients[1].answers[listed] else {
      throw ClientFailure(.timeout, "no list")
    }
    #expect(list.first?.lastText == nil)
    #expect(list.first?.unread == 1)
    #expect(try texts(&world, 1) == ["canary"])
    #expect(try texts(&world, 1) == [])
    #expect(!words(world, 1).contains("canary"))
    world.settle()
    #expect(world.state(of: id, 0, with: 1) == .read)
    try world.checkAll()
  }

  @Test func changesRemarksAndQuotesGoWithIt() throws {
    var (world, id) = try sent("30s")
    let bob = world.clients[1].address
    _ = try world.ask(0, .edit(address: bob, messageID: id, text: "canary two"))
    let alice = world.clients[0].address
    _ = try world.ask(1, .react(address: alice, messageID: id, reaction: "👍", removing: false))
    _ = try world.ask(1, .reply(address: alice, messageID: id, text: "an answer"))
    _ = try history(&world, 1)
    world.settle(for: .seconds(60))
    for index in 0..<2 {
      #expect(!words(world, index).contains("canary"), "\(index)")
      #expect(world.clients[index].store.committed.annotationRows == [])
      let lines = try history(&world, index).filter { $0.kind == .text }
      #expect(lines.map(\.text) == ["an answer"])
      #expect(lines[0].quote?.text == nil)
    }
  }

  @Test func aConversationsTimerHoldsForWhatIsSentFromThenOn() throws {
    var world = try World.registered(["alice", "bob"])
    let bob = world.clients[1].address
    try world.send("before", from: 0, to: 1)
    world.settle()
    _ = try world.ask(0, .setTimer(address: bob, timer: MessageTimer("5s")))
    #expect(
      try world.ask(0, .timer(address: bob)) == .timer(TimerReport(timer: MessageTimer("5s"))))
    try world.send("after", from: 0, to: 1)
    world.settle(for: .seconds(2))
    #expect(try texts(&world, 1) == ["before", "after"])
    world.settle(for: .seconds(6))
    #expect(try texts(&world, 1) == ["before"])
    #expect(try texts(&world, 0) == ["before"])
    // It is Bob's too, and nothing is lengthened without him.
    try world.send("from bob", from: 1, to: 0)
    world.settle(for: .seconds(1))
    #expect(try history(&world, 0).last?.timer == MessageTimer("5s"))
    _ = try world.ask(0, .setTimer(address: bob, timer: nil))
    world.settle(for: .seconds(10))
    guard case .timer(let report) = try world.ask(0, .timer(address: bob)) else {
      throw ClientFailure(.timeout, "no report")
    }
    #expect(report.timer == MessageTimer("5s"))
    #expect(report.proposal?.isOwn == true && report.proposal?.timer == nil)
  }

  @Test func aTimerBeyondFourWeeksIsRefused() throws {
    var world = try World.registered(["alice", "bob"])
    let long = try #require(MessageTimer(visibleSeconds: 2_419_201))
    let bob = world.clients[1].address
    for request in [
      ClientRequest.sendTimed(address: bob, text: "x", timer: long),
      .setTimer(address: bob, timer: long),
    ] {
      let failure = #expect(throws: ClientFailure.self) { try world.ask(0, request) }
      #expect(failure?.code == .badRequest)
    }
  }

  @Test func aGroupsTimerHoldsForEverybody() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    _ = try world.ask(0, .setTimer(address: room, timer: MessageTimer("30s")))
    world.settle(for: .seconds(10))
    #expect(
      try world.ask(2, .timer(address: room)) == .timer(TimerReport(timer: MessageTimer("30s"))))
    let failure = #expect(throws: ClientFailure.self) {
      try world.ask(
        1, .sendTimed(address: room, text: "x", timer: try #require(MessageTimer("1h"))))
    }
    #expect(failure?.code == .badRequest)
    try world.say("canary", 1, in: room)
    world.settle(for: .seconds(5))
    for reader in [0, 2] {
      _ = try world.ask(reader, .history(address: room, limit: 10, before: nil))
    }
    world.settle(for: .seconds(40))
    for index in 0..<3 { #expect(!words(world, index).contains("canary"), "\(index)") }
  }

  @Test func anybodyMayShortenAGroupsTimerAndOnlyAdminsLengthenIt() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try world.want(.permission(.timer, .admin), 0, in: room)
    world.settle(for: .seconds(10))
    _ = try world.ask(0, .setTimer(address: room, timer: MessageTimer("1h")))
    world.settle(for: .seconds(10))
    let failure = #expect(throws: ClientFailure.self) {
      try world.ask(1, .setTimer(address: room, timer: MessageTimer("2h")))
    }
    #expect(failure?.code == .notPermitted)
    _ = try world.ask(1, .setTimer(address: room, timer: MessageTimer("1m")))
    world.settle(for: .seconds(10))
    #expect(
      try world.ask(2, .timer(address: room)) == .timer(TimerReport(timer: MessageTimer("1m"))))
  }
}
