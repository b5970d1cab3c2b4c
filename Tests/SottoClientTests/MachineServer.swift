// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import NIOCore
import NIOPosix
import NIOWebSocket
import SansIO
import ServerCore
import SottoClient

/// The server's real core and its store in memory behind the WebSockets of `TestServer`: all of a
/// server but its own driver, in the process of the tests.
final class MachineServer: Sendable {
  fileprivate struct State {
    var machine: ServerMachine<InMemoryStore>
    var channels: [UInt64: any Channel] = [:]
    var connections: UInt64 = 0
  }

  static let domain = "messenger.example"

  let server: TestServer
  private let host: Host

  private init(server: TestServer, host: Host) {
    self.server = server
    self.host = host
  }

  static func start() async throws -> MachineServer {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let policy = ServerPolicy(domains: [try ServiceDomain(domain)])
    let host = Host(
      loop: loop, state: State(machine: ServerMachine(store: InMemoryStore(), policy: policy)))
    let server = try await TestServer.start(loop: loop) { path in
      MachineHandler(host: host, endpoint: path == "/v1/inbox" ? .inbox : .logs)
    }
    return MachineServer(server: server, host: host)
  }

  /// The invite link, with the pin that a test wants.
  func invite(pin: [UInt8] = TestServer.pin) throws -> String {
    let key = SignaturePublicKey([UInt8](repeating: 7, count: 32))
    guard let fingerprint = Fingerprint(pin), let key, let name = ServerHost(uriText: "127.0.0.1")
    else { throw ChannelError.unknownLocalAddress }
    return try InviteLink(
      host: name, port: UInt16(server.port), domain: ServiceDomain(MachineServer.domain),
      certificatePin: fingerprint, serverKey: key
    ).description
  }

  /// The machine on its event loop.
  fileprivate final class Host: Sendable {
    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<State>

    fileprivate init(loop: any EventLoop, state: State) {
      self.loop = loop
      self.state = .makeBoxSendingValue(state, eventLoop: loop)
    }

    private var now: Instant {
      Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }

    func opened(
      _ channel: any Channel, _ endpoint: ServerMachine<InMemoryStore>.Endpoint
    ) -> UInt64 {
      state.value.connections += 1
      let number = state.value.connections
      state.value.channels[number] = channel
      var entropy = SystemRandomNumberGenerator()
      perform(
        state.value.machine.connect(
          .init(rawValue: number), to: endpoint, from: PeerAddress(ipv4: [127, 0, 0, 1]), at: now,
          using: &entropy))
      return number
    }

    func closed(_ number: UInt64) {
      guard state.value.channels.removeValue(forKey: number) != nil else { return }
      state.value.machine.disconnect(.init(rawValue: number))
    }

    func received(_ bytes: [UInt8], on number: UInt64) {
      perform(state.value.machine.receive(bytes, on: .init(rawValue: number), at: now))
      while state.value.machine.hasPendingWrites { perform(state.value.machine.flush(at: now)) }
    }

    private func perform(_ effects: [ServerMachine<InMemoryStore>.Effect]) {
      for effect in effects {
        switch effect {
        case .send(let connection, let bytes):
          state.value.channels[connection.rawValue]?.writeAndFlush(
            WebSocketFrame(fin: true, opcode: .binary, data: ByteBuffer(bytes: bytes)),
            promise: nil)
        case .ping: break
        case .close(let connection, _):
          state.value.channels[connection.rawValue]?.close(promise: nil)
        }
      }
    }
  }
}

private final class MachineHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  private let host: MachineServer.Host
  private let endpoint: ServerMachine<InMemoryStore>.Endpoint
  private var number: UInt64 = 0

  init(host: MachineServer.Host, endpoint: ServerMachine<InMemoryStore>.Endpoint) {
    self.host = host
    self.endpoint = endpoint
  }

  func handlerAdded(context: ChannelHandlerContext) {
    number = host.opened(context.channel, endpoint)
  }

  func channelInactive(context: ChannelHandlerContext) {
    host.closed(number)
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    switch frame.opcode {
    case .binary: host.received(Array(frame.unmaskedData.readableBytesView), on: number)
    case .connectionClose: context.close(promise: nil)
    default: break
    }
  }
}
