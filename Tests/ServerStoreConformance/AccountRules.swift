// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import ServerCore
import Testing

/// Accounts, manifests and key packages.
enum AccountRules {
  private static func alice<Store>(_ fixture: inout StoreFixture<Store>) throws -> TestAccount {
    let alice = try TestAccount("alice", seed: 1)
    #expect(try fixture.one(.register(alice.address, alice.manifest)) == .done)
    return alice
  }

  private static func upload(
    _ device: DeviceKey, _ oneTime: [[UInt8]], lastResort: [UInt8]? = nil
  ) -> StoreRequest {
    .uploadKeyPackages(KeyPackageUpload(device: device, oneTime: oneTime, lastResort: lastResort))
  }

  private static func taken(_ answer: StoreAnswer) -> [TakenKeyPackages.Package]? {
    if case .keyPackages(let taken) = answer { taken.packages } else { nil }
  }

  static func registration(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    var alice = try alice(&fixture)
    let first = alice.manifest
    #expect(try fixture.one(.register(alice.address, first)) == .done)
    let thief = try TestAccount("alice", seed: 2)
    #expect(
      try fixture.one(.register(thief.address, thief.manifest)) == .refused(.alreadyExists))
    #expect(try fixture.read(.manifest(alice.address)) == .manifest(first.signed))
    let nobody = try TestAccount("nobody", seed: 3)
    #expect(try fixture.read(.manifest(nobody.address)) == .refused(.notFound))
    // The answer to the first request may have been lost until after the next manifest.
    try alice.add(2, seed: 4)
    _ = try fixture.one(
      .publishManifest(alice.address, alice.manifest, replacing: first.hash))
    #expect(try fixture.one(.register(alice.address, first)) == .done)
    #expect(try fixture.read(.manifest(alice.address)) == .manifest(alice.manifest.signed))
    #expect(
      try fixture.one(.register(alice.address, alice.manifest)) == .refused(.alreadyExists))
  }

  static func succession(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    var alice = try alice(&fixture)
    let first = alice.manifest
    var rival = alice
    try alice.add(2, seed: 2)
    try rival.add(3, seed: 3)
    let publish = StoreRequest.publishManifest(
      alice.address, alice.manifest, replacing: first.hash)
    #expect(try fixture.one(publish) == .done)
    #expect(try fixture.one(publish) == .done)
    #expect(
      try fixture.one(.publishManifest(alice.address, rival.manifest, replacing: first.hash))
        == .refused(.manifestConflict))
    #expect(try fixture.read(.manifest(alice.address)) == .manifest(alice.manifest.signed))
    #expect(
      try fixture.read(.keyPackageCount(alice.key(2)))
        == .keyPackageCount(oneTime: 0, hasLastResort: false))
    #expect(try fixture.read(.keyPackageCount(alice.key(3))) == .refused(.notADevice))
    let nobody = try TestAccount("nobody", seed: 4)
    #expect(
      try fixture.one(
        .publishManifest(nobody.address, nobody.manifest, replacing: first.hash))
        == .refused(.notFound))
  }

  static func revocation(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    var alice = try alice(&fixture)
    let first = alice.manifest
    try alice.add(2, seed: 2)
    let second = alice.manifest
    _ = try fixture.one(.publishManifest(alice.address, second, replacing: first.hash))
    _ = try fixture.one(upload(alice.key(1), [[1]]))
    _ = try fixture.one(upload(alice.key(2), [[2]], lastResort: [3]))
    try fixture.makeLog(1)
    let welcome = CommitRequest.Welcome(devices: [alice.key(1), alice.key(2)], body: [5])
    _ = try fixture.one(fixture.commit(1, 0, welcomes: [welcome]))
    try alice.remove(2)
    #expect(
      try fixture.one(.publishManifest(alice.address, alice.manifest, replacing: second.hash))
        == .done)
    let revoked = alice.key(2)
    #expect(try fixture.one(upload(revoked, [[4]])) == .refused(.notADevice))
    #expect(try fixture.one(.acknowledgeInbox(revoked, upTo: 1)) == .refused(.notADevice))
    #expect(try fixture.read(.keyPackageCount(revoked)) == .refused(.notADevice))
    #expect(
      try fixture.read(.inbox(revoked, after: 0, PageLimit(entries: 9, bytes: 9)))
        == .refused(.notADevice))
    #expect(
      try fixture.one(fixture.commit(1, 1, welcomes: [.init(devices: [revoked], body: [1])]))
        == .refused(.notFound))
    let packages = taken(try fixture.one(.takeKeyPackages(alice.address)))
    #expect(packages?.map(\.body) == [[1]])
    // The other device keeps the body that it shared with the one that is gone.
    #expect(try fixture.inbox(alice.key(1)).entries.map(\.body) == [[5]])
  }

  static func oneTime(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    var alice = try alice(&fixture)
    let first = alice.manifest
    try alice.add(2, seed: 2)
    _ = try fixture.one(.publishManifest(alice.address, alice.manifest, replacing: first.hash))
    #expect(taken(try fixture.one(.takeKeyPackages(alice.address))) == [])
    #expect(try fixture.one(upload(alice.key(2), [[21], [22]])) == .done)
    #expect(try fixture.one(upload(alice.key(1), [[11]])) == .done)
    #expect(
      try fixture.read(.keyPackageCount(alice.key(2)))
        == .keyPackageCount(oneTime: 2, hasLastResort: false))
    let one = DeviceID(rawValue: 1)
    let two = DeviceID(rawValue: 2)
    let take = StoreRequest.takeKeyPackages(alice.address)
    let answers = try fixture.write(take, take, take)
    #expect(
      answers[0]
        == .keyPackages(
          TakenKeyPackages(
            manifest: alice.manifest.signed,
            packages: [
              .init(deviceID: one, body: [11], isLastResort: false),
              .init(deviceID: two, body: [21], isLastResort: false),
            ])))
    #expect(
      taken(answers[1]) == [.init(deviceID: two, body: [22], isLastResort: false)])
    #expect(taken(answers[2]) == [])
    let nobody = try TestAccount("nobody", seed: 3)
    #expect(try fixture.one(.takeKeyPackages(nobody.address)) == .refused(.notFound))
  }

  static func lastResort(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let alice = try alice(&fixture)
    _ = try fixture.one(upload(alice.key(), [[1]], lastResort: [90]))
    let take = StoreRequest.takeKeyPackages(alice.address)
    let id = DeviceID(rawValue: 1)
    #expect(
      taken(try fixture.one(take)) == [.init(deviceID: id, body: [1], isLastResort: false)])
    for _ in 0..<3 {
      #expect(
        taken(try fixture.one(take)) == [.init(deviceID: id, body: [90], isLastResort: true)])
    }
    _ = try fixture.one(upload(alice.key(), []))
    _ = try fixture.one(upload(alice.key(), [], lastResort: [91]))
    #expect(
      taken(try fixture.one(take)) == [.init(deviceID: id, body: [91], isLastResort: true)])
    #expect(
      try fixture.read(.keyPackageCount(alice.key()))
        == .keyPackageCount(oneTime: 0, hasLastResort: true))
  }

  static func quota(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let alice = try alice(&fixture)
    let bodies = (0..<ServerLimits.oneTimeKeyPackagesMax).map { [UInt8($0), 1] }
    #expect(try fixture.one(upload(alice.key(), Array(bodies.dropLast()))) == .done)
    #expect(
      try fixture.one(upload(alice.key(), [[1], [2]], lastResort: [3]))
        == .refused(.quotaExceeded))
    // Nothing of the refused upload was stored.
    #expect(
      try fixture.read(.keyPackageCount(alice.key()))
        == .keyPackageCount(
          oneTime: ServerLimits.oneTimeKeyPackagesMax - 1, hasLastResort: false))
    #expect(try fixture.one(upload(alice.key(), bodies)) == .done)
    #expect(try fixture.one(upload(alice.key(), [[1]])) == .refused(.quotaExceeded))
  }

  static func repeatedUpload(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let alice = try alice(&fixture)
    let request = upload(alice.key(), [[1], [2], [1]])
    #expect(try fixture.one(request) == .done)
    #expect(try fixture.one(request) == .done)
    let take = StoreRequest.takeKeyPackages(alice.address)
    #expect(taken(try fixture.one(take))?.map(\.body) == [[1]])
    #expect(try fixture.one(request) == .done)
    #expect(taken(try fixture.one(take))?.map(\.body) == [[2]])
    #expect(taken(try fixture.one(take)) == [])
    fixture.now = fixture.now + (ServerLimits.spentKeyPackageRetention - .seconds(1))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 0))
    #expect(try fixture.one(request) == .done)
    #expect(taken(try fixture.one(take)) == [])
    fixture.now = fixture.now + .seconds(1)
    #expect(try fixture.one(.sweep(rowsMax: 1)) == .swept(rows: 1))
    #expect(try fixture.one(.sweep(rowsMax: 500)) == .swept(rows: 1))
    #expect(try fixture.one(request) == .done)
    #expect(taken(try fixture.one(take))?.map(\.body) == [[1]])
  }
}
