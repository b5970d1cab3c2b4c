// SPDX-License-Identifier: Apache-2.0

import SansIO

/// What is under way for one join link that this device keeps.
struct JoinFlow: Sendable {
  let conversationID: [UInt8]
  /// As the group's state has it now.
  var entry: JoinLinkEntry
  let link: JoinLink
  /// It is the way back of members that lost step, and no link of the group's state.
  var isWayBack = false
  /// The server has the log.
  var isMade = false
  /// request_id of the SubscribeLog.
  var subscription: UInt64?
  /// Everything was read once.
  var caughtUp = false
  /// Nothing is asked before this.
  var retryAt: Instant?
}

/// What is under way for one group that this account asks to come into.
struct KnockFlow: Sendable {
  /// request_id of the SubscribeLog.
  var subscription: UInt64?
  /// Nothing is asked before this.
  var retryAt: Instant?
}
