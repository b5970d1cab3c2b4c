// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO
import Testing

@testable import ClientCore

/// Places, cards and previews: what is shown, kept, changed, handed on and destroyed.
@Suite struct SpecialContentTests {
  private static func queued(
    _ world: inout World, _ request: ClientContentRequest, from index: Int = 0
  ) throws -> [UInt8] {
    guard case .queued(let id) = try world.ask(index, .content(request)) else {
      throw ClientStoreFailure.injected
    }
    world.settle(for: .seconds(3))
    return id
  }

  private static func line(
    _ world: inout World, _ index: Int, with other: Int, _ id: [UInt8]
  ) throws -> HistoryLine {
    let address = world.clients[other].address
    guard
      case .history(let lines) = try world.ask(
        index, .history(address: address, limit: 50, before: nil))
    else { throw ClientStoreFailure.injected }
    return try #require(lines.first { $0.messageID == id })
  }

  private static let place = LocationReport(latitude: "48.2", longitude: "-16.37", label: "Here")

  @Test func aPlaceIsShownForwardedAndDeleted() throws {
    var world = try World.registered(["alice", "bob", "carol"])
    let bob = world.clients[1].address
    let id = try Self.queued(&world, .location(address: bob, Self.place))
    for (index, other) in [(0, 1), (1, 0)] {
      let line = try Self.line(&world, index, with: other, id)
      #expect(line.kind == .location && line.special == .location(Self.place))
      #expect(line.text == "Here\ngeo:48.2,-16.37")
    }
    let told = world.clients[1].storedEvents.contains { kind in
      if case .messageReceived(let message) = kind {
        message.special == .location(Self.place)
      } else {
        false
      }
    }
    #expect(told)
    let alice = world.clients[0].address
    let carol = world.clients[2].address
    guard
      case .queued(let forwarded) = try world.ask(
        1, .forward(address: alice, messageID: id, to: carol))
    else { throw ClientStoreFailure.injected }
    world.settle(for: .seconds(3))
    let line = try Self.line(&world, 2, with: 1, forwarded)
    #expect(line.special == .location(Self.place) && line.isForwarded)
    #expect(throws: ClientFailure.self) {
      try world.ask(0, .edit(address: bob, messageID: id, text: "there"))
    }
    // A changed program changes it all the same: nothing happens.
    try world.forge(0, bob) { salt in .text("there", salt: salt, replaces: MessageID(id)) }
    #expect(try Self.line(&world, 1, with: 0, id).kind == .location)
    _ = try world.ask(0, .delete(address: bob, messageID: id, forEveryone: true))
    world.settle(for: .seconds(3))
    let gone = try Self.line(&world, 1, with: 0, id)
    #expect(gone.kind == .deleted && gone.special == nil && gone.text.isEmpty)
    let left = world.clients[1].storedEvents.contains { kind in
      if case .messageReceived(let message) = kind { message.messageID == id } else { false }
    }
    #expect(!left)
    try world.checkAll()
  }

  @Test func aContactIsSomebodyWithAnAddress() throws {
    var world = try World.registered(["alice", "bob"])
    let bob = world.clients[1].address
    let card = ContactCardReport(name: "Carol, the tall", address: "carol@x.example")
    let id = try Self.queued(&world, .contact(address: bob, card))
    let line = try Self.line(&world, 1, with: 0, id)
    #expect(line.kind == .contact && line.special == .contact(card))
    #expect(line.text == "Carol, the tall\ncarol@x.example")
    for wrong in [
      ContactCardReport(name: "", address: "carol@x.example"),
      ContactCardReport(name: "C", address: "carol"),
    ] {
      #expect(throws: ClientFailure.self) {
        try Self.queued(&world, .contact(address: bob, wrong))
      }
    }
    for wrong in [("91", "0"), ("1", "x")] {
      #expect(throws: ClientFailure.self) {
        try Self.queued(
          &world,
          .location(address: bob, LocationReport(latitude: wrong.0, longitude: wrong.1)))
      }
    }
    // A card of somebody without an address is its words.
    let other = try #require(ContactCard(name: "D", uri: "tel:5"))
    try world.forge(0, bob) { salt in
      MIMIContent(salt: salt, body: MIMIContent.body(introducing: other))
    }
    #expect(world.texts(1, with: 0).last == "D\ntel:5")
    #expect(world.lines(1, with: 0).last?.special == nil)
  }

  @Test func aPreviewStaysWithItsLink() throws {
    var world = try World.registered(["alice", "bob"])
    let bob = world.clients[1].address
    let preview = LinkPreviewReport(url: "https://x.example/a", title: "Title", text: "More")
    #expect(throws: ClientFailure.self) {
      try Self.queued(
        &world, .text(address: bob, text: "no link", preview: preview, timer: nil))
    }
    let id = try Self.queued(
      &world,
      .text(address: bob, text: "See https://x.example/a.", preview: preview, timer: nil))
    #expect(try Self.line(&world, 1, with: 0, id).preview == preview)
    _ = try world.ask(
      0, .edit(address: bob, messageID: id, text: "Do see https://x.example/a"))
    world.settle(for: .seconds(3))
    let changed = try Self.line(&world, 1, with: 0, id)
    #expect(changed.preview == preview && changed.text == "Do see https://x.example/a")
    _ = try world.ask(0, .edit(address: bob, messageID: id, text: "Nothing"))
    world.settle(for: .seconds(3))
    #expect(try Self.line(&world, 1, with: 0, id).preview == nil)
    // Of a link that is not there nothing is said, whoever sent it.
    let lie = try #require(preview.content)
    try world.forge(0, bob) { salt in
      var content = MIMIContent.text("https://x.example/b", salt: salt)
      content.add(lie)
      return content
    }
    let row = try #require(world.lines(1, with: 0).last)
    #expect(row.text == "https://x.example/b" && row.linkPreview == nil)
    // What is shown once has none in the event.
    _ = try Self.queued(
      &world,
      .text(
        address: bob, text: "https://x.example/a", preview: preview, timer: MessageTimer("once")))
    let told = world.clients[1].storedEvents.compactMap { kind in
      if case .messageReceived(let message) = kind { message.preview != nil } else { nil }
    }
    #expect(told.last == false)
    try world.checkAll()
  }

  private static func message(
    special: SpecialReport? = nil, preview: LinkPreviewReport? = nil,
    mentions: Mentions = Mentions()
  ) -> ClientEvent.Kind {
    .messageReceived(
      ClientEvent.Message(
        messageID: [1], sender: "a@x.example", text: "t", acceptedAt: Instant(milliseconds: 5),
        timer: MessageTimer("5s"), mentions: mentions, special: special, preview: preview))
  }

  @Test(arguments: [
    message(special: .location(place)),
    message(special: .contact(ContactCardReport(name: "C", address: "carol@x.example"))),
    message(preview: LinkPreviewReport(url: "https://x", title: "T")),
    message(
      preview: LinkPreviewReport(url: "https://x", title: "T"),
      mentions: Mentions(["b@x.example"])),
  ])
  func eventsReadBack(kind: ClientEvent.Kind) throws {
    #expect(try ClientEvent.Kind(decoding: kind.encoded) == kind)
  }

  @Test(
    arguments: [
      ([84, 0], .truncated), ([84, 1, 0x80], .invalidValue(field: "preview")),
      ([83, 2, 1, 0x80], .invalidValue(field: "location")),
      ([83, 3, 1, 0x41], .invalidValue(field: "vCard")),
      ([83, 9], .invalidValue(field: "content")),
    ] as [([UInt8], DecodingFailure)])
  func otherFormsAreRefused(bytes: [UInt8], failure: DecodingFailure) {
    #expect(throws: failure) { try ClientEvent.Kind(decoding: bytes) }
  }
}
