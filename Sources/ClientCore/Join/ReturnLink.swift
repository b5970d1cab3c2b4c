// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO

/// The way back for a device that has lost step with a group and cannot rejoin by itself: a join
/// link that stands in no state. Whoever was ever a member can make it, and nobody else; only of
/// members is anything heard there (groups.md).
extension RoomState {
  private static let returnLabel = "return"

  /// The link of one MLS group of the room; nil for two people.
  func returnEntry(of routingID: [UInt8]) -> JoinLinkEntry? {
    guard kind == .group else { return nil }
    let seed = ProductGroup.suite.expandWithLabel(
      Secret(roomID + routingID), label: Self.returnLabel, context: [],
      length: JoinLinkEntry.seedLength)
    return JoinLinkEntry(
      seed: seed.copyBytes(), expires: nil, uses: JoinLinkEntry.unlimited, needsApproval: false)
  }
}
