// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Identity
import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// Device lists that are old, are held back, or are not the ones that others are shown.
extension AdversaryTests {
  @Test func aRolledBackManifest() throws {
    var world = try World.registered(["alice", "bob"])
    let first = try #require(world.clients[1].store.committed.account()).manifest
    // Bob's manifest has gone on before Alice meets him.
    world.settle(for: .seconds(20 * 86_400))
    let (after, id) = try reunite(&world, bobsManifest: { _ in first }, keyPackage: nil)
    #expect(failure(of: id, after) == .manifestRollback)
    #expect(notices(after, 0) == [.pinned, .manifestRefused])
    let peer = after.clients[0].store.committed.peer(address: "bob@x.example")
    #expect(peer?.manifestVersion ?? 0 > 0)
    #expect(peer?.standing == .trusted)
  }

  /// Bob has said that he has a newer manifest than the directory shows.
  @Test func aManifestThatIsHeldBack() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    let first = try #require(world.clients[1].store.committed.account()).manifest
    world.tamper = { index, endpoint, bytes in
      guard index == 0, endpoint == .logs,
        var frame = try? WireLogsServerFrame(serializedBytes: bytes)
      else { return bytes }
      switch frame.response {
      case .manifest: frame.manifest.manifest = Data(first)
      case .keyPackages: frame.keyPackages.manifest = Data(first)
      default: return bytes
      }
      return try? frame.serializedBytes()
    }
    // Bob's manifest goes on, and his next message names it.
    world.settle(for: .seconds(20 * 86_400))
    #expect(notices(world, 0) == [.pinned])
    _ = try world.send("newer", from: 1, to: 0)
    world.settle(for: .seconds(30))
    #expect(notices(world, 0) == [.pinned, .manifestRefused])
    // What there is goes on; nothing is begun with what the directory offers, not even later.
    let here = try world.send("still here", from: 0, to: 1)
    world.settle(for: .seconds(30))
    #expect(world.state(of: here, 0, with: 1) == .delivered)
    loseStep(&world)
    let refused = try world.send("again", from: 0, to: 1)
    world.settle(for: .seconds(60))
    #expect(failure(of: refused, world) == .manifestRollback)
    world.tamper = { _, _, bytes in bytes }
    let last = try world.send("at last", from: 0, to: 1)
    world.settle(for: .seconds(60))
    #expect(world.state(of: last, 0, with: 1) == .delivered)
    try world.checkAll()
  }

  /// What a device says that the known manifest does not list stops nobody.
  @Test func aClaimOfAnAbsurdManifest() throws {
    var world = try LinkTests.linked()
    _ = try world.send("hello", from: 1, to: 0)
    world.settle(for: .seconds(30))
    let peer = try #require(world.clients[1].store.committed.peer(address: "alice@x.example"))
    let account = try #require(AccountID(peer.accountID))
    let claim = ManifestClaim(
      account: account, device: DeviceID(rawValue: 2), version: .max)
    #expect(ManifestClaim(claim.encoded) == claim)
    #expect(ManifestClaim(Array(claim.encoded.dropLast())) == nil)
    // The second device has said so, and was then taken out.
    try world.clients[1].store.transact { (transaction) throws(ClientStoreFailure) in
      transaction.put(SettingRow(key: "manifest.claimed:" + peer.address, value: claim.encoded))
    }
    try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(60))
    loseStep(&world, 1)
    let id = try world.send("again", from: 1, to: 0)
    world.settle(for: .seconds(60))
    #expect(world.state(of: id, 1, with: 0) == .delivered)
  }

  /// A first manifest of Bob's that is not the one which the directory has.
  private func anotherFirstManifest(_ world: World) throws -> [UInt8] {
    let row = try #require(world.clients[1].store.committed.account())
    let bob = try LocalDevice(decoding: row.secrets)
    return try #require(bob.account).firstManifest(
      device: bob.device, at: world.now + .seconds(1)
    ).encoded
  }

  /// Two manifests of one number: somebody shows different device lists to different people.
  @Test func aContradictingManifest() throws {
    var world = try World.registered(["alice", "bob"])
    let other = try anotherFirstManifest(world)
    let (after, id) = try reunite(&world, bobsManifest: { _ in other }, keyPackage: nil)
    #expect(failure(of: id, after) == .manifestInvalid)
    #expect(after.clients[0].storedEvents.contains(.conversationBlocked(.manifestInvalid)))
    world = after
    #expect(throws: ClientFailure(.manifestInvalid, "")) {
      try world.send("more", from: 0, to: 1)
    }
  }

  /// The directory shows Alice a device list of Bob's that it shows to nobody else, at first
  /// contact: nothing contradicts it but Bob's own messages, which name the one that he has.
  @Test func aDeviceListThatOneAloneIsShown() throws {
    var world = try World.registered(["alice", "bob"])
    let other = try anotherFirstManifest(world)
    tamperKeyPackages(&world) { $0.manifest = Data(other) }
    _ = try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    // The first of them is his receipt (content.md, manifest field).
    #expect(notices(world, 0) == [.pinned, .manifestRefused])
    #expect(world.clients[0].storedEvents.contains(.conversationBlocked(.manifestInvalid)))
    #expect(throws: ClientFailure(.manifestInvalid, "")) {
      try world.send("more", from: 0, to: 1)
    }
  }
}
