// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// History on its way between two devices of the account, or of two members of a group. Key:
/// `logID`.
package struct HistoryRow: Equatable, Sendable {
  /// Which way it goes.
  package enum Role: String, CaseIterable, Sendable {
    /// This device gives.
    case giver
    /// This device was linked, and takes.
    case taker
  }

  /// How far it has come.
  package enum Phase: String, CaseIterable, Sendable {
    /// The user of the giving device has not said that anything is to go.
    case waiting
    /// It is given, or taken.
    case active
    /// All was said; the other device has not confirmed it, or this one is to.
    case listed
    /// The other device has all of it, or this one.
    case done
    /// It came to nothing; `failure` says why.
    case failed
  }

  /// The log over which both speak, 32 bytes.
  package var logID: [UInt8]
  /// See `Role`.
  package var role: Role
  /// The number of the device that takes; of the taker itself 0.
  package var deviceID: UInt32
  /// What both know and nobody else, 32 bytes.
  package var secret: Secret
  /// See `Phase`.
  package var phase: Phase
  /// The failure code's raw value; empty unless the phase is `failed`.
  package var failure: String
  /// Giver: nothing older goes.
  package var since: Instant?
  /// Giver: how many lines are still to go at most.
  package var remaining: UInt64
  /// Giver: lines below this one are next.
  package var below: UInt64
  /// Giver: `below` once the segment that is on its way has arrived.
  package var belowNext: UInt64
  /// The number of the giver's next message.
  package var number: UInt32
  /// Lines that were given, or taken.
  package var messages: UInt64
  /// Taker: lines that could not be had.
  package var missing: UInt64
  /// The entries of the log up to and with this one were dealt with.
  package var cursor: UInt64
  /// When both were linked, or it was handed over.
  package var createdAt: Instant
  /// The group in which it is handed over; between own devices empty.
  package var conversationID: [UInt8]
  /// Giver: the member who takes; taker: the one who gives; between own devices empty.
  package var peer: String

  /// Makes the row.
  package init(
    logID: [UInt8], role: Role, deviceID: UInt32, secret: Secret, phase: Phase = .waiting,
    failure: String = "", since: Instant? = nil, remaining: UInt64 = 0, below: UInt64 = .max,
    belowNext: UInt64 = .max, number: UInt32 = 1, messages: UInt64 = 0, missing: UInt64 = 0,
    cursor: UInt64 = 0, createdAt: Instant, conversationID: [UInt8] = [], peer: String = ""
  ) {
    self.logID = logID
    self.role = role
    self.deviceID = deviceID
    self.secret = secret
    self.phase = phase
    self.failure = failure
    self.since = since
    self.remaining = remaining
    self.below = below
    self.belowNext = belowNext
    self.number = number
    self.messages = messages
    self.missing = missing
    self.cursor = cursor
    self.createdAt = createdAt
    self.conversationID = conversationID
    self.peer = peer
  }
}

/// Where a line comes from that this device did not decrypt itself. Key: `seq`.
package struct OriginRow: Equatable, Sendable {
  /// The line's number.
  package var seq: UInt64
  /// See `LineOrigin`.
  package var origin: LineOrigin
  /// The member of a group whose word it is; of what an own device gave empty.
  package var giver: String

  /// Makes the row.
  package init(seq: UInt64, origin: LineOrigin, giver: String = "") {
    self.seq = seq
    self.origin = origin
    self.giver = giver
  }
}

/// The part of a transaction that concerns history from elsewhere.
package protocol ClientHistoryTransaction {
  /// All of what is on its way, by `createdAt`, then `logID`.
  func historyRows() throws(ClientStoreFailure) -> [HistoryRow]
  /// Inserts or replaces what is on its way.
  mutating func put(_ row: HistoryRow) throws(ClientStoreFailure)
  /// Removes it; nothing happens when there is none.
  mutating func removeHistoryRow(logID: [UInt8]) throws(ClientStoreFailure)

  /// The origin of the line of this number.
  func origin(seq: UInt64) throws(ClientStoreFailure) -> OriginRow?
  /// Inserts or replaces an origin.
  mutating func put(_ row: OriginRow) throws(ClientStoreFailure)

  /// Lines of all conversations, highest `seq` first, below `before` when given.
  func messages(before: UInt64?, limit: Int) throws(ClientStoreFailure) -> [MessageRow]
  /// The lowest line, of one conversation when it is given.
  func lowestLine(conversationID: [UInt8]?) throws(ClientStoreFailure) -> UInt64?
  /// The number that was given last, or left out; 0 before the first.
  func lineHead() throws(ClientStoreFailure) -> UInt64
  /// Leaves numbers out: the next line gets one above `seq`, for whatever comes before it.
  mutating func leaveOutLines(upTo seq: UInt64) throws(ClientStoreFailure)
  /// Inserts a line under its own number, which must be free and at most `lineHead`.
  ///
  /// - Throws: `corrupt` when it is not.
  mutating func insertEarlier(_ row: MessageRow) throws(ClientStoreFailure)
}
