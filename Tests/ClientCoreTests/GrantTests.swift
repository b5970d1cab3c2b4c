// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO
import Testing

@testable import ClientCore
@testable import MLS

/// An admin hands a member of a group what was said before.
@Suite struct GrantTests {
  /// Alice owns the group, Bob is an admin, Carol a member; Dave comes when all has been said.
  static func world(_ count: Int = 6, seed: UInt64 = 1) throws -> (world: World, room: String) {
    var world = try World.registered(["alice", "bob", "carol", "dave"], seed: seed)
    let others = ["bob@x.example", "carol@x.example"]
    guard case .reference(let room) = try world.ask(0, .createRoom(name: "Hike", addresses: others))
    else { throw ClientFailure(.internalFailure, "no reference") }
    world.settle(for: .seconds(10))
    try world.want(.role(address: "bob@x.example", .admin), 0, in: room)
    world.settle(for: .seconds(10))
    for number in 0..<count {
      try world.say("message \(number)", number % 3, in: room)
      world.settle(for: .seconds(5))
    }
    try world.want(.add(address: "dave@x.example"), 0, in: room)
    world.settle(for: .seconds(20))
    return (world, room)
  }

  private func grant(
    _ world: inout World, _ room: String, by index: Int = 0, to address: String = "dave@x.example",
    _ extent: HistoryExtent = HistoryExtent(last: 100)
  ) throws {
    _ = try world.ask(
      index, .ownHistory(.grant(reference: room, address: address, extent)))
  }

  private func lines(_ world: inout World, _ index: Int, _ room: String) throws -> [HistoryLine] {
    guard
      case .history(let lines) = try world.ask(
        index, .history(address: room, limit: 200, before: nil))
    else { return [] }
    return lines.reversed()
  }

  private func phases(_ world: inout World, _ index: Int) throws -> [String] {
    try HistoryTests.reports(&world, index).map(\.phase)
  }

  @Test func allIsHandedOverAndMarked() throws {
    var (world, room) = try Self.world()
    #expect(world.roomTexts(3, room).isEmpty)
    let carol = try #require(world.roomLines(0, room).first { $0.text == "message 2" })
    _ = try world.ask(
      1, .react(address: room, messageID: carol.messageID, reaction: "👍", removing: false))
    world.settle(for: .seconds(10))
    try grant(&world, room)
    var blobs: [[UInt8]: [UInt8]] = [:]
    HistoryTests.carry(&world, blobs: &blobs)
    #expect(world.roomTexts(3, room) == (0..<6).map { "message \($0)" })
    let handed = try lines(&world, 3, room).filter { $0.kind == .text }
    #expect(handed.allSatisfy { $0.origin == .granted && $0.grantedBy == "alice@x.example" })
    #expect(handed.allSatisfy { !$0.own && $0.state == .seen })
    #expect(handed.map { $0.sender.prefix(1) } == ["a", "b", "c", "a", "b", "c"])
    #expect(handed[2].reactions.map(\.sender) == ["bob@x.example"])
    guard
      case .why(let reasons) = try world.ask(
        3, .why(address: room, line: .message(carol.messageID)))
    else { return }
    #expect(reasons.map(\.code) == [.granted])
    // Everybody sees the act, and the others get nothing of it.
    for index in 0..<4 {
      #expect(
        world.roomNotices(index, room).contains(
          "alice@x.example gave dave@x.example the last 100 messages."), "\(index)")
    }
    #expect(
      world.roomNotices(3, room).contains { $0.contains("handed over 6 messages from before") })
    for index in [1, 2] { #expect(world.clients[index].fetches.isEmpty) }
    #expect(try phases(&world, 0) == ["done"] && phases(&world, 3) == ["done"])
    #expect(world.clients[0].drops.map(\.blobID).count == blobs.count)
    // What is said from now on is nobody's word but its sender's.
    try world.say("welcome", 1, in: room)
    world.settle(for: .seconds(30))
    #expect(try lines(&world, 3, room).last?.origin == nil)
    try world.checkAll()
  }

  /// Nobody is given anything who was not handed it.
  @Test func nothingWithoutAnAct() throws {
    var (world, room) = try Self.world()
    var blobs: [[UInt8]: [UInt8]] = [:]
    HistoryTests.carry(&world, blobs: &blobs)
    #expect(world.roomTexts(3, room).isEmpty && blobs.isEmpty)
  }

  @Test func asMuchAsWasSaid() throws {
    var (world, room) = try Self.world()
    let since = try #require(world.roomLines(0, room).first { $0.text == "message 3" }?.at)
    try grant(&world, room, HistoryExtent(last: 2))
    var blobs: [[UInt8]: [UInt8]] = [:]
    HistoryTests.carry(&world, blobs: &blobs)
    #expect(world.roomTexts(3, room) == ["message 4", "message 5"])
    try grant(&world, room, by: 1, HistoryExtent(since: since))
    HistoryTests.carry(&world, blobs: &blobs)
    #expect(Set(world.roomTexts(3, room)) == ["message 3", "message 4", "message 5"])
    #expect(world.roomNotices(2, room).contains { $0.contains("the messages since 2027-01-15") })
  }

  @Test func whoMayAndWhatIsRefused() throws {
    var (world, room) = try Self.world()
    func refused(_ index: Int, _ address: String, _ extent: HistoryExtent) -> ClientFailureCode? {
      do {
        try grant(&world, room, by: index, to: address, extent)
        return nil
      } catch let failure as ClientFailure { return failure.code } catch { return nil }
    }
    let some = HistoryExtent(last: 5)
    #expect(refused(2, "dave@x.example", some) == .notPermitted)
    #expect(refused(0, "erin@x.example", some) == .notAMember)
    #expect(refused(0, "alice@x.example", some) == .badRequest)
    #expect(refused(0, "dave@x.example", HistoryExtent()) == .badRequest)
    #expect(refused(0, "dave@x.example", HistoryExtent(last: 0)) == .badRequest)
    #expect(refused(0, "dave@x.example", some) == nil)
    #expect(refused(0, "dave@x.example", some) == .badRequest)
    #expect(refused(1, "dave@x.example", some) == nil)
  }

  /// A member whose client asks nobody: the others say so, and its victim takes nothing.
  @Test func whoMayNotGivesNothing() throws {
    var (world, room) = try Self.world()
    let store = world.clients[2].store.committed
    let conversation = try #require(world.conversation(2, room))
    var state = try RoomState(
      decoding: try #require(store.room(conversationID: conversation.id)).state)
    let device = try LocalDevice(decoding: try #require(store.account()).secrets)
    state.setRole(.admin, of: device.accountID)
    try world.say("keys are fresh then", 2, in: room)
    world.settle(for: .seconds(10))
    try world.clients[2].store.transact { (transaction) throws(ClientStoreFailure) in
      transaction.put(RoomRow(conversationID: conversation.id, state: state.encoded))
    }
    try grant(&world, room, by: 2)
    var blobs: [[UInt8]: [UInt8]] = [:]
    HistoryTests.carry(&world, blobs: &blobs)
    for index in [0, 1, 3] {
      #expect(
        world.roomNotices(index, room).last
          == "carol@x.example tried to hand over what was said before, and may not.")
    }
    #expect(world.roomTexts(3, room) == ["keys are fresh then"])
    #expect(try phases(&world, 3).isEmpty)
  }

  /// What was said while Dave was not there: its end is what it was for everybody; what goes after
  /// a look stays; what was taken back has been taken back.
  @Test func whatDisappears() throws {
    var (world, room) = try Self.world(1)
    try world.want(.remove(address: "dave@x.example", banning: false), 0, in: room)
    world.settle(for: .seconds(10))
    for (text, timer) in [("an hour", "exists:1h"), ("a look", "1m"), ("shown once", "once")] {
      _ = try world.ask(
        1, .sendTimed(address: room, text: text, timer: try #require(MessageTimer(timer))))
      world.settle(for: .seconds(5))
    }
    let gone = try world.say("taken back", 1, in: room)
    let changed = try world.say("first words", 2, in: room)
    world.settle(for: .seconds(10))
    _ = try world.ask(1, .delete(address: room, messageID: gone, forEveryone: true))
    _ = try world.ask(2, .edit(address: room, messageID: changed, text: "second words"))
    world.settle(for: .seconds(20))
    try world.want(.add(address: "dave@x.example"), 0, in: room)
    world.settle(for: .seconds(20))
    try grant(&world, room)
    var blobs: [[UInt8]: [UInt8]] = [:]
    HistoryTests.carry(&world, blobs: &blobs)
    #expect(world.roomTexts(3, room) == ["message 0", "an hour", "second words"])
    #expect(world.roomLines(3, room).filter { $0.kind == .deleted }.map(\.messageID) == [gone])
    #expect(!world.roomLines(3, room).contains { $0.kind == .once })
    let deadlines = [0, 3].map { index in
      world.roomLines(index, room).first { $0.text == "an hour" }.flatMap {
        world.clients[index].store.committed.timer(seq: $0.seq)?.deadline
      }
    }
    #expect(deadlines[0] != nil && deadlines[0] == deadlines[1])
    world.settle(for: .seconds(3_700))
    #expect(world.roomTexts(3, room) == ["message 0", "second words"])
  }

  /// Those who were removed while it is on its way get nothing more.
  @Test func whoGoesGetsNothingMore() throws {
    var (world, room) = try Self.world()
    try grant(&world, room)
    world.settle(for: .seconds(5))
    try world.want(.remove(address: "dave@x.example", banning: false), 0, in: room)
    world.settle(for: .seconds(30))
    world.clients[0].uploads = []
    var blobs: [[UInt8]: [UInt8]] = [:]
    HistoryTests.carry(&world, blobs: &blobs)
    #expect(world.roomTexts(3, room).isEmpty)
    #expect(try phases(&world, 0).isEmpty && phases(&world, 3).isEmpty)
  }

  @Test(arguments: [TestCrash.beforeCommit, .afterCommit], [0, 3])
  func crashes(_ kind: TestCrash, of victim: Int) throws {
    for step in stride(from: 1, through: 25, by: 2) {
      var (world, room) = try Self.world(4, seed: UInt64(step))
      world.crashes[victim] = [world.clients[victim].steps + step: kind]
      try? grant(&world, room)
      var blobs: [[UInt8]: [UInt8]] = [:]
      HistoryTests.carry(&world, blobs: &blobs)
      world.crashes = [:]
      if world.roomTexts(3, room).isEmpty {
        try grant(&world, room)
        HistoryTests.carry(&world, blobs: &blobs)
      }
      #expect(world.roomTexts(3, room) == (0..<4).map { "message \($0)" }, "step \(step)")
      try world.checkAll()
    }
  }

  /// Dave has written, and so has other keys, before the act comes to the log: it is said again.
  @Test func keysThatChangeOnTheWay() throws {
    var (world, room) = try Self.world()
    var held: [[UInt8]] = []
    world.passes = { index, endpoint, bytes in index != 0 || endpoint != .logs }
    _ = world.begin(
      0,
      .ownHistory(
        .grant(reference: room, address: "dave@x.example", HistoryExtent(last: 100))))
    held = world.sent.filter { $0.client == 0 }.suffix(1).map(\.frame)
    #expect(held.count == 1)
    try world.say("hello", 3, in: room)
    world.settle(for: .seconds(10))
    world.passes = { _, _, _ in true }
    world.setOnline(false, 0)
    world.setOnline(true, 0)
    var blobs: [[UInt8]: [UInt8]] = [:]
    HistoryTests.carry(&world, blobs: &blobs, for: .seconds(120))
    #expect(world.roomTexts(3, room).count == 7)
    #expect(try phases(&world, 0) == ["done"])
  }

  // MARK: A hostile giver

  private func record(
    _ text: String, by sender: String, own: Bool = false, id: [UInt8]? = nil, _ room: String,
    _ world: inout World, timer: HistoryRecord.Timer? = nil,
    consent: HistoryRecord.Consent? = nil, reaction: String? = nil
  ) throws -> HistoryRecord {
    let content = MIMIContent.text(text, salt: Salt(using: &world.entropy))
    let computed = content.messageID(
      senderURI: try Address(sender).uri, roomURI: try #require(RoomReference(room)).uri)
    return HistoryRecord(
      conversation: 0, isDeleted: false, messageID: id ?? computed.bytes, sender: sender, own: own,
      state: own ? .stored : .seen, at: world.now, content: content.encoded, timer: timer,
      consent: consent,
      reactions: reaction.map {
        [
          HistoryRecord.Remark(
            messageID: world.entropy.bytes(32), sender: $0, own: false, text: "👍", at: world.now)
        ]
      } ?? [])
  }

  /// What Dave takes of a segment that a member has handed him.
  private func take(
    _ records: [HistoryRecord], of address: String, _ world: inout World, _ room: String
  ) throws -> Int? {
    var segment = HistorySegment()
    _ = segment.place(of: HistorySegment.Conversation(address: address, hasLeft: false))
    segment.records = records
    let conversation = try #require(world.conversation(3, room))
    let row = HistoryRow(
      logID: [1], role: .taker, deviceID: 0, secret: Secret([1]), createdAt: world.now,
      conversationID: conversation.id, peer: "alice@x.example")
    let offered = segment
    let now = world.now
    let random = world.entropy.split()
    return try world.clients[3].store.transact { (transaction) throws(ClientStoreFailure) in
      var step = ClientStep(
        state: SessionState(), transaction: transaction, entropy: random, now: now)
      if let account = step.transaction.account() { try step.loadDevice(account) }
      guard let taken = try step.taken(offered, for: row) else { return nil }
      let count = try step.takeIn(taken, for: row)
      transaction = step.transaction
      return count
    }
  }

  @Test func whatAHostileGiverMayNotSay() throws {
    var (world, room) = try Self.world(1)
    let dave = "dave@x.example"
    let fine = try record("forged", by: "carol@x.example", room, &world)
    #expect(try take([fine], of: "carol@x.example", &world, room) == nil)
    let visible = try HistoryRecord.Timer(
      timer: #require(MessageTimer("1m")), deadline: world.now + .seconds(60))
    let exists = try HistoryRecord.Timer(
      timer: #require(MessageTimer("exists:1m")), deadline: world.now + .seconds(60))
    let consent = HistoryRecord.Consent(messageID: [UInt8](repeating: 2, count: 32), turn: 1)
    let bad = [
      try record("mine", by: dave, room, &world),
      try record("mine", by: dave, own: true, room, &world),
      try record("not mine", by: "carol@x.example", own: true, room, &world),
      try record(
        "another name", by: "carol@x.example", id: [UInt8](repeating: 1, count: 32), room, &world),
      try record("a look", by: "carol@x.example", room, &world, timer: visible),
      try record(
        "kept", by: "carol@x.example", room, &world, timer: exists, consent: consent),
      try record("you liked it", by: "carol@x.example", room, &world, reaction: dave),
    ]
    #expect(try take(bad, of: room, &world, room) == 0)
    #expect(try take([fine, fine], of: room, &world, room) == 1)
    let line = try #require(try lines(&world, 3, room).first { $0.text == "forged" })
    #expect(line.origin == .granted && line.grantedBy == "alice@x.example")
    try world.checkAll()
  }

  /// A giver names a message that is on its way, to keep it out: the message itself counts.
  @Test func aMessageComesInPlaceOfWhatWasHandedOver() throws {
    var (world, room) = try Self.world(1)
    world.setOnline(false, 3)
    let id = try world.say("the truth", 2, in: room)
    world.settle(for: .seconds(10))
    let deleted = HistoryRecord(
      conversation: 0, isDeleted: true, messageID: id, sender: "carol@x.example", own: false,
      state: .seen, at: world.now, content: [])
    #expect(try take([deleted], of: room, &world, room) == 1)
    world.setOnline(true, 3)
    world.settle(for: .seconds(30))
    let line = try #require(try lines(&world, 3, room).first { $0.messageID == id })
    #expect(line.text == "the truth" && line.origin == nil)
    #expect(world.roomTexts(3, room) == ["the truth"])
    try world.checkAll()
  }
}
