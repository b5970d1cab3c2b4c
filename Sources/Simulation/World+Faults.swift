// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// One direction of one person's network.
struct Link: Hashable, Sendable {
  enum Direction: Hashable, Sendable {
    case toServer
    case toClient
  }

  let person: Int
  let direction: Direction
}

/// Faults of the network beyond loss and delay.
extension World {
  /// When a frame sent now enters the link; nil: the link has swallowed it.
  mutating func passage(of id: UInt64, _ direction: Link.Direction) -> Instant? {
    guard let connection = connections[id] else { return nil }
    let link = Link(person: connection.person, direction: direction)
    if faults.partition.happens(using: &network) {
      let length = Int64.random(in: 1000...120_000, using: &network)
      partitioned[link] = now + .milliseconds(length)
      trace.add(time, name(link.person), "partition", "\(direction) \(length)ms")
    }
    if faults.clog.happens(using: &network) {
      let length = Int64.random(in: 100...20_000, using: &network)
      clogged[link] = now + .milliseconds(length)
      trace.add(time, name(link.person), "clog", "\(direction) \(length)ms")
    }
    if connection.stalled.contains(direction) { return nil }
    if let end = partitioned[link], now < end {
      stall(id, direction)
      return nil
    }
    return max(now, clogged[link] ?? now)
  }

  /// A direction has lost a frame, and the connection with it: nobody is told. The client notices
  /// by its deadlines, the server by an unanswered ping, each in its time.
  private mutating func stall(_ id: UInt64, _ direction: Link.Direction) {
    connections[id]?.stalled.insert(direction)
    let client = Int64.random(in: 5000...90_000, using: &network)
    let server = Int64.random(in: 5000...120_000, using: &network)
    queue.schedule(.lostAtClient(connection: id, reason: .closed), at: now + .milliseconds(client))
    queue.schedule(.lostAtServer(connection: id), at: now + .milliseconds(server))
  }

  /// Keeps a frame, and has an older one of the same connection arrive again.
  mutating func replay(after frame: [UInt8], on id: UInt64, at due: Instant) {
    guard options.replay.numerator > 0 else { return }
    carried[id, default: []].append(frame)
    if carried[id]?.count ?? 0 > World.carriedMax { carried[id]?.removeFirst() }
    guard faults.replay.happens(using: &network),
      let old = carried[id]?.randomElement(using: &network)
    else { return }
    trace.add(time, "server", "replay", "to=\(connections[id].map { name($0.person) } ?? "-")")
    queue.schedule(.toClient(connection: id, frame: old), at: due + delay())
  }

  private static let carriedMax = 32
}
