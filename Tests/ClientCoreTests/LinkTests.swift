// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore
@testable import MLS

/// A second device of an account: linked, talking, and taken out again.
@Suite struct LinkTests {
  /// Alice with a second device, the last of the clients.
  static func linked(_ names: [String] = ["alice", "bob"], seed: UInt64 = 1) throws -> World {
    var world = try World.registered(names, seed: seed)
    try link(&world, host: 0)
    return world
  }

  /// Links a new client to the account of another.
  static func link(_ world: inout World, host: Int) throws {
    let joiner = try begin(&world, host)
    let code = try #require(report(&world, joiner).code)
    #expect(try report(&world, host).code == code)
    _ = try world.ask(host, .confirmLink(code: code))
    world.settle(for: .seconds(30))
    #expect(try report(&world, host).phase == .done)
    #expect(try report(&world, joiner).phase == .done)
  }

  /// A new client and the account's device have met and show their codes.
  static func begin(_ world: inout World, _ host: Int) throws -> Int {
    let joiner = world.clients.count
    world.clients.append(TestClient(name: "second", address: world.clients[host].address))
    world.apply([.tick], to: joiner)
    guard case .link(let offer) = try world.ask(joiner, .beginLink(invite: world.invite)) else {
      throw ClientFailure(.internalFailure, "no offer")
    }
    _ = try world.ask(host, .acceptLink(try #require(offer.link)))
    world.settle(for: .seconds(30))
    #expect(try report(&world, joiner).phase == .compare)
    #expect(try report(&world, joiner).address == world.clients[host].address)
    return joiner
  }

  static func report(_ world: inout World, _ index: Int) throws -> LinkReport {
    let token = world.begin(index, .linkState)
    guard case .success(.link(let report)) = world.clients[index].answers[token] else {
      throw ClientFailure(.internalFailure, "no report")
    }
    return report
  }

  private func devices(_ world: inout World, _ index: Int) throws -> [UInt32] {
    guard case .devices(let list) = try world.ask(index, .devices) else { return [] }
    return list.map(\.deviceID)
  }

  @Test func bothDevicesSeeEverything() throws {
    var world = try Self.linked()
    #expect(try devices(&world, 0) == [1, 2] && devices(&world, 2) == [1, 2])
    // Bob begins: he invites both devices at once.
    let id = try world.send("for both of you", from: 1, to: 0)
    world.settle(for: .seconds(30))
    #expect(world.texts(0, with: 1) == ["for both of you"])
    #expect(world.texts(2, with: 1) == ["for both of you"])
    // What one device says, the other shows as its own.
    let answer = try world.send("from the second", from: 2, to: 1)
    world.settle(for: .seconds(30))
    #expect(world.texts(1, with: 0) == ["for both of you", "from the second"])
    let line = try #require(world.lines(0, with: 1).last)
    #expect(line.own && line.text == "from the second" && line.messageID == answer)
    #expect(world.state(of: answer, 2, with: 1) == .delivered)
    #expect(world.state(of: answer, 0, with: 1) == .delivered)
    // Read on one is read on the other.
    #expect(world.lines(0, with: 1).first?.state == .received)
    _ = try world.ask(2, .markRead(address: "bob@x.example", upTo: .max))
    world.settle(for: .seconds(10))
    #expect(world.lines(0, with: 1).first?.state == .seen)
    #expect(world.state(of: id, 1, with: 0) == .read)
    // Edits, reactions and deletions of one device are the account's.
    _ = try world.ask(0, .edit(address: "bob@x.example", messageID: answer, text: "changed"))
    _ = try world.ask(
      2, .react(address: "bob@x.example", messageID: id, reaction: "👍", removing: false))
    world.settle(for: .seconds(10))
    for index in [0, 2] {
      #expect(world.texts(index, with: 1) == ["for both of you", "changed"])
    }
    _ = try world.ask(
      0, .react(address: "bob@x.example", messageID: id, reaction: "👍", removing: true))
    world.settle(for: .seconds(10))
    guard
      case .history(let lines) = try world.ask(
        1, .history(address: "alice@x.example", limit: 9, before: nil))
    else { return }
    #expect(lines.flatMap(\.reactions).isEmpty)
    try world.checkAll()
  }

  /// The safety number stays; a line says that there is another device.
  @Test func thePeerSeesAnotherDeviceAndTheSameNumber() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    guard
      case .safetyNumber(let before) = try world.ask(1, .safetyNumber(address: "alice@x.example"))
    else { return }
    try Self.link(&world, host: 0)
    world.settle(for: .seconds(60))
    // The first device brought the second into the conversation that was there.
    let id = try world.send("both here?", from: 1, to: 0)
    world.settle(for: .seconds(30))
    #expect(world.texts(2, with: 1) == ["both here?"])
    #expect(world.state(of: id, 1, with: 0) == .delivered)
    #expect(world.clients[1].storedEvents.contains(.identityNotice(.devicesChanged)))
    guard
      case .safetyNumber(let after) = try world.ask(1, .safetyNumber(address: "alice@x.example"))
    else { return }
    #expect(after.digits == before.digits)
    try world.checkAll()
  }

  /// Bob asked the directory a second ago, and the device is newer than its answer.
  @Test func aDeviceThatWasLinkedAMomentAfterFirstContact() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle(for: .milliseconds(100))
    let joiner = world.clients.count
    world.clients.append(TestClient(name: "second", address: "alice@x.example"))
    world.apply([.tick], to: joiner)
    guard case .link(let offer) = try world.ask(joiner, .beginLink(invite: world.invite)) else {
      return
    }
    _ = try world.ask(0, .acceptLink(try #require(offer.link)))
    let code = try #require(Self.report(&world, 0).code)
    _ = try world.ask(0, .confirmLink(code: code))
    world.settle(for: .seconds(5))
    #expect(world.groups(1, with: 0).map(\.phase) == [.active])
    _ = try world.send("both?", from: 1, to: 0)
    world.settle(for: .seconds(5))
    #expect(world.texts(joiner, with: 1) == ["both?"])
    #expect(!world.clients[1].storedEvents.contains(.identityNotice(.ghostDevice)))
    try world.checkAll()
  }

  @Test func groupsGetTheDeviceToo() throws {
    var (world, room) = try World.room(["alice", "bob", "carol"])
    try Self.link(&world, host: 1)
    world.settle(for: .seconds(60))
    try world.say("to all", 0, in: room)
    world.settle(for: .seconds(30))
    #expect(world.roomTexts(3, room) == ["to all"])
    try world.say("from Bob's second", 3, in: room)
    world.settle(for: .seconds(30))
    for index in 0..<4 { #expect(world.roomTexts(index, room).last == "from Bob's second") }
    let bob = try world.report(0, room).people.first { $0.address == "bob@x.example" }
    #expect(bob?.devices == 2)
    // Leaving takes all devices of the account.
    try world.leave(3, room)
    world.settle(for: .seconds(120))
    try world.checkAll()
  }

  @Test func aRemovedDeviceReadsNothingMore() throws {
    var world = try Self.linked()
    _ = try world.send("both", from: 1, to: 0)
    world.settle(for: .seconds(30))
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(60))
    #expect(try devices(&world, 0) == [1])
    let id = try world.send("the first alone", from: 1, to: 0)
    world.settle(for: .seconds(60))
    #expect(world.texts(0, with: 1) == ["both", "the first alone"])
    #expect(world.texts(2, with: 1) == ["both"])
    #expect(world.state(of: id, 1, with: 0) == .delivered)
    #expect(
      world.lines(2, with: 1).last?.text == "This device was taken out of the account.")
    #expect(throws: ClientFailure.self) { try world.ask(0, .removeDevice(2)) }
    #expect(throws: ClientFailure.self) { try world.ask(0, .removeDevice(1)) }
    // Its number is not given again.
    try Self.link(&world, host: 0)
    #expect(try devices(&world, 0) == [1, 3])
    try world.checkAll()
  }

  @Test func aLinkedDeviceLinksAnother() throws {
    var world = try Self.linked()
    try Self.link(&world, host: 2)
    world.settle(for: .seconds(60))
    #expect(try devices(&world, 3) == [1, 2, 3])
    _ = try world.send("three", from: 1, to: 0)
    world.settle(for: .seconds(60))
    for index in [0, 2, 3] { #expect(world.texts(index, with: 1) == ["three"]) }
    // The second holds what signs devices, and not the account's own key.
    let account = try #require(world.clients[2].store.committed.account())
    #expect(try LocalDevice(decoding: account.secrets).account == nil)
    try world.checkAll()
  }

  // MARK: What is refused

  @Test func anotherCodeEndsIt() throws {
    var world = try World.registered(["alice", "bob"])
    let joiner = try Self.begin(&world, 0)
    let code = try #require(Self.report(&world, 0).code)
    let wrong = code == "000000" ? "000001" : "000000"
    #expect(throws: ClientFailure.self) { try world.ask(0, .confirmLink(code: wrong)) }
    #expect(throws: ClientFailure.self) { try world.ask(0, .confirmLink(code: code)) }
    world.settle(for: .seconds(700))
    #expect(try Self.report(&world, joiner).phase == .failed)
    #expect(try devices(&world, 0) == [1])
    #expect(world.clients[joiner].store.committed.account() == nil)
  }

  /// The server changes a message of either side: nothing opens, and time runs out.
  @Test(arguments: 1...4) func aTamperedMessage(_ number: Int) throws {
    var world = try World.registered(["alice", "bob"])
    let joiner = world.clients.count
    world.clients.append(TestClient(name: "second", address: "alice@x.example"))
    world.apply([.tick], to: joiner)
    guard case .link(let offer) = try world.ask(joiner, .beginLink(invite: world.invite)) else {
      return
    }
    var seen = 0
    world.tamper = { _, endpoint, bytes in
      guard endpoint == .logs, bytes.count > 120 else { return bytes }
      seen += 1
      guard seen >= number else { return bytes }
      var bytes = bytes
      bytes[bytes.count / 2] ^= 1
      return bytes
    }
    _ = try world.ask(0, .acceptLink(try #require(offer.link)))
    world.settle(for: .seconds(30))
    if let code = try Self.report(&world, 0).code {
      _ = try? world.ask(0, .confirmLink(code: code))
    }
    world.settle(for: .seconds(700))
    #expect(world.clients[joiner].store.committed.account() == nil)
    #expect(try Self.report(&world, joiner).phase == .failed)
  }

  /// Somebody who saw the offer stands between: both sides show other codes.
  @Test func whoStandsBetweenIsSeen() throws {
    var world = try World.registered(["alice", "mallory"])
    let joiner = world.clients.count
    world.clients.append(TestClient(name: "second", address: "alice@x.example"))
    world.apply([.tick], to: joiner)
    guard case .link(let offer) = try world.ask(joiner, .beginLink(invite: world.invite)) else {
      return
    }
    // Mallory is first with an account of his own.
    _ = try world.ask(1, .acceptLink(try #require(offer.link)))
    world.settle(for: .seconds(10))
    _ = try world.ask(0, .acceptLink(try #require(offer.link)))
    world.settle(for: .seconds(30))
    let shown = try Self.report(&world, joiner)
    #expect(shown.address == "mallory@x.example")
    #expect(try Self.report(&world, 0).code != shown.code)
  }

  /// A server that will not make the link's log is asked again now and then, and not at once.
  @Test func aServerThatRefusesTheLog() throws {
    var world = try World.registered(["alice"])
    let joiner = world.clients.count
    world.clients.append(TestClient(name: "second", address: "alice@x.example"))
    world.apply([.tick], to: joiner)
    world.tamper = { index, endpoint, bytes in
      guard index == joiner, endpoint == .logs,
        var frame = try? WireLogsServerFrame(serializedBytes: bytes), case .done = frame.response
      else { return bytes }
      frame.failure.code = .quotaExceeded
      return try? frame.serializedBytes()
    }
    _ = try world.ask(joiner, .beginLink(invite: world.invite))
    world.settle(for: .seconds(60))
    let asked = world.sent.filter { sent in
      sent.client == joiner && sent.endpoint == .logs
    }
    // Once a second, besides what it says anyway.
    #expect((2...70).contains(asked.count))
  }

  @Test func aDeviceWithAnAccountIsNotLinked() throws {
    var world = try World.registered(["alice"])
    #expect(throws: ClientFailure(.alreadyRegistered, "This store has an account already.")) {
      try world.ask(0, .beginLink(invite: world.invite))
    }
    for text in ["", "sotto-link:v1.a.b.c", "sotto-link:v1.", "sotto://x"] {
      #expect(throws: ClientFailure.self) { try world.ask(0, .acceptLink(text)) }
    }
    #expect(throws: ClientFailure.self) { try world.ask(0, .confirmLink(code: "123456")) }
    #expect(throws: ClientFailure.self) { try world.ask(0, .linkState) }
  }
}
