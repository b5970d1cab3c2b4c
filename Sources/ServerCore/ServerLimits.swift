// SPDX-License-Identifier: Apache-2.0

/// Every bound of the server, with its reason. What is above one is refused with a typed failure.
package enum ServerLimits {
  // MARK: Frames and bodies, in bytes

  /// One WebSocket message: the largest commit with its keys and names around it.
  package static let frameBytesMax = 2_097_152
  /// The body of an application message or a proposal: 64 KiB of text, its padding and its seal.
  package static let applicationBytesMax = 98_304
  /// The body of a commit, a sealed GroupInfo or one Welcome. The largest body is a path into a
  /// tree of 1,000 leaves in which nobody else has committed yet, 1.2 kB for each of them, beside
  /// the key packages of 40 devices.
  package static let commitBytesMax = 1_572_864
  /// One part that a commit names (logs.md): as much as a page, so that none holds up a connection.
  package static let partBytesMax = 262_144
  /// The parts that one commit names: 16 MiB, the longest message of the protocol.
  package static let commitPartsMax = 64
  /// One MLSMessage(KeyPackage): a hybrid leaf has about 5 kB.
  package static let keyPackageBytesMax = 16_384
  /// The devices that one commit welcomes: as many as a conversation may have.
  package static let welcomeDevicesMax = 1_000
  /// A signal, exactly: all have one size, so that none says by it what it is.
  package static let signalBytes = 128
  /// The fields of one frame: a frame of empty fields would cost far more memory than its size.
  package static let frameFieldsMax = 16_384

  // MARK: Windows

  /// Entries sent beyond the acknowledged one, to one subscription.
  package static let windowEntriesMax = 256
  /// Bytes sent beyond the acknowledged entry, to one subscription. The last entry may pass it.
  package static let windowBytesMax = 1_048_576
  /// Bytes of one page of entries, so that one frame does not hold up a connection for long.
  package static let pageBytesMax = 262_144
  /// Bytes that wait for the socket before a session stops reading for its subscriptions.
  package static let outboundBytesMax = 1_048_576

  // MARK: Connections

  /// Requests of one connection that wait for an answer.
  package static let openRequestsMax = 64
  /// Subscriptions of one connection: one for each conversation of a busy device.
  package static let subscriptionsMax = 1_024
  /// Pages that are read at once for the subscriptions of one connection: each may hold
  /// `pageBytesMax` until the socket has it.
  package static let subscriptionReadsMax = 8
  /// Connections of one network address: a household behind one address, with all its devices.
  package static let connectionsPerPeerMax = 256
  /// From the opening of a connection to its first whole frame.
  package static let firstFrameDeadline: Duration = .seconds(10)
  /// From the opening of an inbox connection to its authentication; the account is read in between.
  package static let authenticationDeadline: Duration = .seconds(20)
  /// Silence after which the other side is asked for a sign of life.
  package static let idlePingAfter: Duration = .seconds(30)
  /// Silence after which a connection is closed: two pings went unanswered.
  package static let idleCloseAfter: Duration = .seconds(90)
  /// How long a reader may take nothing while bytes wait for it.
  package static let slowReaderAfter: Duration = .seconds(20)
  /// How long a connection may take to finish its open requests once the server drains.
  package static let drainDeadline: Duration = .seconds(5)
  /// Clients of a server that goes down come back after a time drawn from here, not all at once.
  package static let drainRetryAfter: ClosedRange<UInt64> = 1_000...5_000
  /// When to try again after a store that cannot write, in milliseconds.
  package static let unavailableRetryAfter: UInt64 = 2_000

  // MARK: Accounts and key packages

  /// One-time key packages of one device: a hundred first contacts between two of its connections.
  package static let oneTimeKeyPackagesMax = 100
  /// Key packages in one upload.
  package static let uploadedKeyPackagesMax = 100
  /// How long the hash of a key package that was taken is kept, so that an upload that is repeated
  /// does not offer it a second time.
  package static let spentKeyPackageRetention: Duration = .seconds(24 * 3_600)

  // MARK: Logs and inboxes

  /// How long an entry is kept at most: a month of being away.
  package static let entryRetention: Duration = .seconds(30 * 86_400)
  /// How long the id of a trimmed entry is remembered, for a sender that was away as long.
  package static let seenRetention: Duration = .seconds(24 * 3_600)
  /// How long a log lives without a new entry. Members commit every week that they are connected.
  package static let logIdleRetention: Duration = .seconds(180 * 86_400)
  /// How long a log lives that was made and never used.
  package static let logUnusedRetention: Duration = .seconds(7 * 86_400)
  /// How long the token of an ended epoch is kept: longer than any entry of that epoch.
  package static let epochRetention: Duration = .seconds(90 * 86_400)
  /// Entries of one log.
  package static let logEntriesMax: UInt64 = 100_000
  /// Bytes of one log.
  package static let logBytesMax: UInt64 = 268_435_456
  /// Entries and bytes above the quota that only commits may use, one part in this many: a log full
  /// of messages still lets its members remove who filled it.
  package static let commitReserveDivisor: UInt64 = 8
  /// How long a part lives that no commit has named, or that the present epoch's commit names no
  /// more: a slow upload, and a reader who was told its name a moment ago.
  package static let partRetention: Duration = .seconds(3_600)
  /// Entries of one inbox.
  package static let inboxEntriesMax: UInt64 = 1_000
  /// Bytes of one inbox.
  package static let inboxBytesMax: UInt64 = 67_108_864

  // MARK: Blobs

  /// One blob: 2 GiB, and its padding, which is 64 MiB there at most (Padmé).
  package static let blobBytesMax: UInt64 = 2_214_592_512
  /// The blobs of one account.
  package static let accountBlobsMax = 10_000
  /// The sizes of one account's blobs together.
  package static let accountBlobBytesMax: UInt64 = 17_179_869_184
  /// How long a blob is kept: as long as the entry that names it.
  package static let blobRetention: Duration = entryRetention
  /// Bytes of an upload between two moments at which they are on the disk and counted.
  package static let blobSyncBytes: UInt64 = 16_777_216
  /// How long the other side of a blob may take or bring nothing.
  package static let blobIdleMax: Duration = .seconds(30)
  /// Lapsed blobs that one sweep deletes.
  package static let sweepBlobsMax = 100

  // MARK: The writer

  /// Requests in one transaction.
  package static let batchRequestsMax = 256
  /// Bytes of bodies in one transaction; one request may pass it.
  package static let batchBytesMax = 1_048_576
  /// Requests that wait for the writer, of all connections: some seconds of a slow disk.
  package static let queuedRequestsMax = 8_192
  /// Bytes that wait for the writer, of all connections.
  package static let queuedBytesMax = 67_108_864
  /// Rows that one sweep deletes: a sweep is one transaction, and writers wait for it.
  package static let sweepRowsMax = 500
  /// Between two sweeps that found nothing more to do.
  package static let sweepInterval: Duration = .seconds(60)
}
