// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Identity
import SansIO
import ServerCore

/// A client that is registered and has both connections, from which every input starts anew: core
/// and store are values.
struct ClientFixture: Sendable {
  private typealias Machine = ServerMachine<InMemoryStore>

  private static let shared = ClientFixture()

  private var core = ClientCore()
  private var store = InMemoryClientStore()
  private var entropy = SeededGenerator(seed: 2)
  /// What the client sent while it registered, by endpoint: seeds for the server's targets.
  private var sent: [(endpoint: ClientEndpoint, frame: [UInt8])] = []
  /// What the server answered: seeds for the client's targets.
  private var received: [(endpoint: ClientEndpoint, frame: [UInt8])] = []

  /// Lets one frame in.
  ///
  /// - Throws: a finding when the frame makes the store fail.
  static func receive(
    _ frame: [UInt8], from endpoint: ClientEndpoint, _ target: FuzzTarget
  ) throws(FuzzFinding) {
    var client = shared
    guard client.apply([.frame(endpoint, frame)]) != nil else {
      throw FuzzFinding(target, "makes the store fail")
    }
  }

  /// Frames that a client sends to `endpoint` while it registers and asks for a peer's keys.
  static func clientFrames(to endpoint: ClientEndpoint) -> [[UInt8]] {
    shared.sent.filter { $0.endpoint == endpoint }.map(\.frame)
  }

  /// Frames that a server sends from `endpoint` meanwhile.
  static func serverFrames(from endpoint: ClientEndpoint) -> [[UInt8]] {
    shared.received.filter { $0.endpoint == endpoint }.map(\.frame)
  }

  private mutating func apply(_ inputs: [ClientInput]) -> [ClientEffect]? {
    var core = core
    var entropy = entropy
    let effects = try? store.transact {
      (transaction: inout InMemoryClientTransaction) throws(ClientStoreFailure) in
      try core.apply(inputs, in: &transaction, at: ServerFixture.now, using: &entropy)
    }
    self.core = core
    self.entropy = entropy
    return effects
  }

  private init() {
    guard let domain = try? ServiceDomain("x.example"),
      let host = ServerHost(uriText: "127.0.0.1"),
      let key = SignaturePublicKey(Fingerprint(hashing: [2]).bytes),
      let invite = try? InviteLink(
        host: host, port: 443, domain: domain, certificatePin: Fingerprint(hashing: [1]),
        serverKey: key)
    else { preconditionFailure("the fixture's parts are valid") }
    var machine = Machine(
      store: InMemoryStore(), policy: ServerPolicy(domains: [domain]), rates: .unrestricted)
    converse(with: &machine, beginningWith: [.tick])
    let register = ClientRequest.register(
      address: "alice@x.example", invite: invite.description)
    converse(with: &machine, beginningWith: [.request(RequestToken(1), register)])
  }

  /// Runs client and server until neither has anything to say.
  private mutating func converse(
    with machine: inout Machine, beginningWith inputs: [ClientInput]
  ) {
    var queue = inputs
    while !queue.isEmpty {
      let effects = apply([queue.removeFirst()]) ?? []
      for effect in effects {
        switch effect {
        case .connect(let endpoint, _):
          queue.append(.connected(endpoint))
          var entropy = entropy
          let answers = machine.connect(
            Self.connection(endpoint), to: endpoint == .inbox ? .inbox : .logs,
            from: PeerAddress(ipv4: [192, 0, 2, 1]), at: ServerFixture.now, using: &entropy)
          take(answers, into: &queue)
        case .send(let endpoint, let frame):
          sent.append((endpoint, frame))
          take(
            machine.receive(frame, on: Self.connection(endpoint), at: ServerFixture.now),
            into: &queue)
          while machine.hasPendingWrites {
            take(machine.flush(at: ServerFixture.now), into: &queue)
          }
        case .disconnect, .upload, .dropUpload, .keepSpool, .spool, .fetch, .hold, .holdOnly,
          .release, .keep, .answer, .event, .typing:
          break
        }
      }
    }
  }

  private mutating func take(_ effects: [Machine.Effect], into queue: inout [ClientInput]) {
    for case .send(let connection, let frame) in effects {
      let endpoint: ClientEndpoint = connection == Self.connection(.inbox) ? .inbox : .logs
      received.append((endpoint, frame))
      queue.append(.frame(endpoint, frame))
    }
  }

  private static func connection(_ endpoint: ClientEndpoint) -> Machine.ConnectionID {
    Machine.ConnectionID(rawValue: endpoint == .inbox ? 1 : 2)
  }
}
