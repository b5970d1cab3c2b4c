// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// Welcomes that were not followed since whoever signed them was taken out of its account
/// (linking.md, removing). Another own device may be in that group, by the same commit: it learns
/// of it, and brings this one in anew.
extension ClientStep {
  /// Tells the own devices that this one has not come into a group.
  mutating func tellRefusal(
    of staged: StagedWelcome, in address: String
  ) throws(ClientStoreFailure) {
    let group = staged.group
    guard let device = state.device, let leaf = group.leafNode(at: group.ownLeafIndex) else {
      return
    }
    let key = OwnKey.refusal(ofDevice: device.device.deviceID.rawValue, in: address)
    let value = group.groupID + leaf.keyName
    guard try refusals(but: key) < ClientLimits.refusalsMax else { return }
    // Before there is a group of the own devices, it is kept for when this one comes into it.
    guard try isSharing() else { return try record(key, value) }
    try share(key, value)
  }

  /// How many others stand there. Strangers send Welcomes, too, and name the groups in them: they
  /// must not fill what own devices share.
  private mutating func refusals(but key: OwnKey) throws(ClientStoreFailure) -> Int {
    let kind = OwnKey.Kind.refusal.rawValue
    return try transaction.ownRecords(after: [kind], limit: ClientLimits.pageMax)
      .count { $0.key.first == kind && !$0.effective.isEmpty && $0.key != key.encoded }
  }

  /// This device has come into a group: it takes back that it has not; and other own devices may
  /// have said before that they are not there.
  mutating func entered(_ group: Group, in address: String) throws(ClientStoreFailure) {
    guard try isSharing(), let device = state.device else { return }
    let own = OwnKey.refusal(ofDevice: device.device.deviceID.rawValue, in: address)
    if try shared(own).starts(with: group.groupID) { try share(own, []) }
    for member in group.roomMembers where member.account == device.accountID {
      let key = OwnKey.refusal(ofDevice: member.deviceID.rawValue, in: address)
      try applyRefusal(key, try shared(key))
    }
  }

  /// An own device says that it has not come into a group.
  mutating func applyRefusal(_ key: OwnKey, _ value: [UInt8]) throws(ClientStoreFailure) {
    guard value.count == OwnKey.refusalLength, let own = state.device?.device.deviceID,
      key != .refusal(ofDevice: own.rawValue, in: key.address ?? ""),
      let row = try transaction.group(id: Array(value.prefix(ProductGroup.groupIDLength))),
      row.phase == .active,
      try transaction.conversation(id: row.conversationID)?.address == key.address
    else { return }
    try noteAbsent(
      key: Array(value.dropFirst(ProductGroup.groupIDLength)), in: try group(row))
    state.markDirty(row.conversationID)
  }
}
