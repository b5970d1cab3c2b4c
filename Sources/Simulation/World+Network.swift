// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO
import ServerCore
import SwiftProtobuf
import Wire

/// The network between clients and server. A connection is like TLS over TCP: frames arrive in
/// order or the connection is gone with all that was on its way. Duplication and reordering beyond
/// that are the server's doing: a client must bear them too.
extension World {
  mutating func delay() -> Duration {
    .milliseconds(Int64.random(in: 1...max(1, faults.delayMax.inMilliseconds), using: &network))
  }

  mutating func connect(_ person: Int, to endpoint: ClientEndpoint) {
    let id = nextConnection
    nextConnection += 1
    connections[id] = SimulatedConnection(
      person: person, life: people[person].life, endpoint: endpoint)
    people[person].connections[endpoint] = id
    queue.schedule(.arrive(connection: id), at: now + delay())
  }

  /// The first packet arrives: the server accepts, or nobody is there.
  mutating func arrive(_ id: UInt64) {
    guard var connection = connections[id], connection.isOpenAtClient else { return }
    guard server.isUp, people[connection.person].isOnline else {
      queue.schedule(
        .lostAtClient(connection: id, reason: .unreachable), at: now + delay())
      return
    }
    connection.isOpenAtServer = true
    connections[id] = connection
    input(.connected(connection.endpoint), to: connection)
    let endpoint: SimulatedServer.Machine.Endpoint =
      connection.endpoint == .inbox ? .inbox : .logs
    let person = connection.person
    perform(
      withServer(of: person) { $0.connect(id, to: endpoint, person: person, at: $1) })
  }

  mutating func send(_ frame: [UInt8], toServerOn id: UInt64) {
    guard var connection = connections[id], connection.isOpenAtClient else { return }
    if !isHostile(connection.person) { wire.sees(frame, from: connection, on: id) }
    if connection.endpoint == .logs, let frame = try? WireLogsClientFrame(serializedBytes: frame) {
      let person = connection.person
      reading.sees(frame, from: person, on: id, in: people[person].store.committed)
      society?.rosters.sees(frame, in: people[person].store.committed)
    }
    if faults.loss.happens(using: &network) { return cut(id, connection) }
    guard let free = passage(of: id, .toServer) else { return }
    let due = max(free + delay(), Instant(milliseconds: connection.lastToServer))
    connection.lastToServer = due.milliseconds
    connections[id] = connection
    queue.schedule(.toServer(connection: id, frame: frame), at: due)
  }

  mutating func send(_ said: [UInt8], toClientOn id: UInt64) {
    guard let person = connections[id]?.person, let frame = told(said, to: person, on: id)
    else { return }
    guard var connection = connections[id], connection.isOpenAtServer else { return }
    if faults.loss.happens(using: &network) { return cut(id, connection) }
    guard let free = passage(of: id, .toClient) else { return }
    var due = max(free + delay(), Instant(milliseconds: connection.lastToClient))
    if faults.reorder.happens(using: &network) {
      // This one dawdles; those behind it do not wait.
      due = due + delay() + delay()
    } else {
      connection.lastToClient = due.milliseconds
      connections[id] = connection
    }
    queue.schedule(.toClient(connection: id, frame: frame), at: due)
    if faults.duplication.happens(using: &network) {
      queue.schedule(.toClient(connection: id, frame: frame), at: due + delay())
    }
    replay(after: frame, on: id, at: due)
  }

  /// The connection breaks: what is on its way is lost, and each side notices in its time.
  mutating func cut(_ id: UInt64, _ connection: SimulatedConnection) {
    trace.add(time, name(connection.person), "cut", connection.endpoint.rawValue)
    connections[id]?.isOpenAtClient = false
    connections[id]?.isOpenAtServer = false
    queue.schedule(.lostAtServer(connection: id), at: now + delay())
    queue.schedule(.lostAtClient(connection: id, reason: .closed), at: now + delay())
  }

  mutating func deliver(_ frame: [UInt8], toServerOn id: UInt64) {
    guard let connection = connections[id], connection.isOpenAtServer, server.isUp else { return }
    trace.add(
      time, "server", "frame", "\(name(connection.person)) \(connection.endpoint.rawValue)",
      isDetail: true)
    perform(withServer(of: connection.person) { $0.receive(frame, on: id, at: $1) })
    tellLies()
    if let keepsPending = script?.serverDies, server.hasPendingWrites {
      script?.serverDies = nil
      return crashServer(keepingPending: keepsPending)
    }
    if faults.serverCrash.happens(using: &crashes) { crashServer() }
  }

  mutating func deliver(_ frame: [UInt8], toClientOn id: UInt64) {
    guard let connection = connections[id], connection.isOpenAtClient else { return }
    wire.sees(frame, to: connection, on: id)
    if connection.endpoint == .logs, people[connection.person].life == connection.life,
      let frame = try? WireLogsServerFrame(serializedBytes: frame)
    {
      reading.sees(frame, to: connection.person, on: id)
    }
    input(.frame(connection.endpoint, frame), to: connection)
  }

  mutating func lose(atServer id: UInt64) {
    connections[id]?.isOpenAtServer = false
    server.disconnect(id)
    twin?.disconnect(id)
  }

  mutating func lose(atClient id: UInt64, _ reason: DisconnectReason) {
    guard let connection = connections.removeValue(forKey: id) else { return }
    guard people[connection.person].connections[connection.endpoint] == id else { return }
    people[connection.person].connections[connection.endpoint] = nil
    input(.disconnected(connection.endpoint, reason), to: connection)
  }

  private mutating func input(_ input: ClientInput, to connection: SimulatedConnection) {
    let person = connection.person
    guard people[person].life == connection.life, people[person].core != nil else { return }
    people[person].waiting.append(input)
    schedule(person)
  }
}
