// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: pictures and voice notes, which `sotto-media` looks at.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MediaTests {
  private static func make(_ name: String, _ bytes: [UInt8], in world: TestWorld) -> String {
    let path = world.folder.appendingPathComponent(name).path
    _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
    return path
  }

  /// The files of the newest line, or of the newest one of somebody.
  private static func files(
    _ person: TestPerson, with peer: TestPerson, from author: TestPerson? = nil
  ) async throws -> (line: JSONValue, files: [JSONValue]) {
    let lines = try await person.succeed(["history", peer.address])
    let line = try #require(
      lines.last { author == nil || $0["from"]?.text == author?.address })
    return (line, line["attachments"]?.elements ?? [])
  }

  private static func sides(_ value: JSONValue?) -> [Int64] {
    [value?["width"], value?["height"]].compactMap { $0?.integer }
  }

  /// Alice and Bob, who has a daemon that takes everything in.
  private static func couple(
    _ world: TestWorld
  ) async throws -> (TestPerson, TestPerson, RunningProgram) {
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    return (alice, bob, try await bob.startDaemon())
  }

  @Test func picturesComeWithSizeAndThumbnail() async throws {
    let world = try await TestWorld.start()
    let (alice, bob, daemon) = try await Self.couple(world)
    // What it is, its content says and not its name.
    let paths = [
      Self.make("ramp.dat", SampleMedia.png(400, 300), in: world),
      Self.make("moving.gif", SampleMedia.gif(330, 100, pictures: 2), in: world),
      Self.make("moving.webp", SampleMedia.webp(64, 640, pictures: 3), in: world),
      Self.make("broken.png", Array(SampleMedia.png(50, 60).prefix(60)), in: world),
      Self.make("none.png", Array("no picture at all".utf8), in: world),
    ]
    // From a broken one nothing can be taken out; it goes if its sender wants that.
    try await alice.fail(["attach", bob.address, paths[3]], code: "bad-request", status: 2)
    try await alice.succeed(["attach", bob.address] + paths + ["--text", "Five", "--as-file"])
    try await eventually { try await bob.history(with: alice).count == 1 }
    let (line, files) = try await Self.files(bob, with: alice)
    #expect(
      files.map { $0["contentType"]?.text } == [
        "image/png", "image/gif", "image/webp", "image/png", "image/png",
      ])
    #expect(
      files.map { Self.sides($0["picture"]) } == [
        [400, 300], [330, 100], [64, 640], [50, 60], [],
      ])
    #expect(
      files.map { Self.sides($0["thumbnail"]) } == [[320, 240], [320, 97], [32, 320], [], []])
    let received = try await bob.succeed(["receive", "--name", "media", "--timeout", "5"])
    let told = received.last { $0["type"] == "message-received" }?["attachments"]?.elements ?? []
    #expect(told.map { Self.sides($0["thumbnail"]) } == files.map { Self.sides($0["thumbnail"]) })

    let id = try #require(line["messageId"]?.text)
    let target = world.folder.appendingPathComponent("small.jpg").path
    let saved = try await bob.succeed(["thumbnail", alice.address, id, target, "--number", "2"])
    #expect(saved.first?["width"]?.integer == 320)
    let jpeg = [UInt8](try #require(FileManager.default.contents(atPath: target)))
    #expect(jpeg.starts(with: [0xff, 0xd8, 0xff]) && jpeg.count <= 16_384)
    try await bob.fail(
      ["thumbnail", alice.address, id, target], code: "file-failure", status: 45)
    try await bob.fail(
      ["thumbnail", alice.address, id, target + "2", "--number", "4"],
      code: "unknown-attachment", status: 43)
    // Forwarded, it has the same.
    try await bob.succeed(["forward", alice.address, id, alice.address])
    let own = try await Self.files(bob, with: alice)
    #expect(
      own.files.map { Self.sides($0["thumbnail"]) } == files.map { Self.sides($0["thumbnail"]) })
    #expect(await daemon.stop() == 0)

    // A photograph that was taken on its side stands upright, and neither it nor its thumbnail says
    // anything else.
    let photo = Self.make("photo.jpg", SampleMedia.turned(jpeg), in: world)
    try await alice.succeed(["attach", bob.address, photo])
    let mine = try await Self.files(alice, with: bob, from: alice)
    #expect(mine.files.map { Self.sides($0["picture"]) } == [[97, 320]])
    #expect(mine.files.map { Self.sides($0["thumbnail"]) } == [[97, 320]])
    let small = world.folder.appendingPathComponent("photo-small.jpg").path
    let photoID = try #require(mine.line["messageId"]?.text)
    try await alice.succeed(["thumbnail", bob.address, photoID, small])
    let bytes = try #require(FileManager.default.contents(atPath: small))
    #expect(bytes.range(of: Data("GPS".utf8)) == nil && bytes.range(of: Data("Exif".utf8)) == nil)
    let sent = world.folder.appendingPathComponent("photo-sent.jpg").path
    try await alice.succeed(["save", bob.address, photoID, sent])
    let whole = try #require(FileManager.default.contents(atPath: sent))
    #expect(whole.range(of: Data("GPS".utf8)) == nil && whole.range(of: Data("Exif".utf8)) != nil)
    try await alice.succeed(["attach", bob.address, photo, "--as-file"])
    let kept = try await Self.files(alice, with: bob, from: alice)
    let keptID = try #require(kept.line["messageId"]?.text)
    try await alice.succeed(["save", bob.address, keptID, sent + "2"])
    #expect(
      FileManager.default.contents(atPath: sent + "2")
        == FileManager.default.contents(atPath: photo))
  }

  @Test func voiceNotesComeWithLengthAndWaveform() async throws {
    let world = try await TestWorld.start()
    let (alice, bob, daemon) = try await Self.couple(world)
    let note = Self.make("note.opus", SampleMedia.opus(packets: 600), in: world)
    try await alice.succeed(["attach", bob.address, note, "--voice"])
    try await eventually { try await bob.history(with: alice).count == 1 }
    let (_, files) = try await Self.files(bob, with: alice)
    let voice = try #require(files.first?["voice"])
    // 600 packets of 20 ms, less what the head says to skip at the beginning.
    #expect(voice["milliseconds"]?.integer == 11_987)
    let bars = voice["waveform"]?.elements.compactMap(\.integer) ?? []
    #expect(bars.count == 64 && bars.allSatisfy { (0...31).contains($0) })
    #expect(bars.prefix(31).allSatisfy { $0 == 0 } && bars.max() == 31)
    #expect(files.first?["contentType"]?.text == "audio/ogg")
    let shown = try await TestProgram.run(
      "sotto", ["history", alice.address, "--home", bob.home] + bob.unlock, folder: world.folder)
    #expect(shown.output.contains("voice note 0:12 ▁▁▁▁▁▁▁"))
    #expect(shown.output.contains("█"))
    #expect(await daemon.stop() == 0)

    // What is none is refused, and nothing of it stays.
    let other = Self.make("other.opus", SampleMedia.png(5, 5), in: world)
    for files in [[other], [note, note]] {
      try await alice.fail(
        ["attach", bob.address] + files + ["--voice"], code: "bad-request", status: 2)
    }
    let spool = try FileManager.default.contentsOfDirectory(atPath: alice.home + "/spool")
    #expect(spool.isEmpty)
  }

  @Test func previewsHaveAPicture() async throws {
    let world = try await TestWorld.start()
    let (alice, bob, daemon) = try await Self.couple(world)
    let picture = Self.make("page.png", SampleMedia.png(400, 300), in: world)
    let link = "https://x.example/a"
    let preview = ["--preview-url", link, "--preview-title", "A page", "--preview-picture"]
    try await alice.succeed(["send", bob.address, "See \(link)"] + preview + [picture])
    try await eventually { try await bob.history(with: alice).count == 1 }
    let (line, _) = try await Self.files(bob, with: alice)
    #expect(Self.sides(line["preview"]?["thumbnail"]) == [320, 240])
    let id = try #require(line["messageId"]?.text)
    let target = world.folder.appendingPathComponent("page.jpg").path
    try await bob.succeed(["thumbnail", alice.address, id, target, "--preview"])
    let jpeg = try #require(FileManager.default.contents(atPath: target))
    #expect(jpeg.starts(with: [0xff, 0xd8, 0xff]))
    #expect(await daemon.stop() == 0)
    let other = Self.make("page.txt", Array("no picture at all".utf8), in: world)
    try await alice.fail(
      ["send", bob.address, "See \(link)"] + preview + [other], code: "bad-request", status: 2)
  }

  /// Nobody else is needed to send a file: without the program there is a size and no thumbnail.
  @Test func withoutTheProgramFilesGo() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let folder = world.folder.appendingPathComponent("alone")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let program = folder.appendingPathComponent("sotto")
    try FileManager.default.copyItem(at: TestProgram.url("sotto"), to: program)
    let picture = Self.make("ramp.png", SampleMedia.png(400, 300), in: world)
    let process = Process()
    process.executableURL = program
    process.arguments = alice.arguments(["attach", alice.address, picture])
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let (_, files) = try await Self.files(alice, with: alice)
    #expect(files.map { Self.sides($0["picture"]) } == [[400, 300]])
    #expect(files.first?["thumbnail"] == nil)
  }

  @Test func exportsHaveThemAndImportsTakeThem() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let picture = Self.make("ramp.png", SampleMedia.png(400, 300), in: world)
    let note = Self.make("note.opus", SampleMedia.opus(packets: 100), in: world)
    try await alice.succeed(["attach", alice.address, picture])
    try await alice.succeed(["attach", alice.address, note, "--voice"])
    let export = world.folder.appendingPathComponent("export").path
    try await alice.succeed(["export", export, "--html"])
    try await alice.succeed(["export", "verify", export])
    let lines = try String(contentsOfFile: export + "/conversations/0001.jsonl", encoding: .utf8)
    #expect(lines.contains(#""picture":{"#) && lines.contains(#""waveform":["#))
    #expect(lines.contains(#""thumbnail":"_9j_"#))
    let page = try String(contentsOfFile: export + "/conversations/0001.html", encoding: .utf8)
    #expect(page.contains("400×300") && page.contains("voice note 0:02"))
    let taken = try await alice.succeed(["import", export])
    #expect(taken.first?["known"]?.integer == 2)
  }
}
