// SPDX-License-Identifier: Apache-2.0

package import ClientCore
package import SansIO

/// One person's client: the real core over the in-memory store, as a process that can die.
///
/// It is driven as the real driver drives it: waiting inputs are applied in one transaction, and
/// the effects are performed after the commit.
package struct SimulatedClient: Sendable {
  /// What becomes of a batch of inputs.
  package enum Fate: Sendable {
    /// Committed, and its effects performed.
    case lives
    /// The process dies before the commit: no trace.
    case diesBeforeCommit
    /// The process dies after the commit: its effects are lost.
    case diesAfterCommit
  }

  /// The person's address.
  package let address: String
  /// What is on this person's disk.
  package private(set) var store: InMemoryClientStore
  /// The running process; nil while it is down.
  package private(set) var core: ClientCore?
  /// Counts the process's lives, so that what was meant for an earlier one is dropped.
  package private(set) var life = 0
  /// The open or opening connection of each endpoint.
  package var connections: [ClientEndpoint: UInt64] = [:]
  /// Inputs that wait for the next batch.
  package var waiting: [ClientInput] = []
  /// Whether a batch is scheduled.
  package var isScheduled = false
  /// When the core asked to be woken, as scheduled.
  package var alarm: Instant?
  /// Whether the person's network is up.
  package var isOnline = true
  /// The store of somebody who takes strangers at once.
  private static let openToAll: InMemoryClientStore = {
    var store = InMemoryClientStore()
    try? store.transact { (transaction) throws(ClientStoreFailure) in
      transaction.put(ClientSetting.strangers.row(StrangerPolicy.accept.rawValue))
    }
    return store
  }()

  private var entropy: SeededGenerator
  private var nextToken: UInt64 = 1
  private let plant: Plant?
  /// What the process takes for the time.
  package private(set) var clock = SimulatedClock()
  private var disk: (failsUntil: Instant, failure: ClientStoreFailure)?

  /// A person whose device was never used.
  ///
  /// - Parameter asks: whether a stranger's conversation waits to be accepted.
  package init(
    address: String, entropy: SeededGenerator, asks: Bool = false, plant: Plant? = nil
  ) {
    self.address = address
    store = asks ? InMemoryClientStore() : SimulatedClient.openToAll
    self.plant = plant
    self.entropy = entropy
  }

  /// Starts the process on what the disk holds.
  package mutating func start(at now: Instant, skew: SimulatedClock.Skew) {
    life += 1
    clock = SimulatedClock(from: now, skew: skew)
    core = ClientCore()
    waiting = [.tick]
  }

  /// Ends the process: what was in memory is gone.
  package mutating func die() {
    life += 1
    core = nil
    waiting = []
    connections = [:]
    isScheduled = false
    alarm = nil
  }

  /// The disk takes and gives nothing for a while.
  package mutating func failDisk(until end: Instant, with failure: ClientStoreFailure) {
    disk = (end, failure)
  }

  /// Whether the disk fails at the moment.
  package func diskFails(at now: Instant) -> Bool {
    disk.map { now < $0.failsUntil } ?? false
  }

  /// Queues a request; its answer bears the token.
  package mutating func ask(_ request: ClientRequest) -> RequestToken {
    let token = RequestToken(nextToken)
    nextToken += 1
    waiting.append(.request(token, request))
    return token
  }

  /// Applies what waits in one transaction.
  ///
  /// - Returns: the effects to perform; none when the process died.
  package mutating func applyWaiting(
    at now: Instant, fate: Fate
  ) throws(ClientStoreFailure) -> [ClientEffect] {
    guard var running = core else { return [] }
    let inputs = waiting
    waiting = []
    var generator = entropy
    let time = clock.local(now)
    let failing = diskFails(at: now) ? disk?.failure : nil
    if fate == .diesBeforeCommit, failing == nil { store.failingCommitIn = 1 }
    do {
      let effects = try store.transact { transaction throws(ClientStoreFailure) in
        let before = transaction
        let effects = try running.apply(inputs, in: &transaction, at: time, using: &generator)
        // Whatever was written first is undone with the rest.
        if let failing { throw failing }
        try plant?.spoil(&transaction, before: before)
        return effects
      }
      entropy = generator
      core = running
      return fate == .diesAfterCommit ? [] : effects
    } catch {
      // The draws of a batch that never was must not be repeated by the next one.
      entropy = generator
      guard error == .injected else { throw error }
      return []
    }
  }

  /// A question that changes nothing and that no fault touches, for the checkers.
  package func inspect<Value>(
    _ body: (InMemoryClientTransaction) throws(ClientStoreFailure) -> Value
  ) throws(ClientStoreFailure) -> Value {
    try body(store.committed)
  }
}
