// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// A text that is to be sent at a time. Key: `id`.
package struct ScheduledRow: Equatable, Sendable {
  /// Chosen by the store when the row is appended, from 1 upwards; not used again.
  package var id: UInt64
  /// To whom, or a group's reference.
  package var address: String
  /// The text.
  package var text: String
  /// When it is due.
  package var at: Instant
  /// When it was asked for.
  package var createdAt: Instant

  /// Makes the row; `id` is 0 until the store has appended it.
  package init(id: UInt64 = 0, address: String, text: String, at: Instant, createdAt: Instant) {
    self.id = id
    self.address = address
    self.text = text
    self.at = at
    self.createdAt = createdAt
  }
}
