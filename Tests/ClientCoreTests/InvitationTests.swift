// SPDX-License-Identifier: Apache-2.0

import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// A device asks others in and is taken out of its account before they have come.
@Suite struct InvitationTests {
  /// Bob was away: he follows no Welcome of the device that is gone. The other device asks him into
  /// a group of its own before he is back, and without writing anything.
  @Test func aPersonIsAskedAnew() throws {
    var world = try LinkTests.linked()
    world.settle(for: .seconds(60))
    world.setOnline(false, 1)
    try world.send("from the second", from: 2, to: 1)
    world.settle(for: .seconds(60))
    #expect(world.groups(0, with: 1).count == 1)
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(120))
    let groups = world.groups(0, with: 1)
    #expect(groups.map(\.phase).sorted { $0.rawValue < $1.rawValue } == [.active, .closed])
    world.setOnline(true, 1)
    world.settle(for: .seconds(60))
    let id = try world.send("from the first", from: 0, to: 1)
    world.settle(for: .seconds(30))
    #expect(world.texts(1, with: 0) == ["from the first"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    #expect(world.groups(0, with: 1).count == 2)
    try world.checkAll()
  }

  /// Whoever has answered is in, and stays.
  @Test func whoHasComeInStays() throws {
    var world = try LinkTests.linked()
    world.settle(for: .seconds(60))
    try world.send("from the second", from: 2, to: 1)
    world.settle(for: .seconds(60))
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(120))
    #expect(world.groups(0, with: 1).map(\.phase) == [.active])
    let id = try world.send("from the first", from: 0, to: 1)
    world.settle(for: .seconds(30))
    #expect(world.texts(1, with: 0) == ["from the second", "from the first"])
    #expect(world.state(of: id, 0, with: 1) == .delivered)
    try world.checkAll()
  }

  /// The third device of an account is linked by the second, and has not seen a Welcome when that
  /// one is taken out: the first brings it into everything.
  @Test func anOwnDeviceIsBroughtInAnew() throws {
    var (world, room) = try Self.third(isDeaf: true)
    #expect(world.conversation(3, room)?.phase != .open)
    try Self.takeOutTheSecond(&world)
    #expect(world.conversation(3, room)?.phase == .open)
    #expect(world.roomNotices(3, room).allSatisfy { !$0.contains("taken out") })
    try Self.checkTalk(&world, room)
  }

  /// The third one is in and has said nothing yet: that is put out and comes in again, and loses
  /// nothing of what waits to be sent.
  @Test func anOwnDeviceThatWasSilentComesBack() throws {
    var (world, room) = try Self.third(isDeaf: false)
    #expect(world.conversation(3, room)?.phase == .open)
    world.setOnline(false, 3)
    try world.say("written without a network", 3, in: room)
    try Self.takeOutTheSecond(&world)
    #expect(world.conversation(3, room)?.phase == .open)
    #expect(world.roomNotices(3, room).allSatisfy { !$0.contains("taken out") })
    #expect(world.roomTexts(1, room).last == "written without a network")
    try Self.checkTalk(&world, room)
  }

  /// Alice's second device was away when a device of Bob's asked both of hers, which is gone when
  /// that one is back: her first sees to it.
  @Test func anOwnDeviceThatAPeersDeviceHadAsked() throws {
    var (world, room) = try Self.askedByOneThatIsGone()
    for sender in [0, 1] {
      try world.say("\(sender) to the group", sender, in: room)
      try world.send("\(sender) to the other", from: sender, to: 1 - sender)
      world.settle(for: .seconds(60))
      #expect(world.roomTexts(2, room).last == "\(sender) to the group")
      #expect(world.texts(2, with: 1).last == "\(sender) to the other")
    }
    try world.checkAll()
  }

  /// What own devices share is not filled by Welcomes that are refused.
  @Test func refusalsAreBounded() throws {
    let (world, room) = try Self.askedByOneThatIsGone { world in
      try world.clients[2].store.transact { (transaction) throws(ClientStoreFailure) in
        for number in 0..<ClientLimits.refusalsMax {
          let key = OwnKey.refusal(ofDevice: 2, in: "\(number)@x.example")
          let value = Array(repeating: UInt8(1), count: OwnKey.refusalLength)
          transaction.put(OwnRecordRow(key: key.encoded, value: value, place: .origin))
        }
      }
    }
    #expect(world.conversation(2, room)?.phase != .open)
    let key = OwnKey.refusal(ofDevice: 2, in: room)
    for index in [0, 2] {
      #expect(world.clients[index].store.committed.ownRecord(key: key.encoded) == nil, "\(index)")
    }
  }

  private static func askedByOneThatIsGone(
    _ prepare: (inout World) throws -> Void = { _ in }
  ) throws -> (World, String) {
    var world = try World.registered(["alice", "bob"])
    try LinkTests.link(&world, host: 0)
    try LinkTests.link(&world, host: 1)
    world.settle(for: .seconds(60))
    try prepare(&world)
    world.setOnline(false, 2)
    guard
      case .reference(let room) = try world.ask(
        3, .createRoom(name: "Hike", addresses: ["alice@x.example"]))
    else { throw ClientFailure(.internalFailure, "no reference") }
    try world.send("from bob's second", from: 3, to: 0)
    world.settle(for: .seconds(60))
    _ = try world.ask(1, .removeDevice(2))
    world.settle(for: .seconds(120))
    world.setOnline(true, 2)
    world.settle(for: .seconds(300))
    return (world, room)
  }

  /// Alice with a second device, and with a third that the second has brought into her conversation
  /// with Bob and their group while the first was away.
  private static func third(isDeaf: Bool) throws -> (World, String) {
    var (world, room) = try World.room(["alice", "bob"])
    try LinkTests.link(&world, host: 0)
    try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(90))
    world.setOnline(false, 0)
    world.tamper = { index, endpoint, bytes in
      guard isDeaf, index == 3, endpoint == .inbox,
        case .entries = (try? WireInboxServerFrame(serializedBytes: bytes))?.response
      else { return bytes }
      return nil
    }
    try LinkTests.link(&world, host: 2)
    world.settle(for: .seconds(120))
    #expect(try world.report(2, room).people.map(\.devices).reduce(0, +) == 4)
    world.setOnline(true, 0)
    world.settle(for: .seconds(60))
    return (world, room)
  }

  private static func takeOutTheSecond(_ world: inout World) throws {
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(120))
    world.tamper = { _, _, bytes in bytes }
    world.setOnline(false, 3)
    world.setOnline(true, 3)
    world.settle(for: .seconds(600))
  }

  /// Both devices hear what Bob says, and each other.
  private static func checkTalk(_ world: inout World, _ room: String) throws {
    try world.say("to the group", 1, in: room)
    try world.send("to alice", from: 1, to: 0)
    world.settle(for: .seconds(60))
    for index in [0, 3] {
      #expect(world.roomTexts(index, room).last == "to the group", "\(index)")
      #expect(world.texts(index, with: 1).last == "to alice", "\(index)")
    }
    let bob = world.clients[1].address
    _ = try world.ask(0, .draft(address: bob, text: "half a thought"))
    world.settle(for: .seconds(60))
    guard case .draft(let draft) = try world.ask(3, .draft(address: bob, text: nil)) else {
      throw ClientFailure(.internalFailure, "no draft")
    }
    #expect(draft == "half a thought")
    try world.checkAll()
  }
}
