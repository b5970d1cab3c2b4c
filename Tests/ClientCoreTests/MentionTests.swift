// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@testable import ClientCore

/// Mentions in groups: what is written, what is shown, and to whom it is told.
@Suite struct MentionTests {
  private func history(
    _ world: inout World, _ index: Int, _ room: String
  ) throws -> [HistoryLine] {
    guard
      case .history(let lines) = try world.ask(
        index, .history(address: room, limit: 100, before: nil))
    else { throw ClientStoreFailure.injected }
    return lines.filter { $0.kind == .text }.reversed()
  }

  private func told(_ world: World, _ index: Int) -> [Mentions] {
    world.clients[index].storedEvents.compactMap { kind in
      switch kind {
      case .messageReceived(let message): message.mentions
      case .messageEdited(_, _, _, let mentions): mentions
      default: nil
      }
    }
  }

  @Test func whoIsMentionedIsTold() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try world.say("Hey @bob, and @carol@x.example and @dan, see bob@x.example", 0, in: room)
    world.settle(for: .seconds(5))
    let text = "Hey @bob@x.example, and @carol@x.example and @dan, see bob@x.example"
    for index in 0..<3 {
      let line = try #require(try history(&world, index, room).last)
      #expect(line.text == text)
      #expect(line.mentions.addresses == ["bob@x.example", "carol@x.example"])
      #expect(line.mentions.includesMe == (index != 0))
    }
    #expect(told(world, 1).map(\.includesMe) == [true])
    #expect(told(world, 2).map(\.addresses) == [["bob@x.example", "carol@x.example"]])
    // What went is the draft's form.
    let row = try #require(world.roomLines(1, room).last { $0.kind == .text })
    let said = try MIMIContent(decoding: row.content)
    #expect(said.text?.hasPrefix("Hey [@bob@x.example](mimi://x.example/u/bob), and") == true)
    try world.checkAll()
  }

  @Test func editsMentionAnew() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    let id = try world.say("Hey @bob", 0, in: room)
    world.settle(for: .seconds(5))
    _ = try world.ask(0, .edit(address: room, messageID: id, text: "Hey @carol"))
    world.settle(for: .seconds(5))
    let line = try #require(try history(&world, 2, room).last)
    #expect(line.text == "Hey @carol@x.example" && line.mentions.includesMe)
    #expect(try history(&world, 1, room).last?.mentions.addresses == ["carol@x.example"])
    #expect(told(world, 2).map(\.includesMe) == [false, true])
    // The earlier version is as it was shown.
    guard case .revisions(let all) = try world.ask(1, .revisions(address: room, messageID: id))
    else { throw ClientStoreFailure.injected }
    #expect(all.map(\.text) == ["Hey @bob@x.example", "Hey @carol@x.example"])
    guard
      case .found(let page) = try world.ask(
        1, .search(SearchRequest("carol", limit: 10)))
    else { throw ClientStoreFailure.injected }
    #expect(page.hits.count == 1)
  }

  @Test func whoIsNotInTheConversationStaysText() throws {
    var (world, room) = try World.room(["alice", "bob"])
    try world.say("[@bob](mimi://x.example/u/zoe) `@bob`", 0, in: room)
    world.settle(for: .seconds(5))
    let line = try #require(try history(&world, 1, room).last)
    #expect(line.text == "[@bob](mimi://x.example/u/zoe) `@bob`")
    #expect(line.mentions.isEmpty)
    // Between two people an at sign is an at sign.
    _ = try world.send("@bob", from: 0, to: 1)
    world.settle(for: .seconds(5))
    #expect(world.texts(1, with: 0) == ["@bob"])
  }

  @Test func forwardingAndShownOnceMentionNobody() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    let id = try world.say("For @carol", 0, in: room)
    world.settle(for: .seconds(5))
    _ = try world.ask(1, .forward(address: room, messageID: id, to: room))
    _ = try world.ask(
      0, .sendTimed(address: room, text: "@carol", timer: try #require(MessageTimer("once"))))
    world.settle(for: .seconds(5))
    #expect(told(world, 2).map(\.addresses) == [["carol@x.example"], [], []])
    let lines = try history(&world, 2, room)
    #expect(lines.map(\.text) == ["For @carol@x.example", "For @carol@x.example"])
    #expect(lines.map(\.mentions.includesMe) == [true, false])
  }

  @Test func storedEventsWithMentionsReadBack() throws {
    let message = ClientEvent.Message(
      messageID: [1], sender: "a@x.example", text: "@b@x.example",
      acceptedAt: Instant(milliseconds: 5), inReplyTo: [2], timer: MessageTimer("5s"),
      attachments: [AttachmentReport(name: "n", contentType: "image/png", size: 1)],
      mentions: Mentions(["b@x.example"], includesMe: true))
    let kinds: [ClientEvent.Kind] = [
      .messageReceived(message),
      .messageEdited(
        messageID: [1], text: "@b@x.example", byPeer: true, mentions: Mentions(["b@x.example"])),
    ]
    for kind in kinds { #expect(try ClientEvent.Kind(decoding: kind.encoded) == kind) }
  }

  @Test(
    arguments: [
      ([80, 0], .invalidValue(field: "mentions")), ([80, 251], .invalidValue(field: "mentions")),
      ([80, 1, 0, 1], .invalidValue(field: "mentions")),
      ([80, 1, 0, 1, 80], .invalidValue(field: "mentions")),
      ([80, 1, 0, 0, 3, 1], .invalidValue(field: "mentions")),
      ([80, 1, 0, 2], .invalidValue(field: "mentions me")),
      ([80, 1, 1, 0xff, 1], .invalidValue(field: "text")), ([80, 1, 0, 1, 10, 1], .truncated),
      ([70, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 80], .invalidValue(field: "attachments")),
    ] as [([UInt8], DecodingFailure)])
  func otherFormsAreRefused(bytes: [UInt8], failure: DecodingFailure) {
    #expect(throws: failure) { try ClientEvent.Kind(decoding: bytes) }
  }
}
