// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore
@testable import MLS

/// A device that lost step and cannot rejoin by itself asks, and is brought back.
@Suite struct ReturnTests {
  /// Carol was away for too long, and somebody was removed meanwhile.
  private static func lost(
    _ seed: UInt64 = 1, more: [String] = []
  ) throws -> (world: World, room: String) {
    var world = try World.registered(["alice", "bob", "carol", "dave"] + more, seed: seed)
    let others = ["bob", "carol", "dave"].map { $0 + "@x.example" }
    guard case .reference(let room) = try world.ask(0, .createRoom(name: "Hike", addresses: others))
    else { throw ClientFailure(.internalFailure, "no reference") }
    world.settle(for: .seconds(10))
    try world.want(.role(address: "bob@x.example", .admin), 0, in: room)
    world.settle(for: .seconds(10))
    try awayForAMonth(2, &world, room)
    return (world, room)
  }

  /// Somebody is away for too long, and Dave is removed meanwhile.
  private static func awayForAMonth(
    _ index: Int, _ world: inout World, _ room: String
  ) throws {
    world.setOnline(false, index)
    try world.want(.remove(address: "dave@x.example", banning: false), 0, in: room)
    world.settle(for: .seconds(10))
    world.passAMonth()
    try world.say("fresh", 0, in: room)
    world.settle(for: .seconds(60))
    world.setOnline(true, index)
  }

  private static func knocks(_ world: World, _ room: String) -> [KnockRow] {
    world.conversation(0, room).map {
      world.clients[0].store.committed.knocks(conversationID: $0.id)
    } ?? []
  }

  private static func expectBack(
    _ world: inout World, _ room: String, _ comment: Comment = ""
  ) throws {
    try world.say("here again", 2, in: room)
    world.settle(for: .seconds(120))
    #expect(world.roomTexts(0, room).last == "here again", comment)
    #expect(world.roomTexts(1, room).last == "here again", comment)
    #expect(
      try world.people(1, room) == ["alice owner", "bob admin", "carol member"], comment)
    try world.checkAll()
  }

  @Test func comesBackByItself() throws {
    var (world, room) = try Self.lost()
    world.settle(for: .seconds(1_300))
    try Self.expectBack(&world, room)
    #expect(world.roomNotices(2, room).contains { $0.contains("asks those who may add") })
    #expect(world.roomNotices(0, room).contains { $0.contains("is added again") })
    // One of the two who could has done it.
    let commits = (0...1).map { index in
      world.roomNotices(index, room).count { $0.contains("is added again") }
    }
    #expect(commits.reduce(0, +) == 1)
    #expect(world.clients[2].store.committed.ownKnocks().isEmpty)
  }

  /// The first who could is away: the next one does it.
  @Test func theNextOneDoesIt() throws {
    var (world, room) = try Self.lost()
    world.setOnline(false, 0)
    world.settle(for: .seconds(1_300))
    world.setOnline(true, 0)
    world.settle(for: .seconds(60))
    try Self.expectBack(&world, room)
  }

  /// The owner, who alone may add people, was away while somebody went: another member does it.
  @Test func theOnlyOneWhoMayAddPeople() throws {
    var (world, room) = try World.room(["alice", "bob", "carol", "dave"])
    for index in 0..<4 { try world.say("hello", index, in: room) }
    world.settle(for: .seconds(30))
    world.setOnline(false, 0)
    try world.leave(3, room)
    world.settle(for: .seconds(30))
    world.passAMonth()
    try world.say("fresh", 1, in: room)
    world.settle(for: .seconds(60))
    world.setOnline(true, 0)
    world.settle(for: .seconds(1_300))
    try world.say("here again", 0, in: room)
    world.settle(for: .seconds(120))
    #expect(world.roomTexts(1, room).last == "here again")
    #expect(world.roomTexts(2, room).last == "here again")
    try world.want(.rename("Mine"), 0, in: room)
    world.settle(for: .seconds(30))
    #expect(try world.people(2, room) == ["alice owner", "bob member", "carol member"])
    #expect(try world.report(2, room).name == "Mine")
    try world.checkAll()
  }

  /// Who may take a member out and in again.
  @Test func whoBringsBack() throws {
    var entropy = SeededGenerator(seed: 3)
    let members = (0..<3).map { place in
      RoomMember(
        account: AccountID(using: &entropy), address: "\(place)@x.example",
        leaf: LeafIndex(rawValue: UInt32(place)))
    }
    let accounts = members.map(\.account)
    var room = RoomState.group(
      named: "Hike", owner: accounts[0], domain: try ServiceDomain("x.example"), using: &entropy)
    func broken(_ actor: Int, removing: [Int], adding: [Int]) -> RoomViolation? {
      do throws(RoomViolation) {
        try RoomTransition(
          before: room, after: room, members: members, added: adding.map { members[$0] },
          removed: removing.map { members[$0] }, leaving: [], actor: accounts[actor]
        ).check()
        return nil
      } catch {
        return error
      }
    }
    // Bob brings the owner back, but nobody else, and takes nobody out for good.
    #expect(broken(1, removing: [0], adding: [0]) == nil)
    #expect(broken(1, removing: [2], adding: [2]) == .adding)
    #expect(broken(1, removing: [0], adding: []) == .removing)
    #expect(broken(1, removing: [], adding: [0]) == .adding)
    #expect(broken(0, removing: [2], adding: [2]) == nil)
    // Once another one could do it, Bob may not.
    room.setRole(.admin, of: accounts[2])
    #expect(broken(1, removing: [0], adding: [0]) == .adding)
    #expect(broken(2, removing: [0], adding: [0]) == nil)
  }

  @Test(arguments: [TestCrash.beforeCommit, .afterCommit], [0, 2])
  func crashes(_ kind: TestCrash, of victim: Int) throws {
    for step in 1...14 {
      var (world, room) = try Self.lost(UInt64(step))
      world.crashes[victim] = [world.clients[victim].steps + step: kind]
      world.settle(for: .seconds(1_300))
      world.crashes = [:]
      try Self.expectBack(&world, room, "step \(step)")
    }
  }

  /// A second device was away for a month, and somebody was removed meanwhile: the first one takes
  /// its leaf out and in again.
  @Test func anotherOwnDevice() throws {
    var (world, room) = try World.room(["alice", "bob", "carol", "dave"])
    try LinkTests.link(&world, host: 2)
    world.settle(for: .seconds(60))
    try Self.awayForAMonth(4, &world, room)
    world.settle(for: .seconds(1_300))
    try world.say("here again", 4, in: room)
    world.settle(for: .seconds(120))
    for other in [0, 1, 2] { #expect(world.roomTexts(other, room).last == "here again") }
    #expect(world.conversation(4, room)?.phase == .open)
    #expect(try world.report(0, room).people.map(\.devices).reduce(0, +) == 4)
    try world.checkAll()
  }

  /// The account has taken the device out meanwhile: it does not come back by asking.
  @Test func aDeviceThatWasTakenOutDoesNotComeBack() throws {
    var (world, room) = try World.room(["alice", "bob", "carol", "dave"])
    try LinkTests.link(&world, host: 2)
    world.settle(for: .seconds(60))
    world.setOnline(false, 4)
    try world.want(.remove(address: "dave@x.example", banning: false), 0, in: room)
    world.settle(for: .seconds(10))
    guard case .devices(let devices) = try world.ask(2, .devices) else { return }
    let second = try #require(devices.first { !$0.own })
    _ = try world.ask(2, .removeDevice(second.deviceID))
    world.settle(for: .seconds(120))
    let epochs = world.epochs(room, of: [0, 1])
    world.now = world.now + .seconds(31 * 86_400)
    world.serverDeadline()
    world.setOnline(true, 4)
    world.settle(for: .seconds(1_300))
    #expect(world.conversation(4, room)?.phase != .open)
    #expect(try world.report(0, room).people.map(\.devices).reduce(0, +) == 3)
    #expect(world.roomNotices(0, room).allSatisfy { !$0.contains("is added again") })
    #expect(epochs.count == 2)
  }

  /// A member asks again and again; somebody who was removed asks; and so does a stranger to whom
  /// one of them has told everything. None gets what they want, and nothing of it is kept.
  @Test func asksThatAreNotAnswered() throws {
    var (world, room) = try Self.lost(more: ["erin"])
    world.settle(for: .seconds(1_300))
    try Self.expectBack(&world, room)
    let epoch = try #require(world.epochs(room, of: [0]).first)
    let kept = Self.knocks(world, room)
    for asker in [2, 3, 4] {
      let store = world.clients[asker].store.committed
      let teller = world.clients[min(asker, 3)].store.committed
      let conversation = try #require(world.conversation(min(asker, 3), room))
      let state = try RoomState(
        decoding: try #require(teller.room(conversationID: conversation.id)).state)
      let row = try #require(teller.groups(conversationID: conversation.id).first)
      let entry = try #require(state.returnEntry(of: row.routingID))
      let link = try entry.link(to: try #require(state.reference))
      let device = try LocalDevice(decoding: try #require(store.account()).secrets)
      for _ in 0..<3 {
        world.now = world.now + .seconds(60)
        let knock = Knock(by: device, with: link, at: world.now)
        let body = try knock.sealed(
          to: JoinKey(publicKey: try entry.keyPair().publicKey), with: link)
        let request = LogsRequest.append(
          link.access, submitID: world.entropy.bytes(16), isProposal: false, body: body)
        world.queue.append(
          .toServer(
            connection: try #require(world.clients[1].connections[.logs]),
            try #require(request.frame(requestID: (1 << 40) + UInt64(world.sent.count)))))
        world.settle(for: .seconds(30))
      }
    }
    #expect(world.epochs(room, of: [0]) == [epoch])
    #expect(Self.knocks(world, room) == kept)
    #expect(
      try world.people(0, room) == ["alice owner", "bob admin", "carol member"])
  }
}
