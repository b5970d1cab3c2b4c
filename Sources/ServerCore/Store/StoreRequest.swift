// SPDX-License-Identifier: Apache-2.0

package import Identity
package import SansIO

/// What a session asks the store to change. Fields have been parsed and signatures verified; what
/// depends on stored state is decided in the transaction.
package enum StoreRequest: Hashable, Sendable {
  /// Makes an account with its first manifest.
  case register(Address, VerifiedManifest)
  /// Replaces the manifest whose hash is `replacing`.
  case publishManifest(Address, VerifiedManifest, replacing: Fingerprint)
  /// Adds key packages of a device.
  case uploadKeyPackages(KeyPackageUpload)
  /// Takes one key package of each device of an account.
  case takeKeyPackages(Address)
  /// Deletes what a device has of its inbox.
  case acknowledgeInbox(DeviceKey, upTo: UInt64)
  /// Makes a log.
  case createLog(LogID, epoch: UInt64, tokenHash: LogTokenHash)
  /// Appends an application message or a proposal.
  case append(AppendRequest)
  /// Appends a commit and ends its epoch.
  case commit(CommitRequest)
  /// Adds a part that a commit is going to name.
  case putPart(PutPartRequest)
  /// Makes place for a blob.
  case openBlob(OpenBlobRequest)
  /// So many bytes of a blob are on the disk.
  case advanceBlob(BlobID, offset: UInt64, isComplete: Bool)
  /// Forgets blobs whose files are gone.
  case removeBlobs([BlobID])
  /// Deletes what has lapsed, at most so many rows.
  case sweep(rowsMax: Int)

  /// The bytes that the request brings to disk, for the bounds of queues and batches.
  package var byteCount: Int {
    switch self {
    case .register(_, let manifest), .publishManifest(_, let manifest, _):
      manifest.manifest.devices.count * 160 + 512
    case .uploadKeyPackages(let upload):
      upload.oneTime.reduce(upload.lastResort?.count ?? 0) { $0 + $1.count }
    case .append(let append): append.body.count
    case .commit(let commit):
      commit.welcomes.reduce(commit.body.count + commit.groupInfo.count) { $0 + $1.body.count }
    case .putPart(let part): part.body.count
    case .takeKeyPackages, .acknowledgeInbox, .createLog, .openBlob, .advanceBlob, .removeBlobs,
      .sweep:
      0
    }
  }
}

/// Key packages that a device offers.
package struct KeyPackageUpload: Hashable, Sendable {
  package let device: DeviceKey
  /// Each is taken once.
  package let oneTime: [[UInt8]]
  /// Is taken when no one-time key package is left; `nil` keeps the present one.
  package let lastResort: [UInt8]?

  package init(device: DeviceKey, oneTime: [[UInt8]], lastResort: [UInt8]?) {
    self.device = device
    self.oneTime = oneTime
    self.lastResort = lastResort
  }
}

/// An application message or a proposal for a log.
package struct AppendRequest: Hashable, Sendable {
  package let right: LogRight
  package let submitID: SubmitID
  /// Not `commit`.
  package let kind: EntryKind
  package let body: [UInt8]
  /// When the sender wants it deleted; `nil` leaves it to the server's retention.
  package let expires: Instant?

  package init(
    right: LogRight, submitID: SubmitID, kind: EntryKind, body: [UInt8], expires: Instant?
  ) {
    precondition(kind != .commit, "a commit has a request of its own")
    self.right = right
    self.submitID = submitID
    self.kind = kind
    self.body = body
    self.expires = expires
  }
}

/// A commit with everything that becomes durable together with it.
package struct CommitRequest: Hashable, Sendable {
  /// One body for the inboxes of some devices.
  package struct Welcome: Hashable, Sendable {
    package let devices: [DeviceKey]
    package let body: [UInt8]

    package init(devices: [DeviceKey], body: [UInt8]) {
      self.devices = devices
      self.body = body
    }
  }

  package let right: LogRight
  package let submitID: SubmitID
  package let body: [UInt8]
  package let nextTokenHash: LogTokenHash
  /// The sealed GroupInfo of the next epoch.
  package let groupInfo: [UInt8]
  package let welcomes: [Welcome]
  /// Whether tokens of the epochs so far read no further than this entry.
  package let removes: Bool
  /// The epoch that it ends: the right's own, or a later one when a member comes back that lost
  /// step.
  package let endsEpoch: UInt64
  /// The parts that belong to the GroupInfo and the Welcomes.
  package let parts: [PartID]

  package init(
    right: LogRight, submitID: SubmitID, body: [UInt8], nextTokenHash: LogTokenHash,
    groupInfo: [UInt8], welcomes: [Welcome], removes: Bool, endsEpoch: UInt64? = nil,
    parts: [PartID] = []
  ) {
    self.parts = parts
    self.endsEpoch = endsEpoch ?? right.epoch
    self.right = right
    self.submitID = submitID
    self.body = body
    self.nextTokenHash = nextTokenHash
    self.groupInfo = groupInfo
    self.welcomes = welcomes
    self.removes = removes
  }
}
