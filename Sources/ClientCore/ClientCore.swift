// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// The client as a transition: requests, frames and time in; rows changed and effects out.
///
/// The value holds connections and caches and nothing that must survive. The driver runs `apply`
/// inside one store transaction, commits, and then performs the effects in order. When the
/// transaction fails, it closes both connections, throws the value away and begins with a new one
/// and a `tick`. One core serves one store, and the driver never applies two inputs at once.
package struct ClientCore: Sendable {
  private var state = SessionState()
  /// When `tick` is wanted at the latest; valid after each `apply`.
  package private(set) var nextDeadline: Instant?

  /// A core that knows nothing yet; its first input is `tick`.
  ///
  /// - Parameter treeInlineDevicesMax: in groups of more devices the tree lies beside the log; less
  ///   than usual for tests.
  package init(treeInlineDevicesMax: Int = ClientLimits.treeInlineDevicesMax) {
    state.treeInlineDevicesMax = treeInlineDevicesMax
  }

  /// Applies inputs in order.
  ///
  /// - Throws: only what the store throws; then this value must not be used again.
  package mutating func apply<Transaction: ClientTransaction, Entropy: RandomNumberGenerator>(
    _ inputs: [ClientInput], in transaction: inout Transaction, at now: Instant,
    using entropy: inout Entropy
  ) throws(ClientStoreFailure) -> [ClientEffect] {
    var step = ClientStep(
      state: state, transaction: consume transaction, entropy: consume entropy, now: now)
    state = SessionState()
    let failure: ClientStoreFailure?
    do throws(ClientStoreFailure) {
      try step.expire()
      for input in inputs { try step.take(input) }
      try step.pump()
      step.state.timerDeadline = try step.transaction.earliestDeadline()
      failure = nil
    } catch {
      failure = error
    }
    transaction = step.transaction
    entropy = step.entropy
    // After a failure the caches may say what the store does not: the new state holds none.
    if let failure {
      nextDeadline = now
      throw failure
    }
    nextDeadline = step.state.deadline(
      hasAccount: step.state.device != nil || step.state.link?.isOver == false)
    state = step.state
    return step.effects
  }
}
