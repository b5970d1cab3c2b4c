// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SottoClient
import Testing

/// The SDK over real TLS and the server's real core, in one process.
@Suite(.timeLimit(.minutes(2))) struct SottoClientTests {
  private static let alice = "alice@messenger.example"
  private static let bob = "bob@messenger.example"

  private func registered(
    _ address: String, at server: MachineServer
  ) async throws -> SottoClient {
    let client = SottoClient(store: InMemoryClientStore(), home: "/nowhere")
    try await client.register(address, invite: try server.invite())
    _ = try await client.set(.strangers, to: "accept")
    return client
  }

  @Test func messagesGoBothWays() async throws {
    let server = try await MachineServer.start()
    let alice = try await registered(Self.alice, at: server)
    let bob = try await registered(Self.bob, at: server)
    let there = try await alice.send("Hello", to: Self.bob)
    try await alice.wait(for: .delivered, of: there, to: Self.bob, timeout: .seconds(60))
    let line = try await bob.history(with: Self.alice).first { $0.kind == .text }
    #expect(line?.text == "Hello")
    let back = try await bob.send("Hello yourself", to: Self.alice)
    try await bob.wait(for: .delivered, of: back, to: Self.alice, timeout: .seconds(60))
    let numbers = [
      try await alice.safetyNumber(with: Self.bob).digits,
      try await bob.safetyNumber(with: Self.alice).digits,
    ]
    #expect(numbers[0] == numbers[1])
    await alice.close()
    await bob.close()
    try await server.server.stop()
  }

  @Test func cutConnectionsLoseNothing() async throws {
    let server = try await MachineServer.start()
    let alice = try await registered(Self.alice, at: server)
    let bob = try await registered(Self.bob, at: server)
    var last: [UInt8] = []
    for number in 0..<10 {
      last = try await alice.send("\(number)", to: Self.bob)
      if number % 3 == 2 { await server.server.cutConnections() }
    }
    try await alice.wait(for: .delivered, of: last, to: Self.bob, timeout: .seconds(60))
    let lines = try await bob.history(with: Self.alice).filter { $0.kind == .text }
    #expect(lines.reversed().map(\.text) == (0..<10).map { "\($0)" })
    await alice.close()
    await bob.close()
    try await server.server.stop()
  }

  @Test func mistakesAreTold() async throws {
    let server = try await MachineServer.start()
    let alice = try await registered(Self.alice, at: server)
    let message = try await alice.send("x", to: "nobody@messenger.example")
    await #expect(throws: ClientFailure(.unknownAddress, "")) {
      try await alice.wait(
        for: .stored, of: message, to: "nobody@messenger.example", timeout: .seconds(60))
    }
    await alice.close()
    await #expect(throws: ClientFailure(.storeFailure, "")) { try await alice.status() }

    let stranger = SottoClient(store: InMemoryClientStore(), home: "/nowhere")
    let pin = [UInt8](repeating: 1, count: 32)
    await #expect(throws: ClientFailure(.wrongInvite, "")) {
      try await stranger.register("carol@messenger.example", invite: try server.invite(pin: pin))
    }
    await #expect(throws: ClientFailure(.addressTaken, "")) {
      try await stranger.register(Self.alice, invite: try server.invite())
    }
    try await server.server.stop()
    await #expect(throws: ClientFailure(.noServer, "")) {
      try await stranger.register("carol@messenger.example", invite: try server.invite())
    }
    await stranger.close()
  }
}
