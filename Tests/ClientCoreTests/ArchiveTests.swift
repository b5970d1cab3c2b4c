// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore

/// What an export has, and what becomes of it.
@Suite struct ArchiveTests {
  private static let (alice, bob) = ("alice@x.example", "bob@x.example")

  private func lines(
    _ world: inout World, _ index: Int, with address: String, since: Instant? = nil,
    until: Instant? = nil
  ) throws -> (lines: [ArchivedLine], leftOut: Int) {
    var query = ArchiveQuery(address: address, since: since, until: until)
    var found: [ArchivedLine] = []
    var leftOut = 0
    repeat {
      guard case .archivePage(let page) = try ask(&world, index, .page(query)) else {
        throw ClientFailure(.internalFailure, "no page")
      }
      found += page.lines
      leftOut += page.leftOut
      query.after = page.next
    } while query.after != nil
    return (found, leftOut)
  }

  /// Asks without letting time pass.
  private func ask(
    _ world: inout World, _ index: Int, _ request: ClientArchiveRequest
  ) throws -> ClientAnswer {
    let token = world.begin(index, .archive(request))
    return try #require(world.clients[index].answers[token]).get()
  }

  private func keep(
    _ world: inout World, _ index: Int, _ lines: [ArchivedLine], in address: String
  ) throws -> ArchiveOutcome {
    var total = ArchiveOutcome()
    var rest = lines[...]
    while !rest.isEmpty {
      let page = Array(rest.prefix(3))
      rest = rest.dropFirst(3)
      let answer = try ask(
        &world, index, .keep(address: address, lines: page, cursor: total.cursor))
      guard case .archived(let outcome) = answer else { throw ClientFailure(.timeout, "none") }
      total.added += outcome.added
      total.known += outcome.known
      total.passedOver += outcome.passedOver
      total.cursor = outcome.cursor
    }
    return total
  }

  private func history(_ world: inout World, _ index: Int, _ address: String) throws
    -> [HistoryLine]
  {
    var found: [HistoryLine] = []
    while true {
      let answer = try world.ask(
        index, .history(address: address, limit: 2, before: found.last?.seq))
      guard case .history(let page) = answer else { throw ClientFailure(.timeout, "none") }
      if page.isEmpty { return found.reversed() }
      found += page
    }
  }

  private func failure(_ body: () throws -> Void) -> ClientFailureCode? {
    do { try body() } catch { return (error as? ClientFailure)?.code }
    return nil
  }

  @Test func whatDisappearsWasDeletedOrHasNotLeftIsNotExported() throws {
    var world = try World.registered(["alice", "bob"])
    let first = try world.send("stays", from: 0, to: 1)
    world.settle()
    for timer in ["1h", "once", "exists:1w"] {
      _ = try world.ask(
        1, .sendTimed(address: Self.alice, text: "canary", timer: try #require(MessageTimer(timer)))
      )
    }
    let timed = try world.ask(
      1, .sendTimed(address: Self.alice, text: "canary", timer: try #require(MessageTimer("4w"))))
    guard case .queued(let timedID) = timed else { return }
    _ = try world.ask(0, .reply(address: Self.bob, messageID: timedID, text: "an answer"))
    let gone = try world.send("canary", from: 0, to: 1)
    world.settle()
    _ = try world.ask(0, .delete(address: Self.bob, messageID: gone, forEveryone: true))
    let hidden = try world.send("canary", from: 0, to: 1)
    world.settle()
    _ = try world.ask(0, .delete(address: Self.bob, messageID: hidden, forEveryone: false))
    _ = try world.ask(
      1, .react(address: Self.alice, messageID: first, reaction: "👍", removing: false))
    _ = try world.ask(0, .edit(address: Self.bob, messageID: first, text: "stays, changed"))
    world.setOnline(false, 0)
    _ = try world.send("canary", from: 0, to: 1)

    let found = try lines(&world, 0, with: Self.bob)
    let texts = found.lines.filter { $0.kind == .text }
    #expect(texts.map(\.text) == ["stays, changed", "an answer"])
    #expect(texts.first?.editedAt != nil)
    #expect(texts.first?.reactions.map(\.text) == ["👍"])
    #expect(texts.last?.inReplyTo == timedID)
    // The quote would say what disappears.
    #expect(texts.last?.quote?.text == nil)
    #expect(found.leftOut == 5)
    #expect(try lines(&world, 0, with: Self.bob, since: world.now).lines.isEmpty)
    #expect(
      try lines(&world, 0, with: Self.bob, until: texts[0].at).lines.allSatisfy {
        $0.kind != .text
      })
    // Nothing became read: Bob's messages are as they were.
    #expect(world.clients[0].store.committed.messageRows.contains { $0.state == .received })
  }

  @Test func requestsAreNotExported() throws {
    var world = try ContactTests.world(["alice", "bob"])
    try world.send("canary", from: 1, to: 0)
    world.settle()
    guard case .archive(let overview) = try ask(&world, 0, .begin(address: nil)) else { return }
    #expect(overview.conversations.isEmpty)
    #expect(failure { _ = try ask(&world, 0, .begin(address: Self.bob)) } == .requestPending)
    #expect(
      failure { _ = try ask(&world, 0, .page(ArchiveQuery(address: Self.bob))) }
        == .requestPending)
    #expect(
      failure { _ = try ask(&world, 0, .keep(address: Self.bob, lines: [], cursor: nil)) }
        == .requestPending)
  }

  @Test func theSealIsOfThisAccountAndOfThisManifest() throws {
    var world = try World.registered(["alice", "bob"])
    let hash = Array(repeating: UInt8(9), count: 32)
    guard case .archiveSeal(let seal) = try ask(&world, 0, .sign(hash: hash)) else { return }
    let again = try ArchiveSeal(decoding: seal.encoded)
    #expect(try again.verified(hash: hash).address.description == Self.alice)
    guard case .archiveOrigin(let isListed) = try ask(&world, 0, .check(again, hash: hash)) else {
      return
    }
    #expect(isListed)
    #expect(failure { _ = try ask(&world, 1, .check(again, hash: hash)) } == .exportForeign)
    let other = Array(repeating: UInt8(8), count: 32)
    #expect(failure { _ = try ask(&world, 0, .check(again, hash: other)) } == .exportInvalid)
    for position in seal.encoded.indices {
      var bytes = seal.encoded
      bytes[position] ^= 1
      let changed = try? ArchiveSeal(decoding: bytes).verified(hash: hash)
      #expect(changed == nil, "byte \(position)")
    }
  }

  /// Lines of an export stand where they would have stood, over pages and several imports.
  @Test func importedLinesStandInTheirPlaces() throws {
    var world = try World.registered(["alice", "bob"])
    let early = world.clients[0].store
    for number in 1...6 {
      try world.send("old \(number)", from: number % 2, to: 1 - number % 2)
      world.settle()
    }
    let found = try lines(&world, 0, with: Self.bob).lines
    #expect(found.filter { $0.kind == .text }.count == 6)
    // The device is as it was before, and has heard nothing of it.
    world.clients[0].isOnline = false
    world.clients[0].store = early
    world.restart(0)
    _ = try world.send("new", from: 0, to: 1)
    let head = world.clients[0].store.committed.eventHead()

    let texts = found.filter { $0.kind == .text }
    var outcome = try keep(&world, 0, Array(texts[3...]), in: Self.bob)
    #expect((outcome.added, outcome.known) == (3, 0))
    outcome = try keep(&world, 0, found, in: Self.bob)
    #expect((outcome.added, outcome.known) == (3, 3))
    #expect(outcome.passedOver == found.count - 6)
    let lines = try history(&world, 0, Self.bob)
    #expect(lines.map(\.text) == (1...6).map { "old \($0)" } + ["new"])
    #expect(lines.map(\.isImported) == Array(repeating: true, count: 6) + [false])
    #expect(lines.first?.state == .seen)
    // Nothing is told, nothing leaves, and words are found.
    #expect(world.clients[0].store.committed.eventHead() == head)
    #expect(world.clients[0].store.committed.outboxRows.count == 1)
    #expect(world.clients[0].store.committed.receiptRows.isEmpty)
    guard case .found(let page) = try world.ask(0, .search(SearchRequest("old"))) else { return }
    #expect(page.hits.count == 6)
    guard
      case .why(let reasons) = try world.ask(
        0, .why(address: Self.bob, line: .message(texts[0].messageID)))
    else { return }
    #expect(reasons.map(\.code) == [.imported])
    // What was deleted here does not come again.
    _ = try world.ask(
      0, .delete(address: Self.bob, messageID: texts[1].messageID, forEveryone: false))
    outcome = try keep(&world, 0, texts, in: Self.bob)
    #expect((outcome.added, outcome.known) == (0, 6))
  }

  @Test func nobodyIsAContactByAnImport() throws {
    var world = try ContactTests.world(["alice", "bob"])
    var line = ArchivedLine(
      messageID: Array(repeating: 1, count: 32), sender: Self.bob, own: false, kind: .text,
      text: "Hello", state: .seen, at: Instant(milliseconds: 1_000))
    line.attachments = [AttachmentReport(name: "cat.png", contentType: "image/png", size: 3)]
    #expect(try keep(&world, 0, [line], in: Self.bob).added == 1)
    #expect(try history(&world, 0, Self.bob).first?.attachments.map(\.name) == ["cat.png"])
    try world.send("Do you know me?", from: 1, to: 0)
    world.settle()
    #expect(try ContactTests.requests(&world, 0).map(\.address) == [Self.bob])
    _ = try world.ask(0, .contact(.accept(address: Self.bob)))
    let texts = try history(&world, 0, Self.bob).filter { $0.kind == .text }.map(\.text)
    #expect(texts == ["Hello", "Do you know me?"])
  }

  /// A group that this device is not in can be read and not written to.
  @Test func groupsOfAnExportCanBeRead() throws {
    var world = try World.registered(["alice", "bob"])
    let group = "group-" + String(repeating: "0a", count: RoomState.roomIDLength) + ".x.example"
    let line = ArchivedLine(
      messageID: Array(repeating: 1, count: 32), sender: "carol@x.example", own: false,
      kind: .text, text: "Hello", state: .seen, at: Instant(milliseconds: 1_000))
    #expect(try keep(&world, 0, [line], in: group).added == 1)
    #expect(try history(&world, 0, group).map(\.text) == ["Hello"])
    #expect(
      failure { _ = try world.ask(0, .send(address: group, text: "x")) } == .unknownConversation)
  }

  @Test(arguments: 0..<9)
  func linesThatCannotBeAreRefused(number: Int) throws {
    var world = try World.registered(["alice", "bob"])
    var line = ArchivedLine(
      messageID: Array(repeating: 1, count: 32), sender: Self.bob, own: false, kind: .text,
      text: "Hello", state: .seen, at: Instant(milliseconds: 1_000))
    let good = line
    var address = Self.bob
    switch number {
    case 0: line.messageID = [1]
    case 1: line.own = true
    case 2: line.sender = Self.alice
    case 3: line.state = .received
    case 4: line.kind = .deleted
    case 5: line.text = String(repeating: "x", count: ClientLimits.messageBytesMax + 1)
    case 6: line.reactions = [.init(messageID: line.messageID, sender: Self.bob, text: "two")]
    case 7: line.sender = "bob"
    default: address = "group-x"
    }
    let before = world.clients[0].store.committed.messageRows.count
    #expect(
      failure { _ = try keep(&world, 0, [good, line], in: address) } == .exportInvalid)
    #expect(world.clients[0].store.committed.messageRows.count == before)
  }
}
