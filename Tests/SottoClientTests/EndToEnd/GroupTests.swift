// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: a group, by the verbs that people type.
@Suite(.serialized, .timeLimit(.minutes(5))) struct GroupTests {
  /// The first words in a group, before those who are asked in have come.
  @Test func whatIsSaidRightAfterTheGroupWasMadeComesToAll() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    let made = try await alice.succeed(["group", "create", "Hike", bob.address])
    let group = try #require(made.first?["address"]?.text)
    try await alice.succeed(["send", group, "who brings the map?"])
    #expect(try await bob.receivedTexts(timeout: 60) == ["who brings the map?"])
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }

  /// A link with approval for one, and one without for another; the daemons do the rest.
  @Test func peopleComeInByLinks() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let carol = try await world.registered("carol")
    var daemons: [RunningProgram] = []
    for person in [alice, bob, carol] { daemons.append(try await person.startDaemon()) }
    let made = try await alice.succeed(["group", "create", "Choir"])
    let reference = try #require(made.first?["address"]?.text)

    let open = try await alice.succeed(
      ["group", "link", "Choir", "--expires", "+24h", "--uses", "1"])
    let link = try #require(open.first?["link"]?.text)
    #expect(open.first?["uses"] == 1 && open.first?["approval"] == false)
    try await bob.fail(["group", "join", link + "x!"], code: "bad-request", status: 2)
    #expect(try await bob.succeed(["group", "join", link]).first?["address"]?.text == reference)
    try await eventually {
      let group = try await alice.succeed(["group", "show", "Choir"]).first
      return group?["members"]?.elements.count == 2
    }
    let used = try await alice.succeed(["group", "links", "Choir"])
    #expect(used.first?["links"]?.elements.first?["uses"] == 0)

    let approved = try await alice.succeed(["group", "link", "Choir", "--approval"])
    let second = try #require(approved.first?["link"]?.text)
    try await carol.succeed(["group", "join", second])
    try await eventually {
      let knocks = try await alice.succeed(["group", "knocks", "Choir"])
      return knocks.first?["knocks"]?.elements.first?["address"]?.text == carol.address
    }
    #expect(
      try await carol.succeed(["group", "asked"]).first?["groups"]?.elements.first?["address"]?.text
        == reference)
    try await bob.fail(
      ["group", "admit", "Choir", carol.address], code: "not-permitted", status: 33)
    try await alice.succeed(["group", "admit", "Choir", carol.address])
    try await eventually {
      let asked = try await carol.succeed(["group", "asked"])
      return asked.first?["groups"]?.elements.isEmpty == true
    }
    let group = try await carol.succeed(["group", "show", reference])
    #expect(group.first?["members"]?.elements.count == 3)
    try await carol.succeed(["send", "Choir", "I am in", "--wait", "delivered"])
    let number = try #require(approved.first?["linkId"]?.text)
    try await alice.succeed(["group", "unlink", "Choir", number])
    try await eventually {
      let links = try await bob.succeed(["group", "links", "Choir"])
      return links.first?["links"]?.elements.count == 1
    }
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }

  @Test func aGroupFromItsBeginningToItsEnd() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let carol = try await world.registered("carol")
    var daemons: [RunningProgram] = []
    for person in [alice, bob, carol] { daemons.append(try await person.startDaemon()) }

    let made = try await alice.succeed(
      ["group", "create", "Sunday hike", bob.address, carol.address])
    let reference = try #require(made.first?["address"]?.text)
    #expect(reference.hasPrefix("group-") && reference.hasSuffix(".messenger.example"))
    for person in [alice, bob, carol] {
      try await eventually {
        let group = try await person.succeed(["group", "show", "Sunday hike"])
        return group.first?["members"]?.elements.count == 3
      }
    }
    try await alice.succeed(["send", "Sunday hike", "Who brings the map?", "--wait", "delivered"])
    try await carol.succeed(["send", reference, "I do", "--wait", "delivered"])
    try await eventually {
      let lines = try await bob.succeed(["history", "Sunday hike"])
      return lines.filter { $0["kind"] == "text" }.map { $0["text"]?.text }
        == ["Who brings the map?", "I do"]
    }
    let lines = try await bob.succeed(["history", "Sunday hike"])
    let question = try #require(lines.first { $0["kind"] == "text" }?["messageId"]?.text)
    try await bob.succeed(["react", "Sunday hike", question, "🗺️", "--wait", "stored"])
    try await bob.succeed(["reply", "Sunday hike", question, "And food?", "--wait", "delivered"])
    try await eventually {
      let seen = try await carol.succeed(["history", "Sunday hike"])
      return seen.contains { $0["quote"]?["text"] == "Who brings the map?" }
        && seen.contains { $0["reactions"]?.elements.first?["from"]?.text == bob.address }
    }

    // Who may do what: every change is a line, and what is refused has its code.
    try await bob.fail(
      ["group", "remove", "Sunday hike", carol.address], code: "not-permitted", status: 33)
    try await bob.succeed(["group", "rename", "Sunday hike", "Monday hike"])
    try await eventually {
      try await carol.succeed(["group", "show", reference]).first?["name"] == "Monday hike"
    }
    try await alice.succeed(["group", "role", reference, bob.address, "admin"])
    try await alice.succeed(["group", "permit", reference, "info", "admin"])
    try await eventually {
      let group = try await bob.succeed(["group", "show", reference]).first
      return group?["members"]?.elements.contains { $0["role"] == "admin" } == true
        && group?["permissions"]?["info"] == "admin"
    }
    try await carol.fail(
      ["group", "describe", reference, "mine"], code: "not-permitted", status: 33)
    try await bob.succeed(["group", "ban", reference, carol.address])
    try await eventually {
      try await carol.succeed(["group", "show", reference]).first?["phase"] == "left"
    }
    try await carol.fail(["send", reference, "hello?"], code: "not-a-member", status: 34)
    try await alice.succeed(["send", reference, "The two of us", "--wait", "delivered"])
    let notices = try await bob.succeed(["history", reference])
      .filter { $0["kind"] == "notice" }.compactMap { $0["text"]?.text }
    #expect(
      notices == [
        "\(alice.address) added you to the group.",
        "\(bob.address) named the group “Monday hike”.",
        "\(alice.address) made \(bob.address) admin.",
        "\(alice.address) changed who may do what: info: admin.",
        "\(bob.address) banned \(carol.address).",
      ])
    let hers = try await carol.succeed(["history", reference])
    #expect(!hers.contains { $0["text"] == "The two of us" })

    // Alice goes, Bob is what she was.
    try await alice.succeed(["group", "leave", reference])
    try await eventually {
      let group = try await bob.succeed(["group", "show", reference]).first
      return group?["members"]?.elements.map { $0["role"]?.text } == ["owner"]
    }
    try await eventually {
      try await alice.succeed(["group", "show", reference]).first?["phase"] == "left"
    }
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }

  /// Nobody has a daemon: verbs do what there is to do before they end.
  @Test func verbsWithoutADaemon() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    try await alice.succeed(["group", "create", "Two", bob.address])
    try await alice.succeed(["send", "Two", "hello", "--wait", "stored"])
    try await eventually {
      _ = try await bob.run(["receive", "--timeout", "2"])
      let lines = try await bob.succeed(["history", "Two"])
      return lines.contains { $0["text"] == "hello" }
    }
    try await bob.fail(["history", "Three"], code: "unknown-conversation", status: 30)
    _ = await world.server.stop()
  }
}
