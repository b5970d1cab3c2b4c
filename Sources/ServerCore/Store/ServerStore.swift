// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// Why a store did nothing at all. It reaches every request of the batch.
package enum StoreFailure: Error, Hashable, Sendable {
  /// The disk is full, busy or broken; the same batch may succeed later.
  case unavailable
  /// What was read does not decode or contradicts itself.
  case corrupt
}

/// Where accounts, key packages, inboxes and logs live.
///
/// The rules are written once, in the transitions of `StoreRequest` and `ReadRequest`; a backend
/// brings a `StoreTransaction` and its durability.
package protocol ServerStore: Sendable {
  /// Carries out a batch in one transaction, in order. A refused request changes nothing and does
  /// not keep the others from being done. On return all of it is durable.
  ///
  /// - Throws: a `StoreFailure`; then nothing of the batch was done.
  mutating func write(
    _ batch: [StoreRequest], at now: Instant
  ) throws(StoreFailure) -> [StoreAnswer]

  /// Reads one consistent state.
  func read(_ request: ReadRequest, at now: Instant) throws(StoreFailure) -> ReadAnswer
}
