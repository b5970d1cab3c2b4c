// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import ServerCore

/// A server with one open connection of each kind, from which every input starts anew: the machine
/// is a value.
struct ServerFixture: Sendable {
  typealias Machine = ServerMachine<InMemoryStore>

  static let shared = ServerFixture()
  static let now = Instant(milliseconds: 1_800_000_000_000)
  private static let inbox = Machine.ConnectionID(rawValue: 1)
  private static let logs = Machine.ConnectionID(rawValue: 2)

  private let machine: Machine

  private init() {
    guard let domain = try? ServiceDomain("x.example") else {
      preconditionFailure("the fixture's domain is valid")
    }
    var machine = Machine(
      store: InMemoryStore(), policy: ServerPolicy(domains: [domain]), rates: .unrestricted)
    var entropy = SeededGenerator(seed: 1)
    let peer = PeerAddress(ipv4: [192, 0, 2, 1])
    _ = machine.connect(Self.inbox, to: .inbox, from: peer, at: Self.now, using: &entropy)
    _ = machine.connect(Self.logs, to: .logs, from: peer, at: Self.now, using: &entropy)
    self.machine = machine
  }

  /// Lets the frame in, carries out what it asks for, and looks at the store.
  func receive(_ frame: [UInt8], to endpoint: Machine.Endpoint) {
    var machine = machine
    let connection =
      switch endpoint {
      case .inbox: Self.inbox
      case .logs: Self.logs
      }
    _ = machine.receive(frame, on: connection, at: Self.now)
    while machine.hasPendingWrites { _ = machine.flush(at: Self.now) }
    machine.store.checkInvariants()
  }
}
