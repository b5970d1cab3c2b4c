// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// The client as a transition: requests, frames and time in; rows changed and effects out.
///
/// The value holds connections and caches and nothing that must survive. The driver runs `apply`
/// inside one store transaction, commits, and then performs the effects in order. When the
/// transaction fails, it closes both connections, throws the value away and begins with a new one
/// and a `tick`.
package struct ClientCore: Sendable {
  /// When `tick` is wanted at the latest; valid after each `apply`.
  package private(set) var nextDeadline: Instant?

  /// A core that knows nothing yet; its first input is `tick`.
  package init() {}

  /// Applies inputs in order.
  ///
  /// - Throws: only what the store throws; then this value must not be used again.
  package mutating func apply(
    _ inputs: [ClientInput], in transaction: inout some ClientTransaction, at now: Instant,
    using entropy: inout some RandomNumberGenerator
  ) throws(ClientStoreFailure) -> [ClientEffect] {
    []
  }
}
