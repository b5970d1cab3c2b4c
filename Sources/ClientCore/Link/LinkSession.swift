// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
public import SansIO

/// Linking under way. It lives in memory alone: a process that dies begins anew, and until the
/// manifest lists the new device nothing has happened.
struct LinkSession: Sendable {
  /// The side that wants to come into an account.
  struct Joiner: Sendable {
    let invite: String
    let encryption: HPKEKeyPair
    let signing: SigningKey
    let nonce: [UInt8]
    var isLogMade = false
    var account: LinkAccount?
  }

  /// The side that has an account.
  struct Host: Sendable {
    var hello: LinkHello?
    var account: LinkAccount?
    var proof: LinkProof?
    /// The user has compared the codes.
    var isConfirmed = false
    /// The manifest that lists the new device, until the server has it.
    var manifest: [UInt8] = []
    /// The server has it.
    var isPublished = false
  }

  enum Role: Sendable {
    case joiner(Joiner)
    case host(Host)
  }

  let offer: LinkOffer
  var role: Role
  let deadline: Instant
  var phase = LinkReport.Phase.waiting
  var code: String?
  var failure: ClientFailureCode?
  /// request_id of the subscription.
  var subscription: UInt64?
  var cursor: UInt64 = 0
  /// The log is looked for again then.
  var retryAt: Instant?
  /// What was said and the server has not confirmed, under its submit id.
  var unsent: [(submitID: [UInt8], body: [UInt8])] = []

  /// Whether anything is still to be done.
  var isOver: Bool { phase == .done || phase == .failed }
}

/// How far linking has come.
public struct LinkReport: Hashable, Sendable {
  /// See the cases.
  public enum Phase: String, Sendable {
    /// For the other device.
    case waiting
    /// Both show a code: the user compares.
    case compare
    /// The codes were compared; the account is being changed.
    case confirmed
    /// The new device is one of the account.
    case done
    /// It came to nothing.
    case failed
  }

  /// See `Phase`.
  public let phase: Phase
  /// What the other device has to be given; the new device's alone. A secret.
  public let link: String?
  /// Six digits that both devices must show.
  public let code: String?
  /// The account's address, once it is known.
  public let address: String?
  /// Why it failed.
  public let failure: ClientFailureCode?
}

/// A device of the own account.
public struct DeviceReport: Hashable, Sendable {
  /// Its number, given once and never again.
  public let deviceID: UInt32
  /// What its owner calls it.
  public let name: String?
  /// Whether this is the device that answers.
  public let own: Bool
  /// When it came into the account.
  public let added: Instant
  /// When it lapses unless it is refreshed.
  public let expires: Instant
}
