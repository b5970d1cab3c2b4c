// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@testable import ClientCore

/// Stars, drafts, forwarding, and conversations that are arranged.
@Suite struct OrganisingTests {
  private func written() throws -> (world: World, id: [UInt8]) {
    var world = try World.registered(["alice", "bob", "carol"])
    let id = try world.send("a secret of Bob's", from: 1, to: 0)
    try world.send("hello", from: 2, to: 0)
    world.settle()
    return (world, id)
  }

  private func history(_ world: inout World, _ index: Int, _ other: Int) throws -> [HistoryLine] {
    let address = world.clients[other].address
    let answer = try world.ask(index, .history(address: address, limit: 100, before: nil))
    guard case .history(let lines) = answer else { return [] }
    return lines.reversed()
  }

  private func list(_ world: inout World, _ index: Int = 0) throws -> [ConversationSummary] {
    guard case .conversations(let list) = try world.ask(index, .conversations) else { return [] }
    return list
  }

  private func arrangement(
    _ world: inout World, of other: Int
  ) throws -> ConversationArrangement? {
    let address = world.clients[other].address
    return try list(&world).first { $0.address == address }?.arrangement
  }

  private func arrange(_ world: inout World, _ other: Int, _ arrangement: Arrangement) throws {
    try world.ask(0, .arrange(address: world.clients[other].address, arrangement))
  }

  private func code(_ body: () throws -> Void) -> ClientFailureCode? {
    do { try body() } catch { return (error as? ClientFailure)?.code }
    return nil
  }

  @Test func starsAreFoundUntilTheMessageGoes() throws {
    var (world, id) = try written()
    let bob = world.clients[1].address
    let carol = world.clients[2].address
    let other = try #require(try history(&world, 0, 2).first)
    for _ in 0..<2 { try world.ask(0, .star(address: bob, messageID: id, adding: true)) }
    try world.ask(0, .star(address: carol, messageID: other.messageID, adding: true))
    func starred(_ address: String?, limit: Int = 9, before: UInt64? = nil) throws -> StarredPage {
      let request = ClientRequest.starred(address: address, limit: limit, before: before)
      guard case .starred(let page) = try world.ask(0, request) else {
        throw ClientFailure(.timeout, "no page")
      }
      return page
    }
    #expect(try starred(nil).items.map(\.address).sorted() == [bob, carol].sorted())
    #expect(try starred(nil).next == nil)
    #expect(try starred(bob).items.map(\.line.messageID) == [id])
    #expect(try starred(bob).items.first?.line.isStarred == true)
    let first = try starred(nil, limit: 1)
    let second = try starred(nil, limit: 1, before: first.next)
    #expect(Set([first, second].map { $0.items.first?.address }) == [bob, carol])
    #expect(try starred(nil, limit: 1, before: second.next).items.isEmpty)
    #expect(try history(&world, 0, 1).map(\.isStarred) == [true])
    #expect(try history(&world, 1, 0).map(\.isStarred) == [false])

    try world.ask(0, .star(address: carol, messageID: other.messageID, adding: false))
    try world.ask(
      1, .delete(address: world.clients[0].address, messageID: id, forEveryone: true))
    world.settle()
    #expect(try starred(nil).items.isEmpty)
    #expect(
      code { try world.ask(0, .star(address: bob, messageID: id, adding: true)) }
        == .unknownMessage)
    #expect(code { _ = try starred("nobody@x.example") } == .unknownConversation)
  }

  @Test func whatIsForwardedSaysSoAndNotFromWhom() throws {
    var (world, id) = try written()
    let (bob, carol) = (world.clients[1].address, world.clients[2].address)
    try world.ask(0, .draft(address: carol, text: "to Carol"))
    try world.ask(0, .forward(address: bob, messageID: id, to: carol))
    world.settle()
    let line = try #require(try history(&world, 2, 0).last)
    #expect(line.text == "a secret of Bob's")
    #expect(line.isForwarded)
    #expect(line.messageID != id)
    #expect(line.quote == nil)
    #expect(try history(&world, 0, 2).map(\.isForwarded) == [false, true])
    #expect(try arrangement(&world, of: 2)?.draft == "to Carol")
    // Nothing in what left names Bob or his message.
    let row = try #require(world.clients[2].store.committed.messageRows.last)
    let content = try MIMIContent(decoding: row.content)
    #expect(content.extensions.isForwarded)
    #expect(content.extensions.entries.count == 2)
    #expect(content.inReplyTo == nil && content.replaces == nil && content.topicID.isEmpty)
    #expect(String(decoding: row.content, as: UTF8.self).contains("bob@") == false)
    #expect(
      code { try world.ask(0, .forward(address: bob, messageID: [1], to: carol)) }
        == .unknownMessage)
    #expect(
      code { try world.ask(0, .forward(address: bob, messageID: id, to: "x")) } == .badAddress)
  }

  @Test func draftsLastUntilSomethingIsSent() throws {
    var (world, id) = try written()
    let bob = world.clients[1].address
    func draft(_ text: String?) throws -> String {
      guard case .draft(let kept) = try world.ask(0, .draft(address: bob, text: text)) else {
        return "?"
      }
      return kept
    }
    #expect(try draft(nil) == "")
    #expect(try draft("Dear Bob") == "Dear Bob")
    world.restart(0)
    world.settle()
    #expect(try draft(nil) == "Dear Bob")
    #expect(try arrangement(&world, of: 1)?.draft == "Dear Bob")
    #expect(try arrangement(&world, of: 2)?.draft == nil)
    try world.ask(0, .reply(address: bob, messageID: id, text: "Dear Bob,"))
    #expect(try draft(nil) == "")
    _ = try draft("again")
    #expect(try draft("") == "")
    #expect(code { _ = try draft(String(repeating: "x", count: 70_000)) } == .messageTooLarge)
    #expect(
      code { try world.ask(0, .draft(address: "nobody@x.example", text: "x")) }
        == .unknownConversation)
  }

  @Test func archivedOnesComeBackUnlessMuted() throws {
    var (world, _) = try written()
    let alice = world.clients[0].address
    try arrange(&world, 1, .archive)
    try arrange(&world, 1, .mute(until: world.now + .seconds(3_600)))
    world.settle()
    try world.ask(1, .send(address: alice, text: "still there?"))
    world.settle()
    #expect(try arrangement(&world, of: 1)?.isArchived == true)
    #expect(try list(&world).last?.address == world.clients[1].address)
    #expect(try arrangement(&world, of: 1)?.mutedUntil != nil)
    // The time is up: nothing has to happen for it.
    world.now = world.now + .seconds(3_600)
    #expect(try arrangement(&world, of: 1)?.mutedUntil == nil)
    try world.ask(1, .send(address: alice, text: "and now?"))
    world.settle()
    #expect(try arrangement(&world, of: 1)?.isArchived == false)
    try arrange(&world, 1, .mute(until: nil))
    #expect(try arrangement(&world, of: 1)?.mutedUntil == Instant(milliseconds: .max))
    try arrange(&world, 1, .unmute)
    #expect(try arrangement(&world, of: 1)?.mutedUntil == nil)
  }

  @Test func pinnedOnesStandFirst() throws {
    var world = try World.registered(["alice", "bob", "carol", "dave", "eve"])
    for index in 1...4 {
      world.now = world.now + .seconds(1)
      try world.send("hello \(index)", from: 0, to: index)
    }
    func order() throws -> [String] { try list(&world).map { String($0.address.prefix(1)) } }
    #expect(try order() == ["e", "d", "c", "b"])
    try arrange(&world, 2, .pin)
    world.now = world.now + .seconds(1)
    try arrange(&world, 1, .pin)
    try arrange(&world, 2, .pin)
    try arrange(&world, 4, .archive)
    #expect(try order() == ["c", "b", "d", "e"])
    try arrange(&world, 2, .archive)
    #expect(try order() == ["b", "d", "e", "c"])
    #expect(try arrangement(&world, of: 2)?.pinnedAt == nil)
    try arrange(&world, 4, .pin)
    try arrange(&world, 1, .unpin)
    try arrange(&world, 2, .unarchive)
    #expect(try order() == ["e", "d", "c", "b"])
    // What goes to an archived one brings it back too.
    try arrange(&world, 3, .archive)
    #expect(try order() == ["e", "c", "b", "d"])
    try world.send("again", from: 0, to: 3)
    #expect(try order() == ["e", "d", "c", "b"])
    #expect(
      code { try world.ask(0, .arrange(address: "nobody@x.example", .pin)) }
        == .unknownConversation)
  }

  @Test func unreadMarksEndByLooking() throws {
    var (world, _) = try written()
    let bob = world.clients[1].address
    for look in [
      ClientRequest.history(address: bob, limit: 1, before: nil),
      .markRead(address: bob, upTo: 0), .send(address: bob, text: "x"),
    ] {
      try arrange(&world, 1, .markUnread)
      #expect(try arrangement(&world, of: 1)?.isMarkedUnread == true)
      try world.ask(0, look)
      #expect(try arrangement(&world, of: 1)?.isMarkedUnread == false)
    }
  }
}
