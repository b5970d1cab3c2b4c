// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// Who can learn what about one conversation, from the state that is in force now.
public struct ProtectionReport: Hashable, Sendable {
  /// The peer.
  public let address: String
  /// The MLS suite of the group that is in use, by name; nil while there is no group.
  public let suite: String?
  /// Whether the suite resists a quantum computer that stores traffic now.
  public let postQuantum: Bool
  /// The group's epoch.
  public let epoch: UInt64?
  /// When this device last renewed its keys by a path.
  public let lastOwnPathAt: Instant?
  /// Every device that can read, from the group's tree.
  public let devices: [Device]
  /// When the user compared the safety number; nil: never.
  public let verifiedAt: Instant?
  /// SHA-256 of the pinned identity key, in hexadecimal; nil before first contact.
  public let pinnedIdentity: String?
  /// Whether the pin still holds: `trusted`, `identity-changed` or `contradicted`.
  public let standing: String
  /// What this client has put onto, or seen on, the server for this conversation.
  public let server: ServerView
  /// One sentence each: what each party can learn.
  public let parties: [Party]
  /// One sentence each: what is not protected.
  public let unprotected: [String]

  /// One device of the group.
  public struct Device: Hashable, Sendable {
    /// The account.
    public let address: String
    /// The device's number in the account's manifest.
    public let deviceID: UInt32
    /// Whether it is this one.
    public let own: Bool
    /// Whether its certificate, manifest and pin hold.
    public let certified: Bool

    /// Makes the value.
    public init(address: String, deviceID: UInt32, own: Bool, certified: Bool) {
      self.address = address
      self.deviceID = deviceID
      self.own = own
      self.certified = certified
    }
  }

  /// What the server holds of the conversation.
  public struct ServerView: Hashable, Sendable {
    /// Logs of this conversation.
    public let logs: Int
    /// Entries that this client has read or written, at most; they are deleted after 30 days.
    public let entries: UInt64
    /// Bytes of own sealed entries that are still in the outbox.
    public let waitingBytes: Int

    /// Makes the value.
    public init(logs: Int, entries: UInt64, waitingBytes: Int) {
      self.logs = logs
      self.entries = entries
      self.waitingBytes = waitingBytes
    }
  }

  /// One party and what it can learn.
  public struct Party: Hashable, Sendable {
    /// `server`, `network`, `members`, `this-device`.
    public let name: String
    /// What it can learn.
    public let learns: String

    /// Makes the value.
    public init(name: String, learns: String) {
      self.name = name
      self.learns = learns
    }
  }

  /// Makes the value.
  public init(
    address: String, suite: String?, postQuantum: Bool, epoch: UInt64?, lastOwnPathAt: Instant?,
    devices: [Device], verifiedAt: Instant?, pinnedIdentity: String?, standing: String,
    server: ServerView, parties: [Party], unprotected: [String]
  ) {
    self.address = address
    self.suite = suite
    self.postQuantum = postQuantum
    self.epoch = epoch
    self.lastOwnPathAt = lastOwnPathAt
    self.devices = devices
    self.verifiedAt = verifiedAt
    self.pinnedIdentity = pinnedIdentity
    self.standing = standing
    self.server = server
    self.parties = parties
    self.unprotected = unprotected
  }
}
