// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Identity
import SansIO
import ServerCore

/// Some clients and a server, all real but for what lies between and beneath them: frames go by
/// queues, stores are in memory, time passes when nothing else is to be done.
struct DemonstrationWorld {
  static let domain = "demo.example"
  typealias Server = ServerMachine<InMemoryStore>

  private struct Client {
    let address: String
    var core = ClientCore()
    var store = InMemoryClientStore()
    var connections: [ClientEndpoint: UInt64] = [:]
    var answers: [UInt64: Result<ClientAnswer, ClientFailure>] = [:]
    var tokens: UInt64 = 0
  }

  private enum Delivery {
    case toServer(UInt64, [UInt8])
    case toClient(Int, ClientEndpoint, UInt64, [UInt8])
    case connected(Int, ClientEndpoint)
    case closed(Int, ClientEndpoint, UInt64)
  }

  private var server: Server
  private var clients: [Client]
  private var queue: [Delivery] = []
  private(set) var now: Instant
  private var entropy: SeededGenerator
  private var connectionCount: UInt64 = 0
  private let invite: String
  /// Every frame that the server was handed.
  private(set) var received: [[UInt8]] = []

  /// People with accounts, who take strangers.
  init(_ names: [String], seed: UInt64, at now: Instant) throws {
    self.now = now
    entropy = SeededGenerator(seed: seed)
    let domain = try ServiceDomain(Self.domain)
    server = Server(
      store: InMemoryStore(), policy: ServerPolicy(domains: [domain]), rates: .unrestricted)
    guard let host = ServerHost(uriText: "127.0.0.1"),
      let key = SignaturePublicKey(Fingerprint(hashing: [2]).bytes)
    else { throw ClientFailure(.internalFailure, "The address of the stage is none.") }
    invite = try InviteLink(
      host: host, port: 443, domain: domain, certificatePin: Fingerprint(hashing: [1]),
      serverKey: key
    ).description
    clients = names.map { Client(address: "\($0)@\(Self.domain)") }
    for index in clients.indices {
      _ = try ask(index, .register(address: clients[index].address, invite: invite))
      _ = try ask(index, .contact(.set(.strangers, value: "accept")))
    }
  }

  func address(of index: Int) -> String { clients[index].address }

  /// What the server has now.
  var view: ServerView { server.store.view }

  /// Asks a client, and lets everything happen that follows.
  @discardableResult
  mutating func ask(_ index: Int, _ request: ClientRequest) throws -> ClientAnswer {
    clients[index].tokens += 1
    let token = clients[index].tokens
    apply([.request(RequestToken(token), request)], to: index)
    pass(.seconds(3))
    guard let answer = clients[index].answers.removeValue(forKey: token) else {
      throw ClientFailure(.timeout, "Nobody answered on the stage.")
    }
    return try answer.get()
  }

  /// The history of a conversation, oldest first.
  mutating func history(_ index: Int, _ address: String) throws -> [HistoryLine] {
    let request = ClientRequest.history(address: address, limit: 100, before: nil)
    guard case .history(let lines) = try ask(index, request) else { return [] }
    return lines.reversed()
  }

  /// Lets time pass, and everything happen in it.
  mutating func pass(_ time: Duration) {
    let end = now + time
    while true {
      drain()
      let due = clients.compactMap(\.core.nextDeadline).min()
      guard let due, due <= end else { break }
      now = max(now, due)
      for index in clients.indices {
        guard let deadline = clients[index].core.nextDeadline, deadline <= now else { continue }
        apply([.tick], to: index)
      }
    }
    now = max(now, end)
  }

  private mutating func apply(_ inputs: [ClientInput], to index: Int) {
    var core = clients[index].core
    var random = entropy.split()
    let now = now
    let effects = try? clients[index].store.transact {
      (transaction) throws(ClientStoreFailure) in
      try core.apply(inputs, in: &transaction, at: now, using: &random)
    }
    guard let effects else { return }
    clients[index].core = core
    for effect in effects { perform(effect, of: index) }
  }

  private mutating func perform(_ effect: ClientEffect, of index: Int) {
    switch effect {
    case .connect(let endpoint, _): queue.append(.connected(index, endpoint))
    case .disconnect(let endpoint):
      if let connection = clients[index].connections.removeValue(forKey: endpoint) {
        server.disconnect(.init(rawValue: connection))
      }
    case .send(let endpoint, let frame):
      if let connection = clients[index].connections[endpoint] {
        queue.append(.toServer(connection, frame))
      }
    case .answer(let token, let result): clients[index].answers[token.number] = result
    case .upload, .dropUpload, .keepSpool, .spool, .fetch, .hold, .holdOnly, .release, .keep,
      .event, .typing:
      break
    }
  }

  private mutating func drain() {
    while server.hasPendingWrites { route(server.flush(at: now)) }
    while !queue.isEmpty {
      deliver(queue.removeFirst())
      while server.hasPendingWrites { route(server.flush(at: now)) }
    }
  }

  private mutating func deliver(_ delivery: Delivery) {
    switch delivery {
    case .toServer(let connection, let frame):
      received.append(frame)
      route(server.receive(frame, on: .init(rawValue: connection), at: now))
    case .toClient(let index, let endpoint, let connection, let frame):
      guard clients[index].connections[endpoint] == connection else { return }
      apply([.frame(endpoint, frame)], to: index)
    case .connected(let index, let endpoint):
      connectionCount += 1
      let number = connectionCount
      clients[index].connections[endpoint] = number
      apply([.connected(endpoint)], to: index)
      var random = entropy.split()
      route(
        server.connect(
          .init(rawValue: number), to: endpoint == .inbox ? .inbox : .logs,
          from: PeerAddress(ipv4: [127, 0, 0, UInt8(truncatingIfNeeded: index + 1)]), at: now,
          using: &random))
    case .closed(let index, let endpoint, let connection):
      guard clients[index].connections[endpoint] == connection else { return }
      clients[index].connections[endpoint] = nil
      apply([.disconnected(endpoint, .closed)], to: index)
    }
  }

  private mutating func route(_ effects: [Server.Effect]) {
    for effect in effects {
      switch effect {
      case .send(let connection, let frame):
        guard let (index, endpoint) = owner(of: connection.rawValue) else { continue }
        queue.append(.toClient(index, endpoint, connection.rawValue, frame))
      case .ping(let connection): server.receivePong(on: connection, at: now)
      case .close(let connection, _):
        guard let (index, endpoint) = owner(of: connection.rawValue) else { continue }
        queue.append(.closed(index, endpoint, connection.rawValue))
      }
    }
  }

  private func owner(of connection: UInt64) -> (Int, ClientEndpoint)? {
    for index in clients.indices {
      for endpoint in ClientEndpoint.allCases
      where clients[index].connections[endpoint] == connection {
        return (index, endpoint)
      }
    }
    return nil
  }
}
