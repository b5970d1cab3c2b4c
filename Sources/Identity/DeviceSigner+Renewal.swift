// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// Another device-signing key in the place of one that somebody knows who is gone.
extension DeviceSigner {
  /// The manifest after `previous` that is signed by this signer's key, which is newer. Every
  /// device has signed its entry anew.
  ///
  /// - Throws: `deviceUnknown` when a device has not signed, `signatureInvalid`,
  ///   `signingKeyEpochInvalid` when the key is not a newer one, and `accountDeleted`,
  ///   `versionNotNext` and `accountMismatch` when nothing can follow upon `previous`.
  public func manifest(
    renewing previous: VerifiedManifest, signatures: [DeviceID: Signature], at now: Instant
  ) throws(IdentityFailure) -> SignedManifest {
    let old = previous.manifest
    guard old.reason != .delete else { throw .accountDeleted }
    guard old.version < .max else { throw .versionNotNext }
    guard old.accountID == accountID else { throw .accountMismatch }
    guard binding.epoch > old.dsk.epoch, binding.key != old.dsk.key else {
      throw .signingKeyEpochInvalid
    }
    var devices: [Device] = []
    for device in old.devices {
      guard let signature = signatures[device.id] else { throw .deviceUnknown }
      try verify(signature, of: device)
      devices.append(device.signed(anew: signature))
    }
    return sign(
      Manifest(
        accountID: accountID, version: old.version + 1, time: max(now, old.time),
        previousHash: previous.hash, aik: old.aik, dsk: binding, devices: devices,
        revoked: old.revoked, reason: .dskRotate))
  }

  /// Whether a device has signed its entry for this signer's key.
  public func isSigned(_ device: Device, by signature: Signature) -> Bool {
    (try? verify(signature, of: device)) != nil
  }

  private func verify(
    _ signature: Signature, of device: Device
  ) throws(IdentityFailure) {
    let content = Device.selfSignedContent(
      account: accountID, aik: aik, dsk: dsk.publicKey, id: device.id)
    try device.signatureKey.verify(signature, of: content, label: .device)
  }
}
