// SPDX-License-Identifier: Apache-2.0

import Identity
package import SansIO

/// What a server has, all of it that could tell something.
package struct ServerView: Hashable, Sendable {
  /// One entry of a log.
  package struct Entry: Hashable, Sendable {
    /// Its number.
    package let seq: UInt64
    /// When the server accepted it.
    package let at: Instant
    /// The sealed bytes.
    package let body: [UInt8]
  }

  /// The addresses of the accounts, in byte order.
  package let addresses: [String]
  /// How many devices they list.
  package let devices: Int
  /// Each log with its entries, in the order in which they were made.
  package let logs: [[Entry]]
  /// Everything else that was handed in: key packages, what waits in inboxes, sealed group states.
  package let others: [[UInt8]]
}

extension InMemoryStore {
  /// What is stored, for people to look at.
  package var view: ServerView {
    let logs = logs.sorted { $0.key < $1.key }.map(\.value)
    let devices = devices.sorted { $0.key < $1.key }.map(\.value)
    return ServerView(
      addresses: accounts.keys.map(\.description).sorted(),
      devices: devices.count,
      logs: logs.map { log in
        log.entries.map { stored in
          ServerView.Entry(
            seq: stored.row.entry.seq, at: stored.row.entry.accepted,
            body: stored.row.entry.body)
        }
      },
      others: devices.flatMap { $0.keyPackages.map(\.body) + [$0.lastResort ?? []] }
        + bodies.sorted { $0.key < $1.key }.map(\.value.bytes)
        + logs.compactMap { $0.groupInfo?.sealed })
  }
}
