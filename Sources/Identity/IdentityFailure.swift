// SPDX-License-Identifier: Apache-2.0

/// Why a manifest, a certificate or an answer to a challenge is not believed. Each one means: keep
/// what was held before and use nothing of what came.
public enum IdentityFailure: Error, Hashable, Sendable {
  /// A signature was not made by the key that should have made it.
  case signatureInvalid(IdentityLabel)
  /// A signature that the reason calls for is missing, or one is there that it does not call for.
  case endorsementMismatch
  /// The manifest has a post-quantum twin key, which cannot be checked yet.
  case postQuantumTwinUnsupported
  /// The manifest or certificate belongs to another account.
  case accountMismatch
  /// The account key is not the pinned one.
  case accountKeyChanged
  /// The manifest does not have the number that follows the previous one.
  case versionNotNext
  /// The manifest was not made on top of the previous one.
  case previousHashMismatch
  /// The reason does not say what the manifest does.
  case reasonContradicted
  /// Nothing follows the manifest that deletes an account.
  case accountDeleted
  /// The number of the device-signing key did not change together with the key, or went back.
  case signingKeyEpochInvalid
  /// A device number that is revoked is listed as a device.
  case deviceIDReused
  /// A listed device has another key or date of addition than before.
  case deviceChanged
  /// One key stands for two devices.
  case deviceKeyReused
  /// A device vanished without being revoked.
  case deviceDroppedSilently
  /// A number vanished from the list of revoked devices.
  case revocationWithdrawn
  /// The manifest does not know the device.
  case deviceUnknown
  /// The manifest says that the device is revoked.
  case deviceRevoked
  /// The manifest has another key for the device.
  case deviceKeyMismatch
  /// The certificate was signed by another device-signing key than the manifest's.
  case signingKeyMismatch
  /// The manifest's entry of the device has lapsed.
  case deviceExpired
  /// The account has as many devices as it may have.
  case tooManyDevices
  /// The certificate has lapsed.
  case certificateExpired
}
