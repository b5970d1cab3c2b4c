// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore
@testable import MLS

/// The timer that two people share: shorter at once, everything else by consent.
@Suite struct PairTimerTests {
  /// Alice and Bob have talked.
  private func talking(_ names: [String] = ["alice", "bob"]) throws -> World {
    var world = try World.registered(names)
    try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    return world
  }

  private func report(_ world: inout World, _ index: Int, _ other: Int) throws -> TimerReport {
    let request = ClientRequest.timer(address: world.clients[other].address)
    guard case .timer(let report) = try world.ask(index, request) else {
      throw ClientFailure(.timeout, "no report")
    }
    return report
  }

  private func set(
    _ timer: String, _ index: Int, _ other: Int, in world: inout World
  ) throws {
    let address = world.clients[other].address
    _ = try world.ask(index, .setTimer(address: address, timer: MessageTimer(timer)))
    world.settle(for: .seconds(20))
  }

  private func answer(
    _ accepting: Bool, _ index: Int, _ other: Int, in world: inout World
  ) throws {
    let address = world.clients[other].address
    _ = try world.ask(index, .answerTimer(address: address, accepting: accepting))
    world.settle(for: .seconds(20))
  }

  private func expect(
    _ timer: String, proposed: String? = nil, in world: inout World,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    for index in 0..<2 {
      let report = try report(&world, index, 1 - index)
      #expect(report.timer.shown == timer, "\(index)", sourceLocation: location)
      #expect(
        report.proposal.map(\.timer.shown) == proposed, "\(index)", sourceLocation: location)
    }
  }

  private func notices(_ world: World, _ index: Int) -> [RoomNotice] {
    world.clients[index].storedEvents.compactMap {
      if case .roomChanged(let notice) = $0 { notice } else { nil }
    }
  }

  @Test func aShorterOneHoldsForBothAtOnce() throws {
    var world = try talking()
    try set("1h", 0, 1, in: &world)
    try expect("1h", in: &world)
    try set("30s", 1, 0, in: &world)
    try expect("30s", in: &world)
    let expected = [
      RoomNotice(.timer, actor: "alice@x.example", detail: "1h"),
      RoomNotice(.timer, actor: "bob@x.example", detail: "30s"),
    ]
    for index in 0..<2 {
      #expect(notices(world, index) == expected, "\(index)")
      let lines = world.lines(index, with: 1 - index).filter { $0.kind == .notice }.map(\.text)
      #expect(Array(lines.suffix(2)) == expected.map(\.text))
    }
    try world.checkAll()
  }

  @Test(arguments: ["2h", "off", "exists:1w"]) func whatKeepsLongerTakesTheOtherSide(
    _ wanted: String
  ) throws {
    var world = try talking()
    try set("1h", 0, 1, in: &world)
    let holds = wanted == "exists:1w" ? "1h" : "1h"
    try set(wanted, 1, 0, in: &world)
    try expect(holds, proposed: wanted, in: &world)
    #expect(try report(&world, 1, 0).proposal?.isOwn == true)
    // Nobody agrees with oneself.
    let failure = #expect(throws: ClientFailure.self) {
      try world.ask(1, .answerTimer(address: "alice@x.example", accepting: true))
    }
    #expect(failure?.code == .notPermitted)
    try answer(false, 0, 1, in: &world)
    try expect(holds, in: &world)
    try set(wanted, 1, 0, in: &world)
    try answer(true, 0, 1, in: &world)
    try expect(wanted, in: &world)
    let kinds = notices(world, 0).map(\.kind)
    #expect(kinds == [.timer, .timerProposed, .timerDeclined, .timerProposed, .timerAccepted])
    #expect(notices(world, 1).last == notices(world, 0).last)
    #expect(notices(world, 1).last?.subject == "bob@x.example")
    try world.checkAll()
  }

  @Test func aProposalIsTakenBackReplacedAndMet() throws {
    var world = try talking()
    try set("1h", 0, 1, in: &world)
    try set("2h", 1, 0, in: &world)
    try answer(false, 1, 0, in: &world)
    try expect("1h", in: &world)
    #expect(notices(world, 0).last?.kind == .timerDeclined)
    #expect(notices(world, 0).last?.actor == notices(world, 0).last?.subject)
    // Bob proposes 2 h, Alice 3 h in its place; then Bob wants 3 h as well.
    try set("2h", 1, 0, in: &world)
    try set("3h", 0, 1, in: &world)
    try expect("1h", proposed: "3h", in: &world)
    try set("3h", 1, 0, in: &world)
    try expect("3h", in: &world)
    // A change ends what was proposed.
    try set("off", 1, 0, in: &world)
    try set("10s", 1, 0, in: &world)
    try expect("10s", in: &world)
    let failure = #expect(throws: ClientFailure.self) {
      try world.ask(0, .answerTimer(address: "bob@x.example", accepting: true))
    }
    #expect(failure?.code == .badRequest)
  }

  /// Both want something at the same time: one commit wins, and the other is made upon it.
  @Test func bothAtOnce() throws {
    var world = try talking()
    try set("1h", 0, 1, in: &world)
    for (index, timer) in [(0, "2h"), (1, "2h")] {
      _ = world.begin(
        index,
        .setTimer(address: world.clients[1 - index].address, timer: MessageTimer(timer)))
    }
    world.settle(for: .seconds(30))
    try expect("2h", in: &world)
    for (index, timer) in [(0, "5s"), (1, "1m")] {
      _ = world.begin(
        index,
        .setTimer(address: world.clients[1 - index].address, timer: MessageTimer(timer)))
    }
    world.settle(for: .seconds(30))
    // Whichever came first: the longer one is proposed, or was made shorter.
    let report = try report(&world, 0, 1)
    #expect(report.timer == MessageTimer("5s"))
    try world.checkAll()
  }

  @Test func anOwnDeviceIsNotTheOtherSide() throws {
    var world = try LinkTests.linked()
    try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(30))
    try set("1h", 0, 1, in: &world)
    try set("off", 0, 1, in: &world)
    #expect(try report(&world, 2, 1).proposal?.isOwn == true)
    #expect(try report(&world, 2, 1).timer == MessageTimer("1h"))
    let failure = #expect(throws: ClientFailure.self) {
      try world.ask(2, .answerTimer(address: "bob@x.example", accepting: true))
    }
    #expect(failure?.code == .notPermitted)
    try answer(false, 2, 1, in: &world)
    try expect("1h", in: &world)
    try world.checkAll()
  }

  // MARK: New groups

  @Test func newConversationsHaveTheUsualTimer() throws {
    var world = try World.registered(["alice", "bob", "carol"])
    _ = try world.ask(0, .contact(.set(.timer, value: "1w")))
    try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    try expect("1w", in: &world)
    #expect(notices(world, 1) == [RoomNotice(.timer, actor: "alice@x.example", detail: "1w")])
    #expect(world.clients[1].store.committed.timerRows.count == 1)
    #expect(world.clients[0].store.committed.timerRows.count == 1)
    // It is of those that Alice begins.
    try world.send("hi", from: 2, to: 0)
    world.settle(for: .seconds(10))
    #expect(try report(&world, 0, 2).timer == nil)
    guard
      case .reference(let room) = try world.ask(
        0, .createRoom(name: "Hike", addresses: ["bob@x.example"]))
    else { throw ClientFailure(.timeout, "no group") }
    world.settle(for: .seconds(10))
    guard case .timer(let report) = try world.ask(1, .timer(address: room)) else {
      throw ClientFailure(.timeout, "no report")
    }
    #expect(report.timer == MessageTimer("1w"))
    guard
      case .settings(let settings) = try world.ask(0, .contact(.set(.timer, value: "7d")))
    else { throw ClientFailure(.timeout, "no settings") }
    #expect(settings.first { $0.setting == .timer }?.value == "1w")
    for value in ["5w", "4s", "", "on"] {
      let failure = #expect(throws: ClientFailure.self) {
        try world.ask(0, .contact(.set(.timer, value: value)))
      }
      #expect(failure?.code == .badRequest, "\(value)")
    }
  }

  /// Both begin at the same time, each with another timer: of two groups the shorter one holds.
  @Test func glare() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.ask(0, .contact(.set(.timer, value: "1h")))
    _ = try world.ask(1, .contact(.set(.timer, value: "exists:1w")))
    try world.send("from alice", from: 0, to: 1)
    try world.send("from bob", from: 1, to: 0)
    world.settle(for: .seconds(120))
    #expect(world.groups(0, with: 1).count == 2)
    try expect("1h+exists:1w", in: &world)
    #expect(Set(world.texts(0, with: 1)) == ["from alice", "from bob"])
    try set("off", 0, 1, in: &world)
    try expect("1h+exists:1w", proposed: "off", in: &world)
    try world.checkAll()
  }

  @Test func whoLostStepKeepsIt() throws {
    var world = try talking()
    try set("1h", 0, 1, in: &world)
    world.setOnline(false, 1)
    world.now = world.now + .seconds(31 * 86_400)
    world.serverDeadline()
    try set("30s", 0, 1, in: &world)
    world.now = world.now + .seconds(40 * 86_400)
    world.serverDeadline()
    world.now = world.now + .seconds(120)
    world.serverDeadline()
    world.setOnline(true, 1)
    world.settle(for: .seconds(600))
    try world.send("back", from: 1, to: 0)
    world.settle(for: .seconds(120))
    try expect("30s", in: &world)
    try world.checkAll()
  }

  // MARK: A client that keeps no rule

  /// What a changed client of Bob's puts into the group's state.
  enum Breach: CaseIterable {
    case longer, off, ownAcceptance, othersProposal, unreadable
  }

  @Test(arguments: Breach.allCases) func aBreachIsNotFollowed(_ breach: Breach) throws {
    var world = try talking()
    try set("1h", 0, 1, in: &world)
    if breach == .ownAcceptance { try set("2h", 1, 0, in: &world) }
    try forge(breach, &world)
    world.settle(for: .seconds(120))
    #expect(try report(&world, 0, 1).timer == MessageTimer("1h"))
    if breach != .unreadable {
      #expect(notices(world, 0).contains { $0.kind == .violated && $0.actor == "bob@x.example" })
    }
    // It goes on in another group, under the timer that was agreed on.
    let id = try world.send("under the old timer", from: 0, to: 1)
    world.settle(for: .seconds(300))
    #expect(world.state(of: id, 0, with: 1)?.hasReached(.stored) == true)
    #expect(try report(&world, 0, 1).timer == MessageTimer("1h"))
  }

  private func forge(_ breach: Breach, _ world: inout World) throws {
    let store = world.clients[1].store.committed
    let row = try #require(world.groups(1, with: 0).first)
    let epoch = try #require(store.epoch(groupID: row.groupID, epoch: row.epoch))
    var group = try Group(epochState: epoch.state, messageSecrets: epoch.ratchets)
    let context = try #require(ProductGroup.context(of: group))
    let alice = try #require(group.roomMembers.account(of: "alice@x.example"))
    var room = try #require(ProductGroup.room(of: group.contextExtensions))
    switch breach {
    case .longer: room.timer = PairPolicy(timer: MessageTimer("2h")).encoded
    case .off: room.timer = []
    case .ownAcceptance: room.timer = PairPolicy(timer: MessageTimer("2h")).encoded
    case .othersProposal:
      let proposal = PairPolicy.Proposal(proposer: alice, timer: nil)
      room.timer = PairPolicy(timer: room.policy.timer, proposal: proposal).encoded
    case .unreadable: room.timer = [9]
    }
    let pending = try group.commit(
      [.groupContextExtensions(ProductGroup.contextExtensions(context, room))], at: world.now,
      using: &world.entropy)
    let parcel = CommitParcel(
      body: pending.message,
      nextTokenHash: try #require(
        Group.nextTokenHash(pending.staged, routingID: row.routingID)),
      sealedGroupInfo: try context.seal(pending.groupInfo(), using: &world.entropy), welcome: [],
      welcomeDevices: [], removes: false)
    let access = LogAccess(
      logID: row.routingID, epoch: row.epoch, token: group.logToken(routingID: row.routingID))
    let request = LogsRequest.commit(
      access, endsEpoch: row.epoch, submitID: world.entropy.bytes(16), parcel: parcel)
    let frame = try #require(request.frame(requestID: 1 << 40))
    world.queue.append(
      .toServer(connection: try #require(world.clients[1].connections[.logs]), frame))
  }

  // MARK: The rules and the form

  @Test func theRules() throws {
    var random = SeededGenerator(seed: 4)
    let (own, other) = (AccountID(using: &random), AccountID(using: &random))
    func policy(_ timer: String, _ by: AccountID? = nil, _ proposed: String = "") -> PairPolicy {
      PairPolicy(
        timer: MessageTimer(timer),
        proposal: by.map { PairPolicy.Proposal(proposer: $0, timer: MessageTimer(proposed)) })
    }
    let cases: [(PairPolicy, PairPolicy, Bool)] = [
      (policy("off"), policy("1h"), true), (policy("1h"), policy("30m"), true),
      (policy("1h"), policy("2h"), false), (policy("1h"), policy("off"), false),
      (policy("1h"), policy("exists:5s"), false), (policy("1h"), policy("1h+exists:5s"), true),
      (policy("1h"), policy("1h", own, "2h"), true),
      (policy("1h"), policy("1h", other, "2h"), false),
      (policy("1h", other, "2h"), policy("2h"), true),
      (policy("1h", own, "2h"), policy("2h"), false),
      (policy("1h", other, "2h"), policy("3h"), false),
      (policy("1h", other, "2h"), policy("1h"), true),
      (policy("1h", own, "2h"), policy("1h"), true),
      (policy("1h", other, "2h"), policy("1h", own, "3h"), true),
      (policy("1h", other, "2h"), policy("1h", other, "3h"), false),
      (policy("1h", other, "off"), policy("off"), true),
      (policy("1h", other, "2h"), policy("1m"), true),
      (policy("1h", other, "2h"), policy("1m", own, "3h"), false),
    ]
    for (index, (before, after, allowed)) in cases.enumerated() {
      #expect(after.follows(before, by: own) == allowed, "\(index)")
    }
  }

  @Test func theForm() throws {
    var random = SeededGenerator(seed: 4)
    let account = AccountID(using: &random)
    let hour = try #require(MessageTimer("1h"))
    let proposals: [PairPolicy.Proposal?] = [
      nil, .init(proposer: account, timer: nil),
      .init(proposer: account, timer: MessageTimer("2h")),
    ]
    for proposal in proposals {
      let policy = PairPolicy(timer: hour, proposal: proposal)
      #expect(try PairPolicy(decoding: policy.encoded) == policy)
      #expect(policy.encoded.count <= RoomState.timerBytesMax)
      #expect(try RoomState(decoding: RoomState.pair(policy).encoded).policy == policy)
      #expect(throws: DecodingFailure.trailingBytes) {
        try PairPolicy(decoding: policy.encoded + [0])
      }
      for length in 1..<policy.encoded.count {
        #expect(throws: DecodingFailure.self) {
          try PairPolicy(decoding: Array(policy.encoded.prefix(length)))
        }
      }
    }
    #expect(try PairPolicy(decoding: []) == PairPolicy(timer: nil))
    // What anybody may set is not proposed; nothing beyond what people may choose.
    for (timer, proposed) in [(hour, MessageTimer("30m")), (hour, hour)] {
      let policy = PairPolicy(
        timer: timer, proposal: .init(proposer: account, timer: proposed))
      #expect(throws: DecodingFailure.invalidValue(field: "proposed timer")) {
        try PairPolicy(decoding: policy.encoded)
      }
    }
    let short = try #require(MessageTimer(visibleSeconds: 4))
    #expect(throws: DecodingFailure.invalidValue(field: "timer")) {
      try PairPolicy(decoding: short.encoded)
    }
    var room = RoomState.pair
    room.timer = short.encoded
    #expect(throws: DecodingFailure.invalidValue(field: "room of two people")) {
      try RoomState(decoding: room.encoded)
    }
  }
}
