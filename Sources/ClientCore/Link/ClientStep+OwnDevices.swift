// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// The devices of the own account: listing, removing, and bringing them into every conversation.
extension ClientStep {
  mutating func reportDevices(_ token: RequestToken) throws(ClientStoreFailure) {
    guard try registered(token) != nil, let device = state.device,
      let manifest = state.manifests[device.address.description]?.manifest
    else { return }
    var reports: [DeviceReport] = []
    for entry in manifest.devices {
      reports.append(
        DeviceReport(
          deviceID: entry.id.rawValue, name: try name(ofDevice: entry.id.rawValue),
          own: entry.id == device.device.deviceID, added: entry.added, expires: entry.expires))
    }
    respond(token, .devices(reports))
  }

  /// Takes a device out of the account. The manifest says so as soon as the server has it; then
  /// this device removes it from every conversation.
  mutating func removeDevice(
    _ number: UInt32, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil, let device = state.device,
      let current = state.manifests[device.address.description]
    else { return }
    let id = DeviceID(rawValue: number)
    guard id != device.device.deviceID else {
      return refuse(token, .badRequest, "A device does not remove itself.")
    }
    guard let next = try? device.signer.manifest(removing: id, after: current, at: now) else {
      return refuse(token, .badRequest, "The account has no device of this number.")
    }
    guard state.inbox.phase == .ready, try mayPublish(after: current) else {
      return refuse(token, .noServer, "The server cannot be reached now.")
    }
    try publish(next)
    try forgetHistory(of: number)
    respond(token, .accepted)
  }

  /// The devices of this account that a group lacks, and those that it has and should not.
  func ownDevices(
    of group: Group
  ) -> (missing: [DeviceID], gone: [RoomMember])? {
    guard let device = state.device,
      let manifest = state.manifests[device.address.description]?.manifest
    else { return nil }
    let present = group.roomMembers.filter { $0.account == device.accountID }
    let live = manifest.devices.filter { now < $0.expires }.map(\.id)
    let missing = live.filter { id in !present.contains { $0.deviceID == id } }
    let returning = state.ownReturning[group.groupID] ?? []
    let gone = present.filter { member in
      let hasLostStep =
        group.leafNode(at: member.leaf).map { returning.contains($0.encryptionKey) } ?? false
      return (manifest.device(member.deviceID) == nil || hasLostStep)
        && member.deviceID != device.device.deviceID
    }
    return missing.isEmpty && gone.isEmpty ? nil : (missing, gone)
  }

  /// Brings own devices in and puts removed ones out. Of several own devices the first in the order
  /// of leaves does it, the next ones later.
  ///
  /// - Returns: whether a commit was made.
  mutating func commitOwnDevices(
    _ conversation: ConversationRow, in row: inout GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    guard conversation.phase == .open else { return false }
    let group = try group(row)
    guard let (missing, gone) = ownDevices(of: group) else {
      state.ownDevicesSince[row.groupID] = nil
      return false
    }
    let since = state.ownDevicesSince[row.groupID] ?? now
    state.ownDevicesSince[row.groupID] = since
    let own = group.roomMembers.filter { member in
      member.account == ownAccount && !gone.contains(member)
    }
    let rank = own.firstIndex { $0.leaf == group.ownLeafIndex } ?? 0
    let due = max(
      since + .milliseconds(Int64(rank) * ClientLimits.ownDeviceRankWait),
      row.commitRetryAt ?? now, state.ownInviteRetryAt ?? now)
    guard due <= now else {
      state.wake(conversation.id, at: due)
      return false
    }
    var invitees = state.ownInvitees[row.groupID] ?? []
    invitees.removeAll { invitee in !missing.contains(DeviceID(rawValue: invitee.deviceID)) }
    if gone.isEmpty, invitees.isEmpty {
      askForOwnKeyPackages(groupID: row.groupID)
      return false
    }
    let plan: RoomPlan
    do {
      plan = try RoomPlan(
        group, actor: ownAccount, ownInvitees: invitees, gone: gone,
        address: state.device?.address.description ?? "")
    } catch {
      throw .corrupt("epoch")
    }
    state.ownInvitees[row.groupID] = nil
    try commit(.room, plan, in: &row)
    return true
  }

  private mutating func askForOwnKeyPackages(groupID: [UInt8]) {
    guard let address = state.device?.address.description else { return }
    let purpose = RequestPurpose.inviteOwnDevices(groupID: groupID)
    guard !state.logs.isOpen(purpose) else { return }
    send(LogsRequest.takeKeyPackages(address: address), purpose)
  }

  /// The directory's answer about the own devices.
  mutating func receivedOwnKeyPackages(
    manifest: [UInt8], _ packages: [ServerMessage.OfferedKeyPackage], groupID: [UInt8]
  ) throws(ClientStoreFailure) {
    guard let row = try transaction.group(id: groupID), let device = state.device else { return }
    try followOwn(manifest)
    state.markDirty(row.conversationID)
    guard row.phase == .active,
      let current = state.manifests[device.address.description]?.manifest
    else { return }
    let missing = ownDevices(of: try group(row))?.missing ?? []
    var found: [Invitee] = []
    for offered in packages where missing.contains(DeviceID(rawValue: offered.deviceID)) {
      guard let entry = current.device(DeviceID(rawValue: offered.deviceID)),
        case .keyPackage(let keyPackage) = try? MLSMessage(bytes: offered.body),
        let claim = try? LeafClaim(keyPackage.leafNode),
        claim.address == device.address.description,
        claim.certificate.deviceID == entry.id,
        try check(claim.certificate, of: claim.address) == .trusted(peer: claim.address),
        isValid(keyPackage)
      else { continue }
      found.append(Invitee(deviceID: offered.deviceID, keyPackage: keyPackage))
    }
    // A device that was just linked has uploaded nothing yet. Each answer takes key packages of all
    // own devices, so one that stays silent is asked for less and less.
    if found.isEmpty {
      state.ownInviteRetryAt =
        now
        + backoff(
          from: ClientLimits.linkPoll, attempt: state.ownInviteAttempts,
          longest: ClientLimits.ownInviteWaitMax)
      state.ownInviteAttempts += 1
    } else {
      state.ownInviteAttempts = 0
    }
    state.ownInvitees[groupID] = found
  }

  mutating func ownKeyPackagesRefused(
    groupID: [UInt8], _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    state.ownInviteRetryAt = now + (refusal.retryAfter ?? ClientLimits.refusalWait)
    if let row = try transaction.group(id: groupID) { state.markDirty(row.conversationID) }
  }

  /// A manifest of the own account: another own device may have changed it.
  mutating func followOwn(_ bytes: [UInt8]) throws(ClientStoreFailure) {
    guard var account = try transaction.account(), let device = state.device,
      let current = state.manifests[account.address], bytes != current.signed.encoded
    else { return }
    guard let signed = try? SignedManifest(decoding: bytes) else {
      return try emit(.identityNotice(.manifestRefused), address: account.address)
    }
    // The own one may be ahead of the directory's word.
    if signed.claimedVersion < current.version { return }
    let isNext = signed.claimedVersion == current.version &+ 1
    guard
      let next = isNext
        ? try? signed.verified(after: current)
        : try? signed.verified(account: device.accountID, pinned: device.signer.aik),
      next.version > current.version, next.hasSuccessors
    else { return try emit(.identityNotice(.manifestRefused), address: account.address) }
    let isListed = next.manifest.device(device.device.deviceID) != nil
    // Who was taken out is not handed the next signing key.
    let signing = try self.device(under: next.manifest)
    guard signing != nil || !isListed else {
      return try emit(.identityNotice(.manifestRefused), address: account.address)
    }
    account.manifest = bytes
    if let signing { try adopt(signing, in: &account) }
    try transaction.put(account)
    state.manifests[account.address] = next
    state.manifestRetryAt = nil
    state.allDirty = true
    guard current.manifest.devices.map(\.id) != next.manifest.devices.map(\.id) else { return }
    try emit(.identityNotice(isListed ? .devicesChanged : .unlinked), address: account.address)
    if isListed { try tellDevices(from: current.manifest, to: next.manifest) }
  }
}

extension VerifiedManifest {
  /// Whether another manifest can follow: nothing does after the last number, nor after the end of
  /// the account.
  fileprivate var hasSuccessors: Bool { version < .max && manifest.reason != .delete }
}
