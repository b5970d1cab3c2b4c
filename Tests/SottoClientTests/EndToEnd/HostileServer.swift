// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import Identity
import NIOCore
import NIOWebSocket
import SottoClient
import SwiftProtobuf
import Synchronization
import Testing
import Wire

/// What the directory says about somebody.
struct DirectoryAnswer: Sendable {
  let address: String
  var manifest: [UInt8]
  /// A key package of each device; none when only the manifest was asked for.
  var packages: [WireDeviceKeyPackage]
}

/// A server that lies. It ends TLS and WebSockets of its clients itself, with the certificate that
/// their invite link pins, lets a real server do the work, and says about people what a test wants.
///
/// A connection to `/v1/logs` bears no account, so that each person who is lied to alone has one.
final class HostileServer: Sendable {
  typealias Lie = @Sendable (inout DirectoryAnswer) -> Void

  /// The link by which a client comes to this server.
  let invite: String
  private let server: TestServer
  private let notes: Notes

  private init(invite: String, server: TestServer, notes: Notes) {
    self.invite = invite
    self.server = server
    self.notes = notes
  }

  /// Begins honest.
  static func start(before world: TestWorld) async throws -> HostileServer {
    let link = try InviteLink(world.invite)
    let real = try #require(ServerAddress(invite: world.invite))
    let notes = Notes()
    let server = try await TestServer.start { path in
      HostileHandler(path == "/v1/inbox" ? .inbox : .logs, before: real, notes: notes)
    }
    let invite = try InviteLink(
      host: link.host, port: UInt16(server.port), domain: link.domain,
      certificatePin: try #require(Fingerprint(TestServer.pin)), serverKey: link.serverKey)
    return HostileServer(invite: invite.description, server: server, notes: notes)
  }

  func stop() async throws { try await server.stop() }

  /// What it makes of the real server's answers about this person.
  func lie(about person: TestPerson, _ lie: @escaping Lie) {
    let address = person.address
    notes.update { state in
      state.lie = { answer in
        if answer.address == address { lie(&answer) }
      }
    }
  }

  /// From now on it says what the real server says.
  func endLie() { notes.update { $0.lie = nil } }

  /// What the real server has said about people, in order.
  var answers: [DirectoryAnswer] { notes.look { $0.answers } }

  /// The one-time key packages that its clients have brought.
  var keyPackages: [[UInt8]] { notes.look { $0.keyPackages } }

  /// How often its clients made a log or wrote into one.
  var writeCount: Int { notes.look { $0.writeCount } }

  /// The devices that its clients asked into groups, in order.
  var welcomed: [String] { notes.look { $0.welcomed } }
}

/// What a hostile server remembers of all its connections.
private final class Notes: Sendable {
  struct Question: Hashable {
    let connection: UUID
    let requestID: UInt64
  }

  struct State: Sendable {
    var lie: HostileServer.Lie?
    /// Whom a request that is not answered yet is about.
    var asked: [Question: String] = [:]
    var answers: [DirectoryAnswer] = []
    var keyPackages: [[UInt8]] = []
    var writeCount = 0
    var welcomed: [String] = []
  }

  private let state = Mutex(State())

  func update(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  func look<Value: Sendable>(_ body: (State) -> Value) -> Value { state.withLock { body($0) } }

  /// A client has said this.
  func heard(_ bytes: [UInt8], on endpoint: ClientEndpoint, _ connection: UUID) {
    switch endpoint {
    case .inbox:
      guard let frame = try? WireInboxClientFrame(serializedBytes: bytes),
        case .uploadKeyPackages(let upload)? = frame.request
      else { return }
      update { $0.keyPackages += upload.oneTime.map { Array($0) } }
    case .logs:
      guard let frame = try? WireLogsClientFrame(serializedBytes: bytes) else { return }
      let question = Question(connection: connection, requestID: frame.requestID)
      update { state in
        switch frame.request {
        case .getManifest(let wanted): state.asked[question] = wanted.address
        case .takeKeyPackages(let wanted): state.asked[question] = wanted.address
        case .createLog, .append: state.writeCount += 1
        case .commit(let commit):
          state.writeCount += 1
          let devices = commit.welcomes.flatMap(\.devices)
          state.welcomed += devices.map { "\($0.address) \($0.deviceID)" }
        default: break
        }
      }
    }
  }

  /// What a client is told in place of this.
  func told(_ bytes: [UInt8], on endpoint: ClientEndpoint, _ connection: UUID) -> [UInt8] {
    guard endpoint == .logs, var frame = try? WireLogsServerFrame(serializedBytes: bytes) else {
      return bytes
    }
    let question = Question(connection: connection, requestID: frame.requestID)
    update { state in
      guard let address = state.asked.removeValue(forKey: question) else { return }
      switch frame.response {
      case .manifest(var said):
        var answer = DirectoryAnswer(
          address: address, manifest: Array(said.manifest), packages: [])
        state.answers.append(answer)
        state.lie?(&answer)
        said.manifest = Data(answer.manifest)
        frame.response = .manifest(said)
      case .keyPackages(var said):
        var answer = DirectoryAnswer(
          address: address, manifest: Array(said.manifest), packages: said.packages)
        state.answers.append(answer)
        state.lie?(&answer)
        said.manifest = Data(answer.manifest)
        said.packages = answer.packages
        frame.response = .keyPackages(said)
      default: break
      }
    }
    return (try? frame.serializedBytes()) ?? bytes
  }
}

/// One connection of a client, with one to the real server behind it.
private final class HostileHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame

  private let endpoint: ClientEndpoint
  private let real: ServerAddress
  private let notes: Notes
  private let connection = UUID()
  private var driver: NetworkDriver?

  init(_ endpoint: ClientEndpoint, before real: ServerAddress, notes: Notes) {
    self.endpoint = endpoint
    self.real = real
    self.notes = notes
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let (channel, notes, connection) = (context.channel, notes, connection)
    var limits = NetworkLimits()
    // What is received goes on at once.
    limits.unappliedBytesMax = .max
    let driver = NetworkDriver(loop: context.eventLoop, limits: limits) { input, _ in
      switch input {
      case .frame(let endpoint, let bytes):
        let said = ByteBuffer(bytes: notes.told(bytes, on: endpoint, connection))
        channel.writeAndFlush(
          WebSocketFrame(fin: true, opcode: .binary, data: said), promise: nil)
      case .disconnected: channel.close(promise: nil)
      default: break
      }
    }
    // A client waits for the server's first word, which comes when this connection is open.
    driver.perform([.connect(endpoint, real, attempt: 1)])
    self.driver = driver
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    switch frame.opcode {
    case .binary:
      let bytes = Array(frame.unmaskedData.readableBytesView)
      notes.heard(bytes, on: endpoint, connection)
      driver?.perform([.send(endpoint, bytes)])
    case .ping:
      context.channel.writeAndFlush(
        WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData), promise: nil)
    case .connectionClose: context.close(promise: nil)
    default: break
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    driver?.perform([.disconnect(endpoint)])
    context.fireChannelInactive()
  }
}
