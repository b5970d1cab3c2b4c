// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// One account with seeded keys, and the means to make any manifest of it, also wrong ones.
struct IdentityFixture {
  var generator: SeededGenerator
  let account: AccountSecrets
  let first: DeviceSecrets
  let now = Instant(milliseconds: 1_790_000_000_000)

  init(seed: UInt64 = 7, address: String = "alice@messenger.example") throws {
    generator = SeededGenerator(seed: seed)
    account = AccountSecrets(address: try Address(address), using: &generator)
    first = DeviceSecrets(using: &generator)
  }

  var firstManifest: SignedManifest { account.firstManifest(device: first, at: now) }

  func verifiedFirst() throws -> VerifiedManifest { try firstManifest.verifiedAsFirst() }

  mutating func newDevice(_ number: UInt32) -> DeviceSecrets {
    DeviceSecrets(deviceID: DeviceID(rawValue: number), using: &generator)
  }

  func entry(_ device: DeviceSecrets, in account: AccountSecrets? = nil) -> Device {
    device.entry(
      in: account ?? self.account, added: now, expires: now + Device.validity, flags: [],
      approver: .device)
  }

  /// The account with another device-signing key.
  mutating func rotatedSigningKey(epoch: UInt32 = 2) -> AccountSecrets {
    AccountSecrets(
      accountID: account.accountID, address: account.address, aik: account.aik,
      dsk: SigningKey(using: &generator), dskEpoch: epoch)
  }

  /// The account with another account key.
  mutating func rotatedAccountKey() -> AccountSecrets {
    AccountSecrets(
      accountID: account.accountID, address: account.address, aik: SigningKey(using: &generator),
      dsk: account.dsk, dskEpoch: account.dskEpoch)
  }

  /// A manifest after `previous`, signed by `signer`; what is not given stays as it was.
  func successor(
    of previous: VerifiedManifest, _ reason: ManifestReason, devices: [Device]? = nil,
    revoked: [UInt32]? = nil, signer: AccountSecrets? = nil, endorser: SigningKey? = nil,
    change: (inout Manifest) -> Void = { _ in }
  ) -> SignedManifest {
    let signer = signer ?? account
    var manifest = Manifest(
      accountID: account.accountID, version: previous.version + 1, time: now,
      previousHash: previous.hash, aik: signer.aik.publicKey, dsk: signer.deviceSigningKeyBinding,
      devices: devices ?? previous.manifest.devices,
      revoked: revoked?.map { number in DeviceID(rawValue: number) } ?? previous.manifest.revoked,
      reason: reason)
    change(&manifest)
    return signer.sign(manifest, endorser: endorser)
  }
}

extension Array where Element == UInt8 {
  /// The same bytes with one bit turned.
  func flipping(bit: Int) -> [UInt8] {
    var copy = self
    copy[bit / 8] ^= 1 << (bit % 8)
    return copy
  }
}
