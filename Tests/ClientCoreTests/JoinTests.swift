// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore
@testable import MLS

/// Coming into a group by a link.
@Suite struct JoinTests {
  /// A group of Alice and Bob, and Carol and Dora who are not in it.
  private func room() throws -> (world: World, room: String) {
    var world = try World.registered(["alice", "bob", "carol", "dora"])
    guard
      case .reference(let room) = try world.ask(
        0, .createRoom(name: "Hike", addresses: ["bob@x.example"]))
    else { throw ClientFailure(.internalFailure, "no reference") }
    world.settle(for: .seconds(10))
    return (world, room)
  }

  private func open(
    _ world: inout World, _ room: String, by index: Int = 0, until: ScheduleTime? = nil,
    uses: UInt32? = nil, needsApproval: Bool = false
  ) throws -> JoinLinkReport {
    let answer = try world.ask(
      index,
      .join(.open(reference: room, until: until, uses: uses, needsApproval: needsApproval)))
    guard case .joinLink(let report) = answer else {
      throw ClientFailure(.internalFailure, "no link")
    }
    world.settle(for: .seconds(5))
    return report
  }

  private func links(_ world: inout World, _ index: Int, _ room: String) throws -> [JoinLinkReport]
  {
    guard case .joinLinks(let found) = try world.ask(index, .join(.links(reference: room))) else {
      throw ClientFailure(.internalFailure, "no links")
    }
    return found
  }

  private func knocks(_ world: inout World, _ index: Int, _ room: String) throws -> [String] {
    guard case .knocks(let found) = try world.ask(index, .join(.knocks(reference: room))) else {
      throw ClientFailure(.internalFailure, "no knocks")
    }
    return found.map(\.address)
  }

  private func asked(_ world: inout World, _ index: Int) throws -> [OwnKnockReport] {
    guard case .ownKnocks(let found) = try world.ask(index, .join(.ownKnocks)) else {
      throw ClientFailure(.internalFailure, "no list")
    }
    return found
  }

  @Test func whoHasTheLinkComesIn() throws {
    var (world, room) = try room()
    try world.say("before", 0, in: room)
    let link = try open(&world, room)
    #expect(link.link.hasPrefix("sotto-group:v1.") && link.uses == nil && !link.needsApproval)
    // All members see it, and a line says that it is there.
    #expect(try links(&world, 1, room).map(\.link) == [link.link])
    #expect(try links(&world, 1, room).map(\.isOpen) == [true])
    #expect(
      world.roomNotices(1, room).last
        == "alice@x.example opened a link by which people can ask to come in.")
    #expect(try world.ask(2, .join(.knock(link: link.link))) == .reference(room))
    world.settle(for: .seconds(120))
    #expect(try world.people(1, room) == ["alice owner", "bob member", "carol member"])
    #expect(try asked(&world, 2).isEmpty)
    try world.say("after", 1, in: room)
    world.settle(for: .seconds(10))
    #expect(world.roomTexts(2, room) == ["after"])
    // Asking again when one is in changes nothing.
    #expect(try world.ask(2, .join(.knock(link: link.link))) == .reference(room))
    world.settle(for: .seconds(10))
    #expect(try asked(&world, 2).isEmpty)
    try world.checkAll()
  }

  @Test func usesAreCounted() throws {
    var (world, room) = try room()
    let link = try open(&world, room, uses: 1)
    _ = try world.ask(2, .join(.knock(link: link.link)))
    world.settle(for: .seconds(120))
    _ = try world.ask(3, .join(.knock(link: link.link)))
    world.settle(for: .seconds(120))
    #expect(try world.people(1, room) == ["alice owner", "bob member", "carol member"])
    #expect(try links(&world, 0, room).map(\.uses) == [0])
    #expect(try asked(&world, 3).map(\.reference) == [room])
    _ = try world.ask(3, .join(.withdraw(reference: room)))
    #expect(try asked(&world, 3).isEmpty)
    try world.checkAll()
  }

  @Test func somebodySaysYesOrNo() throws {
    var (world, room) = try room()
    let link = try open(&world, room, needsApproval: true)
    _ = try world.ask(2, .join(.knock(link: link.link)))
    _ = try world.ask(3, .join(.knock(link: link.link)))
    world.settle(for: .seconds(120))
    #expect(try knocks(&world, 0, room) == ["carol@x.example", "dora@x.example"])
    #expect(
      Set(world.roomNotices(0, room).suffix(2))
        == ["carol@x.example asks to come in.", "dora@x.example asks to come in."])
    // Bob may not add people: he is not asked, and may not answer.
    #expect(try knocks(&world, 1, room).isEmpty)
    #expect(throws: ClientFailure(.notPermitted, RoomViolation.adding.rawValue)) {
      try world.ask(
        1, .join(.answer(reference: room, address: "carol@x.example", admitting: true)))
    }
    _ = try world.ask(
      0, .join(.answer(reference: room, address: "carol@x.example", admitting: true)))
    _ = try world.ask(
      0, .join(.answer(reference: room, address: "dora@x.example", admitting: false)))
    world.settle(for: .seconds(30))
    #expect(try world.people(1, room) == ["alice owner", "bob member", "carol member"])
    #expect(try knocks(&world, 0, room).isEmpty)
    #expect(throws: ClientFailure.self) {
      try world.ask(
        0, .join(.answer(reference: room, address: "dora@x.example", admitting: true)))
    }
    // Who was refused asks again the next day, and nobody is bothered.
    let lines = world.roomNotices(0, room).count
    world.settle(for: .seconds(3 * 86_400))
    #expect(try knocks(&world, 0, room).isEmpty)
    #expect(world.roomNotices(0, room).count == lines)
    try world.checkAll()
  }

  @Test func aLinkThatIsClosedOrOverLetsNobodyIn() throws {
    var (world, room) = try room()
    let first = try open(&world, room)
    let second = try open(&world, room, until: .after(.seconds(60)))
    _ = try world.ask(0, .join(.close(reference: room, linkID: first.linkID)))
    world.settle(for: .seconds(90))
    _ = try world.ask(2, .join(.knock(link: first.link)))
    _ = try world.ask(3, .join(.knock(link: second.link)))
    world.settle(for: .seconds(200))
    #expect(try world.people(0, room) == ["alice owner", "bob member"])
    #expect(try links(&world, 1, room).map(\.linkID) == [second.linkID])
    // After 30 days nobody asks any more, and is told.
    world.settle(for: .seconds(31 * 86_400))
    #expect(try asked(&world, 2).isEmpty)
    let notice = world.clients[2].events.last { $0.address == room }
    #expect(
      notice?.kind == .roomChanged(RoomNotice(.refused, actor: "", detail: "timeout")))
  }

  /// Carol asks while nobody who could let her in is there; she is in once Alice comes back.
  @Test func askingWhileTheKeeperIsAway() throws {
    var (world, room) = try room()
    let link = try open(&world, room)
    world.setOnline(false, 0)
    _ = try world.ask(2, .join(.knock(link: link.link)))
    world.settle(for: .seconds(60))
    world.restart(2)
    world.settle(for: .seconds(3 * 86_400))
    #expect(try asked(&world, 2).first?.askedAt != nil)
    world.setOnline(true, 0)
    world.settle(for: .seconds(120))
    #expect(try world.people(1, room) == ["alice owner", "bob member", "carol member"])
    #expect(world.clients[2].store.committed.ownKnocks().isEmpty)
    try world.checkAll()
  }

  /// Of two admins one lets somebody in; both see her once.
  @Test func twoKeepers() throws {
    var (world, room) = try room()
    try world.want(.role(address: "bob@x.example", .admin), 0, in: room)
    world.settle(for: .seconds(10))
    let link = try open(&world, room, by: 1, uses: 5)
    _ = try world.ask(2, .join(.knock(link: link.link)))
    world.settle(for: .seconds(120))
    #expect(try world.people(0, room) == ["alice owner", "bob admin", "carol member"])
    #expect(try links(&world, 0, room).map(\.uses) == [4])
    #expect(world.roomNotices(1, room).count { $0.hasSuffix("added carol@x.example.") } == 1)
    // Carol is removed: what she asked before lets her in no more, also by an admin who is new.
    try world.want(.remove(address: "carol@x.example", banning: false), 0, in: room)
    world.settle(for: .seconds(10))
    for index in [0, 1] {
      world.setOnline(false, index)
      world.setOnline(true, index)
    }
    world.settle(for: .seconds(300))
    #expect(try world.people(0, room) == ["alice owner", "bob admin"])
    // A ban keeps her out although she asks anew.
    try world.want(.remove(address: "carol@x.example", banning: true), 0, in: room)
    world.settle(for: .seconds(10))
    _ = try world.ask(2, .join(.knock(link: link.link)))
    world.settle(for: .seconds(300))
    #expect(try world.people(0, room) == ["alice owner", "bob admin"])
    try world.checkAll()
  }

  @Test func whoMayOpenAndHowMany() throws {
    var (world, room) = try room()
    #expect(throws: ClientFailure(.notPermitted, RoomViolation.links.rawValue)) {
      try open(&world, room, by: 1)
    }
    for _ in 0..<4 { _ = try open(&world, room) }
    #expect(throws: ClientFailure(.quotaExceeded, "A group has four links at most.")) {
      try open(&world, room)
    }
    for (until, uses) in [
      (ScheduleTime.at(world.now), nil), (.after(.seconds(400 * 86_400)), nil), (nil, 0),
      (nil, 10_001),
    ] as [(ScheduleTime?, UInt32?)] {
      #expect(throws: ClientFailure.self) { try open(&world, room, until: until, uses: uses) }
    }
    #expect(throws: ClientFailure.self) {
      try world.ask(0, .join(.close(reference: room, linkID: "00")))
    }
    #expect(throws: ClientFailure.self) { try world.ask(2, .join(.knock(link: "sotto-group:"))) }
    #expect(throws: ClientFailure.self) { try world.ask(2, .join(.withdraw(reference: room))) }
  }
}
