// SPDX-License-Identifier: Apache-2.0

import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// Many want something of a group at once, are away, or die.
@Suite struct RoomRaceTests {
  private static func names(_ count: Int) -> [String] { (0..<count).map { "person\($0)" } }

  /// Everybody commits at once; whoever loses does it again, and nothing is lost.
  @Test func manyCommitAtOnce() throws {
    let count = 50
    var (world, room) = try World.room(Self.names(count))
    let everybody = Array(0..<count)
    for index in everybody {
      #expect(try world.report(index, room).people.count == count)
    }
    try world.want(.permission(.add, .member), 0, in: room)
    world.settle(for: .seconds(30))
    // A first message brings a commit, since nobody has renewed the keys of joining yet.
    for index in everybody { try world.say("from \(index)", index, in: room) }
    for index in stride(from: 1, to: count, by: 10) {
      try world.want(.describe("by \(index)"), index, in: room)
    }
    try world.want(.rename("All"), 7, in: room)
    try world.want(.remove(address: "person13@x.example", banning: false), 0, in: room)
    world.settle(for: .seconds(300))
    let staying = everybody.filter { $0 != 13 }
    #expect(Set(world.epochs(room, of: staying)).count == 1)
    #expect(world.epochs(room, of: staying).count == staying.count)
    for index in staying {
      let texts = world.roomTexts(index, room)
      #expect(texts.count == Set(texts).count, "shown once")
      let wanted = Set(staying.map { "from \($0)" })
      #expect(wanted.isSubset(of: texts), "\(index) has not all")
      #expect(try world.report(index, room).name == "All")
      #expect(try world.report(index, room).waiting.isEmpty)
      #expect(try world.report(index, room).people.count == count - 1)
    }
    #expect(world.conversation(13, room)?.phase == .left)
    try world.checkAll()
  }

  @Test func bothAddTheSamePerson() throws {
    var (world, room) = try World.room(["alice", "bob"])
    try world.want(.permission(.add, .member), 0, in: room)
    world.settle(for: .seconds(10))
    world.clients.append(TestClient(name: "carol", address: "carol@x.example"))
    world.apply([.tick], to: 2)
    _ = try world.ask(2, .register(address: "carol@x.example", invite: world.invite))
    try world.want(.add(address: "carol@x.example"), 0, in: room)
    try world.want(.add(address: "carol@x.example"), 1, in: room)
    world.settle(for: .seconds(30))
    for index in 0..<3 {
      #expect(try world.report(index, room).people.count == 3)
      #expect(try world.report(index, room).waiting.isEmpty)
    }
    try world.say("hello", 2, in: room)
    world.settle(for: .seconds(10))
    #expect(world.roomTexts(0, room) == ["hello"] && world.roomTexts(1, room) == ["hello"])
    try world.checkAll()
  }

  /// Whoever leaves while others commit proposes it again, and whoever is first commits it.
  @Test(arguments: 1...8) func leavingWhileOthersCommit(_ seed: UInt64) throws {
    var (world, room) = try World.room(["alice", "bob", "carol", "dave"], seed: seed)
    try world.leave(2, room)
    try world.want(.rename("Other"), 1, in: room)
    try world.leave(3, room)
    world.run(deliveries: Int(seed) * 3)
    try world.want(.describe("x"), 0, in: room)
    try world.say("still here", 1, in: room)
    world.settle(for: .seconds(120))
    #expect(world.conversation(2, room)?.phase == .left)
    #expect(world.conversation(3, room)?.phase == .left)
    #expect(try world.people(0, room) == ["alice owner", "bob member"])
    #expect(world.roomTexts(0, room) == ["still here"])
    #expect(try world.report(1, room).name == "Other")
    try world.checkAll()
  }

  /// A crash at each step of each of them: of making a group, of changing it and of leaving it.
  @Test(arguments: [TestCrash.beforeCommit, .afterCommit], 0..<3)
  func crashes(_ kind: TestCrash, of victim: Int) throws {
    for step in 1...40 {
      var world = try World.registered(["alice", "bob", "carol"], seed: UInt64(step))
      let base = world.clients[victim].steps
      world.crashes[victim] = [base + step: kind]
      var room = ""
      for _ in 0..<3 where room.isEmpty {
        let token = world.begin(
          0, .createRoom(name: "Hike", addresses: ["bob@x.example", "carol@x.example"]))
        if case .success(.reference(let found)) = world.clients[0].answers[token] { room = found }
        world.settle(for: .seconds(120))
        // The answer may be lost after the group was made.
        room = world.clients[0].store.committed.conversations().first?.address ?? room
      }
      world.settle(for: .seconds(300))
      try Self.retry { try world.want(.rename("Else"), 0, in: room) }
      // After a crash the message may be there although nobody answered.
      try Self.retry { if world.roomTexts(1, room).isEmpty { try world.say("hi", 1, in: room) } }
      world.settle(for: .seconds(300))
      try Self.retry { try world.leave(2, room) }
      world.settle(for: .seconds(300))
      world.crashes = [:]
      let comment: Comment = "\(kind) at \(step) of \(victim)"
      #expect(try world.people(0, room) == ["alice owner", "bob member"], comment)
      #expect(try world.report(1, room).name == "Else", comment)
      #expect(world.roomTexts(0, room).contains("hi"), comment)
      #expect(world.roomTexts(0, room).count == Set(world.roomTexts(0, room)).count, comment)
      #expect(world.conversation(2, room)?.phase == .left, comment)
      try world.checkAll()
    }
  }

  /// Asks again when the process died before it answered.
  private static func retry(_ body: () throws -> Void) throws {
    for _ in 0..<3 {
      do {
        return try body()
      } catch let failure as ClientFailure where failure.code == .timeout {
        continue
      } catch let failure as ClientFailure where failure.code == .notAMember {
        return
      }
    }
  }

  /// Away for a month: too long for the log. The device comes back by itself and says so.
  @Test func awayForAMonth() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try world.say("hello", 2, in: room)
    world.settle(for: .seconds(10))
    world.setOnline(false, 2)
    try world.want(.rename("Renamed"), 0, in: room)
    world.settle(for: .seconds(10))
    world.passAMonth()
    try world.say("fresh", 0, in: room)
    world.settle(for: .seconds(60))
    world.setOnline(true, 2)
    world.settle(for: .seconds(300))
    try world.say("I am back", 2, in: room)
    world.settle(for: .seconds(120))
    #expect(world.roomTexts(0, room).last == "I am back")
    #expect(world.roomTexts(1, room).last == "I am back")
    #expect(try world.report(2, room).name == "Renamed")
    #expect(world.roomNotices(2, room).contains { $0.contains("has joined it again") })
    try world.checkAll()
  }

  /// Somebody was removed meanwhile, so the keys to come back by are others: another member brings
  /// the device back.
  @Test func broughtBackByAnAdmin() throws {
    var (world, room) = try World.room(["alice", "bob", "carol", "dave"])
    try world.say("hello", 2, in: room)
    world.settle(for: .seconds(10))
    world.setOnline(false, 2)
    try world.want(.remove(address: "dave@x.example", banning: false), 0, in: room)
    world.settle(for: .seconds(10))
    world.passAMonth()
    try world.say("fresh", 0, in: room)
    world.settle(for: .seconds(60))
    // Nobody hears her ask before somebody has wanted the same.
    world.setOnline(false, 0)
    world.setOnline(true, 2)
    world.settle(for: .seconds(400))
    #expect(world.roomNotices(2, room).last?.contains("asks those who may add") == true)
    try world.want(.renew(address: "carol@x.example"), 0, in: room)
    world.setOnline(true, 0)
    world.settle(for: .seconds(700))
    try world.say("here again", 2, in: room)
    world.settle(for: .seconds(60))
    #expect(world.roomTexts(0, room).last == "here again")
    #expect(try world.people(1, room) == ["alice owner", "bob member", "carol member"])
    #expect(try world.report(0, room).waiting.isEmpty)
    try world.checkAll()
  }

  /// The server says that the own commit is in the log before what stands in front of it there was
  /// read: that was written under the rules of before.
  @Test func whatStandsBeforeTheOwnCommit() throws {
    var (world, room) = try World.room(["alice", "bob"])
    try world.say("hello", 1, in: room)
    try world.say("hello", 0, in: room)
    world.settle(for: .seconds(10))
    world.tamper = { index, endpoint, bytes in
      guard index == 0, endpoint == .logs,
        case .entries = (try? WireLogsServerFrame(serializedBytes: bytes))?.response
      else { return bytes }
      return nil
    }
    try world.say("in time", 1, in: room)
    world.settle(for: .seconds(5))
    try world.want(.permission(.post, .admin), 0, in: room)
    world.settle(for: .seconds(5))
    #expect(world.roomNotices(1, room).last?.contains("post: admin") == true)
    world.tamper = { _, _, bytes in bytes }
    world.setOnline(false, 0)
    world.setOnline(true, 0)
    world.settle(for: .seconds(30))
    #expect(world.roomTexts(0, room).last == "in time")
    #expect(world.roomNotices(0, room).last?.contains("post: admin") == true)
    #expect(try world.report(0, room).waiting.isEmpty)
    try world.checkAll()
  }
}
