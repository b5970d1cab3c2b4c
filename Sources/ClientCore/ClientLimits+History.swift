// SPDX-License-Identifier: Apache-2.0

/// The limits of history that goes from device to device (history.md).
extension ClientLimits {
  /// Bytes of lines that one segment holds: what one transaction takes in, and what is lost of the
  /// way when a connection breaks.
  static let historySegmentBytes = 1_048_576
  /// Lines of one segment: they are stored in one transaction, which must not hold the store for
  /// seconds.
  static let historyRecordsMax = 4_096
  /// Conversations of one segment.
  static let historyConversationsMax = 1_024
  /// Bytes of a message's content, and of an earlier version: as of every message.
  static let historyContentBytesMax = 65_536
  /// Bytes of all earlier versions of one line that go with it; older ones stay behind.
  static let historyVersionBytesMax = 262_144
  /// Reactions to one line that go with it.
  static let historyReactionsMax = 1_000
  /// Bytes of what is sealed as one blob: a segment with its list of conversations.
  static let sealedBlobBytesMax: UInt32 = 2_097_152
  /// Lines that one step looks through for those that are to go.
  static let historyLinesLookedAt = 8_192
  /// Lines that are read from the store at once.
  static let historyPage = 256
  /// Own devices to which this one may give; an account has 20 at most.
  static let historyRowsMax = 40
  /// Messages of the log that wait in memory to be taken in.
  static let historyQueueMax = 4_096
  /// Both devices forget the way after this, as the server forgets the blobs.
  static let historyLifetime = blobRetention
  /// The first number of a linked device's own lines: what lies below is left for history.
  static let linkedLinesBase: UInt64 = 100_000_000
}
