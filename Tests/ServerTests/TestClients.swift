// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import SansIO
import Server
import SwiftProtobuf
import Testing
import Wire

/// A frame of one of the two endpoints.
protocol ServerFrame: Message {
  var requestID: UInt64 { get }
}
extension WireLogsServerFrame: ServerFrame {}
extension WireInboxServerFrame: ServerFrame {}

/// Requests and answers over a WebSocket.
final class FrameClient<Answer: ServerFrame> {
  let socket: WebSocketConnection
  private var early: [Answer] = []
  private var lastID: UInt64 = 0

  init(_ socket: WebSocketConnection) { self.socket = socket }

  /// The next frame that fits; frames before it wait for their turn.
  func next(where isWanted: (Answer) -> Bool = { _ in true }) async throws -> Answer {
    if let index = early.firstIndex(where: isWanted) { return early.remove(at: index) }
    while true {
      let frame = try Answer(serializedBytes: try await socket.message())
      if isWanted(frame) { return frame }
      early.append(frame)
    }
  }

  func newID() -> UInt64 {
    lastID += 1
    return lastID
  }

  func close() async { await socket.close() }
}

typealias LogsClient = FrameClient<WireLogsServerFrame>
typealias InboxClient = FrameClient<WireInboxServerFrame>

extension FrameClient where Answer == WireLogsServerFrame {
  /// Sends a request; its number.
  @discardableResult
  func send(_ request: WireLogsClientFrame.OneOf_Request) async throws -> UInt64 {
    var frame = WireLogsClientFrame()
    frame.requestID = newID()
    frame.request = request
    try await socket.send(try frame.serializedBytes())
    return frame.requestID
  }

  func ask(
    _ request: WireLogsClientFrame.OneOf_Request
  ) async throws -> WireLogsServerFrame.OneOf_Response? {
    let id = try await send(request)
    return try await next { $0.requestID == id }.response
  }

  func failure(_ request: WireLogsClientFrame.OneOf_Request) async throws -> WireFailure {
    guard case .failure(let failure)? = try await ask(request) else { return WireFailure() }
    return failure
  }

  func makeLog(_ log: TestLog) async throws {
    try #require(try await ask(log.create) == .done(WireDone()))
  }

  func append(_ append: WireAppend) async throws -> WireAppended {
    let answer = try await ask(.append(append))
    guard case .appended(let appended)? = answer else {
      Issue.record("not appended: \(String(describing: answer))")
      throw RawConnection.Fault.badFrame
    }
    return appended
  }

  /// All entries after a number, page by page.
  func readAll(_ log: TestLog, epoch: UInt64 = 0, after: UInt64 = 0) async throws -> [WireLogEntry]
  {
    var entries: [WireLogEntry] = []
    while true {
      var read = WireReadLog()
      read.right = log.right(epoch)
      read.afterSeq = entries.last?.seq ?? after
      read.limit = 256
      guard case .entries(let page)? = try await ask(.readLog(read)) else {
        throw RawConnection.Fault.badFrame
      }
      entries += page.entries
      if page.caughtUp || page.entries.isEmpty { return entries }
    }
  }
}

extension FrameClient where Answer == WireInboxServerFrame {
  func ask(
    _ request: WireInboxClientFrame.OneOf_Request
  ) async throws -> WireInboxServerFrame.OneOf_Response? {
    var frame = WireInboxClientFrame()
    frame.requestID = newID()
    frame.request = request
    try await socket.send(try frame.serializedBytes())
    let id = frame.requestID
    return try await next { $0.requestID == id }.response
  }

  /// The nonce of the greeting.
  func nonce() async throws -> LoginChallenge.Nonce {
    let challenge = try await next().challenge
    return try #require(LoginChallenge.Nonce(Array(challenge.nonce)))
  }
}

/// A log, its tokens drawn from its name.
struct TestLog {
  let id: [UInt8]
  private let seed: UInt64

  init(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    id = generator.bytes(32)
    self.seed = seed
  }

  func token(_ epoch: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed &* 1_000 &+ epoch &+ 7)
    return generator.bytes(32)
  }

  func tokenHash(_ epoch: UInt64) -> Data { Data(Fingerprint(hashing: token(epoch)).bytes) }

  func right(_ epoch: UInt64) -> WireLogRight {
    var right = WireLogRight()
    right.logID = Data(id)
    right.epoch = epoch
    right.token = Data(token(epoch))
    return right
  }

  var create: WireLogsClientFrame.OneOf_Request {
    var create = WireCreateLog()
    create.logID = Data(id)
    create.tokenHash = tokenHash(0)
    return .createLog(create)
  }

  /// An application message whose submit_id is drawn from `number`.
  func message(_ number: UInt64, _ body: [UInt8] = [1], epoch: UInt64 = 0) -> WireAppend {
    var generator = SeededGenerator(seed: number &+ 1_000_000)
    var append = WireAppend()
    append.right = right(epoch)
    append.submitID = Data(generator.bytes(16))
    append.kind = .application
    append.body = Data(body)
    return append
  }

  func commit(_ number: UInt64, ending epoch: UInt64) -> WireCommit {
    var commit = WireCommit()
    commit.right = right(epoch)
    commit.submitID = message(number).submitID
    commit.body = Data([UInt8(truncatingIfNeeded: number)])
    commit.nextTokenHash = tokenHash(epoch + 1)
    commit.groupInfo = Data([8])
    return commit
  }

  func subscribe(after: UInt64 = 0, epoch: UInt64 = 0) -> WireLogsClientFrame.OneOf_Request {
    var subscribe = WireSubscribeLog()
    subscribe.right = right(epoch)
    subscribe.afterSeq = after
    return .subscribeLog(subscribe)
  }
}

/// An account with keys of its own.
struct TestAccount {
  let secrets: AccountSecrets
  let device: DeviceSecrets
  let manifest: SignedManifest

  init(_ handle: String) throws {
    var generator = SystemRandomNumberGenerator()
    secrets = AccountSecrets(
      address: try Address("\(handle)@messenger.example"), using: &generator)
    device = DeviceSecrets(using: &generator)
    let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    manifest = secrets.firstManifest(device: device, at: now)
  }

  func signature(_ nonce: LoginChallenge.Nonce, endpoint: String = "/v1/inbox") throws -> Data {
    let challenge = LoginChallenge(
      domain: try ServiceDomain("messenger.example"), endpoint: endpoint, nonce: nonce,
      address: secrets.address, deviceID: device.deviceID)
    return Data(challenge.signed(by: device).bytes)
  }

  func register(
    _ nonce: LoginChallenge.Nonce, endpoint: String = "/v1/inbox"
  ) throws -> WireInboxClientFrame.OneOf_Request {
    var register = WireRegister()
    register.address = secrets.address.description
    register.manifest = Data(manifest.encoded)
    register.deviceID = device.deviceID.rawValue
    register.signature = try signature(nonce, endpoint: endpoint)
    return .register(register)
  }

  func login(_ nonce: LoginChallenge.Nonce) throws -> WireInboxClientFrame.OneOf_Request {
    var proof = WireAuthenticate()
    proof.address = secrets.address.description
    proof.deviceID = device.deviceID.rawValue
    proof.signature = try signature(nonce)
    return .authenticate(proof)
  }
}
