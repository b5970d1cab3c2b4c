// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@testable import ClientCore

/// Polls: who may vote, what counts, and when it is over.
@Suite struct PollTests {
  private static func ask(
    _ world: inout World, _ index: Int, _ room: String, several: Bool = false
  ) throws -> [UInt8] {
    let answer = try world.ask(
      index,
      .poll(
        .create(
          address: room, question: "When?", choices: ["Monday", "Tuesday", "Never"],
          several: several)))
    guard case .queued(let id) = answer else { throw ClientStoreFailure.injected }
    world.settle(for: .seconds(5))
    return id
  }

  private static func vote(
    _ world: inout World, _ index: Int, _ choices: [Int], _ id: [UInt8], _ room: String
  ) throws {
    _ = try world.ask(index, .poll(.vote(address: room, messageID: id, choices: choices)))
    world.settle(for: .seconds(2))
  }

  private static func report(
    _ world: inout World, _ index: Int, _ id: [UInt8], _ room: String
  ) throws -> PollReport {
    guard
      case .poll(let report) = try world.ask(
        index, .poll(.show(address: room, messageID: id)))
    else { throw ClientStoreFailure.injected }
    return report
  }

  private static func voters(
    _ world: inout World, _ index: Int, _ id: [UInt8], _ room: String
  ) throws -> [String] {
    try report(&world, index, id, room).choices.map { choice in
      choice.voters.map { String($0.prefix { $0 != "@" }) }.joined(separator: "+")
    }
  }

  @Test func theNewestVoteOfEachCounts() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    let id = try Self.ask(&world, 0, room)
    try Self.vote(&world, 1, [1], id, room)
    try Self.vote(&world, 2, [1], id, room)
    try Self.vote(&world, 0, [3], id, room)
    for index in 0..<3 {
      #expect(try Self.voters(&world, index, id, room) == ["bob+carol", "", "alice"])
    }
    try Self.vote(&world, 1, [2], id, room)
    try Self.vote(&world, 2, [], id, room)
    for index in 0..<3 {
      #expect(try Self.voters(&world, index, id, room) == ["", "bob", "alice"])
      let report = try Self.report(&world, index, id, room)
      #expect(report.voterCount == 2 && !report.isEnded)
      #expect(report.choices.map(\.own) == [false, index == 1, index == 0])
    }
    // One row for each person, and nothing of it is a line.
    let conversation = try #require(world.conversation(2, room))
    let kept = world.clients[2].store.committed.annotations(
      conversationID: conversation.id, target: id)
    #expect(kept.count { $0.kind == .vote } == 3)
    #expect(world.roomTexts(2, room) == ["When?\n1. Monday\n2. Tuesday\n3. Never"])
    guard
      case .history(let lines) = try world.ask(1, .history(address: room, limit: 9, before: nil)),
      let line = lines.first(where: { $0.messageID == id })
    else { throw ClientStoreFailure.injected }
    #expect(line.kind == .poll)
    let told = world.clients[0].storedEvents.filter { kind in
      if case .pollChanged(id, _, ended: false) = kind { true } else { false }
    }
    #expect(told.count == 5)
    try world.checkAll()
  }

  @Test func aVoteAfterTheEndDoesNotCount() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    let id = try Self.ask(&world, 0, room)
    try Self.vote(&world, 1, [1], id, room)
    // Bob changes his mind where nobody hears it; Alice ends the poll meanwhile.
    world.setOnline(false, 1)
    _ = world.begin(1, .poll(.vote(address: room, messageID: id, choices: [2])))
    #expect(try Self.voters(&world, 1, id, room) == ["", "bob", ""])
    _ = try world.ask(0, .poll(.end(address: room, messageID: id)))
    world.settle(for: .seconds(5))
    world.setOnline(true, 1)
    world.settle(for: .seconds(120))
    for index in 0..<3 {
      #expect(try Self.report(&world, index, id, room).isEnded)
      #expect(try Self.voters(&world, index, id, room) == ["bob", "", ""], "\(index)")
    }
    #expect(throws: ClientFailure.self) { try Self.vote(&world, 2, [1], id, room) }
    try world.checkAll()
  }

  @Test func onlyWhoAskedEnds() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    let id = try Self.ask(&world, 0, room)
    #expect(throws: ClientFailure.self) {
      try world.ask(1, .poll(.end(address: room, messageID: id)))
    }
    // A changed program says so all the same.
    try world.forge(1, room) { salt in
      MIMIContent.poll(.end, upon: try #require(MessageID(id)), salt: salt)
    }
    try Self.vote(&world, 2, [1], id, room)
    #expect(try Self.voters(&world, 0, id, room) == ["carol", "", ""])
    #expect(try !Self.report(&world, 2, id, room).isEnded)
  }

  @Test func whatThePollDoesNotHaveIsNoVote() throws {
    var (world, room) = try World.room(["alice", "bob"])
    let id = try Self.ask(&world, 0, room)
    for choices in [[0], [4], [1, 2], [1, 1]] {
      #expect(throws: ClientFailure.self) { try Self.vote(&world, 1, choices, id, room) }
    }
    try Self.vote(&world, 1, [2], id, room)
    for choices in [[3], [0, 1], [19]] {
      try world.forge(1, room) { salt in
        MIMIContent.poll(.vote(choices), upon: try #require(MessageID(id)), salt: salt)
      }
    }
    #expect(try Self.voters(&world, 0, id, room) == ["", "bob", ""])
    let several = try Self.ask(&world, 1, room, several: true)
    try Self.vote(&world, 0, [1, 3], several, room)
    #expect(try Self.voters(&world, 1, several, room) == ["alice", "", "alice"])
    // Nobody votes in a text, and a poll is neither changed nor handed on.
    let text = try world.say("hello", 0, in: room)
    world.settle(for: .seconds(2))
    #expect(throws: ClientFailure.self) { try Self.vote(&world, 1, [1], text, room) }
    #expect(throws: ClientFailure.self) {
      try world.ask(0, .edit(address: room, messageID: id, text: "What?"))
    }
    #expect(throws: ClientFailure.self) {
      try world.ask(1, .forward(address: room, messageID: id, to: room))
    }
    try world.checkAll()
  }

  @Test func aPollThatIsTakenBackIsGoneWithItsVotes() throws {
    var (world, room) = try World.room(["alice", "bob"])
    let id = try Self.ask(&world, 0, room)
    try Self.vote(&world, 1, [1], id, room)
    _ = try world.ask(0, .delete(address: room, messageID: id, forEveryone: true))
    world.settle(for: .seconds(5))
    for index in 0..<2 {
      let conversation = try #require(world.conversation(index, room))
      let kept = world.clients[index].store.committed.annotations(
        conversationID: conversation.id, target: id)
      #expect(!kept.contains { $0.kind == .vote })
      #expect(world.roomTexts(index, room).isEmpty)
      #expect(throws: ClientFailure.self) { try Self.report(&world, index, id, room) }
      let left = world.clients[index].storedEvents.contains { kind in
        if case .pollChanged = kind { true } else { false }
      }
      #expect(!left)
    }
    try world.checkAll()
  }
}
