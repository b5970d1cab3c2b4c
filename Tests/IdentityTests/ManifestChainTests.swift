// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@Suite struct ManifestChainTests {
  @Test func wholeLifeOfAnAccountHolds() throws {
    var fixture = try IdentityFixture()
    let create = try fixture.verifiedFirst()
    let second = fixture.newDevice(2)
    let both = [fixture.entry(fixture.first), fixture.entry(second)]
    let add = fixture.successor(of: create, .add, devices: both)
    let added = try add.verified(after: create)
    #expect(added.version == 1)
    #expect(added.manifest.devices.map(\.id.rawValue) == [1, 2])

    let refresh = fixture.account.refreshedManifest(
      after: added, by: DeviceSecrets.firstID, at: fixture.now + .seconds(60))
    let refreshed = try refresh.verified(after: added)
    let end = fixture.now + .seconds(60) + Device.validity
    #expect(refreshed.manifest.devices.allSatisfy { device in device.expires == end })

    let remove = fixture.successor(
      of: refreshed, .remove, devices: [fixture.entry(fixture.first)], revoked: [2])
    let removed = try remove.verified(after: refreshed)
    #expect(throws: IdentityFailure.deviceRevoked) {
      try removed.liveDevice(DeviceID(rawValue: 2), at: fixture.now)
    }

    let rotated = fixture.rotatedSigningKey()
    let rotate = fixture.successor(
      of: removed, .dskRotate, devices: [fixture.entry(fixture.first, in: rotated)],
      signer: rotated)
    let afterRotation = try rotate.verified(after: removed)
    #expect(afterRotation.aik == create.aik)

    let third = fixture.newDevice(3)
    let recover = fixture.successor(
      of: afterRotation, .recover, devices: [fixture.entry(third, in: rotated)], revoked: [1, 2],
      signer: rotated, endorser: rotated.aik)
    let recovered = try recover.verified(after: afterRotation)

    let delete = fixture.successor(
      of: recovered, .delete, devices: [], revoked: [1, 2, 3], signer: rotated)
    let deleted = try delete.verified(after: recovered)
    let walked = try create.advanced(
      through: [add, refresh, remove, rotate, recover, delete])
    #expect(walked == deleted)
    #expect(throws: IdentityFailure.accountDeleted) {
      try fixture.successor(of: deleted, .add, devices: both).verified(after: deleted)
    }
    #expect(throws: IdentityFailure.versionNotNext) {
      try create.advanced(through: [add, remove])
    }
  }

  @Test func accountKeyRotationNeedsTheOldKey() throws {
    var fixture = try IdentityFixture()
    let create = try fixture.verifiedFirst()
    let rotated = fixture.rotatedAccountKey()
    let devices = [fixture.entry(fixture.first, in: rotated)]
    func rotation(endorser: SigningKey) -> SignedManifest {
      fixture.successor(
        of: create, .aikRotate, devices: devices, signer: rotated, endorser: endorser)
    }
    let verified = try rotation(endorser: fixture.account.aik).verified(after: create)
    #expect(verified.aik == rotated.aik.publicKey)
    #expect(throws: IdentityFailure.signatureInvalid(.accountKeyRotation)) {
      try rotation(endorser: rotated.aik).verified(after: create)
    }
    // Somebody who pinned the old key and lacks the history has to look closer.
    #expect(throws: IdentityFailure.accountKeyChanged) {
      try rotation(endorser: fixture.account.aik)
        .verified(account: fixture.account.accountID, pinned: create.aik)
    }
    #expect(throws: IdentityFailure.reasonContradicted) {
      try fixture.successor(of: create, .aikRotate, endorser: fixture.account.aik)
        .verified(after: create)
    }
    #expect(throws: IdentityFailure.accountKeyChanged) {
      try fixture.successor(of: create, .dskRotate, devices: devices, signer: rotated)
        .verified(after: create)
    }
  }

  @Test func recoveryNeedsTheAccountKeyAndKeepsIt() throws {
    var fixture = try IdentityFixture()
    let create = try fixture.verifiedFirst()
    let thief = SigningKey(using: &fixture.generator)
    #expect(throws: IdentityFailure.signatureInvalid(.recovery)) {
      try fixture.successor(of: create, .recover, endorser: thief).verified(after: create)
    }
    #expect(throws: IdentityFailure.signatureInvalid(.recovery)) {
      try fixture.successor(of: create, .recover, endorser: thief)
        .verifiedAtFirstContact(of: fixture.account.accountID)
    }
    let rotated = fixture.rotatedAccountKey()
    #expect(throws: IdentityFailure.accountKeyChanged) {
      try fixture.successor(
        of: create, .recover, devices: [fixture.entry(fixture.first, in: rotated)],
        signer: rotated, endorser: fixture.account.aik
      ).verified(after: create)
    }
  }

  @Test func versionAndHashMustFollow() throws {
    let fixture = try IdentityFixture()
    let create = try fixture.verifiedFirst()
    for version: UInt32 in [0, 2, 3, .max] {
      #expect(throws: IdentityFailure.versionNotNext) {
        try fixture.successor(of: create, .refresh) { $0.version = version }
          .verified(after: create)
      }
    }
    #expect(throws: IdentityFailure.previousHashMismatch) {
      try fixture.successor(of: create, .refresh) { $0.previousHash = .zero }
        .verified(after: create)
    }
    let other = try IdentityFixture(seed: 8)
    #expect(throws: IdentityFailure.accountMismatch) {
      try fixture.successor(of: create, .refresh) { $0.accountID = other.account.accountID }
        .verified(after: create)
    }
  }

  @Test func signingKeyChangesOnlyByRotationWithAHigherNumber() throws {
    var fixture = try IdentityFixture()
    let create = try fixture.verifiedFirst()
    for (epoch, reason, failure) in [
      (1, .dskRotate, .signingKeyEpochInvalid), (0, .dskRotate, .signingKeyEpochInvalid),
      (2, .refresh, .reasonContradicted),
    ] as [(UInt32, ManifestReason, IdentityFailure)] {
      let rotated = fixture.rotatedSigningKey(epoch: epoch)
      let devices = [fixture.entry(fixture.first, in: rotated)]
      #expect(throws: failure) {
        try fixture.successor(of: create, reason, devices: devices, signer: rotated)
          .verified(after: create)
      }
    }
    #expect(throws: IdentityFailure.reasonContradicted) {
      try fixture.successor(of: create, .dskRotate).verified(after: create)
    }
    let renumbered = AccountSecrets(
      accountID: fixture.account.accountID, address: fixture.account.address,
      aik: fixture.account.aik, dsk: fixture.account.dsk, dskEpoch: 2)
    #expect(throws: IdentityFailure.signingKeyEpochInvalid) {
      try fixture.successor(of: create, .refresh, signer: renumbered).verified(after: create)
    }
  }

  @Test func devicesAndRevocationsOnlyMoveForward() throws {
    var fixture = try IdentityFixture()
    let create = try fixture.verifiedFirst()
    let second = fixture.newDevice(2)
    let one = fixture.entry(fixture.first)
    let two = fixture.entry(second)
    let both = try fixture.successor(of: create, .add, devices: [one, two]).verified(after: create)
    let removed = try fixture.successor(of: both, .remove, devices: [one], revoked: [2])
      .verified(after: both)
    let newKey = fixture.entry(fixture.newDevice(1))
    let renamed = DeviceSecrets.renumbered(second, 3)

    let cases: [(VerifiedManifest, ManifestReason, [Device], [UInt32], IdentityFailure)] = [
      (both, .remove, [one], [], .deviceDroppedSilently),
      (removed, .refresh, [one], [], .revocationWithdrawn),
      (removed, .add, [one, two], [2], .deviceIDReused),
      (removed, .add, [one, two], [], .revocationWithdrawn),
      (create, .add, [newKey], [], .deviceChanged),
      (both, .recover, [one, fixture.entry(renamed)], [2], .deviceKeyReused),
      (create, .add, [one], [], .reasonContradicted),
      (create, .refresh, [one, two], [], .reasonContradicted),
      (create, .remove, [one, two], [], .reasonContradicted),
      (both, .add, [one], [2], .reasonContradicted),
      (both, .refresh, [one], [2], .reasonContradicted),
      (create, .delete, [one], [], .reasonContradicted),
      (create, .create, [one], [], .reasonContradicted),
    ]
    for (previous, reason, devices, revoked, failure) in cases {
      // A recovery is endorsed, so that the case fails for what it shows.
      let endorser = reason == .recover ? fixture.account.aik : nil
      #expect(throws: failure, "\(reason) \(failure)") {
        try fixture.successor(
          of: previous, reason, devices: devices, revoked: revoked, endorser: endorser
        ).verified(after: previous)
      }
    }
  }
}

extension DeviceSecrets {
  /// The same key under another number, as an attacker would list it.
  static func renumbered(_ device: DeviceSecrets, _ number: UInt32) -> DeviceSecrets {
    let bytes = [1] + DeviceID(rawValue: number).encoded + device.key.seed.copyBytes()
    guard let copy = try? DeviceSecrets(decoding: Secret(bytes)) else {
      preconditionFailure("the layout is that of encodedForStore")
    }
    return copy
  }
}
