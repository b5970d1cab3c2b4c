// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// What can happen next. `life` and `connection` tell whether whom it is meant for is still there.
enum SimulationEvent: Sendable {
  /// A person does something.
  case act(person: Int)
  /// Two people write to each other at the same instant.
  case cross(person: Int, other: Int)
  /// A person looks at the requests and accepts them.
  case accept(person: Int)
  /// A client takes what waits.
  case run(person: Int, life: Int)
  /// The time that a client asked for has come.
  case alarm(person: Int, life: Int)
  /// A client's process starts again.
  case boot(person: Int)
  /// A person's network is back.
  case online(person: Int)
  /// A connection attempt reaches the server, or its refusal the client.
  case arrive(connection: UInt64)
  /// A frame reaches the server.
  case toServer(connection: UInt64, frame: [UInt8])
  /// A frame reaches the client.
  case toClient(connection: UInt64, frame: [UInt8])
  /// The server notices that a connection is gone.
  case lostAtServer(connection: UInt64)
  /// The client notices that a connection is gone.
  case lostAtClient(connection: UInt64, reason: DisconnectReason)
  /// The server's disk has written what waited.
  case flush(life: Int)
  /// The server's process starts again.
  case serverBoot
  /// The time that the server asked for has come.
  case serverAlarm(life: Int)
}

/// One WebSocket connection, in the eyes of the network.
struct SimulatedConnection: Sendable {
  let person: Int
  let life: Int
  let endpoint: ClientEndpoint
  /// The client has sent the first packet and not closed it.
  var isOpenAtClient = true
  /// The server has accepted it and not closed it.
  var isOpenAtServer = false
  /// One direction has lost a frame: nothing later passes that way.
  var stalled: Set<Link.Direction> = []
  var isStalled: Bool { !stalled.isEmpty }
  /// Frames arrive in the order sent: not before these.
  var lastToServer = Int64.min
  var lastToClient = Int64.min
}
