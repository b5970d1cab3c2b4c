// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore
@testable import MLS

/// A member whose client keeps no rule: whatever its commit says, the others do not follow it.
@Suite struct RoomRuleTests {
  /// What a commit does that it may not, and what the others say.
  struct Breach: CustomTestStringConvertible {
    let testDescription: String
    let violation: RoomViolation
    /// Alice is 0 and owns the group, Bob is 1 and an admin, Carol 2, Dave 3.
    let actor: Int
    let change: @Sendable (inout RoomState, [AccountID]) -> Void
    var removes: [Int] = []
    var renewsKey: Bool?
    /// Whether the last byte of the picture becomes another one.
    let spoilsPicture: Bool

    init(
      _ name: String, _ violation: RoomViolation, by actor: Int, removes: [Int] = [],
      renewsKey: Bool? = nil, spoilsPicture: Bool = false,
      _ change: @escaping @Sendable (inout RoomState, [AccountID]) -> Void = { _, _ in }
    ) {
      testDescription = name
      self.violation = violation
      self.actor = actor
      self.change = change
      self.removes = removes
      self.renewsKey = renewsKey
      self.spoilsPicture = spoilsPicture
    }
  }

  /// An account that is nowhere.
  private static let nobody: AccountID = {
    var entropy = SeededGenerator(seed: 9)
    return AccountID(using: &entropy)
  }()

  static let breaches = [
    Breach("a member removes a member", .removing, by: 2, removes: [3]),
    Breach("an admin removes the owner", .removing, by: 1, removes: [0]) { room, accounts in
      room.setRole(.member, of: accounts[0])
      room.setRole(.owner, of: accounts[1])
    },
    Breach("a member makes itself an admin", .roles, by: 2) { $0.setRole(.admin, of: $1[2]) },
    Breach("an admin makes itself the owner", .roles, by: 1) { room, accounts in
      room.setRole(.admin, of: accounts[0])
      room.setRole(.owner, of: accounts[1])
    },
    Breach("a member takes an admin's role", .roles, by: 3) { $0.setRole(.member, of: $1[1]) },
    Breach("the owner gives a role to nobody", .roles, by: 0) { room, _ in
      room.setRole(.admin, of: nobody)
    },
    Breach("a member changes permissions", .permissions, by: 2) { room, _ in
      room.permissions[.remove] = .member
    },
    Breach("a member renames although admins do", .info, by: 2) { room, _ in room.name = "Mine" },
    Breach("a member describes although admins do", .info, by: 3) { room, _ in room.about = "x" },
    Breach("a member changes the picture although admins do", .info, by: 2) { room, _ in
      room.picture = RoomPicture(MediaTests.jpeg(9))
    },
    Breach("a member removes the picture although admins do", .info, by: 3) { room, _ in
      room.picture = nil
    },
    Breach("an admin sets a picture that is none", .identity, by: 1, spoilsPicture: true),
    Breach("a member sets the timer although admins do", .timer, by: 2) {
      $0.timer = [1, $1[0].bytes[0]]
    },
    Breach("a member opens a link", .links, by: 2) { room, _ in
      room.links = [
        JoinLinkEntry(
          seed: Array(repeating: 1, count: 32), expires: nil, uses: .max, needsApproval: false)
      ]
    },
    Breach("a member bans somebody", .bans, by: 2) { room, _ in
      room.banned = [nobody]
    },
    Breach("an admin bans a member who stays", .bans, by: 1) { $0.banned = [$1[3]] },
    Breach("somebody goes and the key stays", .keys, by: 0, removes: [3], renewsKey: false),
    Breach("nobody goes and the key changes", .keys, by: 0, renewsKey: true),
  ]

  @Test(arguments: breaches) func isNotFollowed(_ breach: Breach) throws {
    var (world, room) = try World.room(["alice", "bob", "carol", "dave"])
    try world.want(.role(address: "bob@x.example", .admin), 0, in: room)
    try world.want(.permission(.info, .admin), 0, in: room)
    try world.want(.permission(.timer, .admin), 0, in: room)
    try world.want(.picture(MediaTests.jpeg(500)), 0, in: room)
    world.settle(for: .seconds(10))
    let before = try (0..<4).map { try world.report($0, room) }
    try forge(breach, &world, room)
    world.settle(for: .seconds(30))
    let others = (0..<4).filter { $0 != breach.actor }
    for index in others {
      let notice = try #require(violation(world, index), "\(index)")
      #expect(notice.actor == world.clients[breach.actor].address)
      #expect(notice.detail == breach.violation.rawValue)
    }
    // The group goes on as it was, without whoever broke the rule.
    world.settle(for: .seconds(120))
    try expectSuccessor(&world, room, others, without: breach.actor)
    for index in others {
      let after = try world.report(index, room)
      #expect(after.name == before[index].name && after.about == before[index].about)
      #expect(after.picture == before[index].picture && after.picture != nil)
      #expect(after.permissions.elementsEqual(before[index].permissions, by: ==))
    }
    try world.checkAllBut(breach.actor)
  }

  private func violation(_ world: World, _ index: Int) -> RoomNotice? {
    world.clients[index].storedEvents.lazy.compactMap { event in
      if case .roomChanged(let notice) = event, notice.kind == .violated { notice } else { nil }
    }.first
  }

  /// All but one are in another group, and talk.
  private func expectSuccessor(
    _ world: inout World, _ room: String, _ others: [Int], without breaker: Int,
    _ comment: Comment = ""
  ) throws {
    let address = world.clients[breaker].address
    for index in others {
      #expect(world.conversation(index, room)?.phase == .open, comment)
      let groups = world.clients[index].store.committed.groups(
        conversationID: try #require(world.conversation(index, room)).id)
      #expect(groups.map(\.generation).max() == 1, comment)
      #expect(groups.count { $0.phase == .active } == 1, comment)
      let report = try world.report(index, room)
      #expect(!report.people.contains { $0.address == address }, comment)
      #expect(report.people.count == others.count, comment)
      #expect(report.people.count { $0.role == .owner } == 1, comment)
      try world.say("on from \(index)", index, in: room)
    }
    world.settle(for: .seconds(60))
    for index in others {
      let texts = Set(world.roomTexts(index, room))
      #expect(texts.isSuperset(of: others.map { "on from \($0)" }), comment)
    }
  }

  private static let usurper = Breach("an admin makes itself the owner", .roles, by: 1) {
    (room, accounts) in
    room.setRole(.admin, of: accounts[0])
    room.setRole(.owner, of: accounts[1])
  }

  /// A crash at each step of the owner, and of a member, while one group gives way to the next.
  @Test(arguments: [TestCrash.beforeCommit, .afterCommit], [0, 2])
  func crashesWhileItGivesWay(_ kind: TestCrash, of victim: Int) throws {
    for step in 1...16 {
      var (world, room) = try World.room(["alice", "bob", "carol"], seed: UInt64(step))
      try world.want(.role(address: "bob@x.example", .admin), 0, in: room)
      world.settle(for: .seconds(10))
      try forge(Self.usurper, &world, room)
      world.crashes[victim] = [world.clients[victim].steps + step: kind]
      world.settle(for: .seconds(200))
      world.crashes = [:]
      try expectSuccessor(&world, room, [0, 2], without: 1, "step \(step)")
    }
  }

  /// Whoever was away reads of it later, and comes in as well; whoever broke the rule brings nobody
  /// back into what became of the group.
  @Test func whoWasAwayFollows() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try world.want(.role(address: "bob@x.example", .admin), 0, in: room)
    world.settle(for: .seconds(10))
    world.setOnline(false, 2)
    try forge(Self.usurper, &world, room)
    world.settle(for: .seconds(60))
    #expect(try world.people(0, room) == ["alice owner", "carol member"])
    world.setOnline(true, 2)
    world.settle(for: .seconds(200))
    try expectSuccessor(&world, room, [0, 2], without: 1)
    #expect(throws: ClientFailure(.notPermitted, "")) {
      try world.want(.add(address: "bob@x.example"), 0, in: room)
    }
  }

  /// A hostile account can make the group begin anew once, and then it is out: no more than four in
  /// a day, whoever they are.
  @Test func restartsAreBounded() throws {
    let names = ["alice", "bob", "carol", "dave", "erin", "frank"]
    var (world, room) = try World.room(names)
    for breaker in 1..<6 {
      let (row, loaded) = try group(breaker, world, room)
      #expect(row.generation == UInt32(breaker - 1))
      _ = loaded
      try forge(
        Breach("a member makes itself an admin", .roles, by: breaker) { room, accounts in
          room.setRole(.admin, of: accounts[breaker])
        }, &world, room)
      world.settle(for: .seconds(300))
      let phase = world.conversation(0, room)?.phase
      #expect(phase == (breaker <= 4 ? .open : .starting), "\(breaker)")
    }
    world.settle(for: .seconds(25 * 3_600))
    #expect(world.conversation(0, room)?.phase == .open)
  }

  /// The same builder, within the rules: so the refusals above are not the builder's.
  @Test func aForgedCommitWithinTheRulesIsFollowed() throws {
    var (world, room) = try World.room(["alice", "bob", "carol", "dave"])
    try forge(
      Breach("rename", .info, by: 2) { room, _ in room.name = "Forged" }, &world, room)
    world.settle(for: .seconds(30))
    for index in [0, 1, 3] { #expect(try world.report(index, room).name == "Forged") }
    try forge(
      Breach("remove", .removing, by: 0, removes: [3], renewsKey: true), &world, room)
    world.settle(for: .seconds(30))
    #expect(try world.report(1, room).people.count == 3)
    #expect(world.conversation(3, room)?.phase == .left)
  }

  /// Somebody who may not write writes all the same.
  @Test func whoMayNotWriteIsNotShown() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    // Her keys are fresh then: what follows makes no commit, which would read the state again.
    try world.say("hello", 2, in: room)
    world.settle(for: .seconds(10))
    try world.want(.permission(.post, .admin), 0, in: room)
    world.settle(for: .seconds(10))
    let store = world.clients[2].store.committed
    let conversation = try #require(world.conversation(2, room))
    let row = try #require(store.room(conversationID: conversation.id))
    var state = try RoomState(decoding: row.state)
    state.permissions[.post] = .member
    try world.clients[2].store.transact { (transaction) throws(ClientStoreFailure) in
      transaction.put(RoomRow(conversationID: row.conversationID, state: state.encoded))
    }
    try world.say("listen to me", 2, in: room)
    world.settle(for: .seconds(10))
    #expect(world.roomTexts(0, room) == ["hello"] && world.roomTexts(1, room) == ["hello"])
    #expect(world.roomNotices(1, room).last == "carol@x.example wrote, and may not write here.")
  }

  /// What waits when the right to write is taken fails, and its writer is told: nobody else would
  /// show it.
  @Test func whatWaitsWithoutTheRightFails() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try world.say("hello", 1, in: room)
    world.settle(for: .seconds(10))
    world.setOnline(false, 1)
    let id = try world.say("too late", 1, in: room)
    try world.want(.permission(.post, .admin), 0, in: room)
    world.settle(for: .seconds(10))
    world.setOnline(true, 1)
    world.settle(for: .seconds(90))
    let line = try #require(world.roomLines(1, room).first { $0.messageID == id })
    #expect(line.state == .failed)
    #expect(line.failure == ClientFailureCode.notPermitted.rawValue)
    for index in [0, 2] {
      #expect(world.roomTexts(index, room) == ["hello"])
      #expect(!world.roomNotices(index, room).contains { $0.contains("may not write") })
    }
  }

  /// A proposal to remove somebody else is in nobody's commit.
  @Test func aProposalAgainstSomebodyElseIsDropped() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    let (row, loaded) = try group(2, world, room)
    var group = loaded
    let body = try group.propose(.remove(LeafIndex(rawValue: 0)), using: &world.entropy)
    try append(body, asProposal: true, row, loaded, by: 2, &world)
    world.settle(for: .seconds(10))
    try world.want(.rename("Still three"), 1, in: room)
    world.settle(for: .seconds(10))
    for index in 0..<3 {
      #expect(try world.report(index, room).people.count == 3)
      #expect(try world.report(index, room).name == "Still three")
    }
    try world.checkAll()
  }

  // MARK: Forging

  private func group(_ index: Int, _ world: World, _ room: String) throws -> (GroupRow, Group) {
    let store = world.clients[index].store.committed
    let conversation = try #require(store.conversation(address: room))
    let row = try #require(
      store.groups(conversationID: conversation.id).first { $0.phase == .active })
    let epoch = try #require(store.epoch(groupID: row.groupID, epoch: row.epoch))
    return (row, try Group(epochState: epoch.state, messageSecrets: epoch.ratchets))
  }

  private func append(
    _ body: [UInt8], asProposal: Bool, _ row: GroupRow, _ group: Group, by index: Int,
    _ world: inout World
  ) throws {
    let access = LogAccess(
      logID: row.routingID, epoch: row.epoch, token: group.logToken(routingID: row.routingID))
    let request = LogsRequest.append(
      access, submitID: world.entropy.bytes(16), isProposal: asProposal, body: body)
    try send(request, by: index, &world)
  }

  private func send(_ request: LogsRequest, by index: Int, _ world: inout World) throws {
    let frame = try #require(request.frame(requestID: 1 << 40))
    world.queue.append(
      .toServer(connection: try #require(world.clients[index].connections[.logs]), frame))
  }

  private func forge(_ breach: Breach, _ world: inout World, _ room: String) throws {
    let (row, loaded) = try group(breach.actor, world, room)
    var group = loaded
    let members = group.roomMembers
    let accounts = world.clients.map { client in
      members.account(of: client.address) ?? Self.nobody
    }
    var state = try #require(ProductGroup.room(of: group.contextExtensions))
    var context = try #require(ProductGroup.context(of: group))
    breach.change(&state, accounts)
    if breach.renewsKey ?? !breach.removes.isEmpty {
      context = context.rekeyed(using: &world.entropy)
    }
    var proposals = breach.removes.compactMap { index in
      members.first { $0.account == accounts[index] }.map { Proposal.remove($0.leaf) }
    }
    var extensions = ProductGroup.contextExtensions(context, state)
    if breach.spoilsPicture {
      // The room comes last, and its picture last in it.
      let last = extensions.removeLast()
      extensions.append(Extension(type: last.type, data: last.data.dropLast() + [0]))
    }
    proposals.append(.groupContextExtensions(extensions))
    let pending = try group.commit(proposals, at: world.now, using: &world.entropy)
    let parcel = CommitParcel(
      body: pending.message,
      nextTokenHash: try #require(
        Group.nextTokenHash(pending.staged, routingID: row.routingID)),
      sealedGroupInfo: try context.seal(pending.groupInfo(), using: &world.entropy), welcome: [],
      welcomeDevices: [], removes: !breach.removes.isEmpty)
    let access = LogAccess(
      logID: row.routingID, epoch: row.epoch, token: group.logToken(routingID: row.routingID))
    try send(
      LogsRequest.commit(
        access, endsEpoch: access.epoch, submitID: world.entropy.bytes(16), parcel: parcel),
      by: breach.actor, &world)
  }
}

extension World {
  /// The stores of all but one keep their rules.
  fileprivate func checkAllBut(_ index: Int) throws {
    for (other, client) in clients.enumerated() where other != index {
      let broken = try ClientCore.checkInvariants(in: client.store.committed)
      if !broken.isEmpty {
        throw ClientFailure(.internalFailure, "\(client.name): \(broken.joined(separator: "; "))")
      }
    }
  }
}
