// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// Devices that the peer has taken out of its account while this client looked away.
@Suite struct RemovedPeerTests {
  /// Bob reads a commit that brings a device in after he has learnt that it was taken out again.
  @Test func whoWasBroughtInAndTakenOutIsNoGhost() throws {
    var world = try World.registered(["alice", "bob"])
    try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    let group = try #require(world.groups(1, with: 0).first?.groupID)
    world.setOnline(false, 1)
    try LinkTests.link(&world, host: 0)
    world.settle(for: .seconds(60))
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(60))
    let id = try world.send("I had another device", from: 0, to: 1)
    world.settle(for: .seconds(10))
    world.setOnline(true, 1)
    world.settle(for: .seconds(60))
    #expect(world.texts(1, with: 0) == ["hello", "I had another device"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    #expect(!world.clients[1].storedEvents.contains(.identityNotice(.ghostDevice)))
    #expect(world.groups(1, with: 0).map(\.groupID) == [group])
    try world.checkAll()
  }

  /// Carol is away while Bob asks Dave into the group of Alice, Bob and Carol.
  private static func addingDave(
    _ prepare: (inout World) throws -> Void
  ) throws -> (world: World, room: String) {
    var world = try World.registered(["alice", "bob", "carol", "dave"])
    let others = ["bob", "carol"].map { $0 + "@x.example" }
    guard case .reference(let room) = try world.ask(0, .createRoom(name: "Hike", addresses: others))
    else { throw ClientFailure(.internalFailure, "no reference") }
    world.settle(for: .seconds(10))
    try world.want(.permission(.add, .member), 0, in: room)
    world.settle(for: .seconds(10))
    world.setOnline(false, 2)
    try prepare(&world)
    world.settle(for: .seconds(60))
    try world.want(.add(address: "dave@x.example"), 1, in: room)
    world.settle(for: .seconds(60))
    return (world, room)
  }

  private static func takeOutTheOther(_ world: inout World, by remover: Int) throws {
    guard case .devices(let devices) = try world.ask(remover, .devices) else { return }
    let other = try #require(devices.first { !$0.own })
    _ = try world.ask(remover, .removeDevice(other.deviceID))
    world.settle(for: .seconds(120))
  }

  /// The same in a group: Carol reads of Alice's second device, and of both of Dave's, when each
  /// has taken one out again.
  @Test func whoWasBroughtIntoAGroupAndTakenOutIsNoGhost() throws {
    var (world, room) = try Self.addingDave { world in
      try LinkTests.link(&world, host: 0)
      try LinkTests.link(&world, host: 3)
    }
    #expect(try world.report(1, room).people.map(\.devices).reduce(0, +) == 6)
    try Self.takeOutTheOther(&world, by: 0)
    try Self.takeOutTheOther(&world, by: 3)
    try world.say("I had another device", 0, in: room)
    world.settle(for: .seconds(10))
    world.setOnline(true, 2)
    world.settle(for: .seconds(60))
    #expect(world.roomTexts(2, room) == ["I had another device"])
    #expect(!world.clients[2].storedEvents.contains(.identityNotice(.ghostDevice)))
    #expect(try world.report(2, room).people.map(\.devices) == [1, 1, 1, 1])
    try world.checkAll()
  }

  /// Whoever may add people brings in a device alone that its account has taken out: nobody there
  /// says that it was the account's when it came.
  @Test func aRemovedDeviceAloneIsAGhost() throws {
    var (world, room) = try Self.addingDave { _ in }
    try LinkTests.link(&world, host: 3)
    world.settle(for: .seconds(60))
    try Self.takeOutTheOther(&world, by: 4)
    try world.say("who is here?", 0, in: room)
    world.settle(for: .seconds(10))
    world.setOnline(true, 2)
    world.settle(for: .seconds(60))
    #expect(world.roomTexts(2, room).isEmpty)
    #expect(world.clients[2].storedEvents.contains(.identityNotice(.ghostDevice)))
    #expect(world.clients[2].storedEvents.contains(.conversationBlocked(.ghostDevice)))
  }

  /// The device that asked Bob in was taken out before he saw it: whoever has it now may have asked
  /// him. He does not come in, says so, and asks Alice's other devices into a group of his own.
  @Test func aWelcomeOfARemovedDeviceIsRefusedAndTheConversationGoesOn() throws {
    var world = try LinkTests.linked()
    world.settle(for: .seconds(60))
    world.setOnline(false, 1)
    try world.send("from the second", from: 2, to: 1)
    world.settle(for: .seconds(30))
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(60))
    world.setOnline(true, 1)
    world.settle(for: .seconds(60))
    #expect(world.clients[1].storedEvents.contains(.identityNotice(.ghostDevice)))
    #expect(world.texts(1, with: 0) == [])
    let id = try world.send("from the first", from: 0, to: 1)
    world.settle(for: .seconds(30))
    #expect(world.texts(1, with: 0) == ["from the first"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    let answer = try world.send("and back", from: 1, to: 0)
    world.settle(for: .seconds(30))
    #expect(world.texts(0, with: 1).last == "and back")
    #expect(world.state(of: answer, 1, with: 0) == .delivered)
    #expect(world.texts(2, with: 1) == ["from the second"])
    try world.checkAll()
  }

  /// Alice's only device that could take the removed one out stays away. Bob waits two minutes for
  /// it, sending nothing, and goes on with all her devices in a new group.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func nothingIsSentToARemovedDevice(seed: UInt64) throws {
    var world = try LinkTests.linked(seed: seed)
    try world.send("hello", from: 1, to: 0)
    world.settle(for: .seconds(30))
    // Nobody manages to bring the third device into the conversation.
    world.passes = { index, endpoint, bytes in
      guard index != 1, endpoint == .logs,
        case .commit? = (try? WireLogsClientFrame(serializedBytes: bytes))?.request
      else { return true }
      return false
    }
    try LinkTests.link(&world, host: 0)
    let third = world.clients.count - 1
    world.setOnline(false, 0)
    world.setOnline(false, 2)
    world.passes = { _, _, _ in true }
    _ = try world.ask(third, .removeDevice(1))
    world.settle(for: .seconds(5))
    // Bob learns of it by the way.
    try world.send("what is new?", from: third, to: 1)
    world.settle(for: .seconds(10))
    try world.send("for those that are there", from: 1, to: 0)
    world.settle(for: .seconds(200))
    #expect(world.texts(third, with: 1).last == "for those that are there")
    #expect(world.groups(1, with: 0).map(\.phase).filter { $0 == .closed }.count == 1)
    world.setOnline(true, 0)
    world.setOnline(true, 2)
    world.settle(for: .seconds(120))
    #expect(!world.texts(0, with: 1).contains("for those that are there"))
    #expect(world.texts(2, with: 1).last == "for those that are there")
    try world.checkAll()
  }
}
