// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore
@testable import Identity

/// What the directory says about the own account, and what this device publishes of it.
@Suite struct OwnManifestTests {
  /// Which manifest the directory serves of Alice.
  enum Served: CaseIterable {
    case lastVersion, deletion, otherSigningKey
  }

  private func forged(_ served: Served, _ world: inout World) throws -> [UInt8] {
    let row = try #require(world.clients[0].store.committed.account())
    let account = try #require(LocalDevice(decoding: row.secrets).account)
    let current = try SignedManifest(decoding: row.manifest)
    let old = current.manifest
    var signer = account
    var version = old.version + 1
    var devices = old.devices
    var revoked = old.revoked
    let reason: ManifestReason
    switch served {
    case .lastVersion: (version, reason) = (.max, .refresh)
    case .deletion:
      reason = .delete
      revoked += devices.map(\.id)
      devices = []
    case .otherSigningKey:
      reason = .dskRotate
      signer = AccountSecrets(
        accountID: account.accountID, address: account.address, aik: account.aik,
        dsk: SigningKey(using: &world.entropy), dskEpoch: account.dskEpoch + 1)
      devices = [
        try LocalDevice(decoding: row.secrets).device.entry(
          in: signer, added: world.now, expires: world.now + Device.validity, flags: .mayLink,
          approver: .device)
      ]
    }
    let manifest = Manifest(
      accountID: account.accountID, version: version, time: world.now, previousHash: current.hash,
      aik: account.aik.publicKey, dsk: signer.deviceSigningKeyBinding, devices: devices,
      revoked: revoked, reason: reason)
    return signer.sign(manifest, endorser: nil).encoded
  }

  /// Somebody with the account key ends the chain of manifests: the device does not follow, says
  /// so, and can go on.
  @Test(arguments: Served.allCases) func oneThatNothingCanFollow(_ served: Served) throws {
    var (world, room) = try World.room(["alice", "bob"])
    let bytes = try forged(served, &world)
    world.tamper = { index, endpoint, frame in
      guard index == 0, endpoint == .logs,
        var answer = try? WireLogsServerFrame(serializedBytes: frame)
      else { return frame }
      switch answer.response {
      case .manifest: answer.manifest.manifest = Data(bytes)
      case .keyPackages: answer.keyPackages.manifest = Data(bytes)
      default: return frame
      }
      return try? answer.serializedBytes()
    }
    // The device asks about its own account when another one is linked.
    let before = try #require(world.clients[0].store.committed.account()).manifest
    let joiner = try LinkTests.begin(&world, 0)
    let code = try #require(LinkTests.report(&world, joiner).code)
    _ = try world.ask(0, .confirmLink(code: code))
    world.settle(for: .seconds(120))
    #expect(world.clients[0].storedEvents.contains(.identityNotice(.manifestRefused)))
    let after = try SignedManifest(
      decoding: try #require(world.clients[0].store.committed.account()).manifest)
    #expect(after.manifest.version == (try SignedManifest(decoding: before)).manifest.version + 1)
    world.tamper = { _, _, frame in frame }
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(60))
    try world.say("still here", 0, in: room)
    world.settle(for: .seconds(10))
    #expect(world.roomTexts(1, room) == ["still here"])
  }

  /// Taking a device out was answered, and the process died before the server had it.
  @Test func aRemovalThatWasAnsweredIsNotLost() throws {
    var world = try LinkTests.linked()
    world.passes = { index, endpoint, bytes in
      guard index == 0, endpoint == .inbox,
        let frame = try? WireInboxClientFrame(serializedBytes: bytes),
        case .publishManifest = frame.request
      else { return true }
      return false
    }
    _ = try world.ask(0, .removeDevice(2))
    world.passes = { _, _, _ in true }
    world.restart(0)
    world.settle(for: .seconds(60))
    guard case .devices(let list) = try world.ask(0, .devices) else { return }
    #expect(list.map(\.deviceID) == [1])
    let id = try world.send("one device", from: 1, to: 0)
    world.settle(for: .seconds(60))
    #expect(world.state(of: id, 1, with: 0) == .delivered)
    #expect(world.texts(0, with: 1) == ["one device"] && world.texts(2, with: 1).isEmpty)
    try world.checkAll()
  }
}
