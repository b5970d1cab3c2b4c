// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore
@testable import MLS

/// Who may make another group in place of one: its owner, once a rule was broken, and nobody else.
@Suite struct RoomSuccessorTests {
  /// Makes a group of the same room and asks somebody in, whatever anybody agreed on.
  private func usurp(
    _ world: inout World, _ room: String, by maker: Int, asking guest: Int,
    _ change: (inout RoomState, AccountID) -> Void = { _, _ in }
  ) throws {
    let store = world.clients[maker].store.committed
    let device = try LocalDevice(decoding: try #require(store.account()).secrets)
    let conversation = try #require(world.conversation(maker, room))
    var state = try RoomState(
      decoding: try #require(store.room(conversationID: conversation.id)).state)
    change(&state, device.accountID)
    let generation = store.groups(conversationID: conversation.id).map(\.generation).max() ?? 0
    let context = ConversationContext(generation: generation + 1, using: &world.entropy)
    var group = try Group.create(
      groupID: world.entropy.bytes(ProductGroup.groupIDLength), suite: ProductGroup.suite,
      identity: device.leafIdentity,
      contextExtensions: ProductGroup.contextExtensions(context, state),
      lifetime: Lifetime(from: world.now, lasting: ClientLimits.keyPackageLifetime),
      using: &world.entropy)
    let guests = world.clients[guest].store.committed
    let offered = try #require(guests.keyPackages().first { !$0.lastResort })
    let bundle = try KeyPackageBundle(storage: offered.bundle)
    let access = LogAccess(
      logID: context.routingID, epoch: 0, token: group.logToken(routingID: context.routingID))
    let pending = try group.commit(
      [.add(bundle.keyPackage)], at: world.now, using: &world.entropy)
    let parcel = CommitParcel(
      body: pending.message,
      nextTokenHash: try #require(
        Group.nextTokenHash(pending.staged, routingID: context.routingID)),
      sealedGroupInfo: try context.seal(pending.groupInfo(), using: &world.entropy),
      welcome: try #require(pending.welcome),
      welcomeDevices: [
        CommitParcel.WelcomeDevice(
          address: world.clients[guest].address,
          deviceID: try #require(guests.account()).deviceID)
      ], removes: false)
    let requests: [LogsRequest] = [
      .createLog(logID: access.logID, epoch: 0, tokenHash: Group.tokenHash(access.token)),
      .commit(
        access, endsEpoch: 0, submitID: world.entropy.bytes(16), parcel: parcel),
    ]
    for (number, request) in requests.enumerated() {
      let frame = try #require(request.frame(requestID: (1 << 40) + UInt64(number)))
      world.queue.append(
        .toServer(connection: try #require(world.clients[maker].connections[.logs]), frame))
    }
    world.settle(for: .seconds(30))
  }

  private func groups(_ world: World, _ index: Int, _ room: String) throws -> [GroupRow] {
    world.clients[index].store.committed.groups(
      conversationID: try #require(world.conversation(index, room)).id)
  }

  /// Nobody broke a rule: neither an admin nor the owner takes anybody out of the group that is
  /// there.
  @Test(arguments: [0, 1]) func noneWhileTheGroupStands(_ maker: Int) throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try world.want(.role(address: "bob@x.example", .admin), 0, in: room)
    world.settle(for: .seconds(10))
    for _ in 0..<3 {
      try usurp(&world, room, by: maker, asking: 2) { state, own in
        state.setRole(.owner, of: own)
        for account in state.roles.keys where account != own { state.setRole(.member, of: account) }
      }
    }
    for _ in 0..<30 {
      world.setOnline(false, 2)
      world.setOnline(true, 2)
      world.settle(for: .seconds(90))
    }
    #expect(try groups(world, 2, room).map(\.generation) == [0])
    #expect(try groups(world, 2, room).map(\.phase) == [.active])
    // What waits for a breach that never comes does not wait for ever.
    #expect(world.clients[2].store.committed.welcomes().isEmpty)
    try world.say("still here", 2, in: room)
    world.settle(for: .seconds(60))
    #expect(world.roomTexts(0, room) == ["still here"])
  }

  /// A device that has lost step does not take any member's word for what became of the group.
  @Test func whoHasLostStepBelievesNoMember() throws {
    var (world, room) = try World.room(["alice", "bob", "carol", "dave"])
    world.setOnline(false, 2)
    try world.want(.remove(address: "dave@x.example", banning: false), 0, in: room)
    world.settle(for: .seconds(10))
    world.passAMonth()
    try world.say("fresh", 0, in: room)
    world.settle(for: .seconds(60))
    world.setOnline(false, 0)
    world.setOnline(true, 2)
    world.settle(for: .seconds(400))
    #expect(try groups(world, 2, room).map(\.phase) == [.outOfStep])
    try usurp(&world, room, by: 1, asking: 2) { state, own in
      for account in state.roles.keys { state.setRole(.member, of: account) }
      state.setRole(.owner, of: own)
    }
    #expect(try groups(world, 2, room).map(\.phase) == [.outOfStep])
    world.setOnline(true, 0)
    world.settle(for: .seconds(1_300))
    #expect(world.conversation(2, room)?.phase == .open)
    #expect(try world.people(2, room) == ["alice owner", "bob member", "carol member"])
    try world.checkAll()
  }
}
