// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: what was said before, for a member who comes later.
@Suite(.serialized, .timeLimit(.minutes(5))) struct GrantTests {
  @Test func anAdminHandsOverTheLastMessages() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let carol = try await world.registered("carol")
    var daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    let made = try await alice.succeed(["group", "create", "Choir", bob.address])
    let reference = try #require(made.first?["address"]?.text)
    try await eventually {
      let group = try await bob.run(["group", "show", reference])
      return group.values.first?["members"]?.elements.count == 2
    }
    for number in 0..<6 {
      let person = number.isMultiple(of: 2) ? alice : bob
      try await person.succeed(["send", reference, "song \(number)", "--wait", "stored"])
    }
    try await eventually {
      try await alice.succeed(["history", reference]).count { $0["kind"] == "text" } == 6
    }
    daemons.append(try await carol.startDaemon())
    try await alice.succeed(["group", "add", "Choir", carol.address])
    try await eventually {
      let group = try await carol.run(["group", "show", reference])
      return group.values.first?["members"]?.elements.count == 3
    }
    #expect(try await carol.succeed(["history", reference]).allSatisfy { $0["kind"] != "text" })
    try await bob.fail(
      ["group", "grant", "Choir", carol.address, "--last", "3"], code: "not-permitted",
      status: 33)
    try await alice.fail(
      ["group", "grant", "Choir", "dave@messenger.example", "--last", "3"],
      code: "not-a-member", status: 34)
    try await alice.succeed(["group", "grant", "Choir", carol.address, "--last", "3"])
    func texts() async throws -> [JSONValue] {
      try await carol.succeed(["history", reference, "--limit", "100"])
        .filter { $0["kind"] == "text" }
    }
    try await eventually { try await texts().count == 3 }
    let lines = try await texts()
    #expect(lines.map { $0["text"]?.text } == ["song 3", "song 4", "song 5"])
    #expect(
      lines.allSatisfy { $0["origin"] == "granted" && $0["grantedBy"]?.text == alice.address })
    let number = try #require(lines.first?["messageId"]?.text)
    let why = try await carol.succeed(["why", reference, number])
    #expect("\(why)".contains("granted") && !"\(why)".contains("authentic"))
    for person in [alice, bob, carol] {
      try await eventually {
        try await person.succeed(["history", reference, "--limit", "100"]).contains {
          $0["text"]?.text == "\(alice.address) gave \(carol.address) the last 3 messages."
        }
      }
    }
    try await eventually {
      let histories = try await alice.succeed(["device", "history"])
      return histories.last?["phase"] == "done" && histories.last?["member"]?.text == carol.address
    }
    // It lies on the server no longer, and goes on to nobody.
    #expect(try await carol.succeed(["search", "song"]).count == 3)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
