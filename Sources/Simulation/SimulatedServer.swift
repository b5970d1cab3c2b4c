// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import ServerCore

/// The server as a process that can die: the real sessions over the in-memory store.
struct SimulatedServer: Sendable {
  typealias Machine = ServerMachine<SimulatedDisk>

  /// The running process; nil while it is down.
  private(set) var machine: Machine?
  /// What is on its disk while it is down.
  private var disk = InMemoryStore()
  private(set) var life = 0
  /// Whether a flush is scheduled.
  private var isFlushScheduled = false
  /// When the machine asked to be woken, as scheduled.
  private(set) var alarm: Instant?
  private var clock = SimulatedClock()
  private let policy: ServerPolicy
  private let plant: Plant?
  private var entropy: SeededGenerator

  init(domain: ServiceDomain, entropy: SeededGenerator, plant: Plant? = nil) {
    policy = ServerPolicy(domains: [domain])
    self.entropy = entropy
    self.plant = plant
  }

  /// What is durable.
  var store: InMemoryStore {
    guard let machine, plant != .acknowledgeBeforeCommit else { return disk }
    return machine.store.store
  }
  var isUp: Bool { machine != nil }
  var hasPendingWrites: Bool { machine?.hasPendingWrites == true }

  mutating func start(at now: Instant, skew: SimulatedClock.Skew) {
    life += 1
    clock = SimulatedClock(from: now, skew: skew)
    let disk = SimulatedDisk(store: disk, takesSecondCommit: plant == .commitAcceptedTwice)
    machine = Machine(store: disk, policy: policy, rates: .unrestricted)
    isFlushScheduled = false
    alarm = nil
  }

  /// The process dies; what waited for the disk is lost whole, or kept whole with its answers lost.
  mutating func crash(keepingPending: Bool, at now: Instant) {
    guard let dying = machine else { return }
    let written = dying.crash(keepingPending: keepingPending, at: clock.local(now)).store
    if plant != .acknowledgeBeforeCommit || keepingPending { disk = written }
    machine = nil
    life += 1
  }

  /// Puts an older state in place of what is on the disk.
  mutating func rollBack(to older: InMemoryStore) { disk = older }

  /// A second process with the same past and another life.
  func forked() -> SimulatedServer {
    var twin = self
    twin.life += 1_000_000
    twin.isFlushScheduled = false
    twin.alarm = nil
    return twin
  }

  /// The disk takes and gives nothing for a while.
  mutating func failDisk(until end: Instant) { machine?.store.failsUntil = clock.local(end) }

  mutating func connect(
    _ connection: UInt64, to endpoint: Machine.Endpoint, person: Int, at now: Instant
  ) -> [Machine.Effect] {
    let peer = PeerAddress(ipv4: [127, 0, 0, UInt8(truncatingIfNeeded: person + 1)])
    return machine?.connect(
      Machine.ConnectionID(rawValue: connection), to: endpoint, from: peer, at: clock.local(now),
      using: &entropy) ?? []
  }

  mutating func receive(
    _ frame: [UInt8], on connection: UInt64, at now: Instant
  ) -> [Machine.Effect] {
    let effects =
      machine?.receive(
        frame, on: Machine.ConnectionID(rawValue: connection), at: clock.local(now)) ?? []
    guard plant == .acknowledgeBeforeCommit, machine?.hasPendingWrites == true else {
      return effects
    }
    // Answered at once; `disk` has it only with the next flush.
    return effects + (machine?.flush(at: clock.local(now)) ?? [])
  }

  mutating func pong(on connection: UInt64, at now: Instant) {
    machine?.receivePong(on: Machine.ConnectionID(rawValue: connection), at: clock.local(now))
  }

  mutating func disconnect(_ connection: UInt64) {
    machine?.disconnect(Machine.ConnectionID(rawValue: connection))
  }

  /// Whether a flush has to be scheduled; it then counts as scheduled.
  mutating func flushIsDue() -> Bool {
    guard let machine, !isFlushScheduled else { return false }
    let isDirty = plant == .acknowledgeBeforeCommit && machine.store.store != disk
    isFlushScheduled = machine.hasPendingWrites || isDirty
    return isFlushScheduled
  }

  mutating func flush(at now: Instant) -> [Machine.Effect] {
    isFlushScheduled = false
    let effects = machine?.flush(at: clock.local(now)) ?? []
    if plant == .acknowledgeBeforeCommit, let machine { disk = machine.store.store }
    return effects
  }

  /// When the machine has to be woken, if that is not scheduled yet; it then counts as scheduled.
  mutating func alarmIsDue(after now: Instant) -> Instant? {
    guard let deadline = machine?.nextDeadline else { return nil }
    let due = max(clock.real(deadline), now + .milliseconds(1))
    if let alarm, alarm <= due, alarm > now { return nil }
    alarm = due
    return due
  }

  mutating func deadlineReached(at now: Instant) -> [Machine.Effect] {
    alarm = nil
    return machine?.deadlineReached(at: clock.local(now)) ?? []
  }
}
