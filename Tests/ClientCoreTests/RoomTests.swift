// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore
@testable import MLS

/// Groups: making them, talking, changing who is in them and what may be done.
@Suite struct RoomTests {
  @Test func threePeopleTalk() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    for index in 0..<3 {
      #expect(
        try world.people(index, room) == ["alice owner", "bob member", "carol member"])
      #expect(try world.report(index, room).name == "Hike")
      #expect(world.conversation(index, room)?.phase == .open)
    }
    #expect(world.roomNotices(1, room) == ["alice@x.example added you to the group."])
    let first = try world.say("who brings the map?", 0, in: room)
    world.settle(for: .seconds(10))
    try world.say("I do", 2, in: room)
    try world.say("me too", 1, in: room)
    world.settle(for: .seconds(10))
    for index in 0..<3 {
      #expect(Set(world.roomTexts(index, room)) == ["who brings the map?", "I do", "me too"])
    }
    // The same order for everybody, which is the log's.
    #expect(world.roomTexts(1, room).count == 3)
    let message = world.roomLines(0, room).first { $0.messageID == first }
    #expect(message?.state == .delivered)
    try world.checkAll()
  }

  @Test func aMessageIsDeliveredOnceAllHaveIt() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    world.setOnline(false, 2)
    let id = try world.say("hello", 0, in: room)
    world.settle(for: .seconds(10))
    func state() -> MessageState? { world.roomLines(0, room).first { $0.messageID == id }?.state }
    #expect(state() == .stored)
    world.setOnline(true, 2)
    world.settle(for: .seconds(90))
    #expect(state() == .delivered)
    _ = try world.ask(1, .markRead(address: room, upTo: .max))
    world.settle(for: .seconds(5))
    #expect(state() == .delivered)
    _ = try world.ask(2, .markRead(address: room, upTo: .max))
    world.settle(for: .seconds(5))
    #expect(state() == .read)
  }

  @Test func repliesReactionsAndEdits() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    let id = try world.say("tomorrow?", 0, in: room)
    world.settle(for: .seconds(5))
    _ = try world.ask(1, .react(address: room, messageID: id, reaction: "👍", removing: false))
    _ = try world.ask(2, .reply(address: room, messageID: id, text: "at eight"))
    _ = try world.ask(0, .edit(address: room, messageID: id, text: "the day after"))
    world.settle(for: .seconds(5))
    for index in 0..<3 {
      guard
        case .history(let lines) = try world.ask(
          index, .history(address: room, limit: 50, before: nil))
      else { throw ClientFailure(.internalFailure, "no history") }
      let line = try #require(lines.first { $0.messageID == id })
      #expect(line.text == "the day after" && line.editedAt != nil)
      #expect(line.reactions.map(\.sender) == ["bob@x.example"])
      #expect(lines.first { $0.text == "at eight" }?.quote?.text == "the day after")
    }
    // Nobody changes what somebody else said.
    #expect(throws: ClientFailure.self) {
      try world.ask(1, .edit(address: room, messageID: id, text: "never"))
    }
  }

  @Test func somebodyComesInLater() throws {
    var (world, room) = try World.room(["alice", "bob"])
    try world.say("before", 0, in: room)
    world.settle()
    var wider = world
    wider.clients.append(TestClient(name: "dora", address: "dora@x.example"))
    wider.apply([.tick], to: 2)
    _ = try wider.ask(2, .register(address: "dora@x.example", invite: wider.invite))
    // A member may not; the owner may.
    #expect(throws: ClientFailure(.notPermitted, RoomViolation.adding.rawValue)) {
      try wider.want(.add(address: "dora@x.example"), 1, in: room)
    }
    try wider.want(.add(address: "dora@x.example"), 0, in: room)
    wider.settle(for: .seconds(10))
    try wider.say("after", 1, in: room)
    wider.settle(for: .seconds(10))
    #expect(wider.roomTexts(2, room) == ["after"])
    #expect(wider.roomTexts(0, room) == ["before", "after"])
    #expect(wider.roomNotices(1, room).last == "alice@x.example added dora@x.example.")
    #expect(wider.epochs(room, of: [0, 1, 2]).count == 3)
    #expect(Set(wider.epochs(room, of: [0, 1, 2])).count == 1)
    try wider.checkAll()
  }

  @Test func whoIsRemovedReadsNothingMore() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try world.say("all of us", 0, in: room)
    world.settle(for: .seconds(5))
    let before = try #require(ClientInspectionKeys(world, 2, room))
    try world.want(.remove(address: "carol@x.example", banning: true), 0, in: room)
    world.settle(for: .seconds(10))
    try world.say("the two of us", 1, in: room)
    world.settle(for: .seconds(10))
    #expect(world.roomTexts(2, room) == ["all of us"])
    #expect(world.roomTexts(0, room) == ["all of us", "the two of us"])
    #expect(world.conversation(2, room)?.phase == .left)
    #expect(world.lastNotice(2, room)?.kind == .banned)
    #expect(world.lastNotice(1, room)?.kind == .banned)
    // What sealed GroupInfo and rejoins is another one now, and her own keys are gone.
    let after = try #require(ClientInspectionKeys(world, 0, room))
    #expect(after.version == before.version + 1 && after.key != before.key)
    #expect(ClientInspectionKeys(world, 2, room) == nil)
    #expect(throws: ClientFailure(.notAMember, Self.gone)) { try world.say("hey", 2, in: room) }
    #expect(
      throws: ClientFailure(.notPermitted, "This account is banned from the group.")
    ) { try world.want(.add(address: "carol@x.example"), 0, in: room) }
    try world.want(.unban(address: "carol@x.example"), 0, in: room)
    world.settle(for: .seconds(5))
    try world.want(.add(address: "carol@x.example"), 0, in: room)
    world.settle(for: .seconds(10))
    try world.say("welcome back", 0, in: room)
    world.settle(for: .seconds(10))
    #expect(world.roomTexts(2, room) == ["all of us", "welcome back"])
    try world.checkAll()
  }

  private static let gone = "This account is no member of the group any more."

  @Test func leaving() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try world.leave(1, room)
    #expect(throws: ClientFailure(.notAMember, Self.gone)) { try world.say("bye", 1, in: room) }
    world.settle(for: .seconds(30))
    #expect(world.conversation(1, room)?.phase == .left)
    #expect(try world.people(0, room) == ["alice owner", "carol member"])
    #expect(world.roomNotices(2, room).last == "bob@x.example left.")
    try world.say("only us", 2, in: room)
    world.settle(for: .seconds(10))
    #expect(world.roomTexts(0, room) == ["only us"] && world.roomTexts(1, room).isEmpty)
    try world.checkAll()
  }

  @Test func theOwnerLeavesAndAnAdminInherits() throws {
    var (world, room) = try World.room(["alice", "bob", "carol", "dave"])
    try world.want(.role(address: "dave@x.example", .admin), 0, in: room)
    world.settle(for: .seconds(10))
    #expect(
      try world.people(3, room) == ["alice owner", "bob member", "carol member", "dave admin"])
    try world.leave(0, room)
    world.settle(for: .seconds(60))
    for index in 1..<4 {
      #expect(try world.people(index, room) == ["bob member", "carol member", "dave owner"])
    }
    #expect(world.conversation(0, room)?.phase == .left)
    try world.leave(3, room)
    world.settle(for: .seconds(60))
    #expect(try world.people(1, room) == ["bob owner", "carol member"])
    try world.leave(2, room)
    world.settle(for: .seconds(60))
    try world.leave(1, room)
    #expect(world.conversation(1, room)?.phase == .left)
    try world.checkAll()
  }

  @Test func settingsAndWhoMayChangeThem() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try world.want(.rename("Hike 2"), 1, in: room)
    try world.want(.describe("Sundays\nat eight"), 2, in: room)
    world.settle(for: .seconds(20))
    for index in 0..<3 {
      let report = try world.report(index, room)
      #expect(report.name == "Hike 2" && report.about == "Sundays\nat eight")
      #expect(report.waiting.isEmpty)
    }
    try world.want(.permission(.info, .admin), 0, in: room)
    try world.want(.permission(.post, .admin), 0, in: room)
    world.settle(for: .seconds(10))
    #expect(throws: ClientFailure(.notPermitted, RoomViolation.info.rawValue)) {
      try world.want(.rename("Mine"), 1, in: room)
    }
    #expect(throws: ClientFailure(.notPermitted, "Only admins may write in this group.")) {
      try world.say("but", 1, in: room)
    }
    for change in [
      RoomChange.role(address: "bob@x.example", .admin),
      .role(address: "bob@x.example", .owner), .permission(.post, .member),
      .remove(address: "alice@x.example", banning: false),
    ] {
      #expect(throws: ClientFailure.self) { try world.want(change, 1, in: room) }
    }
    try world.want(.role(address: "bob@x.example", .owner), 0, in: room)
    world.settle(for: .seconds(10))
    #expect(try world.people(2, room) == ["alice admin", "bob owner", "carol member"])
    try world.say("as the owner", 1, in: room)
    world.settle(for: .seconds(10))
    #expect(world.roomTexts(2, room) == ["as the owner"])
    for name in ["", " ", "two\nlines", "\u{202E}evil", String(repeating: "x", count: 257)] {
      #expect(throws: ClientFailure(.badRequest, "A name is one line of at most 256 bytes.")) {
        try world.want(.rename(name), 1, in: room)
      }
    }
    try world.checkAll()
  }

  @Test func somebodyWhoCannotBeAddedIsTold() throws {
    var (world, room) = try World.room(["alice", "bob"])
    try world.want(.add(address: "nobody@x.example"), 0, in: room)
    try world.want(.rename("Still works"), 0, in: room)
    world.settle(for: .seconds(10))
    let notice = world.clients[0].events.compactMap { event in
      if case .roomChanged(let notice) = event.kind, notice.kind == .refused { notice } else { nil }
    }
    #expect(notice.map(\.detail) == ["unknown-address"])
    #expect(notice.map(\.subject) == ["nobody@x.example"])
    #expect(try world.report(1, room).name == "Still works")
    #expect(try world.report(0, room).waiting.isEmpty)
  }

  @Test func namesAreResolved() throws {
    var (world, room) = try World.room(["alice", "bob"])
    func resolve(_ text: String) throws -> String {
      guard case .reference(let found) = try world.ask(0, .resolve(text)) else { return "" }
      return found
    }
    #expect(try resolve("Hike") == room)
    #expect(try resolve(room) == room)
    #expect(try resolve(String(room.prefix(12))) == room)
    #expect(try resolve("bob@x.example") == "bob@x.example")
    #expect(throws: ClientFailure.self) { try resolve("Hik") }
    _ = try world.ask(0, .createRoom(name: "Hike", addresses: []))
    #expect(throws: ClientFailure.self) { try resolve("Hike") }
    guard case .conversations(let list) = try world.ask(0, .conversations) else { return }
    #expect(list.compactMap(\.name) == ["Hike", "Hike"])
  }
}

/// The group state key that a client has for a group.
struct ClientInspectionKeys: Equatable {
  let version: UInt32
  let key: [UInt8]

  init?(_ world: World, _ index: Int, _ room: String) {
    let transaction = world.clients[index].store.committed
    guard let row = transaction.conversation(address: room),
      let group = transaction.groups(conversationID: row.id).first(where: { $0.phase == .active }),
      let epoch = transaction.epoch(groupID: group.groupID, epoch: group.epoch),
      let state = try? Group(epochState: epoch.state, messageSecrets: epoch.ratchets),
      let context = ProductGroup.context(of: state)
    else { return nil }
    version = context.groupStateKeyVersion
    key = context.groupStateKey.copyBytes()
  }
}
