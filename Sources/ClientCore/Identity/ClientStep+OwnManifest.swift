// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// Keeping the own entry in the directory alive: devices of a dead account lapse after 30 days.
extension ClientStep {
  private static var pendingKey: String { "manifest.pending" }

  /// Publishes the successor of the own manifest that waits, or one when this device's entry is
  /// about to lapse.
  mutating func refreshOwnManifest(_ account: AccountRow) throws(ClientStoreFailure) {
    guard !state.manifestRefused, !state.inbox.isOpen(.publishManifest), let device = state.device,
      let current = state.manifests[account.address]
    else { return }
    // The same bytes again after a crash: the server takes a repeated manifest as done, and what a
    // person asked for before it is done.
    let pending = try transaction.setting(key: Self.pendingKey)?.value ?? []
    if let signed = try? SignedManifest(decoding: pending),
      (try? signed.verified(after: current)) != nil
    {
      send(InboxRequest.publishManifest(pending), .publishManifest)
      return
    }
    guard let entry = current.manifest.device(device.device.deviceID),
      entry.expires - now < ClientLimits.manifestRenewal
    else { return }
    try publish(
      device.signer.refreshedManifest(after: current, by: device.device.deviceID, at: now))
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
      let verified = try? SignedManifest(decoding: pending).verified(after: current)
    else { return }
    account.manifest = pending
    try transaction.put(account)
    let hasDevicesChanged =
      current.manifest.devices.map(\.id) != verified.manifest.devices.map(\.id)
    state.manifests[account.address] = verified
    try transaction.put(SettingRow(key: Self.pendingKey, value: []))
    if hasDevicesChanged { state.allDirty = true }
  }
}
