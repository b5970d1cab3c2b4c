// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Identity
import SansIO
import ServerCore
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore
@testable import MLS

/// Groups whose tree lies beside the log: those of more than a hundred devices, here of more than
/// one or two.
@Suite struct LargeRoomTests {
  private static let names = ["alice", "bob", "carol"]

  /// A group of three whose tree never travels with a commit.
  private static func room(
    _ names: [String] = names, seed: UInt64 = 1, inline: Int = 1,
    _ prepare: (inout World) -> Void = { _ in }
  ) throws -> (world: World, room: String) {
    var world = try World.registered(names, seed: seed)
    world.treeInlineDevicesMax = inline
    world.settle(for: .seconds(5))
    prepare(&world)
    let others = world.clients.dropFirst().map(\.address)
    let token = world.begin(0, .createRoom(name: "Hike", addresses: Array(others)))
    guard case .success(.reference(let room)) = world.clients[0].answers[token] else {
      throw ClientFailure(.internalFailure, "no reference")
    }
    world.settle(for: .seconds(30))
    return (world, room)
  }

  private static func commits(_ world: World) -> [WireCommit] {
    world.sent.compactMap { sent in
      guard sent.endpoint == .logs,
        case .commit(let commit)? = (try? WireLogsClientFrame(serializedBytes: sent.frame))?
          .request
      else { return nil }
      return commit
    }
  }

  private static func expectTalk(
    _ world: inout World, _ room: String, _ comment: Comment = ""
  ) throws {
    for index in world.clients.indices { try world.say("from \(index)", index, in: room) }
    world.settle(for: .seconds(60))
    for index in world.clients.indices {
      let texts = Set(world.roomTexts(index, room))
      #expect(texts.isSuperset(of: world.clients.indices.map { "from \($0)" }), comment)
    }
    #expect(Set(world.epochs(room, of: Array(world.clients.indices))).count == 1, comment)
    try world.checkAll()
  }

  @Test func everybodyComesIn() throws {
    var (world, room) = try Self.room()
    #expect(try world.people(2, room) == ["alice owner", "bob member", "carol member"])
    try Self.expectTalk(&world, room)
    let commits = Self.commits(world)
    #expect(!commits.isEmpty)
    for commit in commits {
      #expect(!commit.parts.isEmpty)
      // The tree of three is larger than all of these together.
      #expect(commit.groupInfo.count < 4_000)
      #expect(commit.welcomes.allSatisfy { $0.body.count < 8_000 })
    }
    // Nothing that is no longer named is left once its time is over.
    world.now = world.now + .seconds(2 * 86_400)
    world.serverDeadline()
    world.server.store.checkInvariants()
  }

  /// A group passes the threshold, and comes back below it.
  @Test func theThresholdIsPassed() throws {
    var (world, room) = try Self.room(["alice", "bob", "carol", "dave"], inline: 3)
    #expect(Self.commits(world).allSatisfy { !$0.parts.isEmpty })
    try world.want(.remove(address: "dave@x.example", banning: false), 0, in: room)
    world.settle(for: .seconds(10))
    #expect(Self.commits(world).last?.parts.isEmpty == false)
    try world.want(.rename("Three"), 0, in: room)
    world.settle(for: .seconds(10))
    #expect(Self.commits(world).last?.parts.isEmpty == true)
    #expect(try world.report(2, room).name == "Three")
    try world.checkAll()
  }

  /// A crash at each step of whoever makes the group, and of whoever comes in.
  @Test(arguments: [TestCrash.beforeCommit, .afterCommit], 0..<2)
  func crashes(_ kind: TestCrash, of victim: Int) throws {
    for step in 1...24 {
      var world = try World.registered(["alice", "bob"], seed: UInt64(step))
      world.treeInlineDevicesMax = 1
      world.settle(for: .seconds(5))
      world.crashes[victim] = [world.clients[victim].steps + step: kind]
      var room: String?
      for _ in 0..<2 where room == nil {
        let token = world.begin(0, .createRoom(name: "Hike", addresses: ["bob@x.example"]))
        if case .success(.reference(let made)) = world.clients[0].answers[token] { room = made }
        world.settle(for: .seconds(30))
      }
      world.crashes = [:]
      let made = try #require(room)
      world.settle(for: .seconds(60))
      try Self.expectTalk(&world, made, "step \(step)")
    }
  }

  /// Both commit at once: the parts of the one that lost go by themselves.
  @Test func lostRacesLeaveNothingForEver() throws {
    var (world, room) = try Self.room()
    try world.want(.permission(.info, .member), 0, in: room)
    world.settle(for: .seconds(30))
    try world.want(.rename("One"), 0, in: room)
    try world.want(.describe("Two"), 1, in: room)
    world.settle(for: .seconds(60))
    #expect(try world.report(2, room).name == "One")
    #expect(try world.report(2, room).about == "Two")
    func parts() -> Int {
      Self.commits(world).flatMap(\.parts).count { name in
        guard let id = PartID([UInt8](name)), let log = world.logIDs.first else { return false }
        return (try? world.server.store.read(.part(log, id), at: world.now)) != .refused(.notFound)
      }
    }
    #expect(parts() > 1)
    world.now = world.now + .seconds(31 * 86_400)
    for index in world.clients.indices { world.setOnline(false, index) }
    for _ in 0..<3 {
      world.now = world.now + .seconds(61)
      world.serverDeadline()
    }
    // The present epoch's, for whoever comes back.
    #expect(parts() == 1)
    world.server.store.checkInvariants()
  }

  /// The server has lost a part before the commit came: it is brought once more.
  @Test func partsThatAreMissingAreBroughtAgain() throws {
    var dropped = 0
    var (world, room) = try Self.room(["alice", "bob"]) { world in
      world.tamper = { index, endpoint, bytes in
        guard index == 0, endpoint == .logs, dropped == 0,
          var frame = try? WireLogsServerFrame(serializedBytes: bytes),
          case .appended = frame.response
        else { return bytes }
        dropped += 1
        var failure = WireFailure()
        failure.code = .partsMissing
        frame.response = .failure(failure)
        return try? frame.serializedBytes()
      }
    }
    #expect(dropped == 1)
    world.settle(for: .seconds(60))
    try Self.expectTalk(&world, room)
  }

  /// The server says that it has no such part: the newcomer asks again on each connection, and when
  /// the server has come to its senses it comes in.
  @Test(arguments: [1, 20]) func aTreeThatIsLost(_ times: Int) throws {
    final class Tally { var left = 0 }
    let tally = Tally()
    tally.left = times
    var (world, room) = try Self.room(["alice", "bob"]) { world in
      world.tamper = { index, endpoint, bytes in
        guard index == 1, endpoint == .logs, tally.left > 0,
          var frame = try? WireLogsServerFrame(serializedBytes: bytes),
          case .part(let part) = frame.response
        else { return bytes }
        tally.left -= 1
        if tally.left.isMultiple(of: 2) {
          var failure = WireFailure()
          failure.code = .notFound
          frame.response = .failure(failure)
        } else {
          frame.part.body = part.body + [1]
        }
        return try? frame.serializedBytes()
      }
    }
    #expect(world.conversation(1, room) == nil)
    for _ in 0..<6 {
      world.setOnline(false, 1)
      world.settle(for: .seconds(5))
      world.setOnline(true, 1)
      world.settle(for: .seconds(90))
    }
    tally.left = 0
    if times == 1 { return try Self.expectTalk(&world, room) }
    // It is given up visibly, and somebody adds Bob again.
    #expect(world.conversation(1, room) == nil)
    #expect(world.clients[1].storedEvents.contains(.identityNotice(.welcomeRefused)))
    try world.want(.renew(address: "bob@x.example"), 0, in: room)
    world.settle(for: .seconds(60))
    try Self.expectTalk(&world, room)
  }

  /// Whoever lost step fetches the tree of the present epoch.
  @Test(arguments: [nil, TestCrash.beforeCommit, .afterCommit])
  func comingBack(_ kind: TestCrash?) throws {
    for step in 1...(kind == nil ? 1 : 20) {
      var world = try RejoinTests.away(
        kind.map { [step: $0] } ?? [:], treeInlineDevicesMax: 1)
      world.setOnline(true, 1)
      world.settle(for: .seconds(300))
      let groups = world.groups(1, with: 0)
      #expect(groups.map(\.phase) == [.active] && groups.map(\.generation) == [0], "\(step)")
      try RejoinTests.expectTalk(&world, "step \(step)")
      #expect(Self.commits(world).allSatisfy { !$0.parts.isEmpty })
    }
  }

  /// A tree that is lost for good leads on to the next step of the ladder.
  @Test func comingBackWithoutATree() throws {
    var world = try RejoinTests.away(treeInlineDevicesMax: 1)
    world.tamper = { index, endpoint, bytes in
      guard index == 1, endpoint == .logs,
        let frame = try? WireLogsServerFrame(serializedBytes: bytes), case .part = frame.response
      else { return bytes }
      var lost = WireLogsServerFrame()
      lost.requestID = frame.requestID
      lost.failure.code = .notFound
      return try? lost.serializedBytes()
    }
    world.setOnline(true, 1)
    world.settle(for: .seconds(300))
    world.tamper = { _, _, bytes in bytes }
    world.settle(for: .seconds(300))
    #expect(world.groups(1, with: 0).map(\.generation).sorted() == [0, 1])
    try RejoinTests.expectTalk(&world)
  }
}

extension World {
  /// The logs of the first client's groups.
  fileprivate var logIDs: [LogID] {
    clients[0].store.committed.groups().compactMap { LogID($0.routingID) }
  }
}

/// The reference to a tree, and the sealed tree itself.
@Suite struct SealedTreeTests {
  private let tree = [UInt8](repeating: 7, count: 600_000)
  private let routingID = [UInt8](repeating: 1, count: 32)

  @Test func cutsAndJoins() throws {
    let key = Secret([UInt8](repeating: 2, count: 32))
    let sealed = try SealedTree(tree, key: key, routingID: routingID)
    #expect(sealed.parts.map(\.count) == [262_144, 262_144, 75_728])
    let reference = try TreeReference(decoding: sealed.reference.encoded)
    #expect(reference == sealed.reference)
    #expect(reference.open(sealed.parts, of: routingID) == tree)
    #expect(reference.open(sealed.parts.reversed(), of: routingID) == nil)
    #expect(reference.open(Array(sealed.parts.dropLast()), of: routingID) == nil)
    #expect(reference.open(sealed.parts, of: [UInt8](repeating: 3, count: 32)) == nil)
  }

  @Test func refusesWhatIsNone() throws {
    let part = [UInt8](repeating: 9, count: 32)
    let other = [UInt8](repeating: 8, count: 32)
    let key = [UInt8](repeating: 2, count: 32)
    let good = [1] + key + [0x40, 64] + part + other
    #expect(try TreeReference(decoding: good).encoded == good)
    #expect(throws: DecodingFailure.invalidValue(field: "tree reference format")) {
      try TreeReference(decoding: [2] + good.dropFirst())
    }
    for bad in [[1] + key + [0], [1] + key + [0x40, 64] + part + part] {
      #expect(throws: DecodingFailure.invalidValue(field: "tree parts")) {
        try TreeReference(decoding: bad)
      }
    }
    #expect(throws: DecodingFailure.trailingBytes) { try TreeReference(decoding: good + [0]) }
    var many: [UInt8] = [1] + key + [0x43, 0x20]
    for number in 0..<25 { many += [UInt8](repeating: UInt8(number), count: 32) }
    #expect(throws: DecodingFailure.self) { try TreeReference(decoding: many) }
  }
}
