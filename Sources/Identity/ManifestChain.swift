// SPDX-License-Identifier: Apache-2.0

/// Two manifests of one account, and the rules by which the second may follow the first.
struct ManifestChain {
  let previous: Manifest
  let next: Manifest

  /// Checks every rule but the signatures.
  func check(previousHash: Fingerprint) throws(IdentityFailure) {
    guard next.accountID == previous.accountID else { throw .accountMismatch }
    guard previous.reason != .delete else { throw .accountDeleted }
    let (version, overflow) = previous.version.addingReportingOverflow(1)
    guard !overflow, next.version == version else { throw .versionNotNext }
    guard next.previousHash == previousHash else { throw .previousHashMismatch }
    try checkKeys()
    try checkDevices()
    try checkReason()
  }

  /// A key changes only for the reason that names it, and a new device-signing key has a new
  /// number.
  private func checkKeys() throws(IdentityFailure) {
    let aikChanged = next.aik != previous.aik
    if aikChanged, next.reason != .aikRotate { throw .accountKeyChanged }
    if !aikChanged, next.reason == .aikRotate { throw .reasonContradicted }

    let dskChanged = next.dsk.key != previous.dsk.key
    let epochs = (previous.dsk.epoch, next.dsk.epoch)
    guard dskChanged ? epochs.1 > epochs.0 : epochs.1 == epochs.0 else {
      throw .signingKeyEpochInvalid
    }
    switch next.reason {
    case .dskRotate:
      guard dskChanged else { throw .reasonContradicted }
    case .recover, .aikRotate: break
    case .create, .add, .remove, .delete, .refresh:
      guard !dskChanged else { throw .reasonContradicted }
    }
  }

  /// Who was listed stays as it was or is revoked; who was revoked stays revoked.
  private func checkDevices() throws(IdentityFailure) {
    let revoked = Set(next.revoked)
    guard revoked.isSuperset(of: previous.revoked) else { throw .revocationWithdrawn }
    for device in next.devices where revoked.contains(device.id) { throw .deviceIDReused }
    for old in previous.devices {
      guard let new = next.device(old.id) else {
        guard revoked.contains(old.id) else { throw .deviceDroppedSilently }
        continue
      }
      guard new.signatureKey == old.signatureKey, new.added == old.added else {
        throw .deviceChanged
      }
    }
    for new in next.devices where previous.device(new.id) == nil {
      let isTaken = previous.devices.contains { old in old.signatureKey == new.signatureKey }
      guard !isTaken else { throw .deviceKeyReused }
    }
  }

  /// The reason says what became of the devices.
  private func checkReason() throws(IdentityFailure) {
    let added = next.devices.contains { device in previous.device(device.id) == nil }
    let removed = previous.devices.contains { device in next.device(device.id) == nil }
    let holds =
      switch next.reason {
      case .create: false
      case .add: added && !removed
      case .remove: removed && !added
      case .refresh: !added && !removed
      case .dskRotate, .aikRotate: !added
      case .recover: true
      case .delete: next.devices.isEmpty
      }
    guard holds else { throw .reasonContradicted }
  }
}
