// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: the picture of a group, which `sotto-media` makes small.
@Suite(.serialized, .timeLimit(.minutes(5))) struct GroupPictureTests {
  private static func make(_ name: String, _ bytes: [UInt8], in world: TestWorld) -> String {
    let path = world.folder.appendingPathComponent(name).path
    _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
    return path
  }

  /// The sides that a group's picture has for somebody.
  private static func sides(_ person: TestPerson, _ group: String) async throws -> [Int64] {
    let picture = try await person.run(["group", "show", group]).values.first?["picture"]
    return [picture?["width"], picture?["height"]].compactMap { $0?.integer }
  }

  @Test func aPictureIsSetSavedChangedAndRemoved() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let carol = try await world.registered("carol")
    var daemons: [RunningProgram] = []
    for person in [alice, bob, carol] { daemons.append(try await person.startDaemon()) }
    let made = try await alice.succeed(["group", "create", "Hike", bob.address])
    let group = try #require(made.first?["address"]?.text)
    func saved(_ person: TestPerson, as name: String) async throws -> [UInt8] {
      let path = world.folder.appendingPathComponent(name).path
      let result = try await person.succeed(["group", "picture", group, "--save", path])
      #expect(result.first?["path"]?.text == path)
      return [UInt8](try #require(FileManager.default.contents(atPath: path)))
    }
    let ramp = Self.make("ramp.png", SampleMedia.png(400, 300), in: world)
    try await alice.succeed(["group", "picture", "Hike", ramp])
    try await eventually { try await Self.sides(bob, group) == [320, 240] }
    let jpeg = try await saved(bob, as: "bob.jpg")
    #expect(jpeg.starts(with: [0xff, 0xd8, 0xff]) && jpeg.count <= 12_288)
    try await bob.fail(
      ["group", "picture", group, "--save", ramp], code: "file-failure", status: 45)

    // Whoever comes in later has it, from the state alone.
    try await alice.succeed(["group", "add", "Hike", carol.address])
    try await eventually { try await Self.sides(carol, group) == [320, 240] }
    #expect(try await saved(carol, as: "carol.jpg") == jpeg)

    // A photograph that says where it was taken, and stands on its side.
    let photo = Self.make("photo.jpg", SampleMedia.turned(jpeg), in: world)
    try await bob.succeed(["group", "picture", "Hike", photo])
    try await eventually { try await Self.sides(carol, group) == [240, 320] }
    let turned = Data(try await saved(carol, as: "turned.jpg"))
    #expect(turned.range(of: Data("GPS".utf8)) == nil && turned.range(of: Data("Exif".utf8)) == nil)
    let shown = try await TestProgram.run(
      "sotto", ["group", "show", "Hike", "--home", alice.home] + alice.unlock,
      folder: world.folder)
    #expect(shown.output.contains("\nPicture: 240×320\n"))

    try await self.refused(alice, bob, group, in: world)
    try await alice.succeed(["group", "picture", group, "--remove"])
    try await eventually { try await Self.sides(bob, group).isEmpty }
    try await bob.fail(
      ["group", "picture", group, "--save", ramp + "2"], code: "unknown-attachment", status: 43)
    let notices = try await bob.succeed(["history", group])
      .filter { $0["kind"] == "notice" }.compactMap { $0["text"]?.text }
    #expect(
      notices.filter { $0.contains("picture") } == [
        "\(alice.address) changed the picture of the group.",
        "\(bob.address) changed the picture of the group.",
        "\(alice.address) removed the picture of the group.",
      ])
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }

  /// What is no picture, is not there, or is wanted by somebody who may not.
  private func refused(
    _ owner: TestPerson, _ member: TestPerson, _ group: String, in world: TestWorld
  ) async throws {
    let text = Self.make("text.png", Array("no picture at all".utf8), in: world)
    let broken = Self.make("broken.png", Array(SampleMedia.png(50, 60).prefix(60)), in: world)
    for path in [text, broken] {
      try await owner.fail(["group", "picture", group, path], code: "bad-request", status: 2)
    }
    try await owner.fail(
      ["group", "picture", group, text + "x"], code: "file-failure", status: 45)
    #expect(try await owner.run(["group", "picture", group]).status != 0)
    #expect(try await owner.run(["group", "picture", group, text, "--remove"]).status != 0)
    try await owner.succeed(["group", "permit", group, "info", "admin"])
    try await eventually {
      let shown = try await member.succeed(["group", "show", group]).first
      return shown?["permissions"]?["info"] == "admin"
    }
    let other = Self.make("other.gif", SampleMedia.gif(30, 10, pictures: 2), in: world)
    try await member.fail(
      ["group", "picture", group, other], code: "not-permitted", status: 33)
    try await member.fail(
      ["group", "picture", group, "--remove"], code: "not-permitted", status: 33)
    #expect(try await Self.sides(member, group) == [240, 320])
  }
}
