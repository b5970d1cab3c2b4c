// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// A request on `/v1/inbox` whose fields have the right form.
enum InboxRequest: Hashable, Sendable {
  case register(Login, SignedManifest)
  case authenticate(Login)
  case publishManifest(SignedManifest)
  case uploadKeyPackages(oneTime: [[UInt8]], lastResort: [UInt8]?)
  case countKeyPackages
  case subscribe(after: UInt64)
  case acknowledge(UInt64)
  case openBlob(BlobID, size: UInt64, BlobTokenHash)

  /// A device's proof that it holds its key. Nobody has checked it.
  struct Login: Hashable, Sendable {
    let device: DeviceKey
    let signature: Signature

    /// What the device should have signed on a connection with this nonce. The domain is the
    /// address's own, so the proof is of no use to another service.
    func challenge(nonce: LoginChallenge.Nonce) -> LoginChallenge {
      LoginChallenge(
        domain: device.address.domain, endpoint: "/v1/inbox", nonce: nonce,
        address: device.address, deviceID: device.deviceID)
    }
  }
}
