// SPDX-License-Identifier: Apache-2.0

package import ClientCore
package import NIOCore
import NIOPosix
import NIOWebSocket

/// The two connections to the server, on one event loop.
///
/// It does what the core's effects say and reports what happens; it decides nothing, not even when
/// to connect again. Its owner numbers the attempts, and what is reported bears the number, so that
/// nothing of an old connection is taken for the new one's.
package final class NetworkDriver: Sendable {
  /// What the driver is asked to do.
  package enum Operation: Sendable {
    /// Open a WebSocket; an older connection of the endpoint is dropped without a word.
    case connect(ClientEndpoint, ServerAddress, attempt: UInt64)
    /// Close it, without a word.
    case disconnect(ClientEndpoint)
    /// Send one binary message; nothing happens when the connection is not open.
    case send(ClientEndpoint, [UInt8])
    /// The owner has dealt with this many received bytes, so that more may be read.
    case applied(ClientEndpoint, byteCount: Int)
  }

  private struct Connection {
    let attempt: UInt64
    var channel: (any Channel)?
    var handler: WebSocketHandler?
  }

  private let loop: any EventLoop
  private let limits: NetworkLimits
  private let connections: NIOLoopBoundBox<[ClientEndpoint: Connection]>
  private let deliver: @Sendable (ClientInput, _ attempt: UInt64) -> Void

  /// `deliver` is called on the event loop, for each event in order, and must not block.
  package init(
    loop: any EventLoop, limits: NetworkLimits = NetworkLimits(),
    deliver: @escaping @Sendable (ClientInput, _ attempt: UInt64) -> Void
  ) {
    self.loop = loop
    self.limits = limits
    self.deliver = deliver
    connections = .makeBoxSendingValue([:], eventLoop: loop)
  }

  /// Performs the operations in order; one hop to the event loop for all of them.
  package func perform(_ operations: [Operation]) {
    guard !operations.isEmpty else { return }
    loop.execute { self.performOnLoop(operations) }
  }

  private func performOnLoop(_ operations: [Operation]) {
    var written: [ClientEndpoint] = []
    for operation in operations {
      switch operation {
      case .connect(let endpoint, let server, let attempt):
        drop(endpoint)
        open(endpoint, server, attempt)
      case .disconnect(let endpoint):
        drop(endpoint)
      case .send(let endpoint, let bytes):
        connections.value[endpoint]?.handler?.send(bytes)
        if !written.contains(endpoint) { written.append(endpoint) }
      case .applied(let endpoint, let byteCount):
        connections.value[endpoint]?.handler?.applied(byteCount: byteCount)
      }
    }
    for endpoint in written { connections.value[endpoint]?.handler?.flush() }
  }

  /// Forgets the connection first, so that its end is reported to nobody.
  private func drop(_ endpoint: ClientEndpoint) {
    guard let old = connections.value.removeValue(forKey: endpoint) else { return }
    if let handler = old.handler {
      handler.close(.goingAway)
    } else {
      old.channel?.close(promise: nil)
    }
  }

  private func open(_ endpoint: ClientEndpoint, _ server: ServerAddress, _ attempt: UInt64) {
    connections.value[endpoint] = Connection(attempt: attempt)
    let pin = CertificatePin(server.pin)
    let request = WebSocketRequest(server: server, path: "/v1/\(endpoint.rawValue)")
    let deadline = loop.scheduleTask(in: limits.openTimeout) {
      self.failed(endpoint, attempt, .unreachable)
    }
    let opened = request.open(on: loop, pin: pin, limits: limits) { channel in
      self.isCurrent(endpoint, attempt, channel)
    } makeHandler: {
      WebSocketHandler(
        limits: self.limits,
        received: { self.received($0, endpoint, attempt) },
        closed: { self.failed(endpoint, attempt, .closed) })
    }
    opened.assumeIsolated().whenComplete { result in
      deadline.cancel()
      switch result {
      case .success(let handler): self.succeeded(endpoint, attempt, handler.value)
      case .failure:
        self.failed(endpoint, attempt, pin.wasRefused ? .wrongCertificate : .unreachable)
      }
    }
  }

  /// Keeps the channel of an attempt from its first moment, so that it can be closed.
  private func isCurrent(
    _ endpoint: ClientEndpoint, _ attempt: UInt64, _ channel: any Channel
  ) -> Bool {
    guard connections.value[endpoint]?.attempt == attempt else { return false }
    connections.value[endpoint]?.channel = channel
    return true
  }

  private func succeeded(
    _ endpoint: ClientEndpoint, _ attempt: UInt64, _ handler: WebSocketHandler
  ) {
    guard connections.value[endpoint]?.attempt == attempt else {
      handler.close(.goingAway)
      return
    }
    connections.value[endpoint]?.handler = handler
    deliver(.connected(endpoint), attempt)
    handler.startReading()
  }

  private func received(_ bytes: [UInt8], _ endpoint: ClientEndpoint, _ attempt: UInt64) {
    guard connections.value[endpoint]?.attempt == attempt else { return }
    deliver(.frame(endpoint, bytes), attempt)
  }

  private func failed(
    _ endpoint: ClientEndpoint, _ attempt: UInt64, _ reason: DisconnectReason
  ) {
    guard let connection = connections.value[endpoint], connection.attempt == attempt
    else { return }
    connections.value[endpoint] = nil
    connection.channel?.close(promise: nil)
    deliver(.disconnected(endpoint, reason), attempt)
  }
}
