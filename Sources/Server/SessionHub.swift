// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ServerCore
import Synchronization

/// Who is connected, from where, and who waits for what.
final class SessionHub: Sendable {
  private struct State {
    var ports: [UInt64: any SessionPort] = [:]
    var watches = WatchTable<UInt64>()
    var peers: [PeerAddress: Int] = [:]
    var nextNumber: UInt64 = 1
    var isDraining = false
  }

  private let connectionsPerPeer: Int
  private let state = Mutex(State())

  /// A hub that takes so many connections of one address.
  init(connectionsPerPeer: Int) { self.connectionsPerPeer = connectionsPerPeer }

  /// Whether the server goes down.
  var isDraining: Bool { state.withLock { $0.isDraining } }

  /// How many sessions are open.
  var sessionCount: Int { state.withLock { $0.ports.count } }

  /// Takes a place for a connection of this address; false when it has too many.
  func admit(_ peer: PeerAddress) -> Bool {
    state.withLock { state in
      let count = state.peers[peer, default: 0]
      guard count < connectionsPerPeer, !state.isDraining else { return false }
      state.peers[peer] = count + 1
      return true
    }
  }

  /// Gives the place back.
  func leave(_ peer: PeerAddress) {
    state.withLock { state in
      let count = state.peers[peer, default: 1] - 1
      state.peers[peer] = count > 0 ? count : nil
    }
  }

  func nextNumber() -> UInt64 {
    state.withLock { state in
      state.nextNumber += 1
      return state.nextNumber
    }
  }

  func add(_ port: any SessionPort) {
    let drains = state.withLock { state in
      state.ports[port.number] = port
      return state.isDraining
    }
    if drains { port.eventLoop.execute { port.drain() } }
  }

  func remove(_ number: UInt64) {
    state.withLock { state in
      state.ports[number] = nil
      state.watches.removeAll(of: number)
    }
  }

  func watch(_ wake: Wake, by number: UInt64) {
    state.withLock { $0.watches.watch(wake, by: number) }
  }

  func unwatch(_ wake: Wake, by number: UInt64) {
    state.withLock { $0.watches.unwatch(wake, by: number) }
  }

  /// Those who wait for any of `wakes`; a wake that nobody waits for is left out.
  func watchers(of wakes: [Wake]) -> [(wake: Wake, ports: [any SessionPort])] {
    state.withLock { state in
      wakes.compactMap { wake in
        let ports = state.watches.watchers(of: wake).compactMap { state.ports[$0] }
        return ports.isEmpty ? nil : (wake, ports)
      }
    }
  }

  /// Hands a signal to all that watch its log but the one that sent it.
  func tell(_ signal: LogSignal, from sender: UInt64) {
    var delivery = LoopDelivery()
    for (_, ports) in watchers(of: [.log(signal.logID)]) {
      for port in ports where port.number != sender { delivery.add(port, .signal(signal)) }
    }
    delivery.deliver()
  }

  /// From now on nobody is admitted; all sessions are told.
  func drain() {
    let ports = state.withLock { state in
      state.isDraining = true
      return Array(state.ports.values)
    }
    for port in ports { port.eventLoop.execute { port.drain() } }
  }
}
