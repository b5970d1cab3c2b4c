// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import SottoClient
import Testing

/// Real programs on loopback: exports.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ExportTests {
  private static func lines(_ path: String) -> [JSONValue] {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { try? JSONValue(parsing: Array($0.utf8)) }
  }

  private static func parts(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  @Test func anExportIsWholeAndProvesWhoseItIs() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemon = try await bob.startDaemon()
    let picture = world.folder.appendingPathComponent("cat.png").path
    _ = FileManager.default.createFile(atPath: picture, contents: Data("a picture".utf8))
    try await alice.succeed(
      ["send", bob.address, "<script>alert(1)</script> \u{202e}& more", "--wait", "delivered"])
    try await alice.succeed(["send", bob.address, "canary", "--expires", "1h", "--wait", "stored"])
    try await alice.succeed(["send", bob.address, "canary", "--once", "--wait", "stored"])
    try await alice.succeed(["attach", bob.address, picture, "--text", "A cat"])
    try await alice.succeed(["group", "create", "Hike", bob.address])
    let ramp = world.folder.appendingPathComponent("ramp.png").path
    _ = FileManager.default.createFile(atPath: ramp, contents: Data(SampleMedia.png(400, 300)))
    try await alice.succeed(["group", "picture", "Hike", ramp])
    try await alice.succeed(["attach", "Hike", ramp, "--text", "Who brings the map?"])
    try await eventually { try await bob.history(with: alice).count >= 3 }
    try await eventually {
      try await bob.succeed(["history", "Hike"]).contains { $0["kind"] == "text" }
    }

    let target = world.folder.appendingPathComponent("export").path
    let made = try await bob.succeed(["export", target, "--html", "--attachments"])
    #expect(made.first?["conversations"] == 2)
    #expect(made.first?["attachments"] == 2)
    #expect(made.first?["missing"] == 0)
    try Self.picturesStandInThePage(target)
    // No draft is left beside it.
    #expect(!Self.parts(world.folder.path).contains { $0.hasPrefix(".export") })
    for name in ["", "/manifest.json", "/conversations/0001.jsonl"] {
      let mode = try FileManager.default.attributesOfItem(atPath: target + name)
      #expect(mode[.posixPermissions] as? Int == (name.isEmpty ? 0o700 : 0o600))
    }
    let index = Self.lines(target + "/conversations.jsonl")
    #expect(index.map { $0["name"]?.text ?? $0["address"]?.text } == [alice.address, "Hike"])
    let lines = Self.lines(target + "/conversations/0001.jsonl").filter { $0["kind"] == "text" }
    #expect(lines.count == 2)
    let file = try #require(lines.last?["attachments"]?.elements.first)
    let saved = target + "/" + (file["path"]?.text ?? "")
    #expect(FileManager.default.contents(atPath: saved) == Data("a picture".utf8))
    let page = try String(
      contentsOfFile: target + "/conversations/0001.html", encoding: .utf8)
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; \\u{202e}&amp; more"))
    #expect(!page.contains("<script"))
    #expect(page.contains("default-src 'none'"))
    let everything = Self.parts(target + "/conversations").compactMap {
      try? String(contentsOfFile: target + "/conversations/" + $0, encoding: .utf8)
    }
    #expect(everything.count == 4)
    #expect(!everything.contains { $0.contains("canary") })

    let proof = try await bob.succeed(["export", "verify", target])
    #expect(proof.first?["address"]?.text == bob.address)
    let pinned = try await alice.succeed(["protect", "show", bob.address])
    #expect(proof.first?["identityKey"] == pinned.first?["pinnedIdentity"])
    // Nothing is replaced.
    try await bob.fail(["export", target], code: "file-failure", status: 45)
    try await bob.fail(
      ["export", target + "2", "--in", "nobody@messenger.example"],
      code: "unknown-conversation", status: 30)
    #expect(!FileManager.default.fileExists(atPath: target + "2"))
    try await Self.changesAreNoticed(target, bob)
    // It is nobody else's.
    try await alice.fail(["import", target], code: "export-foreign", status: 61)
    // What is here does not come twice.
    let again = try await bob.succeed(["import", target])
    #expect(again.first?["lines"] == 0)
    #expect(again.first?["known"] == 3)
    #expect(again.first?["deviceListed"] == true)
    #expect(await daemon.stop() == 0)
    #expect(await world.server.stop() == 0)
  }

  /// The group's picture in list and page, and the preview of a picture in the page.
  private static func picturesStandInThePage(_ target: String) throws {
    let picture = lines(target + "/conversations.jsonl").last?["picture"]?.text ?? ""
    #expect(Base64URL.decode(picture.utf8)?.starts(with: [0xff, 0xd8, 0xff]) == true)
    let page = try String(contentsOfFile: target + "/conversations/0002.html", encoding: .utf8)
    for what in ["Picture of the group", "Preview"] {
      let image = #"<img alt="\#(what)" width="320" height="240" src="data:image/jpeg;base64,/9j/"#
      #expect(page.contains(image), "\(what)")
    }
    #expect(page.contains("img-src data:;"))
  }

  private static func changesAreNoticed(_ target: String, _ person: TestPerson) async throws {
    for name in ["conversations/0001.jsonl", "manifest.json", "signature"] {
      let url = URL(fileURLWithPath: target + "/" + name)
      let whole = try Data(contentsOf: url)
      var changed = whole
      changed[changed.count / 2] ^= 1
      try changed.write(to: url)
      for verb in [["export", "verify", target], ["import", target]] {
        try await person.fail(verb, code: "export-invalid", status: 60)
      }
      try whole.write(to: url)
    }
    let extra = URL(fileURLWithPath: target + "/conversations/0009.jsonl")
    try Data("{}\n".utf8).write(to: extra)
    try await person.fail(["export", "verify", target], code: "export-invalid", status: 60)
    try FileManager.default.removeItem(at: extra)
    try await person.succeed(["export", "verify", target])
    try await person.fail(
      ["export", "verify", target + "/conversations"], code: "file-failure", status: 45)
  }

  /// Another device of the account, which has heard nothing of it, takes the history.
  @Test func aNewDeviceTakesTheHistory() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let laptop = try world.person("laptop")
    let daemons = [
      try await alice.startDaemon(), try await bob.startDaemon(), try await laptop.startDaemon(),
    ]
    for text in ["one", "two"] {
      try await alice.succeed(["send", bob.address, text, "--wait", "delivered"])
    }
    let target = world.folder.appendingPathComponent("export").path
    try await alice.succeed(["export", target])
    try await DeviceTests.link(laptop, to: alice, invite: world.invite)
    try await eventually {
      let report = try await bob.succeed(["protect", "show", alice.address]).first
      return report?["devices"]?.elements.count == 3
    }
    try await bob.succeed(["send", alice.address, "three", "--wait", "delivered"])
    try await eventually { try await laptop.succeed(["history", bob.address]).count == 1 }

    let report = try await laptop.succeed(["import", target])
    #expect(report.first?["lines"] == 2)
    #expect(report.first?["deviceListed"] == true)
    let lines = try await laptop.succeed(["history", bob.address])
    #expect(lines.map { $0["text"]?.text } == ["one", "two", "three"])
    #expect(lines.map { $0["imported"] } == [true, true, nil])
    let hits = try await laptop.succeed(["search", "two"])
    #expect(hits.count == 1)
    let why = try await laptop.succeed(
      ["why", bob.address, try #require(lines.first?["messageId"]?.text)])
    #expect(why.map { $0["code"]?.text } == ["imported"])
    #expect(try await laptop.succeed(["import", target]).first?["known"] == 2)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    #expect(await world.server.stop() == 0)
  }
}
