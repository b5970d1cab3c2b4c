// SPDX-License-Identifier: Apache-2.0

import SansIO

/// What an open request was for, so that its answer finds its place.
enum RequestPurpose: Hashable, Sendable {
  case register
  case authenticate
  case publishManifest
  case uploadKeyPackages
  case countKeyPackages
  case subscribeInbox
  case openBlob(blobID: [UInt8])
  case getManifest(address: String)
  case takeKeyPackages(conversationID: [UInt8])
  case inviteToRoom(changeID: UInt64, address: String)
  case inviteOwnDevices(groupID: [UInt8])
  case linkLog
  case linkAppend([UInt8])
  case linkRead
  case joinLog(linkID: [UInt8])
  case joinRead(linkID: [UInt8])
  case joinAnnounce(linkID: [UInt8])
  case knockRead(reference: String)
  case knock(reference: String)
  case returnLog(reference: String)
  case historyLog(logID: [UInt8])
  case historyRead(logID: [UInt8])
  case historyAppend(logID: [UInt8], submitID: [UInt8])
  case createLog(groupID: [UInt8])
  case append(groupID: [UInt8], submitID: [UInt8])
  case commit(groupID: [UInt8], submitID: [UInt8])
  case subscribeLog(groupID: [UInt8])
  case getGroupInfo(groupID: [UInt8])
  case getPart(TreeOwner, part: [UInt8])
  case putPart(groupID: [UInt8], submitID: [UInt8], index: Int)
}

/// One connection to the server. It dies with the process; a new one begins at `closed`.
struct ServerConnection: Sendable {
  /// `closed → connecting → opening → ready`, and from each back to `closed`.
  enum Phase: String, Sendable {
    /// No connection; one is asked for at `retryAt`.
    case closed
    /// The driver was asked for one.
    case connecting
    /// It is there; the server's first frame, or the answer to the login, is awaited.
    case opening
    /// Requests can be sent.
    case ready
  }

  /// A request without an answer.
  struct OpenRequest: Sendable {
    let purpose: RequestPurpose
    let deadline: Instant
  }

  var phase = Phase.closed
  /// Attempts since the last connection that became ready.
  var attempts = 0
  /// Not before this is a connection asked for.
  var retryAt: Instant?
  private var nextRequestID: UInt64 = 1
  private(set) var open: [UInt64: OpenRequest] = [:]

  /// When the oldest open request has waited too long.
  var requestDeadline: Instant? { open.values.map(\.deadline).min() }

  /// An identifier for a request whose answer is not awaited.
  mutating func untrackedID() -> UInt64 {
    defer { nextRequestID += 1 }
    return nextRequestID
  }

  /// An identifier for a request whose answer is awaited.
  mutating func track(_ purpose: RequestPurpose, at now: Instant) -> UInt64 {
    let id = untrackedID()
    open[id] = OpenRequest(purpose: purpose, deadline: now + ClientLimits.requestTimeout)
    return id
  }

  /// Whether a request for this purpose waits for its answer.
  func isOpen(_ purpose: RequestPurpose) -> Bool {
    open.values.contains { $0.purpose == purpose }
  }

  /// What the answer belongs to; the request is open no longer.
  mutating func close(_ id: UInt64) -> RequestPurpose? {
    open.removeValue(forKey: id)?.purpose
  }

  /// The connection is gone, and so is what was open on it.
  mutating func reset() {
    phase = .closed
    nextRequestID = 1
    open = [:]
  }
}

/// What is under way for one group on the present connection.
struct GroupFlow: Sendable {
  /// request_id of the SubscribeLog.
  var subscription: UInt64?
  /// The entry after which it reads.
  var readsAfter: UInt64 = 0
  /// The server has said that nothing follows.
  var caughtUp = false
  /// Nothing is sent before the log was read up to here: a request was refused as stale. 0: nothing
  /// is waited for.
  var head: UInt64 = 0
  /// Reading waits for a manifest; the subscription was ended.
  var paused = false
  /// The log is not subscribed again before this.
  var subscribeRetryAt: Instant?
  /// Nothing is appended before this.
  var appendRetryAt: Instant?
  /// When a proposal of somebody else was first seen waiting for a commit.
  var proposedAt: Instant?
}
