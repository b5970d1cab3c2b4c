// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MIMI

/// Links to people in a text of Markdown, and texts without any.
@Suite struct MentionTextTests {
  private static let names = ["mimi://x.example/u/bob": "bob@x.example"]

  private static func shown(_ text: String) -> String {
    MentionText(text).shown { names[$0] }.text
  }

  private static func linked(_ text: String) -> String {
    MentionText(text).linking { name in
      ["bob", "bob@x.example", "b.c"].contains(name)
        ? ("bob@x.example", "mimi://x.example/u/bob") : nil
    }
  }

  @Test(arguments: [
    ("[@bob](mimi://x.example/u/bob)", "@bob@x.example"),
    ("Hi <mimi://x.example/u/bob>!", "Hi @bob@x.example!"),
    // The label is the sender's, and not believed.
    ("[@carol](mimi://x.example/u/bob) knows", "@bob@x.example knows"),
    ("[](mimi://x.example/u/bob)", "@bob@x.example"),
    ("a [b [c](mimi://x.example/u/bob)", "a [b @bob@x.example"),
    ("[a\\]b](mimi://x.example/u/bob)", "@bob@x.example"),
  ])
  func linksToPeopleAreMentions(text: String, expected: String) {
    #expect(Self.shown(text) == expected)
  }

  @Test(arguments: [
    "[@bob](https://x.example/u/bob)", "[@dan](mimi://x.example/u/dan)", "@bob@x.example",
    "`[@bob](mimi://x.example/u/bob)`", "``a ` [@bob](mimi://x.example/u/bob)``",
    "```\n[@bob](mimi://x.example/u/bob)\n```", "\\[@bob](mimi://x.example/u/bob)",
    "![@bob](mimi://x.example/u/bob)", "[@bob](mimi://x.example/u/bob", "[@bob]",
    "[@bob] (mimi://x.example/u/bob)", "[a\nb](mimi://x.example/u/bob)",
    "[@bob](mimi://x.example/u/bob \"title\")", "[@bob](mimi://x.example/r/bob)",
    "<a href=\"mimi://x.example/u/bob\">", "<mimi://x.example/u/bob", "[", "[]", "[](", "<", "\\",
    "`", "![", "", "[a\\",
  ])
  func whatIsNoneStaysAsItIs(text: String) {
    #expect(Self.shown(text) == text)
    #expect(MentionText(text).mentioned(in: text) { Self.names[$0] }.isEmpty)
  }

  @Test(arguments: [
    ("@bob", "[@bob@x.example](mimi://x.example/u/bob)"),
    ("Is @bob@x.example here?", "Is [@bob@x.example](mimi://x.example/u/bob) here?"),
    ("Ask @Bob.", "Ask [@bob@x.example](mimi://x.example/u/bob)."),
    (
      "(@bob)…@bob",
      "([@bob@x.example](mimi://x.example/u/bob))…"
        + "[@bob@x.example](mimi://x.example/u/bob)"
    ),
    ("@b.c. @", "[@bob@x.example](mimi://x.example/u/bob). @"),
    ("@bob's", "[@bob@x.example](mimi://x.example/u/bob)'s"),
  ])
  func namesBecomeLinks(text: String, expected: String) {
    #expect(Self.linked(text) == expected)
    #expect(
      MentionText(Self.linked(text)).shown { Self.names[$0] }.mentioned == ["bob@x.example"])
  }

  @Test(arguments: [
    "a@bob", "mail bob@x.example", "https://x.example/@bob", "see https://x.example/?a,@bob",
    "@bobby", "@bob@y.example", "@bob@", "@@bob", "`@bob`", "[@bob](https://y.example)",
    "[see @bob here](https://y.example)", "<https://y.example/ @bob>", "\\@bob", "é@bob", "/@bob",
    "[@bob](mimi://x.example/u/bob)", "`a`@bob", "@", "@.",
  ])
  func otherTextsAreNotChanged(text: String) {
    #expect(Self.linked(text) == text)
  }

  /// Who left is still known as mentioned, and who was not mentioned then is not later.
  @Test func whoWasMentionedIsSeenFromTheText() {
    let text =
      "[@bob](mimi://x.example/u/bob) [@dan](mimi://x.example/u/dan) [@bob](mimi://x.example/u/bob)"
    let parsed = MentionText(text)
    let (shown, mentioned) = parsed.shown { Self.names[$0] }
    #expect(shown == "@bob@x.example [@dan](mimi://x.example/u/dan) @bob@x.example")
    #expect(mentioned == ["bob@x.example"])
    let all = [
      "mimi://x.example/u/bob": "bob@x.example", "mimi://x.example/u/dan": "dan@x.example",
    ]
    #expect(parsed.mentioned(in: shown) { all[$0] } == ["bob@x.example"])
    #expect(parsed.mentioned(in: shown + "!") { all[$0] }.isEmpty)
    #expect(parsed.mentioned(in: "other") { all[$0] }.isEmpty)
  }

  @Test func mentionsHaveALimit() {
    let many = (0..<300).map { "<mimi://x.example/u/p\($0)>" }.joined(separator: " ")
    let found = MentionText(many).shown { String($0.dropFirst(19)) + "@x.example" }
    #expect(found.mentioned.count == MentionText.countMax)
    #expect(found.text.hasSuffix("<mimi://x.example/u/p299>"))
    let names = String(repeating: "@bob ", count: 300)
    let links = MentionText(Self.linked(names)).pieces.count { piece in
      if case .link = piece { true } else { false }
    }
    #expect(links == MentionText.countMax)
  }
}
