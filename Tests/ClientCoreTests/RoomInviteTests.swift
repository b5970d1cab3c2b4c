// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Identity
import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore
@testable import MLS

/// Somebody who is to come into a group and cannot: nobody else is held up.
@Suite struct RoomInviteTests {
  /// What a test's closures count.
  private final class Tally {
    var requests: [UInt64] = []
  }

  private func refusals(_ world: World, _ index: Int) -> [String] {
    world.clients[index].events.compactMap { event in
      guard case .roomChanged(let notice) = event.kind, notice.kind == .refused else { return nil }
      return "\(notice.subject) \(notice.detail)"
    }
  }

  /// A group of Alice and Bob, and others with accounts who are to come in.
  private func room(_ others: [String]) throws -> (world: World, room: String) {
    var world = try World.registered(["alice", "bob"] + others)
    guard
      case .reference(let room) = try world.ask(
        0, .createRoom(name: "Hike", addresses: ["bob@x.example"]))
    else { throw ClientFailure(.internalFailure, "no reference") }
    world.settle(for: .seconds(10))
    return (world, room)
  }

  /// Holds back the commits of a client that invite `address`, and notes their numbers.
  private func holdBack(_ address: String, _ world: inout World) -> Tally {
    let tally = Tally()
    world.passes = { _, endpoint, bytes in
      guard endpoint == .logs, let frame = try? WireLogsClientFrame(serializedBytes: bytes),
        case .commit(let commit) = frame.request,
        commit.welcomes.contains(where: { $0.devices.contains { $0.address == address } })
      else { return true }
      tally.requests.append(frame.requestID)
      return false
    }
    return tally
  }

  /// The server refuses each commit that invites Dora: her inbox is full.
  @Test func aFullInboxHoldsUpNobodyElse() throws {
    var (world, room) = try room(["carol", "dora"])
    let tally = holdBack("dora@x.example", &world)
    try world.want(.add(address: "carol@x.example"), 0, in: room)
    try world.want(.add(address: "dora@x.example"), 0, in: room)
    try world.want(.rename("Both"), 0, in: room)
    var answered = 0
    for _ in 0..<6 {
      world.settle(for: .seconds(10))
      for number in tally.requests.dropFirst(answered) {
        var frame = WireLogsServerFrame()
        frame.requestID = number
        frame.failure.code = .quotaExceeded
        world.queue.append(
          .toClient(
            0, .logs, connection: try #require(world.clients[0].connections[.logs]),
            try frame.serializedBytes()))
      }
      answered = tally.requests.count
    }
    // Once with the others, once by herself.
    #expect(answered == 2)
    #expect(refusals(world, 0) == ["dora@x.example quota-exceeded"])
    #expect(try world.people(1, room) == ["alice owner", "bob member", "carol member"])
    #expect(try world.report(2, room).name == "Both")
    #expect(try world.report(0, room).waiting.isEmpty)
    try world.say("on", 0, in: room)
    world.settle(for: .seconds(10))
    #expect(world.roomTexts(2, room) == ["on"] && world.roomTexts(3, room).isEmpty)
    try world.checkAll()
  }

  /// Dora takes a device out after the directory named it and before the commit arrives.
  @Test func aDeviceThatIsGoneMeanwhile() throws {
    var (world, room) = try room(["dora"])
    try LinkTests.link(&world, host: 2)
    let tally = holdBack("dora@x.example", &world)
    try world.want(.add(address: "dora@x.example"), 0, in: room)
    world.settle(for: .seconds(10))
    #expect(tally.requests.count == 1)
    world.setOnline(false, 0)
    _ = try world.ask(2, .removeDevice(2))
    world.passes = { _, _, _ in true }
    world.setOnline(true, 0)
    world.settle(for: .seconds(120))
    #expect(refusals(world, 0).isEmpty)
    #expect(try world.people(1, room) == ["alice owner", "bob member", "dora member"])
    let dora = try world.report(1, room).people.first { $0.address == "dora@x.example" }
    #expect(dora?.devices == 1)
    try world.say("in?", 0, in: room)
    world.settle(for: .seconds(10))
    #expect(world.roomTexts(2, room) == ["in?"] && world.roomTexts(3, room).isEmpty)
    try world.checkAll()
  }

  /// Dora offers a leaf with Bob's encryption key, which no tree takes twice (RFC 9420 §7.3).
  @Test func aKeyThatIsInTheGroupAlready() throws {
    var (world, room) = try room(["dora"])
    let store = world.clients[1].store.committed
    let row = try #require(store.groups().first)
    let epoch = try #require(store.epoch(groupID: row.groupID, epoch: row.epoch))
    let group = try Group(epochState: epoch.state, messageSecrets: epoch.ratchets)
    let bobs = try #require(
      group.members.first { $0.leafIndex == group.ownLeafIndex }?.leafNode.encryptionKey)
    let account = try #require(world.clients[2].store.committed.account())
    let identity = try LocalDevice(decoding: account.secrets).leafIdentity
    let suite = ProductGroup.suite
    let leaf = try LeafNode.signedForKeyPackage(
      profile: identity.profile, encryptionKey: bobs,
      lifetime: Lifetime(from: world.now, lasting: .seconds(86_400)),
      with: identity.signatureKeyPair.privateKey, suite: suite)
    let initKey = try suite.generateHPKEKeyPair(using: &world.entropy)
    let forged = try KeyPackage.signed(
      suite: suite, initKey: initKey.publicKey, leafNode: leaf, extensions: [],
      with: identity.signatureKeyPair.privateKey)
    world.tamper = { index, endpoint, bytes in
      guard index == 0, endpoint == .logs,
        var frame = try? WireLogsServerFrame(serializedBytes: bytes),
        case .keyPackages(var answer) = frame.response
      else { return bytes }
      answer.packages[0].keyPackage = Data(MLSMessage.keyPackage(forged).encoded)
      frame.response = .keyPackages(answer)
      return try? frame.serializedBytes()
    }
    try world.want(.add(address: "dora@x.example"), 0, in: room)
    try world.want(.rename("Still here"), 0, in: room)
    world.settle(for: .seconds(60))
    #expect(refusals(world, 0) == ["dora@x.example key-package-invalid"])
    #expect(try world.report(1, room).name == "Still here")
    #expect(world.epochs(room, of: [0, 1]).count == 2)
    try world.say("on", 0, in: room)
    world.settle(for: .seconds(10))
    #expect(world.roomTexts(1, room) == ["on"])
    try world.checkAll()
  }

  @Test func nobodyBringsHimselfBack() throws {
    var (world, room) = try room([])
    #expect(throws: ClientFailure.self) {
      try world.want(.renew(address: "alice@x.example"), 0, in: room)
    }
    world.settle(for: .seconds(10))
    #expect(try world.report(0, room).waiting.isEmpty)
  }
}
