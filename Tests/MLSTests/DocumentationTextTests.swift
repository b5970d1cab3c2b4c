// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the articles show is what `DocumentationExampleTests` compiles and runs.
@Suite struct DocumentationTextTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  static let catalog = folder.deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Sources/MLS/MLS.docc")

  /// The blocks of Swift code of all articles, as lines without their indentation.
  static let blocks: [(article: String, lines: [String])] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: catalog.path)) ?? []
    var blocks: [(article: String, lines: [String])] = []
    for name in names.sorted() where name.hasSuffix(".md") {
      let text = (try? String(contentsOf: catalog.appendingPathComponent(name), encoding: .utf8))
      var block: [String]?
      for line in lines(of: text ?? "") {
        if line == "```swift" {
          block = []
        } else if line == "```", let done = block {
          blocks.append((name, done))
          block = nil
        } else {
          block?.append(line)
        }
      }
    }
    return blocks
  }()

  static func lines(of text: String) -> [String] {
    text.components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  @Test func articlesHaveExamples() {
    #expect(Set(Self.blocks.map(\.article)).count >= 6)
  }

  @Test func everyExampleIsCompiled() throws {
    let file = Self.folder.appendingPathComponent("DocumentationExampleTests.swift")
    let compiled = Self.lines(of: try String(contentsOf: file, encoding: .utf8))
    for (article, lines) in Self.blocks {
      let places = compiled.indices.filter { compiled[$0...].starts(with: lines) }
      #expect(
        places.count == 1,
        "\(article): the example that begins with \(lines.first ?? "") stands nowhere")
    }
  }
}
