// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The documents and folders that a reader expects are there, and no machine's path is named.
@Suite struct LayoutTests {
  @Test(arguments: [
    "README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE",
    ".swift-format", "Makefile", "Protos/README.md", "Documentation/threat-model.md",
    "Documentation/operations.md", "Documentation/protocol", "Documentation/decisions",
  ])
  func exists(path: String) {
    let full = SourceTree.root.appendingPathComponent(path).path
    #expect(FileManager.default.fileExists(atPath: full), "\(path) is missing")
  }

  @Test func everySourceTargetHasTests() {
    let tests = Set(SourceTree.folders(in: "Tests"))
    let without: Set<String> = [
      "Wire", "CSQLCipher", "CAESGCM", "CQREncode", "CHeapWipe", "CMediaSpawn", "COpusFile",
      "sotto",
      "sotto-media", "sotto-server", "sotto-sim",
    ]
    for folder in SourceTree.folders(in: "Sources") where !without.contains(folder) {
      let name = folder == "Client" ? "SottoClientTests" : folder + "Tests"
      #expect(tests.contains(name), "Sources/\(folder) has no Tests/\(name)")
    }
  }

  @Test func decisionsAreNumberedWithoutGaps() {
    let names = SourceTree.files(under: "Documentation/decisions") { $0.hasSuffix(".md") }
      .map(\.name)
    #expect(!names.isEmpty)
    for (index, name) in names.enumerated() {
      let number = Int(name.prefix(4))
      #expect(number == index + 1, "\(name) breaks the numbering")
    }
  }

  @Test func noMachinePathIsNamed() {
    let roots = ["Sources", "Tests", "Documentation", "Protos", "Scripts"]
    let words = ["/" + "work/", "/" + "farm/", ".." + "/shared", "." + "library/"]
    for root in roots {
      let files = SourceTree.files(under: root) { path in
        [".swift", ".md", ".proto", ".py", ".sh"].contains { path.hasSuffix($0) }
      }
      for file in files {
        for (index, line) in file.lines.enumerated() {
          for word in words where line.contains(word) {
            Issue.record("\(file.path):\(index + 1) names a path of one machine")
          }
        }
      }
    }
  }
}
