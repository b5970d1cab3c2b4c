// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import SansIO
import ServerStoreConformance
import SwiftProtobuf
import Testing
import Wire

@testable import ServerCore

/// A server with a clock, spoken to in frames.
struct MachineFixture {
  typealias Machine = ServerMachine<InMemoryStore>
  typealias Connection = Machine.ConnectionID

  var machine: Machine
  var now = StoreClock.start
  var random = SeededGenerator(seed: 1)
  /// What was sent to each connection and not looked at yet.
  var sent: [Connection: [[UInt8]]] = [:]
  var closed: [Connection: WireErrorCode] = [:]
  var pinged: Set<Connection> = []
  private var connections: UInt64 = 0
  private var requests: UInt64 = 0

  init(store: InMemoryStore = InMemoryStore(), rates: RatePolicy = RatePolicy()) throws {
    machine = Machine(store: store, policy: try Self.policy(), rates: rates)
  }

  static func policy() throws -> ServerPolicy {
    ServerPolicy(domains: [try ServiceDomain("messenger.example")])
  }

  static let peer = PeerAddress(ipv4: [192, 0, 2, 1])

  mutating func perform(_ effects: [Machine.Effect]) {
    for effect in effects {
      switch effect {
      case .send(let connection, let frame): sent[connection, default: []].append(frame)
      case .ping(let connection): pinged.insert(connection)
      case .close(let connection, let code): closed[connection] = code
      }
    }
  }

  mutating func connect(
    _ endpoint: Machine.Endpoint, peer: PeerAddress = MachineFixture.peer
  ) -> Connection {
    connections += 1
    let connection = Connection(rawValue: connections)
    perform(machine.connect(connection, to: endpoint, from: peer, at: now, using: &random))
    return connection
  }

  /// Lets a frame in and writes what waits.
  mutating func receive(_ frame: [UInt8], on connection: Connection) {
    perform(machine.receive(frame, on: connection, at: now))
    while machine.hasPendingWrites { perform(machine.flush(at: now)) }
  }

  mutating func passTime(_ duration: Duration) {
    now = now + duration
    perform(machine.deadlineReached(at: now))
  }

  mutating func nextRequestID() -> UInt64 {
    requests += 1
    return requests
  }

  // MARK: /v1/logs

  mutating func logsFrames(_ connection: Connection) throws -> [WireLogsServerFrame] {
    try (sent.removeValue(forKey: connection) ?? []).map {
      try WireLogsServerFrame(serializedBytes: $0)
    }
  }

  /// Opens a connection and drops the greeting.
  mutating func logs(peer: PeerAddress = MachineFixture.peer) -> Connection {
    let connection = connect(.logs, peer: peer)
    sent[connection] = nil
    return connection
  }

  /// Sends a request and gives all frames that came.
  mutating func ask(
    _ connection: Connection, _ request: WireLogsClientFrame.OneOf_Request, id: UInt64? = nil
  ) throws -> [WireLogsServerFrame] {
    var frame = WireLogsClientFrame()
    frame.requestID = id ?? nextRequestID()
    frame.request = request
    receive(try frame.serializedBytes(), on: connection)
    return try logsFrames(connection)
  }

  /// Sends a request that has one answer.
  mutating func answer(
    _ connection: Connection, _ request: WireLogsClientFrame.OneOf_Request
  ) throws -> WireLogsServerFrame {
    let id = nextRequestID()
    let frames = try ask(connection, request, id: id).filter { $0.requestID == id }
    try #require(frames.count == 1)
    return frames[0]
  }

  mutating func makeLog(_ log: UInt8, on connection: Connection) throws {
    let right = Rights.right(log, 0)
    var create = WireCreateLog()
    create.logID = Data(right.logID.bytes)
    create.tokenHash = Data(right.tokenHash.bytes)
    try #require(try answer(connection, .createLog(create)).response == .done(WireDone()))
  }

  mutating func append(
    _ right: WireLogRight, _ body: [UInt8] = [1], kind: WireEntryKind = .application
  ) -> WireLogsClientFrame.OneOf_Request {
    var append = WireAppend()
    append.right = right
    append.submitID = Data(random.bytes(16))
    append.kind = kind
    append.body = Data(body)
    return .append(append)
  }

  mutating func commit(
    _ log: UInt8, _ epoch: UInt64, welcomes: [DeviceKey] = [], removes: Bool = false
  ) -> WireCommit {
    var commit = WireCommit()
    commit.right = .holding(log, epoch)
    commit.submitID = Data(random.bytes(16))
    commit.body = Data([9])
    commit.nextTokenHash = Data(Rights.right(log, epoch + 1).tokenHash.bytes)
    commit.groupInfo = Data([8])
    commit.removes = removes
    if !welcomes.isEmpty {
      var delivery = WireWelcomeDelivery()
      delivery.body = Data([7, 7])
      delivery.devices = welcomes.map { key in
        var device = WireDeviceAddress()
        device.address = key.address.description
        device.deviceID = key.deviceID.rawValue
        return device
      }
      commit.welcomes = [delivery]
    }
    return commit
  }

  // MARK: /v1/inbox

  mutating func inboxFrames(_ connection: Connection) throws -> [WireInboxServerFrame] {
    try (sent.removeValue(forKey: connection) ?? []).map {
      try WireInboxServerFrame(serializedBytes: $0)
    }
  }

  /// Opens a connection and gives the nonce that it was greeted with.
  mutating func inbox() throws -> (Connection, LoginChallenge.Nonce) {
    let connection = connect(.inbox)
    let frames = try inboxFrames(connection)
    let nonce = try #require(LoginChallenge.Nonce([UInt8](frames[0].challenge.nonce)))
    return (connection, nonce)
  }

  mutating func ask(
    _ connection: Connection, _ request: WireInboxClientFrame.OneOf_Request, id: UInt64? = nil
  ) throws -> [WireInboxServerFrame] {
    var frame = WireInboxClientFrame()
    frame.requestID = id ?? nextRequestID()
    frame.request = request
    receive(try frame.serializedBytes(), on: connection)
    return try inboxFrames(connection)
  }

  mutating func answer(
    _ connection: Connection, _ request: WireInboxClientFrame.OneOf_Request
  ) throws -> WireInboxServerFrame {
    let id = nextRequestID()
    let frames = try ask(connection, request, id: id).filter { $0.requestID == id }
    try #require(frames.count == 1)
    return frames[0]
  }

  /// A connection of a device of an account that is registered.
  mutating func login(_ account: TestAccount, device: Int = 0) throws -> Connection {
    let (connection, nonce) = try inbox()
    let proof = try WireAuthenticate(account, device: device, nonce: nonce)
    try #require(
      try answer(connection, .authenticate(proof)).response == .done(WireDone()))
    return connection
  }

  mutating func register(_ account: TestAccount) throws -> Connection {
    let (connection, nonce) = try inbox()
    let register = try WireRegister(account, nonce: nonce)
    try #require(try answer(connection, .register(register)).response == .done(WireDone()))
    return connection
  }
}

extension WireLogRight {
  /// The right that the token of this epoch gives.
  static func holding(_ log: UInt8, _ epoch: UInt64) -> WireLogRight {
    var right = WireLogRight()
    right.logID = Data(Rights.logID(log).bytes)
    right.epoch = epoch
    right.token = Data(Rights.token(log, epoch))
    return right
  }
}

extension TestAccount {
  func signature(
    device: Int, nonce: LoginChallenge.Nonce, domain: String = "messenger.example",
    endpoint: String = "/v1/inbox"
  ) throws -> Data {
    let challenge = LoginChallenge(
      domain: try ServiceDomain(domain), endpoint: endpoint, nonce: nonce, address: address,
      deviceID: devices[device].deviceID)
    return Data(challenge.signed(by: devices[device]).bytes)
  }
}

extension WireAuthenticate {
  init(_ account: TestAccount, device: Int = 0, nonce: LoginChallenge.Nonce) throws {
    self.init()
    address = account.address.description
    deviceID = account.devices[device].deviceID.rawValue
    signature = try account.signature(device: device, nonce: nonce)
  }
}

extension WireRegister {
  init(_ account: TestAccount, nonce: LoginChallenge.Nonce) throws {
    self.init()
    address = account.address.description
    manifest = Data(account.manifest.signed.encoded)
    deviceID = account.devices[0].deviceID.rawValue
    signature = try account.signature(device: 0, nonce: nonce)
  }
}

extension WireFailure {
  init(_ code: WireErrorCode, retryAfter: UInt64 = 0, epoch: UInt64 = 0, head: UInt64 = 0) {
    self.init()
    self.code = code
    retryAfterMs = retryAfter
    self.epoch = epoch
    self.head = head
  }
}
