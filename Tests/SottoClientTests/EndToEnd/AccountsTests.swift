// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: a home with several accounts.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AccountsTests {
  private static func list(_ person: TestPerson) async throws -> [String] {
    try await person.succeed(["accounts"]).compactMap { $0["address"]?.text }
  }

  @Test(arguments: [false, true])
  func aHomeHasSeveralAccounts(byDaemon: Bool) async throws {
    let world = try await TestWorld.start()
    let bob = try await world.registered("bob")
    let home = try world.person("alice")
    let work = "work@\(TestWorld.domain)"
    let daemon = byDaemon ? try await home.startDaemon() : nil
    try await home.succeed(["register", home.address, "--invite", world.invite])
    // With one account nothing is to be named.
    try await home.succeed(["send", bob.address, "from alice", "--wait", "stored"])
    #expect(try await Self.list(home) == [home.address])

    try await home.succeed(["register", work, "--invite", world.invite])
    #expect(try await Self.list(home) == [home.address, work])
    // Asking again changes nothing, and an address that is taken leaves nothing.
    try await home.succeed(["register", work, "--invite", world.invite])
    try await home.fail(
      ["register", bob.address, "--invite", world.invite], code: "address-taken", status: 12)
    #expect(try await Self.list(home) == [home.address, work])

    let ended = try await home.run(["conversations"])
    #expect(ended.status == 62)
    let error = try JSONValue(parsing: Array(ended.errors.utf8))["error"]
    #expect(error?["code"] == "account-needed")
    #expect(error?["accounts"]?.elements == [.string(home.address), .string(work)])
    try await home.fail(
      ["status", "--account", bob.address], code: "not-registered", status: 10)

    try await home.succeed(
      ["send", bob.address, "from work", "--wait", "stored", "--account", work])
    #expect(try await bob.receivedTexts().sorted() == ["from alice", "from work"])
    for (account, text) in [(home.address, "from alice"), (work, "from work")] {
      let lines = try await home.succeed(["history", bob.address, "--account", account])
      #expect(lines.filter { $0["kind"] == "text" }.map { $0["text"]?.text } == [text])
    }
    if let daemon { #expect(await daemon.stop() == 0) }
    // The same stores, opened by whoever comes next; each has its own key file and lock.
    #expect(try await Self.list(home) == [home.address, work])
    let folder = home.home + "/accounts"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.count == 1)
    #expect(names.first?.contains("work") == false)
    #expect(await world.server.stop() == 0)
  }

  /// Verbs of different accounts do not wait for each other, and a daemon tells each its events.
  @Test func subscriptionsAreOfOneAccount() async throws {
    let world = try await TestWorld.start()
    let bob = try await world.registered("bob")
    let home = try world.person("alice")
    let work = "work@\(TestWorld.domain)"
    let daemon = try await home.startDaemon()
    for address in [home.address, work] {
      try await home.succeed(["register", address, "--invite", world.invite])
      try await home.succeed(["settings", "set", "strangers", "accept", "--account", address])
    }
    try await bob.succeed(["send", work, "for work", "--wait", "delivered"])
    try await home.fail(
      ["receive", "--timeout", "1", "--account", home.address], code: "timeout", status: 51)
    let events = try await home.succeed(["receive", "--timeout", "30", "--account", work])
    #expect(events.compactMap { $0["text"]?.text } == ["for work"])
    #expect(await daemon.stop() == 0)
    #expect(await world.server.stop() == 0)
  }
}
