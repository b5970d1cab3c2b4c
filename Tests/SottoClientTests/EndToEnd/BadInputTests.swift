// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs: every mistake has its own code and exit status.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BadInputTests {
  @Test func mistakesWithoutAnAccount() async throws {
    let world = try await TestWorld.start()
    let carol = try world.person("carol")
    for verb in [
      ["status"], ["conversations"], ["receive"], ["send", "alice@messenger.example", "x"],
      ["history", "alice@messenger.example"], ["safety-number", "alice@messenger.example"],
      ["verify", "alice@messenger.example"], ["unverify", "alice@messenger.example"],
    ] {
      try await carol.fail(verb, code: "not-registered", status: 10)
    }
    try await carol.fail(
      ["register", carol.address, "--invite", "https://messenger.example"],
      code: "wrong-invite", status: 15)
    try await carol.fail(
      ["register", carol.address, "--invite", otherPin(world.invite)],
      code: "wrong-invite", status: 15)
    try await carol.fail(
      ["register", "carol", "--invite", world.invite], code: "bad-address", status: 3)
    try await carol.fail(
      ["register", "carol@elsewhere.example", "--invite", world.invite],
      code: "unknown-domain", status: 14)

    let alice = try await world.registered("alice")
    try await carol.fail(
      ["register", alice.address, "--invite", world.invite], code: "address-taken", status: 12)
    // None of these mistakes stands in the way of doing it right.
    try await carol.succeed(["register", carol.address, "--invite", world.invite])
    // A mistake about a second account leaves the first as it was.
    try await carol.fail(
      ["register", alice.address, "--invite", world.invite], code: "address-taken", status: 12)
    #expect(try await carol.succeed(["status"]).first?["address"]?.text == carol.address)
    _ = await world.server.stop()
  }

  @Test func mistakesWithAnAccount() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    try await alice.fail(
      ["send", "nobody@messenger.example", "x"], code: "unknown-address", status: 13)
    try await alice.fail(["send", "no address", "x"], code: "bad-address", status: 3)
    let tooLong = String(repeating: "x", count: 64 * 1024 + 1)
    try await alice.fail(
      ["send", "bob@messenger.example", "-"], code: "message-too-large", status: 18,
      input: tooLong)
    let bob = try await world.registered("bob")
    // What stands around the text counts too.
    let largest = String(repeating: "y", count: 63 * 1024)
    try await alice.succeed(["send", bob.address, "-", "--wait", "stored"], input: largest)
    #expect(try await bob.receivedTexts() == [largest])
    try await alice.fail(
      ["history", "stranger@messenger.example"], code: "unknown-conversation", status: 30)
    #expect(try await alice.run(["send", bob.address]).status == 2)
    #expect(try await alice.run(["no-such-verb"]).status == 2)
    #expect(try await alice.run(["history", bob.address, "--limit", "0"]).status == 2)
    _ = await world.server.stop()
  }

  @Test func serverThatIsNotThere() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let carol = try world.person("carol")
    _ = await world.server.stop()
    try await carol.fail(
      ["register", carol.address, "--invite", world.invite, "--timeout", "3"],
      code: "no-server", status: 16)
    try await alice.fail(
      ["send", bob.address, "x", "--wait", "stored", "--timeout", "2"],
      code: "no-server", status: 16)
  }

  @Test func keysThatDoNotOpenTheStore() async throws {
    let world = try await TestWorld.start()
    var alice = try world.person("alice")
    let secret = world.folder.appendingPathComponent("alice.passphrase")
    try Data("seven miles before breakfast\n".utf8).write(to: secret)
    alice.unlock = ["--passphrase-file", secret.path]
    try await alice.succeed(["register", alice.address, "--invite", world.invite])

    let before = try files(in: alice.home)
    var stranger = alice
    stranger.unlock = []
    try await stranger.fail(["status"], code: "locked", status: 17)
    stranger.unlock = ["--passphrase-file", world.folder.path + "/missing"]
    try await stranger.fail(["status"], code: "locked", status: 17)
    let wrong = world.folder.appendingPathComponent("wrong.passphrase")
    try Data("six miles before breakfast\n".utf8).write(to: wrong)
    stranger.unlock = ["--passphrase-file", wrong.path]
    try await stranger.fail(["status"], code: "wrong-passphrase", status: 19)
    stranger.unlock = try world.person("stranger").unlock
    try await stranger.fail(["status"], code: "wrong-passphrase", status: 19)
    #expect(try files(in: alice.home) == before)
    #expect(try await alice.succeed(["status"]).first?["address"]?.text == alice.address)
    _ = await world.server.stop()
  }

  @Test func secondProcessOnOneHome() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let daemon = try await alice.startDaemon()
    try await alice.fail(["daemon"], code: "store-in-use", status: 52)
    let mode = try FileManager.default.attributesOfItem(atPath: alice.home + "/sotto.sock")
    #expect(mode[.posixPermissions] as? Int == 0o600)
    // A verb beside the daemon goes through it and needs no key.
    var keyless = alice
    keyless.unlock = []
    #expect(try await keyless.succeed(["status"]).first?["registered"] == true)
    #expect(await daemon.stop() == 0)
    #expect(!FileManager.default.fileExists(atPath: alice.home + "/sotto.sock"))
    _ = await world.server.stop()
  }

  /// The invite with another certificate pin of the right form.
  private func otherPin(_ invite: String) -> String {
    var parts = invite.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let index = parts.count - 2
    parts[index] = (parts[index].hasPrefix("A") ? "B" : "A") + parts[index].dropFirst()
    return parts.joined(separator: ".")
  }

  /// Every file of a folder with its content.
  private func files(in folder: String) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      contents[name] = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
    }
    return contents
  }
}
