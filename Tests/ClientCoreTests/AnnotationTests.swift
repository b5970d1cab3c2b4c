// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Identity
import MIMI
import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// Answers, reactions, edits and deletions between two people.
@Suite struct AnnotationTests {
  /// Alice has written `text` to Bob, who has it.
  private func written(_ text: String = "hello") throws -> (world: World, id: [UInt8]) {
    var world = try World.registered(["alice", "bob"])
    let id = try world.send(text, from: 0, to: 1)
    world.settle()
    return (world, id)
  }

  private func history(_ world: inout World, _ index: Int) throws -> [HistoryLine] {
    let other = world.clients[1 - index].address
    let answer = try world.ask(index, .history(address: other, limit: 100, before: nil))
    guard case .history(let lines) = answer else { return [] }
    return lines.reversed()
  }

  private func address(_ world: World, of index: Int) -> String { world.clients[index].address }

  private func react(
    _ reaction: String, to id: [UInt8], by index: Int, removing: Bool = false,
    _ world: inout World
  ) throws {
    try world.ask(
      index,
      .react(
        address: address(world, of: 1 - index), messageID: id, reaction: reaction,
        removing: removing))
  }

  private func failure(_ body: () throws -> Void) -> ClientFailureCode? {
    do { try body() } catch { return (error as? ClientFailure)?.code }
    return nil
  }

  @Test func anAnswerQuotesFromTheOwnStore() throws {
    var (world, id) = try written("what time is it?")
    try world.ask(1, .reply(address: address(world, of: 0), messageID: id, text: "noon"))
    world.settle()
    for index in 0...1 {
      let lines = try history(&world, index)
      #expect(lines.map(\.text) == ["what time is it?", "noon"])
      #expect(lines[1].quote?.messageID == id)
      #expect(lines[1].quote?.sender == address(world, of: 0))
      #expect(lines[1].quote?.text == "what time is it?")
    }
    // What is quoted goes when the message goes.
    try world.ask(
      0, .delete(address: address(world, of: 1), messageID: id, forEveryone: true))
    world.settle()
    for index in 0...1 { #expect(try history(&world, index)[1].quote?.text == nil) }
    try world.checkAll()
  }

  @Test func reactionsAreASet() throws {
    var (world, id) = try written()
    try react("👍", to: id, by: 1, &world)
    try react("👍", to: id, by: 1, &world)
    try react("❤️", to: id, by: 1, &world)
    try react("👍", to: id, by: 0, &world)
    world.settle()
    for index in 0...1 {
      let found = try history(&world, index)[0].reactions.map { "\($0.sender) \($0.text)" }
      #expect(Set(found) == ["bob@x.example 👍", "bob@x.example ❤️", "alice@x.example 👍"])
      #expect(found.count == 3)
    }
    try react("👍", to: id, by: 1, removing: true, &world)
    world.settle()
    for index in 0...1 {
      let found = try history(&world, index)[0].reactions.map { "\($0.sender) \($0.text)" }
      #expect(Set(found) == ["bob@x.example ❤️", "alice@x.example 👍"])
    }
    #expect(failure { try react("👍", to: id, by: 1, removing: true, &world) } == .unknownMessage)
    try world.checkAll()
  }

  /// One character of so many bytes.
  private static func character(bytes: Int) -> String {
    (bytes.isMultiple(of: 2) ? "\u{e9}" : "e")
      + String(repeating: "\u{301}", count: (bytes - 1) / 2)
  }

  @Test func aReactionOfTheMostBytes() throws {
    let longest = Self.character(bytes: Reaction.bytesMax)
    #expect(longest.utf8.count == 64)
    #expect(longest.count == 1)
    var (world, id) = try written()
    try react(longest, to: id, by: 1, &world)
    world.settle()
    #expect(try history(&world, 0)[0].reactions.map(\.text) == [longest])
  }

  @Test(arguments: ["", "ab", " ", "\u{7}", character(bytes: 65)])
  func whatIsNoReaction(text: String) throws {
    var (world, id) = try written()
    #expect(failure { try react(text, to: id, by: 1, &world) } == .badRequest)
  }

  @Test func reactionsOfOnePersonAreLimited() throws {
    var (world, id) = try written()
    let letters = (0..<ClientLimits.reactionsPerPersonMax).map {
      String(UnicodeScalar(UInt8(65 + $0)))
    }
    for letter in letters { try react(letter, to: id, by: 1, &world) }
    #expect(failure { try react("z", to: id, by: 1, &world) } == .quotaExceeded)
    world.settle()
    #expect(try history(&world, 0)[0].reactions.map(\.text) == letters)
  }

  @Test func anEditKeepsWhatWasSaid() throws {
    var (world, id) = try written("see you at noom")
    let bob = address(world, of: 1)
    world.settle(for: .seconds(60))
    try world.ask(0, .edit(address: bob, messageID: id, text: "see you at noon"))
    try world.ask(0, .edit(address: bob, messageID: id, text: "see you at one"))
    world.settle()
    for index in 0...1 {
      let lines = try history(&world, index)
      #expect(lines.map(\.text) == ["see you at one"])
      #expect(lines[0].editedAt != nil)
      let answer = try world.ask(
        index, .revisions(address: address(world, of: 1 - index), messageID: id))
      guard case .revisions(let said) = answer else { throw ClientFailure(.timeout, "\(answer)") }
      #expect(said.map(\.text) == ["see you at noom", "see you at noon", "see you at one"])
      #expect(said.map(\.at) == said.map(\.at).sorted())
    }
    let told = world.clients[1].storedEvents.compactMap {
      if case .messageEdited(id, let text, byPeer: true, _) = $0 { text } else { nil }
    }
    #expect(told == ["see you at noon", "see you at one"])
    // Nobody changes what somebody else said.
    let failure = failure {
      try world.ask(1, .edit(address: address(world, of: 0), messageID: id, text: "no"))
    }
    #expect(failure == .badRequest)
    try world.checkAll()
  }

  @Test func editsOfOneMessageAreLimited() throws {
    var (world, id) = try written()
    let bob = address(world, of: 1)
    for number in 1...ClientLimits.editsPerMessageMax {
      try world.ask(0, .edit(address: bob, messageID: id, text: "version \(number)"))
    }
    let failure = failure {
      try world.ask(0, .edit(address: bob, messageID: id, text: "one too many"))
    }
    #expect(failure == .quotaExceeded)
    world.settle(for: .seconds(60))
    #expect(world.texts(1, with: 0) == ["version 100"])
    // One that a device sends all the same changes nothing.
    let salt = try #require(Salt(Array(repeating: 1, count: 16)))
    try smuggle(.text("one too many", salt: salt, replaces: MessageID(id)), from: 0, &world)
    #expect(world.texts(1, with: 0) == ["version 100"])
  }

  @Test func ofTwoEditsTheOneAcceptedLastCounts() throws {
    var (world, id) = try written("first")
    let bob = address(world, of: 1)
    var accepted: UInt64 = 0
    world.tamper = { index, endpoint, bytes in
      guard index == 1, endpoint == .logs,
        var frame = try? WireLogsServerFrame(serializedBytes: bytes),
        case .entries(var batch) = frame.response
      else { return bytes }
      for place in batch.entries.indices {
        // As if each came by a group whose log is read after that of the one before.
        accepted = accepted == 0 ? batch.entries[place].acceptedMs : accepted - 1
        batch.entries[place].acceptedMs = accepted
      }
      frame.response = .entries(batch)
      return try? frame.serializedBytes()
    }
    try world.ask(0, .edit(address: bob, messageID: id, text: "third"))
    world.settle()
    try world.ask(0, .edit(address: bob, messageID: id, text: "second"))
    world.settle()
    #expect(world.texts(1, with: 0) == ["third"])
    let answer = try world.ask(
      1, .revisions(address: address(world, of: 0), messageID: id))
    guard case .revisions(let said) = answer else { throw ClientFailure(.timeout, "\(answer)") }
    #expect(said.map(\.text).sorted() == ["first", "second", "third"])
    #expect(said.last?.text == "third")
  }

  /// By two groups a deletion may come before what it deletes.
  @Test(arguments: [true, false])
  func whatIsTakenBackBeforeItComesIsNotShown(isReaction: Bool) throws {
    var (world, first) = try written()
    let own = try Address(address(world, of: 1))
    let pair = try [own, Address(address(world, of: 0))].sorted()
    let hash = Fingerprint(hashing: Array("\(pair[0].uri) \(pair[1].uri)".utf8))
    let room = "mimi://\(own.domain.text)/r/\(Hex.encode(Array(hash.bytes.prefix(16))))"
    let salt = try #require(Salt(Array(repeating: 1, count: 16)))
    let content: MIMIContent =
      isReaction
      ? .reaction("👍", to: try #require(MessageID(first)), salt: salt) : .text("late", salt: salt)
    let id = content.messageID(senderURI: own.uri, roomURI: room)
    try smuggle(
      .deletion(of: id, disposition: isReaction ? .reaction : .render, salt: salt), from: 1,
      &world)
    try smuggle(content, from: 1, &world)
    #expect(try history(&world, 0).map(\.text) == ["hello"])
    #expect(try history(&world, 0)[0].reactions == [])
  }

  /// A later version cannot take the place of what was no message.
  @Test func anEditOfAReactionIsDropped() throws {
    var (world, id) = try written()
    try react("👍", to: id, by: 1, &world)
    world.settle()
    let reaction = try #require(
      world.clients[1].store.committed.annotationRows.first { $0.kind == .reaction })
    let salt = try #require(Salt(Array(repeating: 1, count: 16)))
    try smuggle(
      .text("words", salt: salt, replaces: MessageID(reaction.messageID)), from: 0, &world)
    #expect(world.texts(1, with: 0) == ["hello"])
    #expect(try history(&world, 1)[0].reactions.map(\.text) == ["👍"])
  }

  @Test func aDeletedMessageLeavesNothing() throws {
    var (world, id) = try written("kanarienvogel")
    try react("👍", to: id, by: 1, &world)
    try world.ask(
      0, .edit(address: address(world, of: 1), messageID: id, text: "kanarienvogel two"))
    world.settle()
    try world.ask(
      0, .delete(address: address(world, of: 1), messageID: id, forEveryone: true))
    world.settle(for: .seconds(10))
    for index in 0...1 {
      let lines = try history(&world, index)
      #expect(lines.map(\.kind) == [.deleted])
      #expect(lines[0].text == "")
      #expect(lines[0].reactions == [])
      #expect(!"\(world.clients[index].store.committed)".contains("kanarienvogel"))
      #expect(world.clients[index].storedEvents.allSatisfy { !"\($0)".contains("kanarienvogel") })
    }
    // It stays away: nothing is said about it any more.
    #expect(failure { try react("👍", to: id, by: 1, &world) } == .unknownMessage)
    try world.checkAll()
  }

  @Test func whatIsRemovedHereStaysThere() throws {
    var (world, id) = try written("only here")
    let alice = address(world, of: 0)
    #expect(
      failure {
        try world.ask(1, .delete(address: alice, messageID: id, forEveryone: true))
      } == .badRequest)
    try world.ask(1, .delete(address: alice, messageID: id, forEveryone: false))
    world.settle()
    #expect(try history(&world, 1) == [])
    #expect(try history(&world, 0).map(\.text) == ["only here"])
    // A page is filled from before what was removed.
    _ = try world.send("another", from: 0, to: 1)
    world.settle()
    #expect(try history(&world, 1).map(\.text) == ["another"])
  }

  /// What has not left yet does not leave once it was taken back.
  @Test func aMessageThatWaitsDoesNotLeave() throws {
    var (world, _) = try written()
    world.setOnline(false, 0)
    let id = try world.send("too fast", from: 0, to: 1)
    try world.ask(
      0, .delete(address: address(world, of: 1), messageID: id, forEveryone: true))
    world.setOnline(true, 0)
    world.settle(for: .seconds(10))
    #expect(world.lines(1, with: 0).map(\.text) == ["hello"])
    #expect(world.lines(0, with: 1).map(\.kind) == [.text, .deleted])
    try world.checkAll()
  }

  @Test func anEditOfWhatIsMissingStandsInItsPlace() throws {
    var (world, _) = try written()
    let next = try #require(world.groups(1, with: 0).first?.cursor) + 1
    world.tamper = { index, endpoint, bytes in
      guard index == 1, endpoint == .logs,
        var frame = try? WireLogsServerFrame(serializedBytes: bytes),
        case .entries(var batch) = frame.response
      else { return bytes }
      batch.entries.removeAll { $0.seq == next }
      frame.response = .entries(batch)
      return try? frame.serializedBytes()
    }
    let id = try world.send("withheld", from: 0, to: 1)
    world.settle(for: .zero)
    let bob = address(world, of: 1)
    try world.ask(0, .edit(address: bob, messageID: id, text: "shown"))
    try world.ask(0, .edit(address: bob, messageID: id, text: "shown again"))
    world.settle(for: .seconds(10))
    let lines = world.lines(1, with: 0)
    #expect(lines.map(\.kind) == [.text, .gap, .text])
    #expect(lines.last?.text == "shown again")
    #expect(lines.last?.messageID == id)
  }

  /// Puts content into somebody's outbox that no request makes.
  private func smuggle(_ content: MIMIContent, from index: Int, _ world: inout World) throws {
    let other = address(world, of: 1 - index)
    let conversation = try #require(
      world.clients[index].store.committed.conversation(address: other))
    _ = try world.clients[index].store.transact { transaction in
      transaction.append(
        OutboxRow(
          conversationID: conversation.id, kind: .report, messageID: [], content: content.encoded,
          submitID: Array(Fingerprint(hashing: content.encoded).bytes.prefix(16)),
          phase: .queued, groupID: [], epoch: 0, body: [], logSeq: 0, createdAt: world.now))
    }
    world.restart(index)
    world.settle(for: .seconds(10))
  }

  @Test(arguments: [true, false])
  func nobodyChangesWhatSomebodyElseSaid(deletes: Bool) throws {
    var (world, id) = try written("mine")
    let target = try #require(MessageID(id))
    let salt = try #require(Salt(Array(repeating: 1, count: 16)))
    try smuggle(
      deletes
        ? .deletion(of: target, salt: salt) : .text("yours", salt: salt, replaces: target),
      from: 1, &world)
    let lines = world.lines(0, with: 1)
    #expect(lines.map(\.text).first == "mine")
    #expect(lines.map(\.kind) == [.text, .notice])
    #expect(lines.last?.text.hasPrefix("Somebody tried to change") == true)
  }

  @Test func oddReactionsAreDropped() throws {
    var (world, id) = try written()
    let target = try #require(MessageID(id))
    let salt = try #require(Salt(Array(repeating: 1, count: 16)))
    try smuggle(.reaction("no emoji", to: target, salt: salt), from: 1, &world)
    #expect(try history(&world, 0).map { $0.reactions.count } == [0])
  }

  @Test func howFarAnEditHasCome() throws {
    var (world, id) = try written()
    let bob = address(world, of: 1)
    world.setOnline(false, 0)
    let answer = try world.ask(0, .edit(address: bob, messageID: id, text: "changed"))
    guard case .queued(let edit) = answer else { throw ClientFailure(.timeout, "\(answer)") }
    #expect(
      try world.ask(0, .messageState(address: bob, messageID: edit))
        == .messageState(.queued, failure: nil))
    world.setOnline(true, 0)
    world.settle(for: .seconds(10))
    #expect(
      try world.ask(0, .messageState(address: bob, messageID: edit))
        == .messageState(.stored, failure: nil))
  }
}
