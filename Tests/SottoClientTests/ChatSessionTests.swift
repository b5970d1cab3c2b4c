// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SottoClient
import Testing

/// What a conversation on a terminal asks for and shows, without either.
@Suite struct ChatSessionTests {
  private static let bob = "bob@messenger.example"

  private static func line(
    _ order: Int64, _ text: String, own: Bool = false, more: [String: JSONValue] = [:]
  ) -> JSONValue {
    let members: [String: JSONValue] = [
      "order": .integer(order), "messageId": .string("0\(order)"), "own": .bool(own),
      "from": .string(own ? "alice@messenger.example" : bob), "kind": "text",
      "text": .string(text), "state": own ? "stored" : "received",
      "at": "2026-11-24T04:15:00.000Z",
    ]
    return .object(members.merging(more) { $1 })
  }

  /// A session that has asked for its history and was given these lines.
  private func started(
    _ lines: [JSONValue], plain: Bool = false
  ) -> (ChatSession, [ChatSession.Effect]) {
    var session = ChatSession(address: ChatSessionTests.bob, plain: plain)
    #expect(session.start() == [.call(1, "conversations", [:])])
    #expect(
      session.receive(answer: 1, .success(["conversations": .array([])]))
        == [.call(2, "status", [:])])
    #expect(
      session.receive(answer: 2, .success(["eventHead": 7]))
        == [.call(3, "subscribe", ["subscriber": "chat", "typing": .bool(!plain)])])
    #expect(
      session.receive(answer: 3, .success([:]))
        == [.call(4, "history", ["address": .string(ChatSessionTests.bob), "limit": 50])])
    let effects = session.receive(answer: 4, .success(["messages": .array(lines)]))
    return (session, effects)
  }

  @Test func historyComesFirst() {
    let (session, shown) = started([Self.line(1, "hi"), Self.line(2, "ho", own: true)])
    #expect(
      shown == [
        .show([
          "2026-11-24 04:15 #1 bob@messenger.example: hi", "2026-11-24 04:15 #2 you: ho",
        ])
      ])
    #expect(session.status == "bob@messenger.example  #2 stored")
  }

  @Test func filesAreShownSentAndSaved() {
    let files: JSONValue = .array([
      ["name": "cat\u{1b}[2J.png", "contentType": "image/png", "size": 5]
    ])
    var (session, shown) = started([Self.line(1, "", more: ["attachments": files])])
    guard case .show(let rows)? = shown.first else {
      Issue.record("nothing is shown")
      return
    }
    // One row of its own, and nothing that a terminal obeys.
    #expect(rows.first?.contains("\n    + file 1: cat") == true)
    #expect(rows.first?.contains("\u{1b}") == false)
    #expect(rows.first?.hasSuffix(", 5 bytes") == true)
    shown = session.submit("/attach cat.png A cat")
    #expect(
      shown == [
        .call(
          5, "attach",
          [
            "address": .string(ChatSessionTests.bob), "files": .array(["/cat.png"]),
            "text": "A cat",
          ])
      ])
    #expect(
      session.submit("/save 1 /tmp/x") == [
        .call(
          6, "save",
          ["address": .string(ChatSessionTests.bob), "messageId": "01", "path": "/tmp/x"])
      ])
    #expect(
      session.receive(answer: 6, .success(["path": "/tmp/x"])) == [.show(["* Saved /tmp/x."])])
    for mistake in ["/save", "/save x", "/attach", "/save 9 /tmp"] {
      guard case .show(let rows)? = session.submit(mistake).first else {
        Issue.record("\(mistake) is taken")
        continue
      }
      #expect(rows.first?.hasPrefix("! ") == true, "\(mistake)")
    }
  }

  @Test func plainLinesAreSentences() {
    let quote: JSONValue = ["messageId": "01", "text": "hi"]
    let (_, shown) = started(
      [
        Self.line(1, "hi", more: ["reactions": .array([["from": "a", "reaction": "👍"]])]),
        Self.line(2, "ho", own: true, more: ["quote": quote, "editedAt": "x"]),
      ], plain: true)
    #expect(
      shown == [
        .show([
          "bob@messenger.example, message 1, reactions 👍: hi",
          "You, message 2, edited: answering \"hi\", ho",
        ])
      ])
  }

  /// What others wrote cannot command the terminal, nor pass for a line of its own.
  @Test(arguments: [false, true])
  func othersDoNotWriteOnTheTerminal(plain: Bool) {
    let evil = "a\u{1b}[2J\u{7}\u{202e}b\nyou: c\r\u{9b}31m\u{2028}"
    let reaction: JSONValue = ["from": .string(evil), "reaction": .string(evil)]
    let (before, shown) = started(
      [
        Self.line(
          1, evil,
          more: [
            "from": .string(evil), "quote": ["messageId": "00", "text": .string(evil)],
            "reactions": .array([reaction]), "at": .string(evil),
          ])
      ], plain: plain)
    var session = before
    var effects = shown
    for (index, type) in [
      "message-edited", "reaction-changed", "identity-notice", "conversation-blocked",
      "message-state-changed", "message-deleted",
    ].enumerated() {
      effects += session.receive(event: [
        "seq": .integer(Int64(8 + index)), "address": .string(Self.bob), "type": .string(type),
        "messageId": "01", "text": .string(evil), "from": .string(evil),
        "reaction": .string(evil), "notice": .string(evil), "cause": .string(evil),
        "state": "failed", "failure": .string(evil), "added": true,
      ])
    }
    var count = 0
    for case .show(let lines) in effects {
      for line in lines {
        count += 1
        for (index, row) in line.split(separator: "\n").enumerated() {
          #expect(TerminalText.neutralised(String(row)) == String(row))
          #expect(index == 0 || row.hasPrefix("    | "))
        }
      }
    }
    #expect(count == 7)
  }

  @Test func eventsAreLookedAt() {
    var (session, _) = started([Self.line(1, "hi")])
    let received: JSONValue = [
      "seq": 8, "address": .string(Self.bob), "type": "message-received", "messageId": "02",
    ]
    #expect(
      session.receive(event: received)
        == [.call(5, "history", ["address": .string(Self.bob), "limit": 200])])
    // One look at a time; the next is made when the answer is there.
    #expect(session.receive(event: received) == [])
    #expect(
      session.receive(
        answer: 5, .success(["messages": .array([Self.line(1, "hi"), Self.line(2, "news")])]))
        == [
          .show(["2026-11-24 04:15 #2 bob@messenger.example: news"]),
          .call(6, "history", ["address": .string(Self.bob), "limit": 200]),
        ])
    #expect(session.receive(answer: 6, .success(["messages": .array([])])) == [])
    // Other conversations, and what the history showed already.
    for event: JSONValue in [
      ["seq": 9, "address": "carol@messenger.example", "type": "message-received"],
      ["seq": 7, "address": .string(Self.bob), "type": "message-received"],
    ] {
      #expect(session.receive(event: event) == [])
    }
  }

  @Test func changesAreTold() {
    var (session, _) = started([Self.line(1, "hi"), Self.line(2, "ho", own: true)])
    func event(_ seq: Int64, _ more: [String: JSONValue]) -> JSONValue {
      .object(["seq": .integer(seq), "address": .string(Self.bob)].merging(more) { $1 })
    }
    #expect(
      session.receive(
        event: event(8, ["type": "message-edited", "messageId": "01", "text": "hey"]))
        == [.show(["* #1 now says: hey"])])
    #expect(
      session.receive(
        event: event(
          9,
          [
            "type": "reaction-changed", "messageId": "02", "from": "bob", "reaction": "👍",
            "added": true,
          ])) == [.show(["* bob reacted 👍 to #2."])])
    #expect(
      session.receive(event: event(10, ["type": "message-deleted", "messageId": "01"]))
        == [.show(["* #1 was deleted."])])
    let read = event(11, ["type": "message-state-changed", "messageId": "02", "state": "read"])
    #expect(session.receive(event: read) == [])
    #expect(session.status == "bob@messenger.example  #2 read")
    let failed = event(
      12,
      [
        "type": "message-state-changed", "messageId": "02", "state": "failed",
        "failure": "no-devices",
      ])
    #expect(session.receive(event: failed) == [.show(["* #2 is failed (no-devices)."])])
  }

  @Test func whoTypesStandsAboveTheText() {
    var (session, _) = started([Self.line(1, "hi")])
    func event(_ person: String, _ typing: Bool, in address: String = Self.bob) -> JSONValue {
      [
        "type": "typing", "address": .string(address), "from": .string(person),
        "typing": .bool(typing),
      ]
    }
    #expect(session.receive(event: event("bob\u{1b}", true)) == [])
    #expect(session.status == "bob@messenger.example  bob\\u{1b} is typing")
    _ = session.receive(event: event("carol", true))
    _ = session.receive(event: event("dave", true, in: "dave@messenger.example"))
    #expect(session.status == "bob@messenger.example  bob\\u{1b}, carol are typing")
    _ = session.receive(event: event("bob\u{1b}", false))
    _ = session.receive(event: event("carol", false))
    #expect(session.status == "bob@messenger.example")
  }

  @Test func othersAreToldWhileAMessageIsTyped() {
    var (session, _) = started([Self.line(1, "hi")])
    let now = ContinuousClock.now
    func call(_ number: Int64, stop: Bool) -> [ChatSession.Effect] {
      [.call(number, "typing", ["address": .string(Self.bob), "stop": .bool(stop)])]
    }
    #expect(session.edit("h", at: now) == call(5, stop: false))
    #expect(session.edit("he", at: now + .milliseconds(1_900)) == [])
    #expect(session.edit("hel", at: now + .seconds(2)) == call(6, stop: false))
    #expect(session.edit("", at: now + .milliseconds(2_100)) == call(7, stop: true))
    // A command says nothing to the other side, and an answer does.
    #expect(session.edit("/safety", at: now + .seconds(3)) == [])
    #expect(session.edit("/reply 1 so", at: now + .seconds(3)) == call(8, stop: false))
    // The client sees by itself that it was sent, and an older one does not know the method.
    _ = session.submit("/reply 1 so")
    #expect(session.edit("", at: now + .seconds(4)) == [])
    let unknown = SottoFailure(.internalFailure, "no such method")
    #expect(session.receive(answer: 8, .failure(unknown)) == [])
  }

  @Test func commandsAreCalls() {
    var (session, _) = started([Self.line(3, "hi")])
    let base: [String: JSONValue] = ["address": .string(Self.bob)]
    #expect(session.submit("hello") == [.call(5, "send", base.merging(["text": "hello"]) { $1 })])
    #expect(
      session.submit("/reply 3 so it is")
        == [
          .call(6, "reply", base.merging(["text": "so it is", "messageId": "03"]) { $1 })
        ])
    #expect(
      session.submit("/react #3 👍")
        == [.call(7, "react", base.merging(["reaction": "👍", "messageId": "03"]) { $1 })])
    #expect(
      session.submit("/forget 3")
        == [.call(8, "delete", base.merging(["forMe": true, "messageId": "03"]) { $1 })])
    #expect(session.submit("//quit") == [.call(9, "send", base.merging(["text": "/quit"]) { $1 })])
    #expect(session.submit("/quit") == [.quit])
    #expect(session.submit("/edit 9 x") == [.show(["! There is no message 9 here."])])
    #expect(
      session.submit("/edit") == [.show(["! /edit takes the number of a message and a text."])])
    #expect(
      session.submit("/nothing") == [.show(["! There is no such command; /help lists them."])])
    #expect(session.submit("/help") == [.show(ChatCommand.helpLines)])
    #expect(session.submit("  ") == [])
  }

  /// Where standard input ends, what was typed is still carried out.
  @Test func closingWaitsForAnswers() {
    var (session, _) = started([])
    _ = session.submit("hello")
    #expect(session.close() == [])
    #expect(
      session.receive(answer: 5, .success(["messageId": "09", "state": "queued"]))
        == [.call(6, "history", ["address": .string(Self.bob), "limit": 50])])
    #expect(session.receive(answer: 6, .success(["messages": .array([])])) == [.quit])
    #expect(session.close() == [.quit])
  }

  @Test func aGroupIsFoundByItsName() {
    var session = ChatSession(address: "climbers", plain: false)
    _ = session.start()
    _ = session.receive(
      answer: 1,
      .success([
        "conversations": .array([["address": "group-1", "name": "climbers"], ["address": "x"]])
      ]))
    _ = session.receive(answer: 2, .success(["eventHead": 0]))
    #expect(
      session.receive(answer: 3, .success([:]))
        == [.call(4, "history", ["address": "group-1", "limit": 50])])
  }

  @Test func eventsAreAcknowledgedLate() {
    var (session, _) = started([])
    let event: JSONValue = ["seq": 107, "address": "x", "type": "message-received"]
    #expect(
      session.receive(event: event)
        == [.call(5, "acknowledge", ["subscriber": "chat", "seq": 57])])
  }
}
