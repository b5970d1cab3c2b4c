// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SottoClient
import Testing

/// Who types, as programs that use the SDK are told.
@Suite(.timeLimit(.minutes(2))) struct TypingNoticeTests {
  @Test func noticesEndWithTheClient() async {
    let client = SottoClient(store: InMemoryClientStore(), home: "/nowhere")
    let before = client.typingNotices()
    await client.close()
    for await _ in before { Issue.record("somebody types") }
    for await _ in client.typingNotices() { Issue.record("somebody types") }
  }

  @Test func everyListenerIsTold() async throws {
    let server = try await MachineServer.start()
    let people = ["alice@messenger.example", "bob@messenger.example"]
    var clients: [SottoClient] = []
    for address in people {
      let client = SottoClient(store: InMemoryClientStore(), home: "/nowhere")
      try await client.register(address, invite: try server.invite())
      _ = try await client.set(.strangers, to: "accept")
      clients.append(client)
    }
    let sent = try await clients[0].send("Hello", to: people[1])
    try await clients[0].wait(
      for: .delivered, of: sent, to: people[1], timeout: .seconds(60))
    let streams = [clients[1].typingNotices(), clients[1].typingNotices()]
    #expect(try await clients[0].typing(in: people[1]))
    #expect(try await !clients[0].typing(in: people[1], isTyping: false))
    for stream in streams {
      var seen: [Bool] = []
      for await notice in stream {
        #expect(notice.sender == people[0] && notice.address == people[0])
        seen.append(notice.isTyping)
        if seen.count == 2 { break }
      }
      #expect(seen == [true, false])
    }
    for client in clients { await client.close() }
    try await server.server.stop()
  }
}
