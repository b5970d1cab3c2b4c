// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

extension ClientInspection {
  /// Who reads in one epoch of a group, and what they agree on.
  package struct MembersView: Hashable, Sendable {
    /// One leaf, by what its certificate says.
    package struct Member: Hashable, Comparable, Sendable {
      /// The account's address.
      package let address: String
      /// The device's number in the account's manifest.
      package let deviceID: UInt32

      /// Names a device.
      package init(address: String, deviceID: UInt32) {
        self.address = address
        self.deviceID = deviceID
      }

      /// By address, then number.
      package static func < (left: Member, right: Member) -> Bool {
        (left.address, left.deviceID) < (right.address, right.deviceID)
      }
    }

    /// Equal among the members of the epoch (RFC 9420 §8.7).
    package let epochAuthenticator: [UInt8]
    /// The hash over the tree.
    package let treeHash: [UInt8]
    /// The encoded `RoomState`.
    package let room: [UInt8]
    /// The timer of a group's messages.
    package let timer: MessageTimer?
    /// The leaves, ascending.
    package let members: [Member]
    /// The addresses of the owner and the admins among them, ascending.
    package let admins: [String]
  }

  /// The present epoch of a group; `nil` when its keys are gone.
  package static func members(
    of row: GroupRow, in transaction: some ClientTransaction
  ) throws(ClientStoreFailure) -> MembersView? {
    guard let epoch = try transaction.epoch(groupID: row.groupID, epoch: row.epoch),
      let group = try? Group(epochState: epoch.state, messageSecrets: epoch.ratchets),
      let room = ProductGroup.room(of: group.contextExtensions)
    else { return nil }
    let members = group.roomMembers
    return MembersView(
      epochAuthenticator: group.epochAuthenticator, treeHash: group.treeHash, room: room.encoded,
      timer: try? MessageTimer(decoding: room.timer),
      members: members.map { .init(address: $0.address, deviceID: $0.deviceID.rawValue) }.sorted(),
      admins: members.accounts.filter { room.role(of: $0) > .member }
        .compactMap { members.address(of: $0) }.sorted())
  }
}
