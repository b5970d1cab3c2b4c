// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// One leaf of a group, by what its certificate says. It was checked when the leaf came in.
struct RoomMember: Hashable {
  let leaf: LeafIndex
  let account: AccountID
  let address: String
  let deviceID: DeviceID

  /// Somebody who is to come in, at a place that is not known yet.
  init(
    account: AccountID, address: String, leaf: LeafIndex = LeafIndex(rawValue: .max)
  ) {
    self.leaf = leaf
    self.account = account
    self.address = address
    deviceID = DeviceID(rawValue: 0)
  }

  /// Reads a leaf that was checked; nil when it is none of ours.
  init?(_ member: Member) {
    guard case .basic(let identity) = member.leafNode.credential,
      let certificate = try? DeviceCertificate(decoding: identity)
    else { return nil }
    leaf = member.leafIndex
    account = certificate.claimedAccountID
    address = certificate.claimedAddress.description
    deviceID = certificate.claimedDeviceID
  }
}

extension [RoomMember] {
  /// Whether one of the account's devices is among them.
  func holds(_ account: AccountID) -> Bool { contains { $0.account == account } }

  /// The accounts, each once, in the order of their first leaves.
  var accounts: [AccountID] {
    var seen: Set<AccountID> = []
    return map(\.account).filter { seen.insert($0).inserted }
  }

  /// The account of this address.
  func account(of address: String) -> AccountID? { first { $0.address == address }?.account }

  /// The address of this account.
  func address(of account: AccountID) -> String? { first { $0.account == account }?.address }
}

extension Group {
  /// The leaves by what their certificates say, from left to right.
  var roomMembers: [RoomMember] { members.compactMap(RoomMember.init) }
}
