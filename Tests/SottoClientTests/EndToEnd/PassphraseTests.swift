// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: another passphrase, with a daemon and without.
@Suite(.serialized, .timeLimit(.minutes(5))) struct PassphraseTests {
  private func file(_ name: String, _ text: String, in world: TestWorld) -> String {
    let url = world.folder.appendingPathComponent(name)
    _ = FileManager.default.createFile(
      atPath: url.path, contents: Data((text + "\n").utf8),
      attributes: [.posixPermissions: 0o600])
    return url.path
  }

  @Test func theNewOneOpensTheStore() async throws {
    let world = try await TestWorld.start()
    let first = file("first", "correct horse", in: world)
    let second = file("second", "battery staple", in: world)
    let third = file("third", "yet another", in: world)
    var alice = try world.person("alice")
    alice.unlock = ["--passphrase-file", first]
    try await alice.succeed(["register", alice.address, "--invite", world.invite])

    try await alice.succeed(["passphrase", "--new-passphrase-file", second])
    try await alice.fail(["status"], code: "wrong-passphrase", status: 19)
    try await alice.fail(
      ["passphrase", "--new-passphrase-file", third], code: "wrong-passphrase", status: 19)
    alice.unlock = ["--passphrase-file", second]
    #expect(try await alice.succeed(["status"]).first?["registered"] == true)

    // A daemon has the store open, and goes on.
    let daemon = try await alice.startDaemon()
    try await alice.succeed(["passphrase", "--new-passphrase-file", third])
    #expect(try await alice.succeed(["status"]).first?["registered"] == true)
    #expect(await daemon.stop() == 0)
    try await alice.fail(["status"], code: "wrong-passphrase", status: 19)
    alice.unlock = ["--passphrase-file", third]
    #expect(try await alice.succeed(["status"]).first?["registered"] == true)

    let empty = file("empty", "", in: world)
    try await alice.fail(
      ["passphrase", "--new-passphrase-file", empty], code: "locked", status: 17)
    let nobody = try world.person("nobody")
    var other = nobody
    other.unlock = ["--passphrase-file", third]
    try await other.fail(
      ["passphrase", "--new-passphrase-file", second], code: "not-registered", status: 10)
    #expect(await world.server.stop() == 0)
  }
}
