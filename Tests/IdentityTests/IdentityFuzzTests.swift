// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

/// Seeded mutation of valid inputs: what still decodes has to encode to the very same bytes, and
/// what is signed never verifies after a change.
@Suite struct IdentityFuzzTests {
  private static let rounds = 10_000

  private static func mutate(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var output = bytes
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let position = Int.random(in: 0..<max(1, output.count), using: &generator)
      switch UInt8.random(in: 0..<5, using: &generator) {
      case 0 where !output.isEmpty: output[position] = .random(in: 0...255, using: &generator)
      case 1 where !output.isEmpty: output[position] ^= 1 << UInt8(position % 8)
      case 2 where !output.isEmpty: output.removeSubrange(position...)
      case 3 where !output.isEmpty: output.remove(at: position)
      default: output.insert(.random(in: 0...255, using: &generator), at: position)
      }
    }
    return output
  }

  private static func check<Value: WireValue>(
    _ type: Value.Type, seeds: [[UInt8]], seed: UInt64, survives: (Value) -> Bool
  ) {
    var generator = SeededGenerator(seed: seed)
    for round in 0..<rounds {
      let original = seeds[round % seeds.count]
      let bytes = mutate(original, &generator)
      guard let value = try? Value(decoding: bytes) else { continue }
      #expect(value.encoded == bytes, "round \(round)")
      if bytes != original { #expect(!survives(value), "round \(round)") }
    }
  }

  @Test func manifests() throws {
    var fixture = try IdentityFixture()
    let create = try fixture.verifiedFirst()
    let two = fixture.entry(fixture.newDevice(2))
    let add = fixture.successor(of: create, .add, devices: create.manifest.devices + [two])
    let rotated = fixture.rotatedAccountKey()
    let rotate = fixture.successor(
      of: create, .aikRotate, devices: [fixture.entry(fixture.first, in: rotated)],
      signer: rotated, endorser: fixture.account.aik)
    Self.check(
      SignedManifest.self, seeds: [create.signed.encoded, add.encoded, rotate.encoded], seed: 21
    ) { manifest in
      (try? manifest.verifiedAsFirst()) != nil || (try? manifest.verified(after: create)) != nil
    }
  }

  @Test func certificates() throws {
    let fixture = try IdentityFixture()
    let certificate = fixture.account.issueCertificate(for: fixture.first, expires: fixture.now)
    Self.check(DeviceCertificate.self, seeds: [certificate.encoded], seed: 22) { certificate in
      (try? certificate.verified()) != nil
    }
  }

  @Test func addressesAndCodes() throws {
    let fixture = try IdentityFixture()
    Self.check(Address.self, seeds: [fixture.account.address.encoded], seed: 23) { _ in false }
    let side = IdentityFingerprint(
      accountID: fixture.account.accountID, aik: fixture.account.aik.publicKey)
    let code = SafetyCode(number: SafetyNumber(own: side, peer: side))
    Self.check(SafetyCode.self, seeds: [code.encoded], seed: 24) { _ in false }
  }

  @Test func storedSecrets() throws {
    let fixture = try IdentityFixture()
    let account = fixture.account.encodedForStore.copyBytes()
    let device = fixture.first.encodedForStore.copyBytes()
    var generator = SeededGenerator(seed: 25)
    for _ in 0..<Self.rounds {
      let changed = Self.mutate(account, &generator)
      if let decoded = try? AccountSecrets(decoding: Secret(changed)) {
        #expect(decoded.encodedForStore.copyBytes() == changed)
      }
      let changedDevice = Self.mutate(device, &generator)
      if let decoded = try? DeviceSecrets(decoding: Secret(changedDevice)) {
        #expect(decoded.encodedForStore.copyBytes() == changedDevice)
      }
    }
  }

  @Test func links() throws {
    let fixture = try IdentityFixture()
    let link = try InviteLink(
      host: .ipv6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]), port: 443,
      domain: fixture.account.address.domain, certificatePin: .zero,
      serverKey: fixture.account.aik.publicKey)
    var generator = SeededGenerator(seed: 26)
    for _ in 0..<Self.rounds {
      let bytes = Self.mutate(Array(link.description.utf8), &generator)
      let text = String(decoding: bytes, as: UTF8.self)
      if let decoded = try? InviteLink(text) { #expect(decoded.description == text) }
    }
  }
}
