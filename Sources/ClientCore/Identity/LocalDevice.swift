// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// This device with its keys, as the account row holds it.
struct LocalDevice: Sendable {
  /// How long a certificate lasts: a leaf that sends no commit for a year is dead.
  static let certificateValidity = Duration.seconds(366 * 86_400)

  private static let formatVersion: UInt8 = 1

  /// The account's keys.
  let account: AccountSecrets
  /// The device's key.
  let device: DeviceSecrets
  /// What stands in the device's MLS credential.
  let certificate: DeviceCertificate

  /// A new account on a new device.
  init(
    newAccount address: Address, at now: Instant, using entropy: inout some RandomNumberGenerator
  ) {
    account = AccountSecrets(address: address, using: &entropy)
    device = DeviceSecrets(using: &entropy)
    certificate = account.issueCertificate(
      for: device, expires: now + LocalDevice.certificateValidity)
  }

  /// Takes what `encodedForStore` gave.
  init(decoding secret: Secret) throws(DecodingFailure) {
    let bytes = secret.copyBytes()
    var input = bytes.span
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "local device format")
    }
    account = try AccountSecrets(decoding: Secret(try input.readVector()))
    device = try DeviceSecrets(decoding: Secret(try input.readVector()))
    certificate = try DeviceCertificate(decoding: try input.readVector())
    guard input.isEmpty else { throw .trailingBytes }
  }

  /// The form for the encrypted store.
  var encodedForStore: Secret {
    var output = ByteWriter()
    output.write(Self.formatVersion)
    output.write(vector: account.encodedForStore.copyBytes())
    output.write(vector: device.encodedForStore.copyBytes())
    output.write(vector: certificate.encoded)
    return Secret(output.bytes)
  }

  /// The account's address.
  var address: Address { account.address }

  /// The device's key as MLS wants it.
  var signatureKey: SignaturePrivateKey {
    SignaturePrivateKey(rawRepresentation: device.key.seed)
  }

  /// What the device puts into every leaf.
  var leafIdentity: LeafIdentity {
    LeafIdentity(
      credential: .basic(identity: certificate.encoded),
      signatureKeyPair: SignatureKeyPair(
        privateKey: signatureKey, publicKey: device.key.publicKey.bytes),
      capabilities: ProductGroup.capabilities)
  }
}
