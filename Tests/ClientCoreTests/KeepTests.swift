// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@testable import ClientCore

/// Messages that disappear and are kept: who may ask, who decides, and that everybody obeys.
@Suite struct KeepTests {
  /// Alice has sent messages that exist for a minute to a group.
  private static func said(
    _ texts: [String], timer: String = "exists:1m", _ names: [String] = ["alice", "bob", "carol"]
  ) throws -> (world: World, room: String, ids: [[UInt8]]) {
    var (world, room) = try World.room(names)
    var ids: [[UInt8]] = []
    for text in texts {
      let answer = try world.ask(
        0, .sendTimed(address: room, text: text, timer: try #require(MessageTimer(timer))))
      guard case .queued(let id) = answer else { throw ClientFailure(.timeout, "not queued") }
      ids.append(id)
    }
    world.settle(for: .seconds(3))
    return (world, room, ids)
  }

  private static func texts(_ world: World, _ index: Int, _ room: String) -> [String] {
    world.roomLines(index, room).filter { $0.kind == .text }.map(\.text)
  }

  private static func keep(
    _ world: inout World, _ index: Int, _ id: [UInt8], _ room: String
  ) throws {
    _ = try world.ask(index, .keep(.keep(address: room, messageID: id)))
  }

  private static func unkeep(
    _ world: inout World, _ index: Int, _ id: [UInt8], _ room: String
  ) throws {
    _ = try world.ask(index, .keep(.unkeep(address: room, messageID: id)))
  }

  private static func kept(
    _ world: inout World, _ index: Int, _ room: String
  ) throws -> [KeepReport?] {
    guard case .kept(let lines) = try world.ask(index, .keep(.list(address: room))) else {
      throw ClientStoreFailure.injected
    }
    return lines.map(\.keeping)
  }

  private func code(_ body: () throws -> Void) -> ClientFailureCode? {
    do {
      try body()
      return nil
    } catch {
      return (error as? ClientFailure)?.code
    }
  }

  @Test func withConsentItStaysAndTheOthersGo() throws {
    var (world, room, ids) = try Self.said(["kept", "asked", "plain"])
    try Self.keep(&world, 1, ids[0], room)
    try Self.keep(&world, 2, ids[1], room)
    for index in 0..<3 {
      #expect(
        try Self.kept(&world, index, room) == [
          KeepReport(isKept: false, askedBy: ["carol@x.example"]),
          KeepReport(isKept: false, askedBy: ["bob@x.example"]),
        ])
    }
    _ = try world.ask(
      0, .keep(.answer(address: room, messageID: ids[0], accepting: true)))
    world.settle(for: .seconds(60))
    for index in 0..<3 {
      #expect(Self.texts(world, index, room) == ["kept"])
      #expect(try Self.kept(&world, index, room) == [KeepReport(isKept: true)])
      #expect(
        world.roomNotices(index, room).suffix(3) == [
          "bob@x.example asks to keep a message.", "carol@x.example asks to keep a message.",
          "alice@x.example lets a message be kept.",
        ])
    }
    let told = world.clients[2].storedEvents.compactMap { kind in
      if case .keepChanged(_, let sender, let change) = kind {
        "\(sender.prefix { $0 != "@" }) \(change)"
      } else {
        nil
      }
    }
    #expect(told == ["bob asked", "carol asked", "alice kept"])
    // A year later it is still there, and the history says that it has no end.
    world.now = world.now + .seconds(365 * 86_400)
    world.apply([.tick], to: 1)
    guard
      case .history(let lines) = try world.ask(1, .history(address: room, limit: 50, before: nil))
    else { throw ClientFailure(.timeout, "no history") }
    let line = try #require(lines.first { $0.kind == .text })
    #expect(line.expiresAt == nil && line.timer == MessageTimer("exists:1m"))
    try world.checkAll()
  }

  @Test func theAuthorsOwnKeepIsConsent() throws {
    var (world, room, ids) = try Self.said(["mine"])
    try Self.keep(&world, 0, ids[0], room)
    world.settle(for: .seconds(100))
    for index in 0..<3 { #expect(Self.texts(world, index, room) == ["mine"]) }
    #expect(code { try Self.keep(&world, 1, ids[0], room) } == .badRequest)
    #expect(code { try Self.unkeep(&world, 1, ids[0], room) } == .notPermitted)
  }

  @Test func consentThatIsTakenBackAfterTheEndEndsItAtOnce() throws {
    var (world, room, ids) = try Self.said(["mine"])
    try Self.keep(&world, 0, ids[0], room)
    world.settle(for: .seconds(100))
    world.setOnline(false, 2)
    world.setOnline(false, 0)
    let token = world.begin(0, .keep(.unkeep(address: room, messageID: ids[0])))
    // The author has it no longer; the others, as soon as they hear of it.
    #expect(Self.texts(world, 0, room).isEmpty)
    #expect(Self.texts(world, 1, room) == ["mine"])
    world.restart(0)
    world.setOnline(true, 0)
    world.settle(for: .seconds(120))
    for index in 0..<2 { #expect(Self.texts(world, index, room).isEmpty, "\(index)") }
    #expect(Self.texts(world, 2, room) == ["mine"])
    world.setOnline(true, 2)
    world.settle(for: .seconds(120))
    #expect(Self.texts(world, 2, room).isEmpty)
    guard case .success(.queued(let id)) = world.clients[0].answers[token] else {
      throw ClientFailure(.timeout, "not queued")
    }
    let answer = try world.ask(0, .messageState(address: room, messageID: id))
    #expect(answer == .messageState(.stored, failure: nil))
    #expect(
      world.clients[1].events.contains { $0.kind == .messageExpired(messageID: ids[0]) })
    try world.checkAll()
  }

  @Test func consentThatIsTakenBackBeforeTheEndLeavesTheOldEnd() throws {
    var (world, room, ids) = try Self.said(["mine"])
    try Self.keep(&world, 0, ids[0], room)
    world.settle(for: .seconds(10))
    try Self.unkeep(&world, 0, ids[0], room)
    for index in 0..<3 { #expect(Self.texts(world, index, room) == ["mine"]) }
    world.settle(for: .seconds(60))
    for index in 0..<3 { #expect(Self.texts(world, index, room).isEmpty, "\(index)") }
  }

  /// The end of a message comes while its author is away and has taken back the consent.
  @Test func aRefusalIsHeardThoughTheMessageIsGone() throws {
    var (world, room, ids) = try Self.said(["mine"])
    try Self.keep(&world, 0, ids[0], room)
    world.setOnline(false, 0)
    _ = world.begin(0, .keep(.unkeep(address: room, messageID: ids[0])))
    #expect(Self.texts(world, 0, room) == ["mine"])
    world.settle(for: .seconds(120))
    #expect(Self.texts(world, 0, room).isEmpty)
    #expect(Self.texts(world, 1, room) == ["mine"])
    world.setOnline(true, 0)
    world.settle(for: .seconds(120))
    #expect(Self.texts(world, 1, room).isEmpty)
  }

  @Test func aRefusalStandsAndNobodyAsksAgain() throws {
    var (world, room, ids) = try Self.said(["mine"])
    try Self.keep(&world, 1, ids[0], room)
    _ = try world.ask(
      0, .keep(.answer(address: room, messageID: ids[0], accepting: false)))
    for index in 1..<3 {
      #expect(code { try Self.keep(&world, index, ids[0], room) } == .notPermitted)
    }
    // Nor with another program.
    try world.forge(2, room) { salt in
      MIMIContent.keep(.ask, upon: try #require(MessageID(ids[0])), salt: salt)
    }
    #expect(try Self.kept(&world, 0, room).isEmpty)
    #expect(
      world.roomNotices(2, room).last == "alice@x.example does not let a message be kept.")
    world.settle(for: .seconds(60))
    for index in 0..<3 { #expect(Self.texts(world, index, room).isEmpty, "\(index)") }
  }

  @Test func whoAskedMayTakeThatBack() throws {
    var (world, room, ids) = try Self.said(["mine"])
    #expect(code { try Self.unkeep(&world, 1, ids[0], room) } == .badRequest)
    #expect(code { try Self.unkeep(&world, 0, ids[0], room) } == .badRequest)
    try Self.keep(&world, 1, ids[0], room)
    try Self.unkeep(&world, 1, ids[0], room)
    #expect(try Self.kept(&world, 0, room).isEmpty)
    #expect(
      world.roomNotices(0, room).last == "bob@x.example no longer asks to keep a message.")
  }

  /// Only the verified sender of a message lets it be kept.
  @Test(arguments: [KeepContent.accept(turn: 1), .accept(turn: .max)])
  func whatIsNotSignedOffByTheAuthorIsNoKeep(forged: KeepContent) throws {
    var (world, room, ids) = try Self.said(["mine"])
    try world.forge(1, room) { salt in
      MIMIContent.keep(forged, upon: try #require(MessageID(ids[0])), salt: salt)
    }
    #expect(
      code {
        _ = try world.ask(
          1, .keep(.answer(address: room, messageID: ids[0], accepting: true)))
      } == .notPermitted)
    #expect(
      world.roomNotices(2, room).last
        == "bob@x.example tried to let a message be kept that is not theirs.")
    world.settle(for: .seconds(60))
    for index in [0, 2] { #expect(Self.texts(world, index, room).isEmpty, "\(index)") }
  }

  /// An earlier word of the author that comes late changes nothing.
  @Test func theHighestTurnCounts() throws {
    var (world, room, ids) = try Self.said(["mine", "other"], timer: "exists:1h")
    let target = try #require(MessageID(ids[0]))
    for remark in [
      KeepContent.refuse(turn: 5), .accept(turn: 4), .accept(turn: 5), .ask, .withdraw,
    ] {
      try world.forge(0, room) { salt in MIMIContent.keep(remark, upon: target, salt: salt) }
    }
    #expect(try Self.kept(&world, 1, room).isEmpty)
    try world.forge(0, room) { salt in
      MIMIContent.keep(.accept(turn: .max), upon: target, salt: salt)
    }
    #expect(try Self.kept(&world, 1, room) == [KeepReport(isKept: true)])
    try world.forge(0, room) { salt in
      MIMIContent.keep(.refuse(turn: .max), upon: target, salt: salt)
    }
    #expect(try Self.kept(&world, 1, room).isEmpty)
  }

  @Test func consentAfterTheEndKeepsNothing() throws {
    var (world, room, ids) = try Self.said(["mine"])
    world.setOnline(false, 0)
    _ = world.begin(0, .keep(.keep(address: room, messageID: ids[0])))
    world.settle(for: .seconds(60))
    world.setOnline(true, 0)
    world.settle(for: .seconds(120))
    #expect(Self.texts(world, 0, room) == ["mine"])
    for index in 1..<3 { #expect(Self.texts(world, index, room).isEmpty, "\(index)") }
    try world.checkAll()
  }

  @Test func whatIsShownOnceAndWhatStaysAnywayIsNotKept() throws {
    var (world, room, ids) = try Self.said(["once"], timer: "once+exists:1h")
    for index in 0..<2 {
      #expect(code { try Self.keep(&world, index, ids[0], room) } == .badRequest)
    }
    try world.forge(0, room) { salt in
      MIMIContent.keep(.accept(turn: 1), upon: try #require(MessageID(ids[0])), salt: salt)
    }
    world.settle(for: .seconds(3_601))
    #expect(!world.roomLines(1, room).contains { $0.kind == .once })
    let stays = try world.say("stays", 0, in: room)
    world.settle(for: .seconds(3))
    #expect(code { try Self.keep(&world, 1, stays, room) } == .badRequest)
  }

  /// The reader's time runs on under the consent, from reading, and not from its end.
  @Test func readingCountsUnderneath() throws {
    var (world, room, ids) = try Self.said(["mine"], timer: "1h+exists:24h")
    try Self.keep(&world, 0, ids[0], room)
    _ = try world.ask(1, .history(address: room, limit: 9, before: nil))
    world.settle(for: .seconds(3_600))
    #expect(Self.texts(world, 1, room) == ["mine"])
    try Self.unkeep(&world, 0, ids[0], room)
    world.settle(for: .seconds(5))
    #expect(Self.texts(world, 1, room).isEmpty)
    // Nobody has read it there.
    #expect(Self.texts(world, 2, room) == ["mine"])
  }

  @Test func ownDevicesShareIt() throws {
    var world = try World.registered(["alice", "bob"])
    let (alice, bob) = (world.clients[0].address, world.clients[1].address)
    _ = try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    try LinkTests.link(&world, host: 0)
    // The first device brings the second into the conversation.
    world.settle(for: .seconds(90))
    guard
      case .queued(let id) = try world.ask(
        0, .sendTimed(address: bob, text: "mine", timer: try #require(MessageTimer("exists:1m"))))
    else { return }
    world.settle(for: .seconds(5))
    _ = try world.ask(1, .keep(.keep(address: alice, messageID: id)))
    world.settle(for: .seconds(3))
    // The other device of the author agrees.
    _ = try world.ask(2, .keep(.answer(address: bob, messageID: id, accepting: true)))
    world.settle(for: .seconds(90))
    #expect(world.texts(0, with: 1) == ["hello", "mine"])
    #expect(world.texts(1, with: 0) == ["hello", "mine"])
    #expect(world.texts(2, with: 1) == ["mine"])
    _ = try world.ask(0, .keep(.unkeep(address: bob, messageID: id)))
    world.settle(for: .seconds(10))
    for (index, other) in [(0, 1), (1, 0), (2, 1)] {
      #expect(!world.texts(index, with: other).contains("mine"), "\(index)")
    }
    try world.checkAll()
  }

  /// What a linked device is given of before is kept there too, and goes when it is to go.
  @Test func anotherDeviceIsGivenWhatIsKept() throws {
    var world = try World.registered(["alice", "bob"])
    let (alice, bob) = (world.clients[0].address, world.clients[1].address)
    guard
      case .queued(let id) = try world.ask(
        1, .sendTimed(address: alice, text: "kept", timer: try #require(MessageTimer("exists:1m"))))
    else { return }
    world.settle(for: .seconds(5))
    _ = try world.ask(1, .keep(.keep(address: alice, messageID: id)))
    world.settle(for: .seconds(90))
    try LinkTests.link(&world, host: 0)
    try HistoryTests.share(&world)
    var blobs: [[UInt8]: [UInt8]] = [:]
    HistoryTests.carry(&world, blobs: &blobs)
    #expect(world.texts(2, with: 1) == ["kept"])
    guard case .kept(let lines) = try world.ask(2, .keep(.list(address: bob))) else { return }
    #expect(lines.map(\.keeping) == [KeepReport(isKept: true)])
    _ = try world.ask(1, .keep(.unkeep(address: alice, messageID: id)))
    world.settle(for: .seconds(10))
    #expect(world.texts(2, with: 1).isEmpty)
    #expect(world.texts(0, with: 1).isEmpty)
  }

  @Test func exportsHaveWhatIsKeptAndNothingElse() throws {
    var (world, room, ids) = try Self.said(["kept", "asked"], timer: "exists:1h")
    try Self.keep(&world, 0, ids[0], room)
    try Self.keep(&world, 1, ids[1], room)
    let query = ArchiveQuery(address: room)
    guard case .archivePage(let page) = try world.ask(1, .archive(.page(query))) else {
      throw ClientStoreFailure.injected
    }
    #expect(page.lines.filter { $0.kind == .text }.map(\.text) == ["kept"])
    #expect(page.leftOut == 1)
  }

  /// A file remembers nothing of consent: what was imported from it goes with the author's word.
  @Test func whatWasImportedGoesWhenTheAuthorRefuses() throws {
    var world = try World.registered(["alice", "bob"])
    let (alice, bob) = (world.clients[0].address, world.clients[1].address)
    guard
      case .queued(let id) = try world.ask(
        0, .sendTimed(address: bob, text: "kept", timer: try #require(MessageTimer("exists:1h"))))
    else { return }
    _ = try world.ask(0, .keep(.keep(address: bob, messageID: id)))
    world.settle(for: .seconds(5))
    guard
      case .archivePage(let page) = try world.ask(
        1, .archive(.page(ArchiveQuery(address: alice))))
    else { throw ClientStoreFailure.injected }
    try LinkTests.link(&world, host: 1)
    world.settle(for: .seconds(60))
    _ = try world.ask(2, .archive(.keep(address: alice, lines: page.lines, cursor: nil)))
    #expect(world.texts(2, with: 0) == ["kept"])
    _ = try world.ask(0, .keep(.unkeep(address: bob, messageID: id)))
    world.settle(for: .seconds(10))
    #expect(world.texts(2, with: 0).isEmpty)
    // Where it disappears anyway, it has its old end.
    #expect(world.texts(1, with: 0) == ["kept"])
  }

  @Test func haveOneForm() throws {
    #expect(KeepContent.ask.encoded == [0x81, 1])
    #expect(KeepContent.withdraw.encoded == [0x81, 2])
    #expect(KeepContent.accept(turn: 300).encoded == [0x82, 3, 0x19, 1, 44])
    #expect(KeepContent.refuse(turn: 5).encoded == [0x82, 4, 5])
    for content in [KeepContent.ask, .withdraw, .accept(turn: 0), .refuse(turn: .max)] {
      #expect(try KeepContent(decoding: content.encoded) == content)
    }
  }

  @Test(
    arguments: [
      ([], .truncated), ([0x80], .truncated), ([0x81, 0], .invalidValue(field: "keep")),
      ([0x81, 3], .invalidValue(field: "keep")), ([0x82, 1, 0], .invalidValue(field: "keep")),
      ([0x81, 5], .invalidValue(field: "keep")), ([0x82, 3], .truncated),
      ([0x82, 3, 0x1a, 0, 1, 0, 0], .invalidValue(field: "keep")),
      ([0x82, 4, 0x18, 5], .nonMinimalLength), ([0x82, 4, 5, 0], .trailingBytes),
    ] as [([UInt8], DecodingFailure)])
  func otherFormsAreRefused(bytes: [UInt8], failure: DecodingFailure) {
    #expect(throws: failure) { try KeepContent(decoding: bytes) }
  }
}
