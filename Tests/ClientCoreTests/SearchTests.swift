// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// Words, snippets, and what people find.
@Suite struct SearchTests {
  private func terms(_ text: String) -> [String] {
    SearchTerm.all(in: text).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  @Test(arguments: [
    ("Hello, World!", ["hello", "world"]), ("", []), (" \u{0}\t!?", []), ("it's", ["it", "s"]),
    ("ÀÉÎÕÜ àéîõü", ["aeiou", "aeiou"]), ("e\u{301}te\u{301}", ["ete"]), ("łódź", ["lodz"]),
    ("ΣΊΣΥΦΟΣ", ["σισυφοσ"]), ("ёлка Йод", ["елка", "иод"]), ("İstanbul", ["istanbul"]),
    ("東京tower", ["東", "京", "tower"]), ("👍🏽ok❤️", ["👍", "ok", "❤"]), ("a\u{AD}b", ["ab"]),
    ("co-op 10.5", ["co", "op", "10", "5"]), ("नमस्ते", ["नमस्ते"]), ("한국어", ["한국어"]),
  ])
  func wordsOfTexts(text: String, expected: [String]) {
    #expect(terms(text).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
  }

  @Test func wordsAreCutAndKeepTheirPlace() throws {
    let long = String(repeating: "y", count: 100)
    #expect(terms(long) == [String(repeating: "y", count: 64)])
    let text = "Ça va, Zoë?"
    #expect(SearchTerm.all(in: text).map { String(text[$0.range]) } == ["Ça", "va", "Zoë"])
  }

  /// Every text gives words of which ASCII is small letters and digits alone, whatever it is.
  @Test func everyTextHasWords() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<2_000 {
      let count = Int.random(in: 0...12, using: &generator)
      let scalars = (0..<count).compactMap { _ in
        Unicode.Scalar(
          UInt32.random(in: 0...(generator.chance(1, in: 2) ? 0x17F : 0x10FFFF), using: &generator))
      }
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars)
      let text = String(view)
      for term in SearchTerm.all(in: text) {
        #expect(!term.bytes.isEmpty)
        let isPlain = term.bytes.allSatisfy { byte in
          byte >= 0x80 || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
        }
        #expect(isPlain, "\(scalars)")
      }
      let query = SearchQuery(text)
      #expect(query.words.count <= SearchQuery.wordsMax)
      _ = SearchSnippet(of: text, for: query)
    }
  }

  private func marked(_ text: String, _ query: String) -> String {
    SearchSnippet(of: text, for: SearchQuery(query)).pieces
      .map { $0.isMatch ? "[\($0.text)]" : $0.text }.joined()
  }

  @Test func snippetsMarkWhatWasFound() {
    #expect(marked("See you at noon", "no you") == "See [you] at [noon]")
    #expect(marked("a\nb\tc", "b") == "a [b] c")
    #expect(marked("e\u{301}te\u{301}!", "ete") == "[e\u{301}te\u{301}]!")
    #expect(marked("東京タワー", "京タ") == "東[京タ]ワー")
    #expect(marked("👍🏽 good", "👍") == "[👍🏽] good")
    let long =
      String(repeating: "lorem ", count: 50) + "needle " + String(repeating: "x", count: 300)
    let cut = marked(long, "needle")
    #expect(cut.hasPrefix("…lorem lorem"))
    #expect(cut.contains(" [needle] xxx"))
    #expect(cut.hasSuffix("x…"))
    #expect(cut.count == SearchSnippet.charactersMax + 4)
  }

  @Test func peopleFindWhatWasSaid() throws {
    var world = try World.registered(["alice", "bob", "carol"])
    let addresses = world.clients.map(\.address)
    let first = try world.send("Lunch at the café?", from: 0, to: 1)
    world.settle()
    let second = try world.send("Café Zoë, 12:30", from: 1, to: 0)
    try world.send("no lunch today", from: 2, to: 0)
    world.settle()
    func found(_ index: Int, _ request: SearchRequest) throws -> SearchPage {
      let answer = try world.ask(index, .search(request))
      guard case .found(let page) = answer else { throw ClientFailure(.timeout, "\(answer)") }
      return page
    }
    let all = try found(0, SearchRequest("LUNCH"))
    #expect(all.hits.map(\.address) == [addresses[2], addresses[1]])
    #expect(all.hits.map(\.sender) == [addresses[2], addresses[0]])
    #expect(all.next == nil)
    let page = try found(0, SearchRequest("lunch", limit: 1))
    #expect(page.hits.map(\.sender) == [addresses[2]])
    let next = try found(0, SearchRequest("lunch", before: page.next, limit: 1))
    #expect(next.hits.map(\.messageID) == [first])
    #expect(try found(0, SearchRequest("lunch", address: addresses[1])).hits.count == 1)
    #expect(try found(0, SearchRequest("lunch", sender: addresses[2])).hits.count == 1)
    #expect(
      try found(1, SearchRequest("cafe", since: world.now + .seconds(1))).hits.isEmpty)
    #expect(try found(1, SearchRequest("cafe", until: world.now + .seconds(1))).hits.count == 2)
    // Finding is not reading.
    let answer = try world.ask(0, .conversations)
    guard case .conversations(let list) = answer else { return }
    #expect(list.map(\.unread) == [1, 1])

    try world.ask(0, .edit(address: addresses[1], messageID: first, text: "Dinner?"))
    try world.ask(1, .delete(address: addresses[0], messageID: second, forEveryone: true))
    world.settle()
    for index in 0...1 {
      #expect(try found(index, SearchRequest("cafe")).hits.isEmpty)
      #expect(try found(index, SearchRequest("dinn")).hits.map(\.messageID) == [first])
    }
    #expect(throws: ClientFailure.self) {
      try found(0, SearchRequest("x", address: "nobody@x.example"))
    }
    #expect(throws: ClientFailure.self) { try found(0, SearchRequest("x", limit: 0)) }
  }
}
