// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@Suite struct ManifestTests {
  @Test func firstManifestHoldsAndRoundTrips() throws {
    let fixture = try IdentityFixture()
    let signed = fixture.firstManifest
    let decoded = try SignedManifest(decoding: signed.encoded)
    #expect(decoded == signed)
    #expect(decoded.claimedAccountID == fixture.account.accountID)
    #expect(decoded.claimedVersion == 0)
    let verified = try decoded.verifiedAsFirst()
    #expect(verified.hash == Fingerprint(hashing: signed.encoded))
    #expect(verified.manifest.reason == .create)
    let device = try verified.liveDevice(DeviceSecrets.firstID, at: fixture.now)
    #expect(device.signatureKey == fixture.first.key.publicKey)
    #expect(device.flags == .mayLink)
    let same = try fixture.firstManifest.verified(
      account: fixture.account.accountID, pinned: fixture.account.aik.publicKey)
    #expect(same == verified)
  }

  @Test func frozenManifestStillReads() throws {
    let fixture = try IdentityFixture()
    let bytes = try #require(Hex.decode(FrozenIdentity.manifest))
    #expect(Hex.encode(fixture.firstManifest.encoded) == FrozenIdentity.manifest)
    #expect(try SignedManifest(decoding: bytes).verifiedAsFirst() == fixture.verifiedFirst())
  }

  @Test func everyTurnedBitIsRefused() throws {
    let bytes = try IdentityFixture().firstManifest.encoded
    for bit in 0..<bytes.count * 8 {
      let flipped = bytes.flipping(bit: bit)
      let survivor = try? SignedManifest(decoding: flipped).verifiedAsFirst()
      #expect(survivor == nil, "bit \(bit)")
    }
  }

  @Test func everyPrefixIsRefused() throws {
    let fixture = try IdentityFixture()
    let bytes = fixture.firstManifest.encoded
    for length in 0..<bytes.count {
      #expect(throws: DecodingFailure.truncated, "length \(length)") {
        try SignedManifest(decoding: Array(bytes[..<length]))
      }
    }
    #expect(throws: DecodingFailure.trailingBytes) { try SignedManifest(decoding: bytes + [0]) }
  }

  @Test func refusesWhatTheFormatDoesNotAllow() throws {
    let bytes = try IdentityFixture().firstManifest.encoded
    // Offsets follow the structure in the documentation of Manifest.
    let devices = 1 + 16 + 4 + 8 + 32 + 32 + 1 + 32 + 64 + 4
    let device = devices + 2
    let end = device + 150
    for (offset, value, field) in [
      (0, 2, "manifest format"), (21, 0x80, "time"), (device + 68, 0x80, "time"),
      (device + 84, 0x80, "device flags"), (device + 85, 9, "device approver"),
      (end + 1, 0, "manifest reason"), (end + 1, 9, "manifest reason"),
    ] as [(Int, UInt8, StaticName)] {
      var changed = bytes
      changed[offset] = value
      let failure = DecodingFailure.invalidValue(field: field)
      #expect(throws: failure, "\(offset)") { try SignedManifest(decoding: changed) }
    }
  }

  @Test func devicesStandInRisingOrderAndAreFew() throws {
    var fixture = try IdentityFixture()
    let create = try fixture.verifiedFirst()
    let devices = (1...UInt32(Manifest.devicesMax) + 1).map { number in
      fixture.entry(fixture.newDevice(number))
    }
    let full = fixture.successor(of: create, .add, devices: Array(devices.dropLast()))
    #expect(try SignedManifest(decoding: full.encoded) == full)
    let crowded = fixture.successor(of: create, .add, devices: devices)
    #expect(throws: DecodingFailure.limitExceeded) {
      try SignedManifest(decoding: crowded.encoded)
    }
    let twice = fixture.successor(of: create, .add, devices: [devices[0], devices[0]])
    #expect(throws: DecodingFailure.invalidValue(field: "device order")) {
      try SignedManifest(decoding: twice.encoded)
    }
    let again = fixture.successor(of: create, .refresh, revoked: [5, 5])
    #expect(throws: DecodingFailure.invalidValue(field: "revoked order")) {
      try SignedManifest(decoding: again.encoded)
    }
    let worn = fixture.successor(
      of: create, .refresh, revoked: Array(100...UInt32(100 + Manifest.revokedMax)))
    #expect(throws: DecodingFailure.limitExceeded) { try SignedManifest(decoding: worn.encoded) }
    let longest = fixture.successor(
      of: create, .aikRotate, devices: Array(devices.dropLast()),
      revoked: Array(100..<UInt32(100 + Manifest.revokedMax)), endorser: fixture.account.aik
    ) { $0.aikTwin = Array(repeating: 0, count: 1952) }
    #expect(longest.encoded.count <= SignedManifest.lengthMax)
    #expect(try SignedManifest(decoding: longest.encoded) == longest)
  }

  @Test func refusesWhatCannotBeChecked() throws {
    let fixture = try IdentityFixture()
    let create = try fixture.verifiedFirst()
    let id = fixture.account.accountID
    func signed(_ change: (inout Manifest) -> Void) -> SignedManifest {
      var manifest = create.manifest
      change(&manifest)
      return fixture.account.sign(manifest)
    }
    #expect(throws: IdentityFailure.postQuantumTwinUnsupported) {
      try signed { $0.aikTwin = [1] }.verifiedAsFirst()
    }
    #expect(throws: IdentityFailure.versionNotNext) {
      try signed { $0.version = 1 }.verifiedAsFirst()
    }
    #expect(throws: IdentityFailure.previousHashMismatch) {
      try signed { $0.previousHash = create.hash }.verifiedAsFirst()
    }
    #expect(throws: IdentityFailure.previousHashMismatch) {
      try signed { $0.previousHash = create.hash }.verifiedAtFirstContact(of: id)
    }
    for reason in [ManifestReason.add, .remove, .refresh, .dskRotate, .delete] {
      #expect(throws: IdentityFailure.reasonContradicted) {
        try signed { $0.reason = reason }.verifiedAsFirst()
      }
    }
    let foreign = try IdentityFixture(seed: 9)
    #expect(throws: IdentityFailure.accountMismatch) {
      try create.signed.verifiedAtFirstContact(of: foreign.account.accountID)
    }
    #expect(throws: IdentityFailure.accountMismatch) {
      try create.signed.verified(account: foreign.account.accountID, pinned: create.aik)
    }
    #expect(throws: IdentityFailure.accountKeyChanged) {
      try create.signed.verified(account: id, pinned: foreign.account.aik.publicKey)
    }
    let twin = DeviceSecrets.renumbered(fixture.first, 2)
    #expect(throws: IdentityFailure.deviceKeyReused) {
      try fixture.successor(
        of: create, .add, devices: create.manifest.devices + [fixture.entry(twin)]
      ).verifiedAtFirstContact(of: id)
    }
    #expect(throws: IdentityFailure.deviceIDReused) {
      try fixture.successor(of: create, .refresh, revoked: [1]).verifiedAtFirstContact(of: id)
    }
    let late = try fixture.successor(of: create, .refresh, revoked: [9])
      .verifiedAtFirstContact(of: id)
    #expect(late.version == 1)
    #expect(throws: IdentityFailure.reasonContradicted) {
      try fixture.account.sign(
        Manifest(
          accountID: id, version: 0, time: fixture.now, previousHash: .zero,
          aik: create.aik, dsk: create.manifest.dsk, devices: create.manifest.devices,
          revoked: [DeviceID(rawValue: 5)], reason: .create)
      ).verifiedAsFirst()
    }
  }

  @Test func eachSignatureIsChecked() throws {
    var fixture = try IdentityFixture()
    let stranger = SigningKey(using: &fixture.generator)
    let create = try fixture.verifiedFirst()
    let account = fixture.account
    // The manifest's own signature.
    let forger = AccountSecrets(
      accountID: account.accountID, address: account.address, aik: account.aik, dsk: stranger,
      dskEpoch: 1)
    #expect(throws: IdentityFailure.signatureInvalid(.manifest)) {
      try forger.sign(create.manifest).verifiedAsFirst()
    }
    // The account key's word for the device-signing key.
    let usurper = AccountSecrets(
      accountID: account.accountID, address: account.address, aik: stranger, dsk: account.dsk,
      dskEpoch: 1)
    var manifest = create.manifest
    manifest.dsk = usurper.deviceSigningKeyBinding
    #expect(throws: IdentityFailure.signatureInvalid(.deviceSigningKey)) {
      try account.sign(manifest).verifiedAsFirst()
    }
    // A device of somebody else's account, listed by us.
    let other = try IdentityFixture(seed: 10)
    let stolen = fixture.successor(
      of: create, .add,
      devices: create.manifest.devices + [other.entry(DeviceSecrets.renumbered(other.first, 2))])
    #expect(throws: IdentityFailure.signatureInvalid(.device)) {
      try stolen.verified(after: create)
    }
  }
}
