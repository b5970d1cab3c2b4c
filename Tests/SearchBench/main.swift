// SPDX-License-Identifier: Apache-2.0

import ClientCore
import ClientStore
import Foundation
import SansIO

// Fills an encrypted store with messages and measures the first page of searches: prints Markdown.
// See Benchmarks/README.md, Search.

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
let runs = 21
let people = 100
let wordsOfMessage = 4...16
let home =
  FileManager.default.temporaryDirectory.path + "/sotto-search-\(UInt32.random(in: 0...(.max)))"
defer { try? FileManager.default.removeItem(atPath: home) }

/// Words as languages have them: the first is in every fourth message or so, the last in few.
struct Vocabulary {
  let words: [String]
  private let sums: [Double]

  init(using generator: inout SeededGenerator) {
    var words = ["the", "hello", "meeting"]
    while words.count < 50_000 {
      let length = Int.random(in: 3...10, using: &generator)
      words.append(
        String(
          (0..<length).map { _ in
            Character(Unicode.Scalar(UInt8.random(in: 0x61...0x7A, using: &generator)))
          }))
    }
    var sum = 0.0
    sums = words.indices.map { index in
      sum += 1 / Double(index + 2)
      return sum
    }
    self.words = words
  }

  func text(using generator: inout SeededGenerator) -> String {
    let total = sums.last ?? 0
    return (0..<Int.random(in: wordsOfMessage, using: &generator)).map { _ in
      let point = Double(UInt32.random(in: 0...(.max), using: &generator)) / Double(UInt32.max)
      var (low, high) = (0, sums.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if sums[middle] < point * total { low = middle + 1 } else { high = middle }
      }
      return words[low]
    }.joined(separator: " ")
  }
}

var generator = SeededGenerator(seed: 1)
let vocabulary = Vocabulary(using: &generator)
try FileManager.default.createDirectory(
  atPath: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
let key = home + ".key"
_ = FileManager.default.createFile(
  atPath: key, contents: Data(String(repeating: "a5", count: 32).utf8),
  attributes: [.posixPermissions: 0o600])
defer { try? FileManager.default.removeItem(atPath: key) }
var system = SystemRandomNumberGenerator()
let store = try EncryptedClientStore(
  home: home, key: .keyFile(key), creating: true, using: &system)

let clock = ContinuousClock()
let filling = clock.now
for start in stride(from: 0, to: count, by: 10_000) {
  try store.transact { (transaction) throws(ClientStoreFailure) in
    for line in start..<min(start + 10_000, count) {
      let person = UInt8.random(in: 0..<UInt8(people), using: &generator)
      _ = try transaction.append(
        MessageRow(
          conversationID: Array(repeating: person, count: 16), messageID: generator.bytes(32),
          sender: "person\(person)@messenger.example", own: false, kind: .text, state: .seen,
          failure: "", content: [], text: vocabulary.text(using: &generator),
          at: Instant(milliseconds: Int64(line) * 60_000), groupID: [], logSeq: UInt64(line)))
    }
  }
}
let filled = clock.now - filling
let bytes = (try? FileManager.default.attributesOfItem(atPath: home + "/sotto.db")[.size]) as? Int
print(
  "\(count) messages, appended at \(Int(Double(count) / (filled / .seconds(1))))/s,",
  terminator: " ")
print("\((bytes ?? 0) >> 20) MiB")
print("\n| query | messages in the page | first, ms | median ms | slowest ms |")
print("| --- | --- | --- | --- | --- |")

let conversation = [UInt8](repeating: 7, count: 16)
let recent = Instant(milliseconds: Int64(count) * 60_000 - 86_400_000)
let rare = vocabulary.words[49_000]
let queries: [(String, SearchQuery)] = [
  ("common word (the)", SearchQuery("the")),
  ("common word of five letters (hello)", SearchQuery("hello")),
  ("rare word", SearchQuery(rare)), ("no such word", SearchQuery("qqqqqqqqqqq")),
  ("two letters (me)", SearchQuery("me")), ("prefix (hel)", SearchQuery("hel")),
  ("prefix (meeti)", SearchQuery("meeti")), ("two common words", SearchQuery("hello meeting")),
  ("common word, one conversation", SearchQuery("hello", conversationID: conversation)),
  ("common word, one sender", SearchQuery("the", sender: "person7@messenger.example")),
  ("common word, last day", SearchQuery("hello", since: recent)),
  ("common word, first day", SearchQuery("hello", until: Instant(milliseconds: 86_400_000))),
]
for (name, query) in queries {
  var times: [Double] = []
  var found = 0
  for _ in 0..<runs {
    let start = clock.now
    found = try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.search(query, before: nil, limit: 20).count
    }
    times.append((clock.now - start) / .milliseconds(1))
  }
  let sorted = times.sorted()
  let shown = [times[0], sorted[runs / 2], sorted[runs - 1]].map { String(format: "%.2f", $0) }
  print("| \(name) | \(found) | \(shown.joined(separator: " | ")) |")
}
try store.close()
