// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@Suite struct DeviceCertificateTests {
  private static func certificate(_ fixture: IdentityFixture) -> DeviceCertificate {
    fixture.account.issueCertificate(for: fixture.first, expires: fixture.now + Device.validity)
  }

  @Test func certificateHoldsAndSaysWhoItIs() throws {
    let fixture = try IdentityFixture()
    let certificate = Self.certificate(fixture)
    let decoded = try DeviceCertificate(decoding: certificate.encoded)
    #expect(decoded.claimedAccountID == fixture.account.accountID)
    #expect(decoded.claimedAddress == fixture.account.address)
    let verified = try decoded.verified()
    #expect(verified.certificate == certificate)
    #expect(verified.accountID == fixture.account.accountID)
    #expect(verified.address.description == "alice@messenger.example")
    #expect(verified.deviceID == DeviceSecrets.firstID)
    #expect(verified.signatureKey == fixture.first.key.publicKey)
    #expect(verified.aik == fixture.account.aik.publicKey)
    #expect(verified.expires == fixture.now + Device.validity)
    try verified.check(against: fixture.verifiedFirst(), at: fixture.now)
  }

  @Test func frozenCertificateStillReads() throws {
    let fixture = try IdentityFixture()
    let bytes = try #require(Hex.decode(FrozenIdentity.certificate))
    #expect(Hex.encode(Self.certificate(fixture).encoded) == FrozenIdentity.certificate)
    let verified = try DeviceCertificate(decoding: bytes).verified()
    try verified.check(against: fixture.verifiedFirst(), at: fixture.now)
  }

  @Test func everyTurnedBitIsRefused() throws {
    let bytes = Self.certificate(try IdentityFixture()).encoded
    for bit in 0..<bytes.count * 8 {
      let survivor = try? DeviceCertificate(decoding: bytes.flipping(bit: bit)).verified()
      #expect(survivor == nil, "bit \(bit)")
    }
  }

  @Test func everyPrefixIsRefused() throws {
    let bytes = Self.certificate(try IdentityFixture()).encoded
    for length in 0..<bytes.count {
      #expect(throws: DecodingFailure.truncated, "length \(length)") {
        try DeviceCertificate(decoding: Array(bytes[..<length]))
      }
    }
    #expect(throws: DecodingFailure.trailingBytes) {
      try DeviceCertificate(decoding: bytes + [0])
    }
    #expect(throws: DecodingFailure.invalidValue(field: "certificate format")) {
      try DeviceCertificate(decoding: [2] + bytes.dropFirst())
    }
  }

  @Test func bothSignaturesAreChecked() throws {
    var fixture = try IdentityFixture()
    let account = fixture.account
    let bytes = Self.certificate(fixture).encoded
    let last = bytes.count - 1
    #expect(throws: IdentityFailure.signatureInvalid(.deviceCertificate)) {
      try DeviceCertificate(decoding: bytes.flipping(bit: (last - 40) * 8)).verified()
    }
    // The account key in the certificate is replaced by one that certified nothing.
    let stranger = SigningKey(using: &fixture.generator).publicKey
    let aikStart = 1 + 16 + account.address.encoded.count + 4 + 32
    var usurped = bytes
    usurped.replaceSubrange(aikStart..<aikStart + 32, with: stranger.bytes)
    #expect(throws: IdentityFailure.signatureInvalid(.deviceSigningKey)) {
      try DeviceCertificate(decoding: usurped).verified()
    }
  }

  @Test func certificateCountsOnlyWithItsManifest() throws {
    var fixture = try IdentityFixture()
    let now = fixture.now
    let create = try fixture.verifiedFirst()
    let verified = try Self.certificate(fixture).verified()

    let other = try IdentityFixture(seed: 11)
    let othersManifest = try other.verifiedFirst()
    #expect(throws: IdentityFailure.accountMismatch) {
      try verified.check(against: othersManifest, at: now)
    }
    let unknown = try fixture.account.issueCertificate(
      for: fixture.newDevice(5), expires: now + Device.validity
    ).verified()
    #expect(throws: IdentityFailure.deviceUnknown) { try unknown.check(against: create, at: now) }
    let wrongKey = try fixture.account.issueCertificate(
      for: fixture.newDevice(1), expires: now + Device.validity
    ).verified()
    #expect(throws: IdentityFailure.deviceKeyMismatch) {
      try wrongKey.check(against: create, at: now)
    }
    #expect(throws: IdentityFailure.deviceExpired) {
      try verified.check(against: create, at: now + Device.validity)
    }
    let short = try fixture.account.issueCertificate(
      for: fixture.first, expires: now + .seconds(10)
    ).verified()
    try short.check(against: create, at: now + .milliseconds(9_999))
    #expect(throws: IdentityFailure.certificateExpired) {
      try short.check(against: create, at: now + .seconds(10))
    }

    let two = fixture.entry(fixture.newDevice(2))
    let recovered = try fixture.successor(
      of: create, .recover, devices: [two], revoked: [1], endorser: fixture.account.aik
    ).verified(after: create)
    #expect(throws: IdentityFailure.deviceRevoked) {
      try verified.check(against: recovered, at: now)
    }
    let rotated = fixture.rotatedSigningKey()
    let rotation = try fixture.successor(
      of: create, .dskRotate, devices: [fixture.entry(fixture.first, in: rotated)],
      signer: rotated
    ).verified(after: create)
    // One of before holds on, as long as the device is listed; one of a key that the manifest does
    // not have does not.
    try verified.check(against: rotation, at: now)
    let later = try rotated.issueCertificate(
      for: fixture.first, expires: now + .seconds(10)
    ).verified()
    try later.check(against: rotation, at: now)
    #expect(throws: IdentityFailure.signingKeyMismatch) {
      try later.check(against: create, at: now)
    }
    let newKey = fixture.rotatedAccountKey()
    let keyRotation = try fixture.successor(
      of: create, .aikRotate, devices: [fixture.entry(fixture.first, in: newKey)],
      signer: newKey, endorser: fixture.account.aik
    ).verified(after: create)
    #expect(throws: IdentityFailure.accountKeyChanged) {
      try verified.check(against: keyRotation, at: now)
    }
  }
}
