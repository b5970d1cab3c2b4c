// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What became of a message at the one who reports.
///
/// Values of draft-mahy-mimi-message-status-01, §3 and §4; others are kept as they came.
public struct MessageStatus: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: UInt8

  /// Takes the number.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Not read yet.
  public static let unread = MessageStatus(rawValue: 0)
  /// A device of the reporter has it.
  public static let delivered = MessageStatus(rawValue: 1)
  /// The reporter has read it.
  public static let read = MessageStatus(rawValue: 2)
  /// It expired.
  public static let expired = MessageStatus(rawValue: 3)
  /// It was deleted.
  public static let deleted = MessageStatus(rawValue: 4)
  /// It is hidden, for example archived.
  public static let hidden = MessageStatus(rawValue: 5)
  /// It came and could not be taken.
  public static let error = MessageStatus(rawValue: 6)
}

/// The status of one message.
public struct PerMessageStatus: Hashable, Sendable {
  /// The message.
  public let messageID: MessageID
  /// What became of it.
  public let status: MessageStatus

  /// Takes both.
  public init(messageID: MessageID, status: MessageStatus) {
    self.messageID = messageID
    self.status = status
  }
}

/// Delivery and read receipts for messages of one conversation (draft-mahy-mimi-message-status-01,
/// §4, of 2 March 2026).
///
/// ```
/// MessageStatusReport = [ * PerMessageStatus ]
/// PerMessageStatus = [
///   messageId: MessageId,
///   status: baseStatus / $extStatus / unknownStatus
/// ]
/// ```
public struct MessageStatusReport: WireValue, Hashable {
  /// The media type of a part that holds a report.
  public static let contentType = "application/mimi-message-status"
  /// The most messages of one report: it fits into one message.
  public static let countMax = 1024

  /// The statuses, in the order of the report.
  public let statuses: [PerMessageStatus]

  /// Takes the statuses; `nil` when there are more than `countMax`.
  public init?(_ statuses: [PerMessageStatus]) {
    guard statuses.count <= Self.countMax else { return nil }
    self.statuses = statuses
  }

  /// Takes a report of at most `countMax` statuses.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let count = try input.readCBORArray(maximum: Self.countMax, field: "status report")
    var statuses: [PerMessageStatus] = []
    for _ in 0..<count {
      try input.readCBORArray(exactly: 2, field: "message status")
      let id = try MessageID(from: &input, field: "message status")
      let number = try input.readCBORUnsigned(maximum: 255, field: "message status")
      statuses.append(
        PerMessageStatus(messageID: id, status: MessageStatus(rawValue: UInt8(number))))
    }
    self.statuses = statuses
  }

  /// Appends the report.
  public func encode(to output: inout ByteWriter) {
    output.writeCBOR(arrayOf: statuses.count)
    for entry in statuses {
      output.writeCBOR(arrayOf: 2)
      output.writeCBOR(bytes: entry.messageID.bytes)
      output.writeCBOR(unsigned: UInt64(entry.status.rawValue))
    }
  }
}
