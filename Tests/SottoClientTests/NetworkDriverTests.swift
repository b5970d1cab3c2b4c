// SPDX-License-Identifier: Apache-2.0

import ClientCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SottoClient
import Testing

/// What the network driver reports, as a stream, and as text that tests can compare.
private struct Probe {
  let driver: NetworkDriver
  private var inputs: AsyncStream<ClientInput>.Iterator

  init(limits: NetworkLimits = NetworkLimits()) {
    let (stream, continuation) = AsyncStream.makeStream(of: ClientInput.self)
    driver = NetworkDriver(loop: MultiThreadedEventLoopGroup.singleton.next(), limits: limits) {
      input, _ in
      continuation.yield(input)
    }
    inputs = stream.makeAsyncIterator()
  }

  mutating func expect(
    _ wanted: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    let got = await next()
    #expect(got == wanted, sourceLocation: sourceLocation)
  }

  private mutating func next() async -> String {
    switch await inputs.next() {
    case .connected(let endpoint): "\(endpoint.rawValue) connected"
    case .disconnected(let endpoint, let reason): "\(endpoint.rawValue) \(reason)"
    case .frame(let endpoint, let bytes): "\(endpoint.rawValue) \(bytes)"
    case .request, .uploadEnded, .keepEnded, .fetchEnded, .tick, nil:
      "nothing that a network says"
    }
  }
}

@Suite(.timeLimit(.minutes(1))) struct NetworkDriverTests {
  @Test func pinnedServerIsConnectedAndAnswers() async throws {
    let server = try await TestServer.start()
    var probe = Probe()
    probe.driver.perform([.connect(.inbox, server.address(), attempt: 1)])
    await probe.expect("inbox connected")
    probe.driver.perform([.send(.inbox, [1, 2, 3]), .send(.inbox, [4])])
    await probe.expect("inbox [1, 2, 3]")
    await probe.expect("inbox [4]")
    try await server.stop()
    await probe.expect("inbox closed")
  }

  @Test func endpointsAreIndependent() async throws {
    let server = try await TestServer.start()
    var probe = Probe()
    probe.driver.perform([.connect(.inbox, server.address(), attempt: 1)])
    await probe.expect("inbox connected")
    probe.driver.perform([.connect(.logs, server.address(), attempt: 1)])
    await probe.expect("logs connected")
    probe.driver.perform([.disconnect(.inbox), .send(.inbox, [1]), .send(.logs, [2])])
    await probe.expect("logs [2]")
    try await server.stop()
  }

  /// The server speaks first, in the very packet that ends the handshake or the next.
  @Test func connectedComesBeforeTheFirstMessage() async throws {
    let server = try await TestServer.start(firstMessage: [7])
    var probe = Probe()
    probe.driver.perform([.connect(.logs, server.address(), attempt: 1)])
    await probe.expect("logs connected")
    await probe.expect("logs [7]")
    try await server.stop()
  }

  @Test(arguments: [
    [UInt8](repeating: 0, count: 32), [], Array(TestServer.pin.dropLast()),
    TestServer.pin.dropLast() + [(TestServer.pin.last ?? 0) ^ 1],
  ])
  func anotherCertificateIsRefused(pin: [UInt8]) async throws {
    let server = try await TestServer.start()
    var probe = Probe()
    probe.driver.perform([
      .connect(.inbox, server.address(pin: pin), attempt: 1), .send(.inbox, [1]),
    ])
    await probe.expect("inbox wrongCertificate")
    try await server.stop()
  }

  @Test func olderTLSIsRefused() async throws {
    let server = try await TestServer.start(newestTLS: .tlsv12)
    var probe = Probe()
    probe.driver.perform([.connect(.inbox, server.address(), attempt: 1)])
    await probe.expect("inbox unreachable")
    try await server.stop()
  }

  @Test(arguments: [[:], ["sec-websocket-protocol": "sotto.v2"]] as [HTTPHeaders])
  func anotherSubprotocolIsRefused(subprotocol: HTTPHeaders) async throws {
    let server = try await TestServer.start(subprotocol: subprotocol)
    var probe = Probe()
    probe.driver.perform([.connect(.inbox, server.address(), attempt: 1)])
    await probe.expect("inbox unreachable")
    try await server.stop()
  }

  @Test func nobodyListens() async throws {
    let server = try await TestServer.start()
    let address = server.address()
    try await server.stop()
    var probe = Probe()
    probe.driver.perform([.connect(.logs, address, attempt: 1)])
    await probe.expect("logs unreachable")
  }

  /// Something accepts the connection and never says a word.
  @Test func silenceEndsTheAttempt() async throws {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    var limits = NetworkLimits()
    limits.openTimeout = .milliseconds(50)
    var probe = Probe(limits: limits)
    let port = try #require(listener.localAddress?.port)
    probe.driver.perform([
      .connect(.logs, ServerAddress(host: "127.0.0.1", port: port, pin: TestServer.pin), attempt: 1)
    ])
    await probe.expect("logs unreachable")
    try await listener.close()
  }

  @Test func connectsAgainAfterACut() async throws {
    let server = try await TestServer.start()
    var probe = Probe()
    for attempt in 1...3 {
      probe.driver.perform([.connect(.logs, server.address(), attempt: UInt64(attempt))])
      await probe.expect("logs connected")
      await server.cutConnections()
      await probe.expect("logs closed")
    }
    try await server.stop()
  }

  /// Only the newest attempt of an endpoint is heard of.
  @Test func aNewAttemptReplacesTheOldOne() async throws {
    let server = try await TestServer.start()
    var probe = Probe()
    probe.driver.perform([
      .connect(.logs, server.address(), attempt: 1), .connect(.logs, server.address(), attempt: 2),
    ])
    await probe.expect("logs connected")
    probe.driver.perform([.send(.logs, [9])])
    await probe.expect("logs [9]")
    try await server.stop()
    await probe.expect("logs closed")
  }

  @Test func messageAboveTheLimitEndsTheConnection() async throws {
    let server = try await TestServer.start()
    var limits = NetworkLimits()
    limits.frameBytesMax = 1_000
    var probe = Probe(limits: limits)
    probe.driver.perform([.connect(.logs, server.address(), attempt: 1)])
    await probe.expect("logs connected")
    probe.driver.perform([.send(.logs, [UInt8](repeating: 1, count: 1_001))])
    await probe.expect("logs closed")
    try await server.stop()
  }

  /// Nothing is lost when reading pauses because the owner is slow.
  @Test func readingPausesUntilBytesAreApplied() async throws {
    let server = try await TestServer.start()
    var limits = NetworkLimits()
    limits.unappliedBytesMax = 1_000
    var probe = Probe(limits: limits)
    probe.driver.perform([.connect(.logs, server.address(), attempt: 1)])
    await probe.expect("logs connected")
    let message = [UInt8](repeating: 5, count: 900)
    probe.driver.perform((0..<200).map { _ in .send(.logs, message) })
    for _ in 0..<200 {
      await probe.expect("logs \(message)")
      probe.driver.perform([.applied(.logs, byteCount: message.count)])
    }
    try await server.stop()
  }

  @Test func unsentBytesAreBounded() async throws {
    let server = try await TestServer.start()
    var limits = NetworkLimits()
    limits.unsentBytesMax = 10_000
    var probe = Probe(limits: limits)
    probe.driver.perform([.connect(.logs, server.address(), attempt: 1)])
    await probe.expect("logs connected")
    let message = [UInt8](repeating: 5, count: 6_000)
    probe.driver.perform([.send(.logs, message), .send(.logs, message)])
    await probe.expect("logs closed")
    try await server.stop()
  }
}
