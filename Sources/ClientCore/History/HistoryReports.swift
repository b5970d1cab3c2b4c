// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// How much history is handed over.
public struct HistoryExtent: Hashable, Sendable {
  /// Nothing older; `nil` for no such limit.
  public let since: Instant?
  /// The newest so many messages; `nil` for no such limit.
  public let last: UInt64?

  /// Makes the value; without a limit it is everything.
  public init(since: Instant? = nil, last: UInt64? = nil) {
    self.since = since
    self.last = last
  }
}

/// What programs ask about history between own devices.
package enum ClientHistoryRequest: Hashable, Sendable {
  /// Gives another own device, which was linked by this one, what was said before it came. Answer:
  /// `accepted`.
  case share(deviceID: UInt32, HistoryExtent)
  /// Answer: `histories`.
  case list
  /// Hands a member of a group what was said there before. Answer: `accepted`.
  case grant(reference: String, address: String, HistoryExtent)

  /// The group that the request acts in.
  var group: String? {
    switch self {
    case .grant(let reference, _, _): reference
    case .share, .list: nil
    }
  }
}

/// History on its way between this device and another one of the account, or of a group's member.
public struct HistoryReport: Hashable, Sendable {
  /// The device that takes; `nil` when that is this one.
  public let deviceID: UInt32?
  /// `giver` or `taker`.
  public let role: String
  /// `waiting` until the user of the giving device agrees; `active`; `listed` when all was given
  /// and the other device has not taken all of it in; `done`; `failed`.
  public let phase: String
  /// Messages that were given, or taken in.
  public let messages: UInt64
  /// Messages that were given and could not be had.
  public let missing: UInt64
  /// Why it failed.
  public let failure: ClientFailureCode?
  /// The group in which it is handed over; `nil` between own devices.
  public let group: String?
  /// The member of it who takes, or gives; `nil` between own devices.
  public let member: String?

  init(_ row: HistoryRow, group: String?) {
    deviceID = row.role == .giver ? row.deviceID : nil
    role = row.role.rawValue
    phase = row.phase.rawValue
    messages = row.messages
    missing = row.missing
    failure = ClientFailureCode(rawValue: row.failure)
    self.group = group
    member = row.isGrant ? row.peer : nil
  }
}

/// Where a line comes from that this device did not decrypt itself.
public enum LineOrigin: String, CaseIterable, Hashable, Sendable {
  /// Another own device had it, and has given it to this one.
  case ownHistory = "own-history"
  /// A member of the group has handed it over, and nobody else vouches for it.
  case granted
}

/// What is under way for history with one own device on the present connection.
struct HistoryFlow: Sendable {
  /// The server has the log.
  var isMade = false
  /// request_id of the SubscribeLog.
  var subscription: UInt64?
  /// Nothing is asked of the log before this.
  var retryAt: Instant?
  /// What was said and not dealt with yet, in order.
  var queue: [(seq: UInt64, message: HistoryMessage?)] = []
  /// The blob that the driver fetches.
  var fetching: [UInt8]?
  /// Attempts since the last fetch that went well.
  var fetchTries = 0
  /// Not before this is a blob fetched.
  var fetchAt: Instant?
}
