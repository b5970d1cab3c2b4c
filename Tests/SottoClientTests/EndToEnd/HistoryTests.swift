// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: what was said before, for a device that comes later.
@Suite(.serialized, .timeLimit(.minutes(5))) struct HistoryTests {
  /// Links `device` to the account; the one that has it is given `more` arguments.
  static func link(
    _ device: TestPerson, to account: TestPerson, invite: String, _ more: [String]
  ) async throws {
    let joiner = try RunningProgram(
      "sotto", device.arguments(["device", "link", "--invite", invite]), folder: device.folder,
      log: "link")
    let link = try #require(try await joiner.value(beginning: #"{"link""#)["link"]?.text)
    let host = try RunningProgram(
      "sotto", account.arguments(["device", "accept", link] + more), folder: device.folder,
      log: "accept", isTyped: true)
    let shown = try await joiner.value(beginning: #"{"address""#)
    try host.type(try #require(shown["code"]?.text))
    #expect(await host.end() == 0)
    #expect(await joiner.end() == 0)
  }

  @Test func historyComesWithTheLink() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let laptop = try world.person("laptop")
    var daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    for number in 0..<40 {
      let (from, to) = number.isMultiple(of: 2) ? (alice, bob) : (bob, alice)
      try await from.succeed(["send", to.address, "before \(number)", "--wait", "stored"])
    }
    try await bob.succeed(
      ["send", alice.address, "for a look", "--once", "--wait", "stored"])
    let file = world.folder.appendingPathComponent("cat.png").path
    _ = FileManager.default.createFile(atPath: file, contents: Data(repeating: 5, count: 9_000))
    try await bob.succeed(["attach", alice.address, file, "--text", "a cat"])
    try await eventually { try await alice.history(with: bob).count == 41 }

    daemons.append(try await laptop.startDaemon())
    try await Self.link(laptop, to: alice, invite: world.invite, ["--history", "--last", "30"])
    try await eventually {
      try await laptop.succeed(["device", "history"]).first?["phase"] == "done"
    }
    #expect(try await laptop.history(with: bob).count == 30)
    try await eventually {
      try await alice.succeed(["device", "history"]).first?["phase"] == "done"
    }

    // The rest on the user's word, over deaths of both daemons.
    try await alice.succeed(["device", "share-history", "2", "--no-wait"])
    for index in [0, 2] {
      await daemons[index].kill()
      daemons[index] = try await [alice, bob, laptop][index].startDaemon()
    }
    try await eventually {
      try await laptop.succeed(["device", "history"]).first?["messages"] == .integer(41)
    }
    let own = try await alice.history(with: bob)
    let copied = try await laptop.history(with: bob)
    #expect(copied.count == 41)
    // All but how far it was read is the same, and in the same order.
    func words(_ lines: [String]) -> [String] {
      lines.map { $0.split(separator: "|").prefix(2).joined(separator: "|") }
    }
    #expect(words(copied) == words(own))
    let lines = try await laptop.succeed(["history", bob.address, "--limit", "100"])
    #expect(lines.filter { $0["kind"] == "text" }.allSatisfy { $0["origin"] == "own-history" })
    #expect(!lines.contains { $0["kind"] == "once" })
    // It is found, and its files can be saved.
    #expect(try await laptop.succeed(["search", "before 7"]).count == 1)
    let cat = try #require(lines.first { $0["text"] == "a cat" }?["messageId"]?.text)
    let target = world.folder.appendingPathComponent("saved.png").path
    try await laptop.succeed(["save", bob.address, cat, target])
    #expect(FileManager.default.contents(atPath: target) == Data(repeating: 5, count: 9_000))
    // The new device says what came, and the server keeps nothing of it.
    let events = try await laptop.succeed(["receive", "--name", "late", "--events"])
    #expect(events.contains { $0["type"] == "history-received" })
    let folder = world.folder.appendingPathComponent("server/blobs").path
    try await eventually {
      let blobs = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
      return blobs.filter { $0.contains("/") }.count == 1
    }
    try await alice.fail(
      ["device", "share-history", "7"], code: "bad-request", status: 2)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
