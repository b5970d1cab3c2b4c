// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// This device with its keys, as the account row holds it.
struct LocalDevice: Sendable {
  /// How long a certificate lasts: a leaf that sends no commit for a year is dead.
  static let certificateValidity = Duration.seconds(366 * 86_400)

  /// A device that holds the account key.
  private static let firstFormat: UInt8 = 1
  /// A device that was linked.
  private static let linkedFormat: UInt8 = 2

  /// The account's keys, on the device that the account was made on.
  let account: AccountSecrets?
  /// What manifests and certificates are signed with.
  let signer: DeviceSigner
  /// The device's key.
  let device: DeviceSecrets
  /// What stands in the device's MLS credential.
  let certificate: DeviceCertificate

  /// A new account on a new device.
  init(
    newAccount address: Address, at now: Instant, using entropy: inout some RandomNumberGenerator
  ) {
    let account = AccountSecrets(address: address, using: &entropy)
    self.account = account
    signer = account.signer
    device = DeviceSecrets(using: &entropy)
    certificate = account.issueCertificate(
      for: device, expires: now + LocalDevice.certificateValidity)
  }

  /// The device that holds the account key, with what is signed anew by it.
  init(account: AccountSecrets, device: DeviceSecrets, at now: Instant) {
    self.account = account
    signer = account.signer
    self.device = device
    certificate = account.issueCertificate(
      for: device, expires: now + LocalDevice.certificateValidity)
  }

  /// A device that was linked to an account.
  init(signer: DeviceSigner, device: DeviceSecrets, certificate: DeviceCertificate) {
    account = nil
    self.signer = signer
    self.device = device
    self.certificate = certificate
  }

  /// Takes what `encodedForStore` gave.
  init(decoding secret: Secret) throws(DecodingFailure) {
    let bytes = secret.copyBytes()
    var input = bytes.span
    let format = try input.readUInt8()
    let keys = Secret(try input.readVector())
    switch format {
    case Self.firstFormat:
      let account = try AccountSecrets(decoding: keys)
      self.account = account
      signer = account.signer
    case Self.linkedFormat:
      account = nil
      signer = try DeviceSigner(decoding: keys)
    default: throw .invalidValue(field: "local device format")
    }
    device = try DeviceSecrets(decoding: Secret(try input.readVector()))
    certificate = try DeviceCertificate(decoding: try input.readVector())
    guard input.isEmpty else { throw .trailingBytes }
  }

  /// The form for the encrypted store.
  var encodedForStore: Secret {
    var output = ByteWriter()
    output.write(account == nil ? Self.linkedFormat : Self.firstFormat)
    output.write(vector: (account?.encodedForStore ?? signer.encodedForStore).copyBytes())
    output.write(vector: device.encodedForStore.copyBytes())
    output.write(vector: certificate.encoded)
    return Secret(output.bytes)
  }

  /// The account's address.
  var address: Address { signer.address }

  /// The account's number.
  var accountID: AccountID { signer.accountID }

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
