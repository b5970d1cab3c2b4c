// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Wire

/// Keeping the own entry in the directory alive: devices of a dead account lapse after 30 days.
extension ClientStep {
  private static var pendingKey: String { "manifest.pending" }

  /// Publishes the successor of the own manifest that waits, or one when this device's entry is
  /// about to lapse.
  mutating func refreshOwnManifest(_ account: AccountRow) throws(ClientStoreFailure) {
    if let retryAt = state.manifestRetryAt, retryAt <= now { state.manifestRetryAt = nil }
    guard state.manifestRetryAt == nil, !state.inbox.isOpen(.publishManifest),
      let device = state.device, let current = state.manifests[account.address]
    else { return }
    // The same bytes again after a crash: the server takes a repeated manifest as done, and what a
    // person asked for before it is done.
    if let undecided = try undecidedManifest(after: current) {
      send(InboxRequest.publishManifest(undecided), .publishManifest)
      return
    }
    guard let entry = current.manifest.device(device.device.deviceID),
      entry.expires - now < ClientLimits.manifestRenewal
    else { return }
    try publish(
      device.signer.refreshedManifest(after: current, by: device.device.deviceID, at: now))
  }

  /// A successor that was published, and of which nobody knows whether the server has it: another
  /// one in its place would contradict it.
  private func undecidedManifest(
    after current: VerifiedManifest
  ) throws(ClientStoreFailure) -> [UInt8]? {
    let pending = try transaction.setting(key: Self.pendingKey)?.value ?? []
    guard let signed = try? SignedManifest(decoding: pending),
      (try? signed.verified(after: current)) != nil
    else { return nil }
    return pending
  }

  /// Whether a successor of the own manifest can be published now.
  func mayPublish(after current: VerifiedManifest) throws(ClientStoreFailure) -> Bool {
    guard !state.inbox.isOpen(.publishManifest), state.manifestRetryAt == nil else {
      return false
    }
    return try undecidedManifest(after: current) == nil
  }

  /// The server did not take the manifest. Another own device may have published one: it is asked
  /// for, and what is still wanted is made anew upon it.
  mutating func ownManifestRefused(_ refusal: ServerRefusal) {
    let isLasting = refusal.code != .manifestConflict && refusal.retryAfter == nil
    state.manifestRetryAt =
      now
      + (refusal.retryAfter ?? (isLasting ? ClientLimits.housekeeping : ClientLimits.refusalWait))
    if let own = state.device?.address.description { state.wantedManifests[own] = now }
  }

  /// Publishes a successor of the own manifest. It is stored first, so that after a crash the same
  /// bytes leave again.
  mutating func publish(_ manifest: SignedManifest) throws(ClientStoreFailure) {
    try transaction.put(SettingRow(key: Self.pendingKey, value: manifest.encoded))
    send(InboxRequest.publishManifest(manifest.encoded), .publishManifest)
  }

  /// The server holds the pending manifest now.
  mutating func ownManifestPublished() throws(ClientStoreFailure) {
    guard var account = try transaction.account(), let current = state.manifests[account.address],
      let pending = try transaction.setting(key: Self.pendingKey)?.value,
      let verified = try? SignedManifest(decoding: pending).verified(after: current),
      let signing = try device(under: verified.manifest)
    else { return }
    account.manifest = pending
    try adopt(signing, in: &account)
    try transaction.put(account)
    let hasDevicesChanged =
      current.manifest.devices.map(\.id) != verified.manifest.devices.map(\.id)
    state.manifests[account.address] = verified
    try transaction.put(SettingRow(key: Self.pendingKey, value: []))
    guard hasDevicesChanged else { return }
    state.allDirty = true
    try tellDevices(from: current.manifest, to: verified.manifest)
  }
}
