// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: files.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AttachmentTests {
  private static func content(_ count: Int) -> Data {
    Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 251) })
  }

  private static func make(_ name: String, _ count: Int, in world: TestWorld) -> String {
    let path = world.folder.appendingPathComponent(name).path
    _ = FileManager.default.createFile(atPath: path, contents: content(count))
    return path
  }

  private static func spool(_ person: TestPerson) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: person.home + "/spool")) ?? []
  }

  /// The files on the server, with their paths.
  private static func blobs(_ world: TestWorld) -> [String] {
    let folder = world.folder.appendingPathComponent("server/blobs").path
    return (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? [])
      .filter { $0.contains("/") }.map { folder + "/" + $0 }
  }

  @Test func filesGoAndAreSaved() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemon = try await bob.startDaemon()
    let picture = Self.make("cat.png", 12_345, in: world)
    let large = Self.make("large", 5_000_000, in: world)

    let sent = try await alice.succeed(
      ["attach", bob.address, picture, large, "--text", "Two files"])
    #expect(sent.first?["state"]?.text == "stored")
    #expect(Self.spool(alice).isEmpty)
    // Nothing of a file is on the server in clear, and its length is a padded one.
    let blobs = Self.blobs(world)
    let sizes = try blobs.map { try Data(contentsOf: URL(fileURLWithPath: $0)).count }
    #expect(sizes.sorted() == [12_816, 5_111_824])
    for blob in blobs {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: blob))
      #expect(bytes.range(of: Self.content(64)) == nil)
    }

    try await eventually { try await bob.history(with: alice).count == 1 }
    let line = try #require(try await bob.succeed(["history", alice.address]).last)
    #expect(line["text"]?.text == "Two files")
    let files = line["attachments"]?.elements ?? []
    #expect(files.map { $0["name"]?.text } == ["cat.png", "large"])
    #expect(files.first?["contentType"]?.text == "image/png")
    #expect(files.first?["size"] == .integer(12_345))

    let id = try #require(line["messageId"]?.text)
    let folder = world.folder.appendingPathComponent("saved").path
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    for name in ["cat.png", "cat (2).png"] {
      let saved = try await bob.succeed(["save", alice.address, id, folder])
      #expect(saved.first?["path"]?.text == folder + "/" + name)
      #expect(FileManager.default.contents(atPath: folder + "/" + name) == Self.content(12_345))
    }
    let target = folder + "/other"
    try await bob.succeed(["save", alice.address, id, target, "--number", "2"])
    #expect(FileManager.default.contents(atPath: target) == Self.content(5_000_000))
    // Nothing is replaced, and there is no third file.
    try await bob.fail(
      ["save", alice.address, id, target, "--number", "2"], code: "file-failure", status: 45)
    try await bob.fail(
      ["save", alice.address, id, folder, "--number", "3"], code: "unknown-attachment",
      status: 43)
    #expect(Self.spool(bob).isEmpty)
    let modes = try FileManager.default.attributesOfItem(atPath: target)
    #expect(modes[.posixPermissions] as? Int == 0o600)
    #expect(await daemon.stop() == 0)
    #expect(await world.server.stop() == 0)
  }

  @Test func whatTheServerChangedIsNotSaved() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemon = try await bob.startDaemon()
    let id = try #require(
      try await alice.succeed(
        ["attach", bob.address, Self.make("a.bin", 100_000, in: world)]
      ).first?["messageId"]?.text)
    try await eventually { try await bob.history(with: alice).count == 1 }
    let blob = try #require(Self.blobs(world).first)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: blob))
    bytes[50_000] ^= 1
    try bytes.write(to: URL(fileURLWithPath: blob))
    let target = world.folder.appendingPathComponent("target").path
    try await bob.fail(
      ["save", alice.address, id, target], code: "attachment-invalid", status: 44)
    #expect(!FileManager.default.fileExists(atPath: target))
    #expect(Self.spool(bob).isEmpty)
    bytes[50_000] ^= 1
    try bytes.write(to: URL(fileURLWithPath: blob))
    try await bob.succeed(["save", alice.address, id, target])
    #expect(FileManager.default.contents(atPath: target) == Self.content(100_000))

    // Taken back for everyone, it is gone there, too.
    try await alice.succeed(["delete", bob.address, id, "--wait", "stored"])
    try await eventually { Self.blobs(world).isEmpty }
    try await eventually {
      try await bob.succeed(["history", alice.address]).last?["kind"]?.text == "deleted"
    }
    try await bob.fail(
      ["save", alice.address, id, target + "2"], code: "unknown-message", status: 31)
    #expect(await daemon.stop() == 0)
    #expect(await world.server.stop() == 0)
  }

  /// Without a server the files wait, over restarts of the client, and leave by themselves.
  @Test func filesWaitForTheServer() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    try await alice.succeed(["send", bob.address, "Hello", "--wait", "stored"])
    #expect(await world.server.stop() == 0)
    let path = Self.make("late.txt", 3_000_000, in: world)
    let queued = try await alice.succeed(["attach", bob.address, path, "--no-wait"])
    #expect(queued.first?["state"]?.text == "queued")
    #expect(Self.spool(alice).count == 1)
    // What was sealed is sent, whatever becomes of the file.
    try FileManager.default.removeItem(atPath: path)
    try await world.startServerAgain()
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    try await eventually { try await bob.succeed(["conversations"]).count == 1 }
    try await eventually { try await bob.history(with: alice).count == 2 }
    let line = try #require(try await bob.succeed(["history", alice.address]).last)
    let id = try #require(line["messageId"]?.text)
    let target = world.folder.appendingPathComponent("target").path
    try await bob.succeed(["save", alice.address, id, target])
    #expect(FileManager.default.contents(atPath: target) == Self.content(3_000_000))
    #expect(Self.spool(alice).isEmpty)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    #expect(await world.server.stop() == 0)
  }

  private static func files(_ person: TestPerson) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: person.home + "/files")) ?? []
  }

  /// Pictures and the files of notes are there without a server, sealed, as long as their messages.
  @Test func picturesAndNotesStay() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemon = try await bob.startDaemon()
    let path = Self.make("cat.png", 12_345, in: world)
    let sent = try await alice.succeed(["attach", bob.address, path])
    let id = try #require(sent.first?["messageId"]?.text)
    try await eventually {
      let line = try await bob.succeed(["history", alice.address]).last
      return line?["attachments"]?.elements.first?["here"]?.bool == true
    }
    #expect(await world.server.stop() == 0)
    let note = try await alice.succeed(["attach", alice.address, path, "--text", "Mine"])
    #expect(note.first?["state"]?.text == "read")
    let noteID = try #require(note.first?["messageId"]?.text)
    for (person, other, message) in [
      (bob, alice, id), (alice, bob, id), (alice, alice, noteID), (alice, alice, noteID),
    ] {
      let target = world.folder.appendingPathComponent(UUID().uuidString).path
      try await person.succeed(["save", other.address, message, target])
      #expect(FileManager.default.contents(atPath: target) == Self.content(12_345))
    }
    for name in Self.files(alice) {
      let bytes = try #require(FileManager.default.contents(atPath: alice.home + "/files/" + name))
      #expect(bytes.range(of: Self.content(64)) == nil)
    }
    #expect(Self.files(alice).count == 2)
    #expect(Self.files(bob).count == 1)
    try await alice.succeed(["delete", alice.address, noteID, "--for-me"])
    try await bob.succeed(["delete", alice.address, id, "--for-me"])
    #expect(Self.files(alice).count == 1)
    #expect(Self.files(bob).isEmpty)
    #expect(await daemon.stop() == 0)
  }

  @Test func aFileThatIsShownOnceIsSavedOnce() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemon = try await bob.startDaemon()
    let path = Self.make("secret.png", 1_000, in: world)
    try await alice.fail(
      ["attach", bob.address, path + "x"], code: "file-failure", status: 45)
    try await alice.fail(
      ["attach", alice.address, path, "--once"], code: "bad-request", status: 2)
    let id = try #require(
      try await alice.succeed(["attach", bob.address, path, "--once"]).first?["messageId"]?.text)
    try await eventually { try await bob.succeed(["history", alice.address]).count == 1 }
    let folder = world.folder.path
    let target = folder + "/once.png"
    try await bob.succeed(["save", alice.address, id, target])
    #expect(FileManager.default.contents(atPath: target) == Self.content(1_000))
    try await bob.fail(
      ["save", alice.address, id, target + "2"], code: "unknown-message", status: 31)
    #expect(try await bob.succeed(["history", alice.address]).isEmpty)
    #expect(await daemon.stop() == 0)
    #expect(await world.server.stop() == 0)
  }
}
