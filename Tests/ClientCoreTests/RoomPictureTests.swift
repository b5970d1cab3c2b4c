// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// The picture of a group: in the state that all agree on, and told like every other change.
@Suite struct RoomPictureTests {
  private static let small = MediaTests.jpeg(500)
  /// As long as a picture may be.
  private static let large = MediaTests.jpeg(
    RoomPicture.bytesMax - MediaTests.jpeg(0).count, fill: 9)

  /// Alice's group with Bob; the others are there and not in it.
  private static func world(_ names: [String]) throws -> (World, String) {
    var world = try World.registered(names)
    let answer = try world.ask(
      0, .createRoom(name: "Hike", addresses: [world.clients[1].address]))
    guard case .reference(let room) = answer else { throw ClientStoreFailure.injected }
    world.settle(for: .seconds(10))
    return (world, room)
  }

  private static func changes(_ world: World, _ index: Int, _ room: String) -> [RoomNotice] {
    world.clients[index].events.compactMap { event in
      guard event.address == room, case .roomChanged(let notice) = event.kind else { return nil }
      return [.pictureChanged, .pictureRemoved].contains(notice.kind) ? notice : nil
    }
  }

  @Test func allHaveItAndWhoComesLater() throws {
    var (world, room) = try Self.world(["alice", "bob", "carol"])
    #expect(try world.report(0, room).picture == nil)
    try world.want(.picture(Self.small), 1, in: room)
    world.settle(for: .seconds(10))
    for index in 0..<2 {
      let picture = try #require(try world.report(index, room).picture)
      #expect(picture.jpeg == Self.small && picture.width == 320 && picture.height == 200)
    }
    let line = "bob@x.example changed the picture of the group."
    #expect(world.roomNotices(0, room).last == line && world.roomNotices(1, room).last == line)
    #expect(
      Self.changes(world, 0, room) == [RoomNotice(.pictureChanged, actor: "bob@x.example")])

    // The same again is no change; another one is, and a newcomer has it.
    try world.want(.picture(Self.small), 0, in: room)
    world.settle(for: .seconds(10))
    #expect(try world.report(0, room).waiting.isEmpty)
    #expect(Self.changes(world, 1, room).count == 1)
    try world.want(.picture(Self.large), 0, in: room)
    try world.want(.add(address: "carol@x.example"), 0, in: room)
    world.settle(for: .seconds(20))
    for index in 0..<3 {
      #expect(try world.report(index, room).picture?.jpeg == Self.large)
      #expect(try world.report(index, room).people.count == 3)
    }
    #expect(world.roomNotices(2, room) == ["alice@x.example added you to the group."])

    // Other changes leave it, and it can be taken away.
    try world.want(.rename("Walk"), 2, in: room)
    world.settle(for: .seconds(10))
    #expect(try world.report(1, room).picture?.jpeg == Self.large)
    try world.want(.picture([]), 2, in: room)
    world.settle(for: .seconds(10))
    for index in 0..<3 {
      #expect(try world.report(index, room).picture == nil)
      #expect(
        world.roomNotices(index, room).last == "carol@x.example removed the picture of the group.")
    }
    #expect(
      Self.changes(world, 2, room) == [RoomNotice(.pictureRemoved, actor: "carol@x.example")])
    let conversation = try #require(world.conversation(0, room))
    let row = try #require(
      world.clients[0].store.committed.room(conversationID: conversation.id))
    #expect(row.state[0] == 1)
    try world.checkAll()
  }

  @Test func whoMayNotEditTheInfoCannot() throws {
    var (world, room) = try Self.world(["alice", "bob"])
    try world.want(.picture(Self.small), 0, in: room)
    try world.want(.permission(.info, .admin), 0, in: room)
    world.settle(for: .seconds(10))
    for bytes in [Self.large, []] {
      #expect(throws: ClientFailure(.notPermitted, RoomViolation.info.rawValue)) {
        try world.want(.picture(bytes), 1, in: room)
      }
    }
    let longer = MediaTests.jpeg(RoomPicture.bytesMax - MediaTests.jpeg(0).count + 1)
    let reason = "The picture of a group is a JPEG of 12,288 bytes at most."
    for bytes in [[0], longer, Self.small + [0]] {
      #expect(throws: ClientFailure(.badRequest, reason)) {
        try world.want(.picture(bytes), 0, in: room)
      }
    }
    #expect(try world.report(1, room).picture?.jpeg == Self.small)
    try world.checkAll()
  }

  /// What waits gives way to what is wanted after it; what loses a race is done all the same.
  @Test func theLastOneHolds() throws {
    var (world, room) = try Self.world(["alice", "bob"])
    #expect(RoomChange.picture([]).replaces(.picture(Self.small)))
    #expect(!RoomChange.picture([]).replaces(.describe("")))
    world.setOnline(false, 0)
    try world.want(.picture(Self.small), 0, in: room)
    try world.want(.picture(Self.large), 0, in: room)
    #expect(try world.report(0, room).waiting == [.picture(Self.large)])
    try world.want(.rename("Walk"), 1, in: room)
    world.settle(for: .seconds(10))
    world.setOnline(true, 0)
    world.settle(for: .seconds(60))
    for index in 0..<2 {
      let report = try world.report(index, room)
      #expect(report.picture?.jpeg == Self.large && report.name == "Walk")
      #expect(Self.changes(world, index, room).count == 1)
    }
    try world.checkAll()
  }

  /// A device that comes back by itself has what was agreed on meanwhile.
  @Test func whoComesBackHasIt() throws {
    var (world, room) = try Self.world(["alice", "bob"])
    try world.say("hello", 1, in: room)
    world.settle(for: .seconds(10))
    world.setOnline(false, 1)
    try world.want(.picture(Self.large), 0, in: room)
    world.settle(for: .seconds(10))
    world.passAMonth()
    try world.say("fresh", 0, in: room)
    world.settle(for: .seconds(60))
    world.setOnline(true, 1)
    world.settle(for: .seconds(120))
    #expect(try world.report(1, room).picture?.jpeg == Self.large)
    #expect(world.roomNotices(1, room).contains { $0.contains("has joined it again") })
    try world.checkAll()
  }
}
