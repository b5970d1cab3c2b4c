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
}

/// History on its way between this device and another one of the account.
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

  init(_ row: HistoryRow) {
    deviceID = row.role == .giver ? row.deviceID : nil
    role = row.role.rawValue
    phase = row.phase.rawValue
    messages = row.messages
    missing = row.missing
    failure = ClientFailureCode(rawValue: row.failure)
  }
}

/// Where a line comes from that this device did not decrypt itself.
public enum LineOrigin: String, CaseIterable, Hashable, Sendable {
  /// Another own device had it, and has given it to this one.
  case ownHistory = "own-history"
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
