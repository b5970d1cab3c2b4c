// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore

/// The device-signing key is another one after a device was taken out.
@Suite struct RenewalTests {
  /// Alice with so many more devices, who has talked with Bob.
  private static func world(_ more: Int, seed: UInt64 = 1) throws -> World {
    var world = try World.registered(["alice", "bob"], seed: seed)
    _ = try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    for _ in 0..<more { try LinkTests.link(&world, host: 0) }
    world.settle(for: .seconds(120))
    return world
  }

  private static func account(
    _ world: World, _ index: Int
  ) throws -> (device: LocalDevice, manifest: SignedManifest) {
    let row = try #require(world.clients[index].store.committed.account())
    return (
      try LocalDevice(decoding: row.secrets), try SignedManifest(decoding: row.manifest)
    )
  }

  /// Whether the device has the signing key of its own manifest.
  private static func epoch(_ world: World, _ index: Int) throws -> UInt32 {
    let (device, manifest) = try account(world, index)
    #expect(device.signer.dsk.publicKey == manifest.manifest.dsk.key, "\(index)")
    #expect(device.signer.binding.epoch == manifest.manifest.dsk.epoch, "\(index)")
    return manifest.manifest.dsk.epoch
  }

  /// Everybody is heard, on every device that is left, and nobody is alarmed.
  private static func checkTalk(_ world: inout World, _ devices: [Int]) throws {
    for from in devices + [1] {
      let to = from == 1 ? devices[0] : 1
      _ = try world.send("from \(from)", from: from, to: to)
      world.settle(for: .seconds(40))
      for index in devices where index != from {
        #expect(world.texts(index, with: 1).last == "from \(from)", "\(index)")
      }
      #expect(world.texts(1, with: 0).last == "from \(from)")
    }
    let alarms: Set<IdentityNotice> = [
      .identityChanged, .manifestRefused, .ghostDevice, .keyPackageRefused, .welcomeRefused,
    ]
    for index in devices + [1] {
      let heard = world.clients[index].storedEvents.compactMap { kind in
        if case .identityNotice(let notice) = kind { notice } else { nil }
      }
      #expect(alarms.isDisjoint(with: heard), "\(index): \(heard)")
    }
    try world.checkAll()
  }

  /// What a removed device knows signs no manifest that follows any more.
  private static func checkLockedOut(_ world: World, _ removed: Int) throws {
    let (device, _) = try account(world, removed)
    let (_, current) = try account(world, 0)
    let known = try current.verified(account: device.accountID, pinned: device.signer.aik)
    let key = SigningKey(seed: Secret([UInt8](repeating: 7, count: 32)))
    let ghost = DeviceSecrets(deviceID: DeviceID(rawValue: 99), key: try #require(key))
    let entry = try device.signer.entry(
      of: ghost.deviceID, key: ghost.key.publicKey,
      selfSignature: ghost.selfSignature(
        account: device.accountID, aik: device.signer.aik, dsk: device.signer.dsk.publicKey),
      at: world.now)
    #expect(throws: IdentityFailure.signingKeyMismatch) {
      try device.signer.manifest(adding: entry, after: known, at: world.now)
    }
    // Nor does it have the new one anywhere.
    let seed = try account(world, 0).device.signer.dsk.seed.copyBytes()
    let store = world.clients[removed].store.committed
    var found = [store.account()?.secrets.copyBytes() ?? []]
    found += store.settingRows.values.map(\.value)
    found += store.ownRecordRows.values.flatMap { [$0.value, $0.local ?? []] }
    #expect(
      !found.contains { bytes in
        bytes.indices.contains { bytes.dropFirst($0).starts(with: seed) }
      })
  }

  @Test func aDeviceThatIsLeftAloneRenewsAtOnce() throws {
    var world = try Self.world(1)
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(60))
    #expect(try Self.epoch(world, 0) == 2)
    #expect(try Self.account(world, 0).manifest.manifest.reason == .dskRotate)
    try Self.checkLockedOut(world, 2)
    try Self.checkTalk(&world, [0])
    // The number that Bob compares is the same, and devices can be linked.
    try LinkTests.link(&world, host: 0)
    world.settle(for: .seconds(90))
    #expect(try Self.epoch(world, 3) == 2)
    try Self.checkTalk(&world, [0, 3])
  }

  /// Who was taken out while it was away hears of that although it does not have the next key.
  @Test func aDeviceThatIsGoneHearsOfIt() throws {
    var world = try Self.world(1)
    world.setOnline(false, 2)
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(60))
    #expect(try Self.epoch(world, 0) == 2)
    world.setOnline(true, 2)
    world.settle(for: .seconds(60))
    #expect(world.clients[2].storedEvents.contains(.identityNotice(.unlinked)))
    #expect(!world.clients[2].storedEvents.contains(.identityNotice(.manifestRefused)))
    #expect(world.lines(2, with: 1).last?.text == "This device was taken out of the account.")
    try Self.checkLockedOut(world, 2)
  }

  /// Whichever device removes one, the one with the account key draws the next.
  @Test(arguments: [0, 3]) func theOthersAreHandedItAndSign(remover: Int) throws {
    var world = try Self.world(3)
    _ = try world.ask(remover, .removeDevice(2))
    world.settle(for: .seconds(180))
    for index in [0, 3, 4] { #expect(try Self.epoch(world, index) == 2, "\(index)") }
    try Self.checkLockedOut(world, 2)
    try Self.checkTalk(&world, [0, 3, 4])
    // Nothing of it is left over.
    for index in [0, 3, 4] {
      for key in ["signer.drawn", "signer.held"] {
        let value = world.clients[index].store.committed.settingRows[key]?.value ?? []
        #expect(value.isEmpty, "\(index) \(key)")
      }
    }
    // A linked device goes on with it.
    try LinkTests.link(&world, host: 3)
    world.settle(for: .seconds(90))
    #expect(try Self.epoch(world, 5) == 2)
    try Self.checkTalk(&world, [0, 3, 4, 5])
  }

  @Test(arguments: [0, 3]) func itWaitsForADeviceThatIsAway(absent: Int) throws {
    var world = try Self.world(2)
    world.setOnline(false, absent)
    _ = try world.ask(absent == 0 ? 3 : 0, .removeDevice(2))
    world.settle(for: .seconds(600))
    let here = absent == 0 ? 3 : 0
    #expect(try Self.epoch(world, here) == 1)
    world.setOnline(true, absent)
    world.settle(for: .seconds(300))
    for index in [0, 3] { #expect(try Self.epoch(world, index) == 2, "\(index)") }
    try Self.checkLockedOut(world, 2)
    try Self.checkTalk(&world, [0, 3])
  }

  /// A device goes that has been handed the next key: another one is drawn.
  @Test func aRemovalDuringAnotherBeginsAnew() throws {
    var world = try Self.world(3)
    world.setOnline(false, 4)
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(180))
    #expect(try Self.epoch(world, 0) == 1)
    _ = try world.ask(0, .removeDevice(3))
    world.settle(for: .seconds(180))
    world.setOnline(true, 4)
    world.settle(for: .seconds(300))
    for index in [0, 4] { #expect(try Self.epoch(world, index) == 3, "\(index)") }
    for removed in [2, 3] { try Self.checkLockedOut(world, removed) }
    try Self.checkTalk(&world, [0, 4])
  }

  @Test(arguments: [TestCrash.beforeCommit, .afterCommit], [0, 3])
  func itSurvivesACrashAtEachStep(crash: TestCrash, dying: Int) throws {
    let ready = try Self.world(2)
    var last = ready
    _ = try last.ask(0, .removeDevice(2))
    last.settle(for: .seconds(120))
    #expect(try Self.epoch(last, dying) == 2)
    let steps = ready.clients[dying].steps + 1...last.clients[dying].steps
    for step in steps {
      var world = ready
      world.crashes = [dying: [step: crash]]
      let token = world.begin(0, .removeDevice(2))
      // What was not answered for was not promised.
      if world.clients[0].answers[token] == nil {
        world.settle(for: .seconds(5))
        _ = try? world.ask(0, .removeDevice(2))
      }
      world.settle(for: .seconds(300))
      for index in [0, 3] { #expect(try Self.epoch(world, index) == 2, "\(step), \(index)") }
      try world.checkAll()
    }
  }

  /// With the account key gone nobody can certify another one.
  @Test func withoutTheAccountKeyNothingIsRenewed() throws {
    var world = try Self.world(2)
    _ = try world.ask(2, .removeDevice(1))
    world.settle(for: .seconds(180))
    for index in [2, 3] { #expect(try Self.epoch(world, index) == 1, "\(index)") }
  }
}
