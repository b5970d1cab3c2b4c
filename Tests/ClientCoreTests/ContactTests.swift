// SPDX-License-Identifier: Apache-2.0

import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// Who may reach an account: requests, blocks, settings.
@Suite struct ContactTests {
  /// People who are asked before a stranger reaches them.
  static func world(_ names: [String]) throws -> World {
    var world = try World.registered(names)
    for index in names.indices { world.clients[index].store.keep(.strangers, "ask") }
    return world
  }

  static func requests(_ world: inout World, _ index: Int) throws -> [ContactRequestReport] {
    guard case .contactRequests(let list) = try world.ask(index, .contact(.list)) else {
      throw ClientFailure(.internalFailure, "no list")
    }
    return list
  }

  /// What a client has appended or committed to logs, and asked to be put there, since `count`.
  private func written(_ world: World, _ index: Int, since count: Int) -> Int {
    world.sent.dropFirst(count).count { sent in
      guard sent.client == index, sent.endpoint == .logs,
        let frame = try? WireLogsClientFrame(serializedBytes: sent.frame)
      else { return false }
      switch frame.request {
      case .append, .commit, .createLog: return true
      default: return false
      }
    }
  }

  private func told(_ world: World, _ index: Int, of address: String) -> [ClientEvent.Kind] {
    world.clients[index].events.filter { $0.address == address }.map(\.kind).filter { kind in
      if case .identityNotice = kind { false } else { true }
    }
  }

  private static let (alice, bob) = ("alice@x.example", "bob@x.example")

  // MARK: Requests

  @Test func nothingGoesBackBeforeAcceptance() throws {
    var world = try Self.world(["alice", "bob"])
    let first = try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(30))
    let second = try world.send("are you there?", from: 0, to: 1)
    _ = try world.ask(
      0, .react(address: Self.bob, messageID: first, reaction: "👋", removing: false))
    _ = try world.ask(0, .edit(address: Self.bob, messageID: first, text: "hello, Bob"))
    // Weeks pass, with restarts and connections anew: keys that would be renewed are not.
    for _ in 0..<3 {
      world.settle(for: .seconds(8 * 86_400))
      world.restart(1)
      world.settle(for: .seconds(30))
    }
    #expect(written(world, 1, since: 0) == 0)
    #expect(world.state(of: first, 0, with: 1) == .stored)
    #expect(told(world, 1, of: Self.alice) == [.requestReceived(sender: Self.alice)])
    let report = try #require(Self.requests(&world, 1).first)
    #expect(report.sender == Self.alice && report.messages == 2 && report.name == nil)
    // It is in no list, is found by no word, and is not to be answered unseen.
    #expect(try world.ask(1, .conversations) == .conversations([]))
    guard case .found(let page) = try world.ask(1, .search(SearchRequest("hello"))) else { return }
    #expect(page.hits.isEmpty)
    for request in [
      ClientRequest.history(address: Self.alice, limit: 9, before: nil),
      .reply(address: Self.alice, messageID: first, text: "x"),
      .react(address: Self.alice, messageID: first, reaction: "👍", removing: false),
      .markRead(address: Self.alice, upTo: .max), .draft(address: Self.alice, text: "x"),
      .forward(address: Self.alice, messageID: first, to: Self.bob),
      .schedule(address: Self.alice, text: "x", time: .after(.seconds(60))),
      .star(address: Self.alice, messageID: first, adding: true),
      .setTimer(address: Self.alice, timer: nil), .arrange(address: Self.alice, .pin),
    ] {
      #expect(throws: ClientFailure(.requestPending, Self.pending)) { try world.ask(1, request) }
    }
    // Looking at it changes nothing.
    guard case .history(let lines) = try world.ask(1, .contact(.show(address: Self.alice))) else {
      return
    }
    #expect(lines.reversed().map(\.text) == ["hello, Bob", "are you there?"])
    world.settle(for: .seconds(30))
    #expect(written(world, 1, since: 0) == 0)
    // Accepted, it is all there, in order, and is confirmed.
    _ = try world.ask(1, .contact(.accept(address: Self.alice)))
    world.settle(for: .seconds(30))
    let texts = told(world, 1, of: Self.alice).compactMap { kind in
      if case .messageReceived(let message) = kind { message.text } else { nil }
    }
    #expect(texts == ["hello, Bob", "are you there?"])
    // Of a stranger's message no earlier version was kept.
    guard
      case .revisions(let versions) = try world.ask(
        1, .revisions(address: Self.alice, messageID: first))
    else { return }
    #expect(versions.map(\.text) == ["hello, Bob"])
    #expect(world.state(of: first, 0, with: 1) == .delivered)
    #expect(world.state(of: second, 0, with: 1) == .delivered)
    #expect(try Self.requests(&world, 1).isEmpty)
    _ = try world.send("here I am", from: 1, to: 0)
    world.settle(for: .seconds(30))
    #expect(world.texts(0, with: 1).last == "here I am")
    #expect(throws: ClientFailure.self) {
      try world.ask(1, .contact(.accept(address: Self.alice)))
    }
    try world.checkAll()
  }

  private static let pending = "This is a message request: accept it or delete it first."

  @Test func writingIsAccepting() throws {
    var world = try Self.world(["alice", "bob"])
    let id = try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    _ = try world.send("hi", from: 1, to: 0)
    world.settle(for: .seconds(10))
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    #expect(try Self.requests(&world, 1).isEmpty)
    // Alice had written first: Bob's answer is no request.
    #expect(try Self.requests(&world, 0).isEmpty)
    #expect(world.texts(0, with: 1) == ["hello", "hi"])
    try world.checkAll()
  }

  @Test func bothWriteAtTheSameTime() throws {
    var world = try Self.world(["alice", "bob"])
    let first = try world.send("from Alice", from: 0, to: 1)
    let second = try world.send("from Bob", from: 1, to: 0)
    world.settle(for: .seconds(60))
    #expect(world.state(of: first, 0, with: 1) == .delivered)
    #expect(world.state(of: second, 1, with: 0) == .delivered)
    for index in 0..<2 { #expect(try Self.requests(&world, index).isEmpty) }
    try world.checkAll()
  }

  @Test func aDeletedRequestIsThereAgainWithTheNextMessage() throws {
    var world = try Self.world(["alice", "bob"])
    _ = try world.send("first", from: 0, to: 1)
    world.settle(for: .seconds(10))
    _ = try world.ask(1, .contact(.delete(address: Self.alice, blocking: false)))
    #expect(try Self.requests(&world, 1).isEmpty)
    #expect(try world.ask(1, .conversations) == .conversations([]))
    #expect(world.texts(1, with: 0).isEmpty)
    _ = try world.send("second", from: 0, to: 1)
    world.settle(for: .seconds(10))
    #expect(try Self.requests(&world, 1).map(\.messages) == [1])
    #expect(
      told(world, 1, of: Self.alice)
        == Array(repeating: .requestReceived(sender: Self.alice), count: 2))
    #expect(written(world, 1, since: 0) == 0)
    _ = try world.ask(1, .contact(.accept(address: Self.alice)))
    world.settle(for: .seconds(10))
    #expect(world.texts(1, with: 0) == ["second"])
    try world.checkAll()
  }

  @Test func aStrangerCannotFillTheStore() throws {
    var world = try Self.world(["alice", "bob"])
    for number in 0..<103 {
      _ = try world.send("\(number)", from: 0, to: 1)
      if number % 20 == 0 { world.settle(for: .seconds(5)) }
    }
    world.settle(for: .seconds(60))
    #expect(try Self.requests(&world, 1).map(\.messages) == [100])
    _ = try world.ask(1, .contact(.accept(address: Self.alice)))
    world.settle(for: .seconds(10))
    #expect(world.texts(1, with: 0).count == 100)
    #expect(
      world.lines(1, with: 0).last?.text
        == "3 more messages came before you accepted, and were not kept.")
    _ = try world.send("the next", from: 0, to: 1)
    world.settle(for: .seconds(10))
    #expect(world.texts(1, with: 0).last == "the next")
    try world.checkAll()
  }

  @Test func aGroupOfAStranger() throws {
    var world = try Self.world(["alice", "bob", "carol"])
    guard
      case .reference(let room) = try world.ask(
        0, .createRoom(name: "Hike", addresses: [Self.bob, "carol@x.example"]))
    else { return }
    world.settle(for: .seconds(30))
    try world.say("come along", 0, in: room)
    world.settle(for: .seconds(30))
    let report = try #require(Self.requests(&world, 1).first)
    #expect(report.address == room && report.sender == Self.alice && report.name == "Hike")
    #expect(written(world, 1, since: 0) == 0)
    #expect(told(world, 1, of: room) == [.requestReceived(sender: Self.alice)])
    for request in [ClientRequest.room(reference: room), .join(.links(reference: room))] {
      #expect(throws: ClientFailure(.requestPending, Self.pending)) { try world.ask(1, request) }
    }
    // A group of Bob's own with that name stays the one that is meant.
    #expect(try world.ask(1, .resolve("Hike")) == .reference(room))
    guard case .reference(let own) = try world.ask(1, .createRoom(name: "Hike", addresses: []))
    else { return }
    #expect(try world.ask(1, .resolve("Hike")) == .reference(own))
    _ = try world.ask(1, .contact(.accept(address: room)))
    // Carol does not want it: the group is left, and nothing of it kept.
    _ = try world.ask(2, .contact(.delete(address: room, blocking: true)))
    world.settle(for: .seconds(60))
    #expect(try world.people(0, room) == ["alice owner", "bob member"])
    #expect(world.roomTexts(1, room) == ["come along"])
    #expect(world.roomTexts(2, room).isEmpty)
    #expect(try world.ask(2, .conversations) == .conversations([]))
    #expect(try world.ask(2, .contact(.list)) == .contactRequests([]))
    // Whoever asked her in is blocked: neither a group nor a message of Alice reaches her.
    try world.want(.add(address: "carol@x.example"), 0, in: room)
    let id = try world.send("please", from: 0, to: 2)
    world.settle(for: .seconds(60))
    #expect(try world.ask(2, .contact(.list)) == .contactRequests([]))
    #expect(world.state(of: id, 0, with: 2) == .stored)
    // What a contact asks one into is no request.
    _ = try world.send("hi Alice", from: 1, to: 0)
    world.settle(for: .seconds(10))
    guard
      case .reference(let other) = try world.ask(
        1, .createRoom(name: "Two", addresses: [Self.alice]))
    else { return }
    world.settle(for: .seconds(30))
    _ = try world.ask(0, .contact(.accept(address: Self.bob)))
    world.settle(for: .seconds(10))
    #expect(try world.people(1, other) == ["alice member", "bob owner"])
    try world.checkAll()
  }

  /// The first device accepts; what it says then tells the other one.
  @Test func acceptanceCountsOnAllDevices() throws {
    var world = try LinkTests.linked()
    for index in [0, 2] { world.clients[index].store.keep(.strangers, "ask") }
    let id = try world.send("for both", from: 1, to: 0)
    world.settle(for: .seconds(30))
    #expect(try Self.requests(&world, 0).count == 1 && Self.requests(&world, 2).count == 1)
    _ = try world.ask(0, .contact(.accept(address: Self.bob)))
    world.settle(for: .seconds(30))
    #expect(try Self.requests(&world, 2).isEmpty)
    #expect(world.texts(2, with: 1) == ["for both"])
    #expect(world.state(of: id, 1, with: 0) == .delivered)
    try world.checkAll()
  }

  // MARK: Blocks and settings

  @Test func whoIsBlockedIsNotHeard() throws {
    var world = try Self.world(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    _ = try world.send("hi", from: 1, to: 0)
    world.settle(for: .seconds(10))
    _ = try world.ask(1, .contact(.block(address: Self.alice)))
    let before = (world.sent.count, told(world, 1, of: Self.alice).count)
    let id = try world.send("are you cross?", from: 0, to: 1)
    world.settle(for: .seconds(3 * 86_400))
    #expect(world.state(of: id, 0, with: 1) == .stored)
    #expect(written(world, 1, since: before.0) == 0)
    #expect(told(world, 1, of: Self.alice).count == before.1)
    #expect(world.texts(1, with: 0) == ["hello", "hi"])
    #expect(throws: ClientFailure(.blocked, "This person is blocked.")) {
      try world.send("x", from: 1, to: 0)
    }
    guard case .blocks(let list) = try world.ask(1, .contact(.blocks)) else { return }
    #expect(list.map(\.address) == [Self.alice])
    _ = try world.ask(1, .contact(.unblock(address: Self.alice)))
    _ = try world.send("no", from: 1, to: 0)
    let later = try world.send("good", from: 0, to: 1)
    world.settle(for: .seconds(30))
    #expect(world.texts(1, with: 0) == ["hello", "hi", "no", "good"])
    #expect(world.state(of: later, 0, with: 1) == .delivered)
    for (request, code) in [
      (ClientContactRequest.unblock(address: Self.alice), ClientFailureCode.badRequest),
      (.block(address: Self.bob), .badRequest), (.block(address: "x"), .badAddress),
    ] {
      #expect(throws: ClientFailure(code, "")) { try world.ask(1, .contact(request)) }
    }
    try world.checkAll()
  }

  @Test func whoIsBlockedIsNotSeenInGroups() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    _ = try world.ask(1, .contact(.block(address: Self.alice)))
    try world.say("from Alice", 0, in: room)
    try world.say("from Carol", 2, in: room)
    world.settle(for: .seconds(30))
    #expect(world.roomTexts(1, room) == ["from Carol"])
    #expect(Set(world.roomTexts(2, room)) == ["from Alice", "from Carol"])
    try world.checkAll()
  }

  @Test func contactsOnly() throws {
    var world = try Self.world(["alice", "bob"])
    guard
      case .settings(let settings) = try world.ask(
        1, .contact(.set(.strangers, value: "refuse")))
    else { return }
    #expect(settings.first { $0.setting == .strangers }?.value == "refuse")
    #expect(
      settings.filter { $0.setting != .strangers }.allSatisfy { $0.value == $0.setting.usual })
    let id = try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(60))
    // Without a trace: no request, no conversation, no look at the directory, no event.
    #expect(try Self.requests(&world, 1).isEmpty)
    #expect(world.clients[1].events.isEmpty)
    #expect(world.clients[1].store.committed.peers().isEmpty)
    #expect(world.clients[1].store.committed.welcomes().isEmpty)
    #expect(world.state(of: id, 0, with: 1) == .stored)
    #expect(throws: ClientFailure.self) {
      try world.ask(1, .contact(.set(.strangers, value: "on")))
    }
    try world.checkAll()
  }

  @Test func receiptsHaveSwitches() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.ask(1, .contact(.set(.readReceipts, value: "off")))
    let first = try world.send("one", from: 0, to: 1)
    world.settle(for: .seconds(10))
    _ = try world.ask(1, .markRead(address: Self.alice, upTo: .max))
    let answer = try world.send("two", from: 1, to: 0)
    world.settle(for: .seconds(10))
    _ = try world.ask(0, .markRead(address: Self.bob, upTo: .max))
    world.settle(for: .seconds(10))
    #expect(world.state(of: first, 0, with: 1) == .delivered)
    #expect(world.state(of: answer, 1, with: 0) == .delivered, "who tells nobody is not told")
    _ = try world.ask(1, .contact(.set(.deliveryReceipts, value: "off")))
    let third = try world.send("three", from: 0, to: 1)
    world.settle(for: .seconds(10))
    #expect(world.state(of: third, 0, with: 1) == .stored)
    #expect(world.texts(1, with: 0) == ["one", "two", "three"])
    try world.checkAll()
  }
}
