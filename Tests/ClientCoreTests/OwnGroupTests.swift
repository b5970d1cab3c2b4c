// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore

/// The group of the own devices, and what they share through it.
@Suite struct OwnGroupTests {
  private let bob = "bob@x.example"
  private let alice = "alice@x.example"

  /// Alice with two devices, 0 and the last, that know each other.
  private func paired(_ names: [String] = ["alice", "bob"], seed: UInt64 = 1) throws -> World {
    var world = try LinkTests.linked(names, seed: seed)
    world.settle(for: .seconds(60))
    return world
  }

  private func ownGroups(_ world: World, _ index: Int) -> [GroupRow] {
    world.groups(index, with: 0)
  }

  private func arrangement(
    _ world: inout World, _ index: Int, of address: String
  ) throws -> ConversationSummary? {
    guard case .conversations(let list) = try world.ask(index, .conversations) else { return nil }
    return list.first { $0.address == address }
  }

  private func draft(_ world: inout World, _ index: Int) throws -> String {
    guard case .draft(let text) = try world.ask(index, .draft(address: bob, text: nil)) else {
      return ""
    }
    return text
  }

  private func value(
    _ world: inout World, _ index: Int, _ setting: ClientSetting
  ) throws -> String? {
    guard case .settings(let list) = try world.ask(index, .contact(.settings)) else { return nil }
    return list.first { $0.setting == setting }?.value
  }

  /// Every device has the same values at the same places, and nothing that was not told.
  private func checkConverged(_ world: World, _ devices: [Int]) {
    let records = devices.map {
      world.clients[$0].store.committed.ownRecords(after: nil, limit: .max)
    }
    for found in records {
      #expect(found.allSatisfy { $0.local == nil })
      #expect(
        found.filter { $0.place != .origin || !$0.value.isEmpty }
          == records[0].filter { $0.place != .origin || !$0.value.isEmpty })
    }
  }

  @Test func theGroupIsMadeOnceAndSeenByNobody() throws {
    var world = try paired()
    let (first, second) = (ownGroups(world, 0), ownGroups(world, 2))
    #expect(first.map(\.phase) == [.active])
    #expect(first.map(\.groupID) == second.map(\.groupID))
    for index in [0, 2] {
      guard case .conversations(let list) = try world.ask(index, .conversations),
        case .status(let status) = try world.ask(index, .status)
      else { return }
      #expect(list.allSatisfy { $0.address != alice })
      #expect(status.conversations == list.count && status.waiting == 0)
      #expect(
        world.clients[index].store.committed.events(after: 0, limit: .max).allSatisfy {
          guard let kind = try? ClientEvent.Kind(decoding: $0.body) else { return false }
          switch kind {
          case .identityNotice, .ownDeviceChanged: return true
          default: return $0.address != alice
          }
        })
    }
    #expect(world.lines(0, with: 0).isEmpty && world.lines(2, with: 0).isEmpty)
    // An account of one device has none.
    #expect(world.groups(1, with: 1).isEmpty)
    try world.checkAll()
  }

  @Test func whatIsArrangedOnOneDeviceHoldsOnTheOther() throws {
    var world = try paired()
    let id = try world.send("hello", from: 1, to: 0)
    world.settle(for: .seconds(30))
    _ = try world.ask(0, .draft(address: bob, text: "half a thought"))
    _ = try world.ask(0, .arrange(address: bob, .mute(until: nil)))
    _ = try world.ask(0, .arrange(address: bob, .pin))
    _ = try world.ask(0, .arrange(address: bob, .markUnread))
    _ = try world.ask(0, .star(address: bob, messageID: id, adding: true))
    _ = try world.ask(0, .contact(.set(.readReceipts, value: "off")))
    _ = try world.ask(0, .contact(.block(address: "mallory@x.example")))
    world.settle(for: .seconds(10))
    #expect(try draft(&world, 2) == "half a thought")
    let there = try #require(try arrangement(&world, 2, of: bob)?.arrangement)
    let here = try #require(try arrangement(&world, 0, of: bob)?.arrangement)
    #expect(there == here)
    #expect(there.pinnedAt != nil && there.isMarkedUnread)
    #expect(try value(&world, 2, .readReceipts) == "off")
    guard case .blocks(let blocks) = try world.ask(2, .contact(.blocks)) else { return }
    #expect(blocks.map(\.address) == ["mallory@x.example"])
    guard
      case .starred(let page) = try world.ask(2, .starred(address: nil, limit: 9, before: nil))
    else { return }
    #expect(page.items.map(\.line.messageID) == [id])
    // And back: what the second takes away is gone on the first.
    _ = try world.ask(2, .draft(address: bob, text: ""))
    _ = try world.ask(2, .arrange(address: bob, .archive))
    _ = try world.ask(2, .star(address: bob, messageID: id, adding: false))
    _ = try world.ask(2, .contact(.unblock(address: "mallory@x.example")))
    world.settle(for: .seconds(10))
    #expect(try draft(&world, 0).isEmpty)
    let after = try #require(try arrangement(&world, 0, of: bob)?.arrangement)
    #expect(after.isArchived && after.pinnedAt == nil)
    #expect(world.clients[0].store.committed.stars(before: nil, limit: 9).isEmpty)
    #expect(world.clients[0].store.committed.blocks().isEmpty)
    // A sent message ends its draft everywhere.
    _ = try world.ask(0, .draft(address: bob, text: "again"))
    world.settle(for: .seconds(5))
    #expect(try draft(&world, 2) == "again")
    try world.send("sent", from: 2, to: 1)
    world.settle(for: .seconds(10))
    #expect(try draft(&world, 0).isEmpty)
    checkConverged(world, [0, 2])
    try world.checkAll()
  }

  @Test func theNewestEntryCountsWhoeverWasAway() throws {
    var world = try paired()
    try world.send("hello", from: 1, to: 0)
    world.settle(for: .seconds(30))
    world.setOnline(false, 2)
    _ = try world.ask(2, .draft(address: bob, text: "from the second, offline"))
    _ = try world.ask(2, .contact(.set(.strangers, value: "refuse")))
    _ = try world.ask(0, .draft(address: bob, text: "from the first"))
    world.settle(for: .seconds(10))
    // Each has its own until the other is heard.
    #expect(try draft(&world, 2) == "from the second, offline")
    #expect(try draft(&world, 0) == "from the first")
    world.setOnline(true, 2)
    world.settle(for: .seconds(120))
    // The second's entry came later into the log.
    #expect(try draft(&world, 0) == "from the second, offline")
    #expect(try draft(&world, 2) == "from the second, offline")
    #expect(try value(&world, 0, .strangers) == "refuse")
    checkConverged(world, [0, 2])
    try world.checkAll()
  }

  @Test func marksAreOfTheKeyAndAcceptanceIsOfTheAccount() throws {
    var world = try paired(["alice", "bob", "carol"])
    let second = 3
    for index in [0, second] { world.clients[index].store.keep(.strangers, "ask") }
    try world.send("may I?", from: 1, to: 0)
    world.settle(for: .seconds(30))
    guard case .contactRequests(let waiting) = try world.ask(second, .contact(.list)) else {
      return
    }
    #expect(waiting.map(\.address) == [bob])
    _ = try world.ask(0, .contact(.accept(address: bob)))
    _ = try world.ask(0, .verify(address: bob, proof: .compared))
    world.settle(for: .seconds(10))
    guard case .contactRequests(let none) = try world.ask(second, .contact(.list)) else { return }
    #expect(none.isEmpty)
    #expect(world.texts(second, with: 1) == ["may I?"])
    let peer = try #require(world.clients[second].store.committed.peer(address: bob))
    #expect(peer.verifiedAt == world.clients[0].store.committed.peer(address: bob)?.verifiedAt)
    #expect(peer.verifiedAt != nil)
    // A mark of another key is none.
    var other = peer
    other.identityKey[0] ^= 1
    #expect(other.fingerprint != peer.fingerprint)
    _ = try world.ask(second, .unverify(address: bob))
    world.settle(for: .seconds(10))
    #expect(world.clients[0].store.committed.peer(address: bob)?.verifiedAt == nil)
    try world.checkAll()
  }

  @Test func notesAreOnAllDevices() throws {
    var world = try paired()
    guard case .queued(let id) = try world.ask(0, .send(address: alice, text: "milk")) else {
      return
    }
    world.settle(for: .seconds(10))
    #expect(world.texts(2, with: 0) == ["milk"])
    _ = try world.ask(
      2, .react(address: alice, messageID: id, reaction: "👍", removing: false))
    _ = try world.ask(2, .reply(address: alice, messageID: id, text: "and bread"))
    _ = try world.ask(0, .edit(address: alice, messageID: id, text: "two of milk"))
    world.settle(for: .seconds(10))
    for index in [0, 2] {
      #expect(world.texts(index, with: 0) == ["two of milk", "and bread"])
      guard
        case .history(let lines) = try world.ask(
          index, .history(address: alice, limit: 9, before: nil))
      else { return }
      #expect(lines.allSatisfy { $0.own && $0.state == .read })
      #expect(lines.last?.reactions.map(\.text) == ["👍"])
      #expect(lines.first?.quote?.messageID == id)
    }
    _ = try world.ask(2, .delete(address: alice, messageID: id, forEveryone: true))
    world.settle(for: .seconds(10))
    for index in [0, 2] { #expect(world.texts(index, with: 0) == ["and bread"]) }
    try world.checkAll()
  }

  @Test func aNewDeviceIsToldAllOfIt() throws {
    var world = try World.registered(["alice", "bob"])
    let id = try world.send("hello", from: 1, to: 0)
    world.settle(for: .seconds(10))
    // Before there is another device.
    _ = try world.ask(0, .arrange(address: bob, .pin))
    _ = try world.ask(0, .draft(address: bob, text: String(repeating: "x", count: 40_000)))
    _ = try world.ask(0, .verify(address: bob, proof: .compared))
    for number in 0..<1_200 {
      _ = try world.clients[0].store.transact { (transaction) throws(ClientStoreFailure) in
        transaction.put(BlockRow(address: "blocked\(number)@x.example", at: world.now))
      }
    }
    world.restart(0)
    try LinkTests.link(&world, host: 0)
    world.settle(for: .seconds(120))
    try world.send("to both", from: 1, to: 0)
    world.settle(for: .seconds(60))
    let store = world.clients[2].store.committed
    #expect(store.blocks().count == 1_200)
    #expect(store.peer(address: bob)?.verifiedAt != nil)
    #expect(try draft(&world, 2).count == 40_000)
    #expect(try arrangement(&world, 2, of: bob)?.arrangement.pinnedAt != nil)
    checkConverged(world, [0, 2])
    // A third learns what the second changed.
    _ = try world.ask(2, .arrange(address: bob, .unpin))
    try LinkTests.link(&world, host: 2)
    world.settle(for: .seconds(120))
    try world.send("to three", from: 1, to: 0)
    world.settle(for: .seconds(60))
    #expect(try arrangement(&world, 3, of: bob)?.arrangement.pinnedAt == nil)
    #expect(world.clients[3].store.committed.blocks().count == 1_200)
    checkConverged(world, [0, 2, 3])
    _ = id
    try world.checkAll()
  }

  @Test func devicesHaveNamesOfTheirOwn() throws {
    var world = try World.registered(["alice", "bob"])
    func names(_ index: Int) throws -> [String?] {
      guard case .devices(let list) = try world.ask(index, .devices) else { return [] }
      return list.map(\.name)
    }
    _ = try world.ask(0, .renameDevice(nil, name: "Desk"))
    #expect(try names(0) == ["Desk"])
    for (number, name) in [
      (nil, "two\nlines"), (2, "nobody"), (nil, String(repeating: "x", count: 65)),
    ]
      as [(UInt32?, String)]
    {
      #expect(throws: ClientFailure(.badRequest, "")) {
        try world.ask(0, .renameDevice(number, name: name))
      }
    }
    // A new device brings its name along.
    let joiner = world.clients.count
    world.clients.append(TestClient(name: "second", address: alice))
    world.apply([.tick], to: joiner)
    _ = try world.ask(joiner, .renameDevice(nil, name: "Phone"))
    #expect(throws: ClientFailure(.notRegistered, "")) {
      try world.ask(joiner, .renameDevice(2, name: "x"))
    }
    guard case .link(let offer) = try world.ask(joiner, .beginLink(invite: world.invite)) else {
      return
    }
    _ = try world.ask(0, .acceptLink(try #require(offer.link)))
    world.settle(for: .seconds(30))
    _ = try world.ask(0, .confirmLink(code: try #require(LinkTests.report(&world, 0).code)))
    world.settle(for: .seconds(90))
    #expect(try names(0) == ["Desk", "Phone"])
    #expect(try names(joiner) == ["Desk", "Phone"])
    // Any of them names any, the newest name counts, and none is one, too.
    _ = try world.ask(joiner, .renameDevice(1, name: "Office"))
    _ = try world.ask(0, .renameDevice(2, name: ""))
    world.settle(for: .seconds(10))
    for index in [0, joiner] { #expect(try names(index) == ["Office", nil]) }
    try world.checkAll()
  }

  @Test func readingIsToldWithoutReceipts() throws {
    var world = try paired()
    _ = try world.ask(0, .contact(.set(.readReceipts, value: "off")))
    world.settle(for: .seconds(5))
    let id = try world.send("one", from: 1, to: 0)
    try world.send("two", from: 1, to: 0)
    world.settle(for: .seconds(30))
    #expect(
      world.lines(2, with: 1).filter { $0.kind == .text }.map(\.state) == [.received, .received])
    _ = try world.ask(0, .markRead(address: bob, upTo: .max))
    world.settle(for: .seconds(10))
    #expect(world.lines(2, with: 1).filter { $0.kind == .text }.map(\.state) == [.seen, .seen])
    // The sender is told nothing of it.
    #expect(world.state(of: id, 1, with: 0) == .delivered)
    try world.send("three", from: 1, to: 0)
    world.settle(for: .seconds(10))
    #expect(world.lines(2, with: 1).last?.state == .received)
    try world.checkAll()
  }

  @Test func aRemovedDeviceIsOutAtOnceAndHearsNoMore() throws {
    var world = try paired()
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(30))
    #expect(ownGroups(world, 2).map(\.phase) == [.over])
    _ = try world.ask(0, .contact(.set(.readReceipts, value: "off")))
    world.settle(for: .seconds(10))
    #expect(try value(&world, 2, .readReceipts) == "on")
    try LinkTests.link(&world, host: 0)
    world.settle(for: .seconds(60))
    #expect(try value(&world, 3, .readReceipts) == "off")
    try world.checkAll()
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func changesSurviveCrashesAndConverge(seed: UInt64) throws {
    var world = try paired(seed: seed)
    try world.send("hello", from: 1, to: 0)
    world.settle(for: .seconds(30))
    var random = SeededGenerator(seed: seed)
    for round in 0..<20 {
      let index = random.chance(1, in: 2) ? 0 : 2
      if random.chance(1, in: 3) {
        world.crashes[index] = [
          world.clients[index].steps + 1 + Int(random.next() % 6):
            random.chance(1, in: 2) ? .beforeCommit : .afterCommit
        ]
      }
      _ = world.begin(index, .draft(address: bob, text: "\(round)"))
      _ = world.begin(index, .arrange(address: bob, random.chance(1, in: 2) ? .pin : .unpin))
      if random.chance(1, in: 4) { world.setOnline(random.chance(1, in: 2), index) }
      world.settle(for: .milliseconds(Int64(random.next() % 3_000)))
    }
    world.crashes = [:]
    for index in [0, 2] { world.setOnline(true, index) }
    world.settle(for: .seconds(300))
    checkConverged(world, [0, 2])
    #expect(try draft(&world, 0) == draft(&world, 2))
    try world.checkAll()
  }

  /// The first device is not heard while the second one waits, so both make a group.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func twoThatWereMadeAtOnceAreRead(seed: UInt64) throws {
    var world = try World.registered(["alice", "bob"], seed: seed)
    let joiner = try LinkTests.begin(&world, 0)
    let code = try #require(LinkTests.report(&world, joiner).code)
    _ = world.begin(0, .confirmLink(code: code))
    for _ in 0..<500 where try LinkTests.report(&world, joiner).phase != .done {
      world.run(deliveries: 1)
      if world.queue.isEmpty { world.settle(for: .zero) }
    }
    world.passes = { index, endpoint, _ in !(index == 0 && endpoint == .logs) }
    world.settle(for: .seconds(25))
    #expect(ownGroups(world, joiner).count == 1)
    world.passes = { _, _, _ in true }
    world.restart(0)
    world.settle(for: .seconds(120))
    _ = try world.ask(0, .contact(.set(.strangers, value: "refuse")))
    world.settle(for: .seconds(5))
    _ = try world.ask(joiner, .contact(.set(.readReceipts, value: "off")))
    world.settle(for: .seconds(5))
    for index in [0, joiner] {
      #expect(try value(&world, index, .strangers) == "refuse")
      #expect(try value(&world, index, .readReceipts) == "off")
    }
    checkConverged(world, [0, joiner])
    try world.checkAll()
  }
}
