// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore
@testable import ServerCore

/// Another identity key at a known address: nothing is sent to it before the user accepts it.
@Suite struct AcceptIdentityTests {
  private static let bob = "bob@x.example"

  /// Alice has talked with Bob and compared his number; then the server gives his address to
  /// somebody else, the last of the clients, and Alice writes.
  private func replaced(
    _ names: [String] = ["alice", "bob"]
  ) throws -> (world: World, id: [UInt8]) {
    var world = try World.registered(names)
    try world.send("to bob", from: 0, to: 1)
    world.settle(for: .seconds(10))
    _ = try world.ask(0, .verify(address: Self.bob, proof: .compared))
    try replace(&world)
    loseStep(&world)
    let id = try world.send("secret", from: 0, to: 1)
    world.settle(for: .seconds(60))
    return (world, id)
  }

  /// Another device takes the address, on a server that has forgotten who had it.
  private func replace(_ world: inout World) throws {
    world.setOnline(false, 1)
    var store = world.server.crash(keepingPending: true, at: world.now)
    store.accounts[try Address(Self.bob)] = nil
    world.server = ServerMachine(store: store, policy: world.policy, rates: .unrestricted)
    for index in world.clients.indices where index != 1 {
      world.setOnline(false, index)
      world.setOnline(true, index)
    }
    world.clients.append(TestClient(name: "other", address: Self.bob))
    let last = world.clients.count - 1
    world.apply([.tick], to: last)
    _ = try world.ask(last, .register(address: Self.bob, invite: world.invite))
    world.settle(for: .seconds(120))
  }

  private func loseStep(_ world: inout World) {
    for var row in world.clients[0].store.committed.groups() {
      row.phase = .outOfStep
      let changed = row
      try? world.clients[0].store.transact { (transaction) throws(ClientStoreFailure) in
        transaction.put(changed)
      }
    }
    world.restart(0)
  }

  private func number(_ world: inout World, _ index: Int, _ other: String) throws
    -> SafetyNumberReport
  {
    guard case .safetyNumber(let report) = try world.ask(index, .safetyNumber(address: other))
    else { throw ClientFailure(.timeout, "no number") }
    return report
  }

  private func banners(_ world: World) -> [String] {
    world.lines(0, with: 1).filter { $0.kind == .notice && $0.text.contains("identity key") }
      .map(\.text)
  }

  @Test func nothingIsSentBeforeItIsAccepted() throws {
    var (world, id) = try replaced()
    let other = world.clients.count - 1
    #expect(world.state(of: id, 0, with: 1) == .failed)
    #expect(world.clients[0].storedEvents.contains(.identityNotice(.identityChanged)))
    #expect(world.clients[0].storedEvents.contains(.conversationBlocked(.identityChanged)))
    #expect(banners(world).count == 1)
    #expect(throws: ClientFailure(.identityChanged, "")) {
      try world.send("more", from: 0, to: 1)
    }
    world.settle(for: .seconds(3_600))
    #expect(world.lines(other, with: 0).isEmpty)
    let before = try number(&world, 0, Self.bob)
    #expect(before.identityChanged && before.verifiedAt == nil)
    _ = try world.ask(0, .acceptIdentity(address: Self.bob, proof: nil))
    world.settle(for: .seconds(60))
    // What had failed is there, by a group with the new account alone.
    #expect(world.texts(other, with: 0) == ["secret"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    #expect(!world.texts(1, with: 0).contains("secret"))
    let after = try number(&world, 0, Self.bob)
    #expect(after.digits == before.offeredDigits && after.digits != before.digits)
    #expect(after.verifiedAt == nil && !after.identityChanged && after.offeredDigits == nil)
    #expect(try number(&world, other, "alice@x.example").digits == after.digits)
    #expect(banners(world).count == 2)
    let last = try world.send("and now", from: other, to: 0)
    world.settle(for: .seconds(60))
    #expect(world.texts(0, with: 1).last == "and now")
    #expect(world.state(of: last, other, with: 0)?.hasReached(.stored) == true)
    try world.checkAll()
  }

  @Test func whoComparesFirstHasTheMark() throws {
    var (world, _) = try replaced()
    let other = world.clients.count - 1
    // The new account has its own idea of Alice: it can look at the number once it knows her.
    try world.send("it is me", from: other, to: 0)
    world.settle(for: .seconds(30))
    #expect(!world.texts(0, with: 1).contains("it is me"))
    let shown = try number(&world, other, "alice@x.example").digits
    let old = try number(&world, 0, Self.bob).digits
    let failure = #expect(throws: ClientFailure.self) {
      try world.ask(0, .acceptIdentity(address: Self.bob, proof: .number(old)))
    }
    #expect(failure?.code == .safetyNumberMismatch)
    #expect(try number(&world, 0, Self.bob).identityChanged)
    _ = try world.ask(0, .acceptIdentity(address: Self.bob, proof: .number(shown)))
    #expect(try number(&world, 0, Self.bob).verifiedAt != nil)
  }

  @Test func onlyWhatHasChangedIsAccepted() throws {
    var world = try World.registered(["alice", "bob"])
    var failure = #expect(throws: ClientFailure.self) {
      try world.ask(0, .acceptIdentity(address: Self.bob, proof: nil))
    }
    #expect(failure?.code == .unknownConversation)
    try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    failure = #expect(throws: ClientFailure.self) {
      try world.ask(0, .acceptIdentity(address: Self.bob, proof: nil))
    }
    #expect(failure?.code == .badRequest)
    // In doubt, and nothing was offered: there is nothing to pin.
    var peer = try #require(world.clients[0].store.committed.peer(address: Self.bob))
    peer.standing = .identityChanged
    let doubted = peer
    try world.clients[0].store.transact { (transaction) throws(ClientStoreFailure) in
      transaction.put(doubted)
    }
    let token = world.begin(0, .acceptIdentity(address: Self.bob, proof: nil))
    guard case .failure(let refusal) = world.clients[0].answers[token] else {
      Issue.record("accepted")
      return
    }
    #expect(refusal.code == .identityChanged)
  }

  /// A crash at each step of accepting leaves the old key in doubt, or the new one pinned.
  @Test(arguments: [TestCrash.beforeCommit, .afterCommit])
  func crashes(_ kind: TestCrash) throws {
    var (world, id) = try replaced()
    let other = world.clients.count - 1
    world.crashes[0] = [world.clients[0].steps + 1: kind]
    _ = world.begin(0, .acceptIdentity(address: Self.bob, proof: nil))
    world.settle(for: .seconds(60))
    let isPinned = try !number(&world, 0, Self.bob).identityChanged
    #expect(isPinned == (kind == .afterCommit))
    if !isPinned { _ = try world.ask(0, .acceptIdentity(address: Self.bob, proof: nil)) }
    world.settle(for: .seconds(60))
    #expect(world.texts(other, with: 0) == ["secret"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    try world.checkAll()
  }

  /// A group that lists the person says so, and the new account can be added once it is pinned.
  @Test func groupsAreTold() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try world.send("to bob", from: 0, to: 1)
    world.settle(for: .seconds(10))
    try replace(&world)
    world.settle(for: .seconds(60))
    for row in world.groups(0, with: 1) {
      var changed = row
      changed.phase = .outOfStep
      let lost = changed
      try world.clients[0].store.transact { (transaction) throws(ClientStoreFailure) in
        transaction.put(lost)
      }
    }
    world.restart(0)
    try world.send("secret", from: 0, to: 1)
    world.settle(for: .seconds(60))
    #expect(world.roomNotices(0, room).last?.contains("identity key of bob") == true)
    _ = try world.ask(0, .acceptIdentity(address: Self.bob, proof: nil))
    world.settle(for: .seconds(60))
    #expect(world.roomNotices(0, room).last?.contains("You accepted") == true)
    try world.want(.remove(address: Self.bob, banning: false), 0, in: room)
    world.settle(for: .seconds(30))
    try world.want(.add(address: Self.bob), 0, in: room)
    world.settle(for: .seconds(60))
    try world.say("welcome back", 0, in: room)
    world.settle(for: .seconds(30))
    let other = world.clients.count - 1
    #expect(world.roomTexts(other, room) == ["welcome back"])
  }
}
