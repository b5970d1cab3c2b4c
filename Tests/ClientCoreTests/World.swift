// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO
import ServerCore

@testable import ClientCore

/// Some clients and the real server machine, joined by queues that lose nothing of themselves.
struct World {
  enum Delivery {
    case toServer(connection: UInt64, [UInt8])
    case toClient(Int, ClientEndpoint, connection: UInt64, [UInt8])
    case connected(Int, ClientEndpoint)
    case failed(Int, ClientEndpoint, DisconnectReason)
    case closed(Int, ClientEndpoint, connection: UInt64)
  }

  var server: ServerMachine<InMemoryStore>
  var clients: [TestClient] = []
  var queue: [Delivery] = []
  var now = Instant(milliseconds: 1_800_000_000_000)
  var entropy: SeededGenerator
  var connectionCount: UInt64 = 0
  let invite: String
  let policy: ServerPolicy
  /// Crashes by client and step.
  var crashes: [Int: [Int: TestCrash]] = [:]
  /// Changes or drops (nil) what the server sends.
  var tamper: (Int, ClientEndpoint, [UInt8]) -> [UInt8]? = { _, _, bytes in bytes }
  /// Drops what a client sends when false.
  var passes: (Int, ClientEndpoint, [UInt8]) -> Bool = { _, _, _ in true }
  /// In groups of more devices the tree lies beside the log.
  var treeInlineDevicesMax = ClientLimits.treeInlineDevicesMax {
    didSet { for index in clients.indices { restart(index) } }
  }
  /// Frames that clients sent, with their client.
  var sent: [(client: Int, endpoint: ClientEndpoint, frame: [UInt8])] = []

  init(_ names: [String], seed: UInt64 = 1) throws {
    entropy = SeededGenerator(seed: seed)
    let domain = try ServiceDomain("x.example")
    policy = ServerPolicy(domains: [domain])
    server = ServerMachine(store: InMemoryStore(), policy: policy, rates: .unrestricted)
    let pin = Fingerprint(hashing: [1])
    guard let host = ServerHost(uriText: "127.0.0.1"),
      let key = SignaturePublicKey(Fingerprint(hashing: [2]).bytes)
    else { throw ClientFailure(.internalFailure, "bad fixture") }
    invite = try InviteLink(
      host: host, port: 443, domain: domain, certificatePin: pin, serverKey: key
    ).description
    clients = names.map { TestClient(name: $0, address: "\($0)@x.example") }
    for index in clients.indices { apply([.tick], to: index) }
  }

  /// A world in which everybody is registered.
  static func registered(_ names: [String], seed: UInt64 = 1) throws -> World {
    var world = try World(names, seed: seed)
    for index in names.indices {
      _ = try world.ask(
        index, .register(address: world.clients[index].address, invite: world.invite))
    }
    return world
  }

  // MARK: Driving

  /// Asks and runs until nothing moves; gives the answer.
  @discardableResult
  mutating func ask(_ index: Int, _ request: ClientRequest) throws -> ClientAnswer {
    let token = begin(index, request)
    settle()
    guard let answer = clients[index].answers[token] else {
      throw ClientFailure(.timeout, "no answer")
    }
    return try answer.get()
  }

  /// Asks without running.
  mutating func begin(_ index: Int, _ request: ClientRequest) -> UInt64 {
    clients[index].tokens += 1
    let token = clients[index].tokens
    apply([.request(RequestToken(token), request)], to: index)
    return token
  }

  /// Sends and gives the message's identifier, whatever else happens.
  @discardableResult
  mutating func send(_ text: String, from: Int, to: Int) throws -> [UInt8] {
    let token = begin(from, .send(address: clients[to].address, text: text))
    guard case .success(.queued(let id)) = clients[from].answers[token] else {
      if case .failure(let failure) = clients[from].answers[token] { throw failure }
      throw ClientFailure(.timeout, "no answer")
    }
    return id
  }

  /// Applies inputs as a driver does: commit, then effects.
  mutating func apply(_ inputs: [ClientInput], to index: Int) {
    clients[index].steps += 1
    let crash = crashes[index]?[clients[index].steps]
    var core = clients[index].core
    var random = entropy.split()
    let now = now
    var effects: [ClientEffect] = []
    do throws(ClientStoreFailure) {
      effects = try clients[index].store.transact { (transaction) throws(ClientStoreFailure) in
        let effects = try core.apply(inputs, in: &transaction, at: now, using: &random)
        if crash == .beforeCommit { throw .injected }
        return effects
      }
    } catch {
      return restart(index)
    }
    if crash == .afterCommit { return restart(index) }
    clients[index].core = core
    for effect in effects { perform(effect, of: index) }
  }

  /// The process dies and comes back with what its store has.
  mutating func restart(_ index: Int) {
    for (_, connection) in clients[index].connections.sorted(by: { $0.value < $1.value }) {
      server.disconnect(.init(rawValue: connection))
    }
    clients[index].connections = [:]
    queue.removeAll { delivery in
      switch delivery {
      case .toClient(index, _, _, _), .connected(index, _), .failed(index, _, _),
        .closed(index, _, _):
        true
      default: false
      }
    }
    clients[index].core = ClientCore(treeInlineDevicesMax: treeInlineDevicesMax)
    apply([.tick], to: index)
  }

  mutating func setOnline(_ isOnline: Bool, _ index: Int) {
    clients[index].isOnline = isOnline
    guard !isOnline else { return }
    for endpoint in ClientEndpoint.allCases {
      guard let connection = clients[index].connections.removeValue(forKey: endpoint) else {
        continue
      }
      server.disconnect(.init(rawValue: connection))
      queue.append(.failed(index, endpoint, .closed))
    }
    settle(for: .zero)
  }

  /// The server dies, with what it was about to write or without, and comes back.
  mutating func crashServer(keepingPending: Bool) {
    let store = server.crash(keepingPending: keepingPending, at: now)
    server = ServerMachine(store: store, policy: policy, rates: .unrestricted)
    queue.removeAll { delivery in
      if case .toServer = delivery { true } else { false }
    }
    for index in clients.indices {
      for endpoint in ClientEndpoint.allCases {
        guard let connection = clients[index].connections[endpoint] else { continue }
        queue.append(.closed(index, endpoint, connection: connection))
      }
    }
  }

  /// Lets so many deliveries happen and no more.
  mutating func run(deliveries: Int) {
    for _ in 0..<deliveries where !queue.isEmpty {
      deliver(queue.removeFirst())
      if entropy.chance(1, in: 2) { route(server.flush(at: now)) }
    }
  }

  private mutating func perform(_ effect: ClientEffect, of index: Int) {
    switch effect {
    case .connect(let endpoint, _):
      queue.append(
        clients[index].isOnline
          ? .connected(index, endpoint) : .failed(index, endpoint, .unreachable))
    case .disconnect(let endpoint):
      if let connection = clients[index].connections.removeValue(forKey: endpoint) {
        server.disconnect(.init(rawValue: connection))
      }
    case .send(let endpoint, let frame):
      sent.append((index, endpoint, frame))
      guard let connection = clients[index].connections[endpoint],
        passes(index, endpoint, frame)
      else { return }
      queue.append(.toServer(connection: connection, frame))
    case .answer(let token, let result): clients[index].answers[token.number] = result
    case .upload(let job): clients[index].uploads.append(job)
    case .dropUpload(let job): clients[index].drops.append(job)
    case .keepSpool: break
    case .hold(let blobID): clients[index].holding.append(.hold(blobID))
    case .holdOnly(let blobs): clients[index].holding.append(.only(blobs))
    case .release(let blobID): clients[index].holding.append(.release(blobID))
    case .keep(let file, _): clients[index].kept.append(file)
    case .spool(let blobID, let bytes): clients[index].spool[blobID] = bytes
    case .fetch(let job): clients[index].fetches.append(job)
    case .event(let event): clients[index].events.append(event)
    case .typing(let notice): clients[index].typing.append(notice)
    }
  }

  // MARK: Running

  /// Runs until nothing moves, letting `time` pass for batches and retries.
  mutating func settle(for time: Duration = .seconds(3)) {
    let end = now + time
    while true {
      drainQueue()
      let due = clients.indices.compactMap { clients[$0].core.nextDeadline }.min()
      guard let due, due <= end else { break }
      now = max(now, due)
      for index in clients.indices {
        if let deadline = clients[index].core.nextDeadline, deadline <= now {
          apply([.tick], to: index)
        }
      }
    }
    now = max(now, end)
  }

  /// The server's own deadlines: idle connections, the sweep of old entries.
  mutating func serverDeadline() {
    route(server.deadlineReached(at: now))
    drainQueue()
  }

  /// So long that the server has let go of everything from before.
  mutating func passAMonth() {
    for time in [Duration.seconds(31 * 86_400), .seconds(120)] {
      now = now + time
      serverDeadline()
    }
  }

  private mutating func drainQueue() {
    while server.hasPendingWrites { route(server.flush(at: now)) }
    while !queue.isEmpty {
      deliver(queue.removeFirst())
      while server.hasPendingWrites { route(server.flush(at: now)) }
    }
  }

  private mutating func deliver(_ delivery: Delivery) {
    switch delivery {
    case .toServer(let connection, let frame):
      route(server.receive(frame, on: .init(rawValue: connection), at: now))
    case .toClient(let index, let endpoint, let connection, let frame):
      guard clients[index].connections[endpoint] == connection,
        let frame = tamper(index, endpoint, frame)
      else { return }
      apply([.frame(endpoint, frame)], to: index)
    case .connected(let index, let endpoint):
      connectionCount += 1
      clients[index].connections[endpoint] = connectionCount
      let number = connectionCount
      apply([.connected(endpoint)], to: index)
      var random = entropy.split()
      route(
        server.connect(
          .init(rawValue: number), to: endpoint == .inbox ? .inbox : .logs,
          from: PeerAddress(ipv4: [10, 0, 0, UInt8(index)]), at: now, using: &random))
    case .failed(let index, let endpoint, let reason):
      apply([.disconnected(endpoint, reason)], to: index)
    case .closed(let index, let endpoint, let connection):
      guard clients[index].connections[endpoint] == connection else { return }
      clients[index].connections[endpoint] = nil
      apply([.disconnected(endpoint, .closed)], to: index)
    }
  }

  private mutating func route(_ effects: [ServerMachine<InMemoryStore>.Effect]) {
    for effect in effects {
      switch effect {
      case .send(let connection, let frame):
        guard let (index, endpoint) = owner(of: connection.rawValue) else { continue }
        queue.append(.toClient(index, endpoint, connection: connection.rawValue, frame))
      case .ping(let connection): server.receivePong(on: connection, at: now)
      case .close(let connection, _):
        guard let (index, endpoint) = owner(of: connection.rawValue) else { continue }
        queue.append(.closed(index, endpoint, connection: connection.rawValue))
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

  // MARK: Looking

  /// The lines of a client's conversation with another, oldest first.
  func lines(_ index: Int, with other: Int) -> [MessageRow] {
    let transaction = clients[index].store.committed
    guard let row = transaction.conversation(address: clients[other].address) else { return [] }
    return transaction.messages(conversationID: row.id, before: nil, limit: .max).reversed()
  }

  /// The texts of a client's conversation with another, oldest first.
  func texts(_ index: Int, with other: Int) -> [String] {
    lines(index, with: other).filter { $0.kind == .text }.map(\.text)
  }

  func state(of id: [UInt8], _ index: Int, with other: Int) -> MessageState? {
    lines(index, with: other).first { $0.messageID == id }?.state
  }

  /// The groups of a client's conversation with another.
  func groups(_ index: Int, with other: Int) -> [GroupRow] {
    let transaction = clients[index].store.committed
    guard let row = transaction.conversation(address: clients[other].address) else { return [] }
    return transaction.groups(conversationID: row.id)
  }
}

extension World {
  /// Every store keeps its rules, and equal epochs are equal.
  func checkAll() throws {
    var authenticators: [String: [UInt8]] = [:]
    for client in clients {
      let broken = try ClientCore.checkInvariants(in: client.store.committed)
      if !broken.isEmpty {
        throw ClientFailure(.internalFailure, "\(client.name): \(broken.joined(separator: "; "))")
      }
      for group in try ClientInspection.groups(in: client.store.committed) {
        let key = "\(Hex.encode(group.groupID)) \(group.epoch)"
        if let other = authenticators[key], other != group.epochAuthenticator {
          throw ClientFailure(.internalFailure, "\(client.name): epochs differ")
        }
        authenticators[key] = group.epochAuthenticator
      }
    }
  }
}

extension World {
  /// How many epochs before the present one a client can still read.
  func pastEpochs(_ index: Int, with other: Int) throws -> Int {
    let transaction = clients[index].store.committed
    guard let row = groups(index, with: other).first,
      let epoch = transaction.epoch(groupID: row.groupID, epoch: row.epoch)
    else { return 0 }
    return try Group(epochState: epoch.state, messageSecrets: epoch.ratchets).pastEpochCount
  }
}

/// What tests look at in a manifest.
struct ManifestView {
  let version: UInt32
  let expires: Instant

  init(_ bytes: [UInt8]) throws {
    let signed = try SignedManifest(decoding: bytes)
    version = signed.manifest.version
    expires = signed.manifest.devices[0].expires
  }
}
