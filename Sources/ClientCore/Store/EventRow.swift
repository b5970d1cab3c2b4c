// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// One stored event. Key: `seq`.
package struct EventRow: Equatable, Sendable {
  /// Chosen by the store when the row is appended, from 1 upwards without holes, also after the
  /// newest rows were removed.
  package var seq: UInt64
  /// When it happened.
  package var at: Instant
  /// The peer whom it concerns.
  package var address: String
  /// The event's kind in ClientCore's own encoding.
  package var body: [UInt8]

  /// Makes the row; `seq` is 0 until the store has appended it.
  package init(seq: UInt64 = 0, at: Instant, address: String, body: [UInt8]) {
    self.seq = seq
    self.at = at
    self.address = address
    self.body = body
  }
}

/// A named subscription to events. Key: `name`.
package struct SubscriberRow: Equatable, Sendable {
  /// Chosen by the program that listens.
  package var name: String
  /// Events up to and with this one are acknowledged.
  package var cursor: UInt64
  /// When it began.
  package var createdAt: Instant

  /// Makes the row.
  package init(name: String, cursor: UInt64, createdAt: Instant) {
    self.name = name
    self.cursor = cursor
    self.createdAt = createdAt
  }
}

/// A setting. Key: `key`.
package struct SettingRow: Equatable, Sendable {
  /// Its name.
  package var key: String
  /// Its value, in an encoding of its owner's choice.
  package var value: [UInt8]

  /// Makes the row.
  package init(key: String, value: [UInt8]) {
    self.key = key
    self.value = value
  }
}
