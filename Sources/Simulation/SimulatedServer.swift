// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import ServerCore

/// The server as a process that can die: the real sessions over the in-memory store.
struct SimulatedServer: Sendable {
  typealias Machine = ServerMachine<InMemoryStore>

  /// The running process; nil while it is down.
  private(set) var machine: Machine?
  /// What is on its disk while it is down.
  private var disk = InMemoryStore()
  private(set) var life = 0
  /// Whether a flush is scheduled.
  var isFlushScheduled = false
  /// When the machine asked to be woken, as scheduled.
  var alarm: Instant?
  private let policy: ServerPolicy
  private var entropy: SeededGenerator

  init(domain: ServiceDomain, entropy: SeededGenerator) {
    policy = ServerPolicy(domains: [domain])
    self.entropy = entropy
  }

  /// What is durable.
  var store: InMemoryStore { machine?.store ?? disk }
  var isUp: Bool { machine != nil }

  mutating func start() {
    life += 1
    machine = Machine(store: disk, policy: policy, rates: .unrestricted)
    isFlushScheduled = false
    alarm = nil
  }

  /// The process dies; what waited for the disk is lost whole, or kept whole with its answers lost.
  mutating func crash(keepingPending: Bool, at now: Instant) {
    guard let dying = machine else { return }
    disk = dying.crash(keepingPending: keepingPending, at: now)
    machine = nil
    life += 1
  }

  mutating func connect(
    _ connection: UInt64, to endpoint: Machine.Endpoint, person: Int, at now: Instant
  ) -> [Machine.Effect] {
    let peer = PeerAddress(ipv4: [127, 0, 0, UInt8(truncatingIfNeeded: person + 1)])
    return machine?.connect(
      Machine.ConnectionID(rawValue: connection), to: endpoint, from: peer, at: now,
      using: &entropy) ?? []
  }

  mutating func receive(
    _ frame: [UInt8], on connection: UInt64, at now: Instant
  ) -> [Machine.Effect] {
    machine?.receive(frame, on: Machine.ConnectionID(rawValue: connection), at: now) ?? []
  }

  mutating func pong(on connection: UInt64, at now: Instant) {
    machine?.receivePong(on: Machine.ConnectionID(rawValue: connection), at: now)
  }

  mutating func disconnect(_ connection: UInt64) {
    machine?.disconnect(Machine.ConnectionID(rawValue: connection))
  }

  mutating func flush(at now: Instant) -> [Machine.Effect] { machine?.flush(at: now) ?? [] }

  mutating func deadlineReached(at now: Instant) -> [Machine.Effect] {
    machine?.deadlineReached(at: now) ?? []
  }
}
