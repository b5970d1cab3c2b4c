// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// A device of a peer has said that its account has a manifest of this number.
struct ManifestClaim: Hashable {
  let account: AccountID
  let device: DeviceID
  let version: UInt32
}

extension ManifestClaim {
  private static let byteCount = AccountID.byteCount + 8

  /// Takes what `encoded` gave.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount,
      let account = AccountID(Array(bytes.prefix(AccountID.byteCount)))
    else { return nil }
    let numbers = bytes.dropFirst(AccountID.byteCount).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    self.init(
      account: account, device: DeviceID(rawValue: UInt32(truncatingIfNeeded: numbers >> 32)),
      version: UInt32(truncatingIfNeeded: numbers))
  }

  /// The form for the encrypted store.
  var encoded: [UInt8] {
    account.bytes + device.encoded + DeviceID(rawValue: version).encoded
  }
}

/// What became of a claim on the present connection.
struct ManifestClaimState: Hashable {
  /// How often the directory must have answered: an answer that was on its way does not count.
  var answersNeeded = 1
  /// Whether people were told that the directory holds a manifest back.
  var isTold = false
}

/// Holding the directory to what the devices of an account say of its manifest (content.md).
extension ClientStep {
  private func claimKey(_ address: String) -> String { "manifest.claimed:" + address }

  /// Each message says which manifest its sender holds: a device list that is shown to one person
  /// and not to another is noticed here, and one that is held back (identity.md).
  mutating func compareManifest(
    _ claimed: SenderManifest?, of member: RoomMember
  ) throws(ClientStoreFailure) {
    guard let claimed, var peer = try transaction.peer(address: member.address) else { return }
    if claimed.version > peer.manifestVersion {
      let claim = ManifestClaim(
        account: member.account, device: member.deviceID, version: claimed.version)
      try note(claim, of: peer)
      guard !peer.manifestWanted else { return }
      peer.manifestWanted = true
      try transaction.put(peer)
      return wantManifest(of: peer.address)
    }
    guard claimed.version == peer.manifestVersion else { return }
    let known = try verifiedManifest(of: peer)
    if claimed.hash != Array(known.hash.bytes.prefix(SenderManifest.hashByteCount)) {
      _ = try contradicted(peer)
    }
  }

  /// Keeps the highest number that was named.
  private mutating func note(
    _ claim: ManifestClaim, of peer: PeerRow
  ) throws(ClientStoreFailure) {
    guard try counts(claim, against: peer) else { return }
    if let kept = try keptClaim(of: peer), kept.version >= claim.version { return }
    try transaction.put(SettingRow(key: claimKey(peer.address), value: claim.encoded))
    state.manifestClaims[peer.address] = ManifestClaimState(
      answersNeeded: answersNeeded(about: peer.address))
  }

  /// The highest number that was named, if it is above that of the known manifest.
  private mutating func keptClaim(
    of peer: PeerRow
  ) throws(ClientStoreFailure) -> ManifestClaim? {
    guard let bytes = try transaction.setting(key: claimKey(peer.address))?.value,
      let claim = ManifestClaim(bytes), try counts(claim, against: peer)
    else { return nil }
    return claim
  }

  /// Whether the word of a device is worth anything: one that the known manifest does not list may
  /// be in a thief's hands, and would stop people from ever talking again.
  private mutating func counts(
    _ claim: ManifestClaim, against peer: PeerRow
  ) throws(ClientStoreFailure) -> Bool {
    guard claim.version > peer.manifestVersion, claim.account.bytes == peer.accountID else {
      return false
    }
    return try verifiedManifest(of: peer).manifest.device(claim.device) != nil
  }

  /// The directory's answer holds; it is refused all the same when the account's own devices have
  /// named a newer manifest.
  mutating func heldToClaims(
    _ verdict: ManifestVerdict, of address: String
  ) throws(ClientStoreFailure) -> ManifestVerdict {
    guard let peer = try transaction.peer(address: address), try keptClaim(of: peer) != nil else {
      return verdict
    }
    var claim = state.manifestClaims[address] ?? ManifestClaimState()
    guard state.manifestAnswers[address, default: 0] >= claim.answersNeeded else {
      wantManifest(of: address)
      return .overtaken
    }
    if !claim.isTold {
      claim.isTold = true
      state.manifestClaims[address] = claim
      try emit(.identityNotice(.manifestRefused), address: address)
    }
    return .refused(.manifestRollback)
  }
}
