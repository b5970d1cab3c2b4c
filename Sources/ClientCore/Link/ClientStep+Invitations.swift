// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// A leaf that another own device brought into a group, and of which nothing was heard yet.
struct BroughtLeaf: Hashable {
  /// Who brought it; 0: it was refused.
  let inviter: DeviceID
  /// Names its encryption key: as long as the leaf has that one, it has committed nothing.
  let key: [UInt8]
}

/// Whom a device has asked in that was taken out of the account before they came: they refuse its
/// Welcome (linking.md, removing), and the account's other devices ask them anew.
extension ClientStep {
  /// Whoever made a group is in it (RFC 9420 §11).
  private static var makersLeaf: LeafIndex { LeafIndex(rawValue: 0) }

  private func broughtKey(_ groupID: [UInt8]) -> String { "brought:" + Hex.encode(groupID) }

  /// Another own device has brought leaves in. What is noted of leaves that are in `group` no more,
  /// or have other keys, goes: there are never more than a group has leaves.
  mutating func noteBrought(
    _ leaves: [Member], by inviter: RoomMember, in group: Group
  ) throws(ClientStoreFailure) {
    guard let device = state.device, inviter.account == device.accountID,
      inviter.deviceID != device.device.deviceID
    else { return }
    let present = Set(group.members.map(\.leafNode.keyName))
    var brought = try brought(in: group.groupID).filter { present.contains($0.key) }
    for leaf in leaves {
      guard case .keyPackage = leaf.leafNode.source, let member = RoomMember(leaf),
        member.leaf != inviter.leaf, member.leaf != Self.makersLeaf,
        member.account != device.accountID || member.deviceID != device.device.deviceID
      else { continue }
      brought.append(BroughtLeaf(inviter: inviter.deviceID, key: leaf.leafNode.keyName))
    }
    try put(brought, group.groupID)
  }

  /// This own leaf has not come in, as its device says.
  mutating func noteAbsent(key: [UInt8], in group: Group) throws(ClientStoreFailure) {
    let brought = try brought(in: group.groupID)
    guard group.members.contains(where: { $0.leafNode.keyName == key }) else { return }
    try put(
      brought.filter { $0.key != key } + [BroughtLeaf(inviter: .nobody, key: key)], group.groupID)
  }

  /// A message of this leaf was read: it has come in.
  mutating func noteHeard(
    _ leaf: LeafNode, in groupID: [UInt8]
  ) throws(ClientStoreFailure) {
    let brought = try brought(in: groupID)
    guard !brought.isEmpty else { return }
    let key = leaf.keyName
    guard brought.contains(where: { $0.key == key }) else { return }
    try put(brought.filter { $0.key != key }, groupID)
  }

  /// Asks those anew who were asked by a device that is gone and were never heard of.
  ///
  /// - Returns: whether the group was left for another one.
  mutating func inviteAgain(
    _ conversation: ConversationRow, in row: GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    let brought = try brought(in: row.groupID)
    guard !brought.isEmpty, conversation.phase == .open, let device = state.device,
      let manifest = state.manifests[device.address.description]?.manifest
    else { return false }
    let silent = Set(brought.filter { manifest.device($0.inviter) == nil }.map(\.key))
    guard !silent.isEmpty else { return false }
    guard RoomReference.isOne(conversation.address) else {
      return try goOnElsewhere(conversation, row, without: silent, brought)
    }
    try addAgain(silent, brought, conversation, row)
    return false
  }

  /// In a group: own leaves go out and come in again (`commitOwnDevices`), until they are others;
  /// people of whom nothing was heard at all are added anew, which is asked for once.
  private mutating func addAgain(
    _ silent: Set<[UInt8]>, _ brought: [BroughtLeaf], _ conversation: ConversationRow,
    _ row: GroupRow
  ) throws(ClientStoreFailure) {
    var (quiet, heard): (Set<String>, Set<String>) = ([], [])
    var left: Set<[UInt8]> = []
    for leaf in try group(row).members {
      guard let member = RoomMember(leaf) else { continue }
      let isSilent = silent.contains(leaf.leafNode.keyName)
      if member.account != ownAccount {
        if isSilent { quiet.insert(member.address) } else { heard.insert(member.address) }
      } else if isSilent {
        left.insert(leaf.leafNode.keyName)
        state.ownReturning[row.groupID, default: []].insert(leaf.leafNode.encryptionKey)
      }
    }
    try put(brought.filter { !silent.contains($0.key) || left.contains($0.key) }, row.groupID)
    guard let own = ownAccount, let room = try room(of: conversation), room.allows(.add, by: own)
    else { return }
    for address in quiet.subtracting(heard).sorted() {
      try want(.renew(address: address), in: conversation)
    }
  }

  /// Of two people, or of the own devices: nobody of the other side has come in, as far as is
  /// known, or an own device has not; another group with all of them takes the place of this one.
  private mutating func goOnElsewhere(
    _ conversation: ConversationRow, _ row: GroupRow, without silent: Set<[UInt8]>,
    _ brought: [BroughtLeaf]
  ) throws(ClientStoreFailure) -> Bool {
    let group = try group(row)
    // Whoever of the peer's devices is there brings in the others of the peer.
    var (isPeerThere, isPeerMissing, isOwnMissing) = (false, false, false)
    for leaf in group.members {
      guard let member = RoomMember(leaf) else { continue }
      let isSilent = silent.contains(leaf.leafNode.keyName)
      if member.account == ownAccount {
        isOwnMissing = isOwnMissing || isSilent
      } else if isSilent {
        isPeerMissing = true
      } else {
        isPeerThere = true
      }
    }
    guard isOwnMissing || isPeerMissing && !isPeerThere else {
      try put(brought.filter { !silent.contains($0.key) }, row.groupID)
      return false
    }
    let since = state.invitedAgainSince[row.groupID] ?? now
    state.invitedAgainSince[row.groupID] = since
    let own = try ownLeaves(of: group)
    let rank = own.firstIndex { $0.leaf == group.ownLeafIndex } ?? 0
    let due = max(
      since + .milliseconds(Int64(rank) * ClientLimits.ownDeviceRankWait),
      restartsAgainAt(conversation) ?? now)
    guard due <= now else {
      state.wake(conversation.id, at: due)
      return false
    }
    state.invitedAgainSince[row.groupID] = nil
    try put([], row.groupID)
    var conversation = conversation
    // All of them: the other side goes on in the first of those that it has.
    for var other in try transaction.groups(conversationID: conversation.id)
    where other.phase == .active {
      try close(&other, as: .closed)
    }
    if !isOwn(conversation.address) {
      try addNotice(
        "A device was taken out of its account before all had come in whom it had asked; "
          + "this conversation goes on in a new group.", to: conversation, groupID: row.groupID)
      try emit(.conversationRestarted(.outOfStep), address: conversation.address)
    }
    conversation.phase = .starting
    try transaction.put(conversation)
    state.markDirty(conversation.id)
    return true
  }

  /// Own leaves of devices that the account has, in their order.
  private func ownLeaves(of group: Group) throws(ClientStoreFailure) -> [RoomMember] {
    guard let device = state.device,
      let manifest = state.manifests[device.address.description]?.manifest
    else { return [] }
    return group.roomMembers.filter { member in
      member.account == device.accountID && manifest.device(member.deviceID) != nil
    }
  }

  // MARK: The list

  /// ```
  /// struct { uint32 inviter; uint8 key[32]; } BroughtLeaf;
  /// ```
  private mutating func brought(in groupID: [UInt8]) throws(ClientStoreFailure) -> [BroughtLeaf] {
    if let known = state.brought[groupID] { return known }
    let bytes = try transaction.setting(key: broughtKey(groupID))?.value ?? []
    var input = bytes.span
    var leaves: [BroughtLeaf] = []
    do {
      while !input.isEmpty {
        leaves.append(
          BroughtLeaf(
            inviter: try DeviceID(from: &input), key: try input.readBytes(Fingerprint.byteCount)))
      }
    } catch {
      throw .corrupt("setting")
    }
    state.brought[groupID] = leaves
    return leaves
  }

  private mutating func put(
    _ leaves: [BroughtLeaf], _ groupID: [UInt8]
  ) throws(ClientStoreFailure) {
    guard try brought(in: groupID) != leaves else { return }
    state.brought[groupID] = leaves
    var output = ByteWriter()
    for leaf in leaves {
      output.write(leaf.inviter)
      output.write(raw: leaf.key)
    }
    try transaction.put(SettingRow(key: broughtKey(groupID), value: output.bytes))
  }
}

extension LeafNode {
  /// Names the encryption key.
  var keyName: [UInt8] { Fingerprint(hashing: encryptionKey).bytes }
}

extension DeviceID {
  /// No account has a device of this number.
  fileprivate static let nobody = DeviceID(rawValue: 0)
}
