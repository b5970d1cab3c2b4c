// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// When a message is to be sent.
public enum ScheduleTime: Hashable, Sendable {
  /// At this time.
  case at(Instant)
  /// So long after the request.
  case after(Duration)
}

/// A message that is to be sent at a time.
public struct ScheduledMessage: Hashable, Sendable {
  /// Its number in this store.
  public let id: UInt64
  /// To whom, or a group's reference.
  public let address: String
  /// The text.
  public let text: String
  /// When it is due.
  public let at: Instant

  init(_ row: ScheduledRow) {
    id = row.id
    address = row.address
    text = row.text
    at = row.at
  }
}
