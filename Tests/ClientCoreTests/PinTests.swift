// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@testable import ClientCore

/// Messages that are pinned for everybody: who may, for how long, and what leaves the list.
@Suite struct PinTests {
  private static func pinned(
    _ world: inout World, _ index: Int, _ room: String
  ) throws -> [String] {
    guard case .pinned(let reports) = try world.ask(index, .pin(.list(address: room))) else {
      throw ClientStoreFailure.injected
    }
    return reports.map(\.line.text)
  }

  private static func pin(
    _ world: inout World, _ index: Int, _ id: [UInt8], _ room: String,
    until: ScheduleTime? = nil
  ) throws {
    _ = try world.ask(index, .pin(.pin(address: room, messageID: id, until: until)))
    world.settle(for: .seconds(3))
  }

  private static func said(
    _ world: inout World, _ texts: [String], _ room: String
  ) throws -> [[UInt8]] {
    let ids = try texts.map { try world.say($0, 0, in: room) }
    world.settle(for: .seconds(5))
    return ids
  }

  @Test func whatIsPinnedIsPinnedForAll() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    let ids = try Self.said(&world, ["one", "two"], room)
    try Self.pin(&world, 1, ids[0], room)
    try Self.pin(&world, 0, ids[1], room)
    for index in 0..<3 {
      #expect(try Self.pinned(&world, index, room) == ["two", "one"])
      #expect(
        world.roomNotices(index, room).suffix(2) == [
          "bob@x.example pinned a message.", "alice@x.example pinned a message.",
        ])
    }
    _ = try world.ask(2, .pin(.unpin(address: room, messageID: ids[0])))
    world.settle(for: .seconds(3))
    for index in 0..<3 { #expect(try Self.pinned(&world, index, room) == ["two"]) }
    #expect(throws: ClientFailure.self) {
      try world.ask(2, .pin(.unpin(address: room, messageID: ids[0])))
    }
    let told = world.clients[2].storedEvents.compactMap { kind in
      if case .pinChanged(_, let sender, let pinned) = kind { "\(sender) \(pinned)" } else { nil }
    }
    #expect(
      told == ["bob@x.example true", "alice@x.example true", "carol@x.example false"])
    try world.checkAll()
  }

  @Test func pinsEndAndGoWithTheirMessages() throws {
    var (world, room) = try World.room(["alice", "bob"])
    let ids = try Self.said(&world, ["short", "deleted", "mine"], room)
    try Self.pin(&world, 1, ids[0], room, until: .after(.seconds(600)))
    try Self.pin(&world, 1, ids[1], room)
    try Self.pin(&world, 1, ids[2], room)
    #expect(try Self.pinned(&world, 0, room) == ["mine", "deleted", "short"])
    _ = try world.ask(0, .delete(address: room, messageID: ids[1], forEveryone: true))
    _ = try world.ask(0, .delete(address: room, messageID: ids[2], forEveryone: false))
    world.settle(for: .seconds(5))
    #expect(try Self.pinned(&world, 0, room) == ["short"])
    #expect(try Self.pinned(&world, 1, room) == ["mine", "short"])
    world.settle(for: .seconds(700))
    #expect(try Self.pinned(&world, 0, room).isEmpty)
    #expect(try Self.pinned(&world, 1, room) == ["mine"])
    for until: ScheduleTime in [.after(.zero), .after(.seconds(367 * 86_400))] {
      #expect(throws: ClientFailure.self) {
        try Self.pin(&world, 1, ids[2], room, until: until)
      }
    }
  }

  /// The permission is that of name and description, and every client checks it.
  @Test func whoMayNotPinDoesNot() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    let ids = try Self.said(&world, ["one"], room)
    try world.want(.permission(.info, .admin), 0, in: room)
    world.settle(for: .seconds(10))
    #expect(throws: ClientFailure.self) { try Self.pin(&world, 1, ids[0], room) }
    try world.forge(1, room) { salt in
      MIMIContent.pin(.pin(seconds: 0), upon: try #require(MessageID(ids[0])), salt: salt)
    }
    #expect(try Self.pinned(&world, 0, room).isEmpty)
    #expect(
      world.roomNotices(2, room).last == "bob@x.example tried to pin a message, and may not.")
    try Self.pin(&world, 0, ids[0], room)
    #expect(try Self.pinned(&world, 2, room) == ["one"])
  }

  /// Two at a time: the server's order decides, and all agree.
  @Test func theNewestRemarkCounts() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    let ids = try Self.said(&world, ["one"], room)
    try Self.pin(&world, 0, ids[0], room)
    world.setOnline(false, 1)
    _ = world.begin(1, .pin(.unpin(address: room, messageID: ids[0])))
    try Self.pin(&world, 0, ids[0], room, until: .after(.seconds(86_400)))
    world.setOnline(true, 1)
    world.settle(for: .seconds(120))
    for index in 0..<3 { #expect(try Self.pinned(&world, index, room).isEmpty, "\(index)") }
    try world.checkAll()
  }

  @Test func theListHasALimit() throws {
    var (world, room) = try World.room(["alice", "bob"])
    let ids = try Self.said(&world, (1...22).map { "\($0)" }, room)
    for id in ids { try Self.pin(&world, 0, id, room) }
    let expected = (3...22).reversed().map { "\($0)" }
    #expect(try Self.pinned(&world, 1, room) == expected)
  }

  @Test func haveOneForm() throws {
    #expect(PinContent.pin(seconds: 60).encoded == [0x82, 1, 0x18, 60])
    #expect(PinContent.unpin.encoded == [0x81, 2])
    for content in [PinContent.pin(seconds: 0), .pin(seconds: .max), .unpin] {
      #expect(try PinContent(decoding: content.encoded) == content)
    }
  }

  @Test(
    arguments: [
      ([], .truncated), ([0x81, 1], .invalidValue(field: "pin")),
      ([0x82, 2, 0], .invalidValue(field: "pin")), ([0x81, 3], .invalidValue(field: "pin")),
      ([0x81, 2, 0], .trailingBytes),
      ([0x82, 1, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0], .invalidValue(field: "pin")),
      ([0x82, 1, 0x18, 5], .nonMinimalLength),
    ] as [([UInt8], DecodingFailure)])
  func otherFormsAreRefused(bytes: [UInt8], failure: DecodingFailure) {
    #expect(throws: failure) { try PinContent(decoding: bytes) }
  }
}
