// SPDX-License-Identifier: Apache-2.0

import Identity
import NIOCore
import NIOSSL
import Server
import ServerCore
import Testing
import Wire

/// What a connection must be like before anything is asked.
@Suite(.timeLimit(.minutes(3)))
struct ConnectionTests {
  @Test func tlsIsOfVersionThirteenWithThePinnedKey() async throws {
    try await RunningServer.with { running in
      let raw = try await running.raw()
      #expect(try await raw.channel.nioSSL_tlsVersion().get() == .tlsv13)
      await raw.close()
      await #expect(throws: (any Error).self) {
        _ = try await RawConnection.connect(
          port: running.port, pin: Array(repeating: 0, count: 32))
      }
    }
  }

  @Test func olderTLSIsRefused() async throws {
    try await RunningServer.with { running in
      await #expect(throws: (any Error).self) {
        _ = try await RawConnection.connect(
          port: running.port, pin: running.pin, tls: .twelve...(.twelve))
      }
    }
  }

  /// A client that offers nothing but the group in question is served.
  @Test(arguments: [NIOTLSCurve.x25519_MLKEM768, .x25519, .secp256r1])
  func keyAgreementIsServed(curve: NIOTLSCurve) async throws {
    try await RunningServer.with { running in
      let raw = try await RawConnection.connect(
        port: running.port, pin: running.pin, curves: [curve])
      _ = try await WebSocketConnection.open(raw, path: "/v1/logs")
      await raw.close()
    }
  }

  @Test func otherKeyAgreementIsRefused() async throws {
    try await RunningServer.with { running in
      await #expect(throws: (any Error).self) {
        _ = try await RawConnection.connect(
          port: running.port, pin: running.pin, curves: [.secp521r1])
      }
    }
  }

  @Test func bothEndpointsGreet() async throws {
    try await RunningServer.with { running in
      let logs = LogsClient(try await running.socket("/v1/logs"))
      let greeting = try await logs.next()
      #expect(greeting.requestID == 0)
      #expect(greeting.greeting.domains == ["messenger.example"])
      let inbox = try await running.inbox()
      let challenge = try await inbox.next()
      #expect(challenge.challenge.domains == ["messenger.example"])
      #expect(challenge.challenge.nonce.count == 32)
      let other = try await running.inbox()
      #expect(try await other.nonce().bytes != Array(challenge.challenge.nonce))
    }
  }

  @Test(arguments: [
    ("/v1/logs", "sotto.v2", "426"), ("/v1/inbox", nil, "426"),
    ("/v1/logs/", "sotto.v1", "404"), ("/", "sotto.v1", "404"), ("/v2/inbox", "sotto.v1", "404"),
  ])
  func otherPathsAndSubprotocolsAreRefused(
    path: String, subprotocol: String?, status: String
  ) async throws {
    try await RunningServer.with { running in
      let raw = try await running.raw()
      await #expect(throws: WebSocketConnection.Refused(status: status)) {
        _ = try await WebSocketConnection.open(raw, path: path, subprotocol: subprotocol)
      }
      _ = await raw.readToEnd()
      #expect(running.metric("sotto_connections") == 0)
    }
  }

  @Test(arguments: [
    ("GET", "/healthz", "200"), ("GET", "/metrics", "200"), ("GET", "/", "404"),
    ("POST", "/healthz", "404"), ("GET", "/v1/logs", "426"), ("GET", "/metrics/..", "404"),
  ])
  func pagesAreAnsweredAndTheConnectionEnds(
    method: String, path: String, status: String
  ) async throws {
    try await RunningServer.with { running in
      let raw = try await running.raw()
      try await raw.send("\(method) \(path) HTTP/1.1\r\nhost: localhost\r\n\r\n")
      let text = String(decoding: await raw.readToEnd(), as: UTF8.self)
      #expect(text.hasPrefix("HTTP/1.1 \(status) "))
      if path == "/metrics" {
        #expect(text.contains("\nsotto_connections 0\n"))
        #expect(text.contains("sotto_connections_opened_total 1\n"))
      }
    }
  }

  @Test func aBodyIsNotSwallowed() async throws {
    try await RunningServer.with { running in
      let raw = try await running.raw()
      try await raw.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n")
      try? await raw.send(Array(repeating: 65, count: 100_000))
      let text = String(decoding: await raw.readToEnd(), as: UTF8.self)
      #expect(!text.contains("200"))
    }
  }

  /// Nothing, half a TLS hello, and half an HTTP head: none may stay.
  @Test func whoNeverFinishesIsCutOff() async throws {
    try await RunningServer.with(configure: { $0.upgradeDeadline = .seconds(4) }) {
      running in
      let silent = try await RawConnection.connectPlain(port: running.port)
      #expect(await silent.readToEnd().isEmpty)
      let half = try await RawConnection.connectPlain(port: running.port)
      try await half.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
      #expect(await half.readToEnd().isEmpty)
      let trickle = try await running.raw()
      try await trickle.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-more: ")
      #expect(await trickle.readToEnd().isEmpty)
      try await running.wait(for: "sotto_deadlines_total") { $0 == 3 }
    }
  }

  @Test func upgradedConnectionsOutliveTheUpgradeDeadline() async throws {
    try await RunningServer.with(configure: { $0.upgradeDeadline = .seconds(6) }) {
      running in
      let logs = try await running.logs()
      try await Task.sleep(for: .seconds(7))
      try await logs.makeLog(TestLog(1))
    }
  }

  @Test func oneAddressHasSoManyConnectionsAndNoMore() async throws {
    let configure = { (configuration: inout ServerConfiguration) in
      configuration.upgradeDeadline = .seconds(120)
      configuration.rates = RatePolicy()
    }
    try await RunningServer.with(configure: configure) { running in
      var taken: [RawConnection] = []
      for _ in 0..<ServerLimits.connectionsPerPeerMax {
        taken.append(try await RawConnection.connectPlain(port: running.port))
      }
      let count = ServerLimits.connectionsPerPeerMax
      try await running.wait(for: "sotto_connections_opened_total") { $0 == count }
      let refused = try await RawConnection.connectPlain(port: running.port)
      #expect(await refused.readToEnd().isEmpty)
      #expect(running.metric("sotto_connections_refused_total") == 1)
      await taken[0].close()
      while (try? await running.raw()) == nil { try await Task.sleep(for: .milliseconds(20)) }
      for raw in taken { await raw.close() }
    }
  }

  @Test func manyConnectionsLeaveNothing() async throws {
    try await RunningServer.with { running in
      for round in 0..<20 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for index in 0..<50 {
            group.addTask {
              let socket = try await running.socket(index % 2 == 0 ? "/v1/logs" : "/v1/inbox")
              // Some leave in good order, some before the greeting, some after it.
              if (index + round) % 3 == 0 { _ = try await socket.message() }
              if (index + round) % 5 == 0 {
                try await socket.raw.send(WebSocketConnection.frame(.close, [0x03, 0xe8]))
                _ = await socket.isEnded()
              }
              await socket.close()
            }
          }
          try await group.waitForAll()
        }
      }
      #expect(running.metric("sotto_connections_opened_total") == 1_000)
      try await running.wait(for: "sotto_connections") { $0 == 0 }
    }
  }
}
