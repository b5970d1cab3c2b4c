// SPDX-License-Identifier: Apache-2.0

import Testing

/// Words that no core may use, because they bring in a clock, global randomness, tasks or an order
/// that changes from process to process; and words that no file may use.
@Suite struct WordTests {
  static let cores: Set<String> = [
    "SansIO", "MLS", "MIMI", "Identity", "ClientCore", "ServerCore", "Simulation",
  ]
  static let forbiddenInCores = [
    "Date()", "UUID()", "ContinuousClock", "SuspendingClock", "SystemRandomNumberGenerator()",
    ".shuffled()", ".randomElement()", "Task {", "Task.detached", "DispatchQueue", "Mutex(",
    "hashValue", "Thread.", "print(", "ProcessInfo",
  ]
  static let forbiddenInSources = [
    "try!", "as!", "fatalError(", "-Ounchecked", "nonisolated(unsafe)", "FIXME", "XXX",
  ]
  static let forbiddenFileNames = ["Utils", "Helpers", "Common", "Manager", "Misc", "Base"]

  @Test(arguments: SourceTree.sources.filter { cores.contains($0.target) })
  func coreIsDeterministic(file: SourceFile) {
    for (index, line) in file.lines.enumerated() {
      let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
      for word in Self.forbiddenInCores where Self.uses(String(code), word) {
        Issue.record("\(file.path):\(index + 1) uses \(word)")
      }
      if code.contains(".random(in:"), !code.contains("using:") {
        Issue.record("\(file.path):\(index + 1) draws from global randomness")
      }
    }
  }

  /// Whether `word` stands in the code and is not the end of a longer name.
  private static func uses(_ code: String, _ word: String) -> Bool {
    var rest = Substring(code)
    while let range = rest.firstRange(of: word) {
      let before =
        range.lowerBound > code.startIndex ? code[code.index(before: range.lowerBound)] : " "
      if !before.isLetter || !(word.first?.isLetter ?? false) { return true }
      rest = rest[range.upperBound...]
    }
    return false
  }

  @Test func wordsAreFoundWhole() {
    #expect(Self.uses("  print(1)", "print("))
    #expect(Self.uses("x = Date()", "Date()"))
    #expect(!Self.uses("Fingerprint(bytes)", "print("))
  }

  @Test(arguments: SourceTree.sources)
  func sourceUsesNoForbiddenWord(file: SourceFile) {
    for (index, line) in file.lines.enumerated() {
      for word in Self.forbiddenInSources where line.contains(word) {
        Issue.record("\(file.path):\(index + 1) has \(word)")
      }
    }
  }

  @Test(arguments: SourceTree.sources + SourceTree.tests)
  func fileIsNamedAndLicensed(file: SourceFile) {
    let stem = file.name.split(separator: ".").first.map(String.init) ?? file.name
    for word in Self.forbiddenFileNames {
      #expect(!stem.hasSuffix(word), "\(file.path) bears a name that says nothing")
    }
    let first = file.lines.first ?? ""
    let generated = file.isGenerated
    #expect(generated || first == "// SPDX-License-Identifier: Apache-2.0", "\(file.path)")
  }

  /// A comment that points to a document points to one that is there.
  @Test(arguments: SourceTree.sources + SourceTree.tests)
  func documentsThatAreNamedExist(file: SourceFile) {
    for (index, line) in file.lines.enumerated() {
      for match in line.matches(of: /[A-Za-z0-9-]+\.md\b/) {
        let known = Self.documents.contains(String(match.output))
        #expect(known, "\(file.path):\(index + 1) names \(match.output)")
      }
    }
  }

  private static let documents: Set<String> = {
    var names: Set<String> = [
      "README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md",
    ]
    for folder in ["Documentation", "Benchmarks", "Fuzz", "Sources", "Tests"] {
      names.formUnion(SourceTree.files(under: folder) { $0.hasSuffix(".md") }.map(\.name))
    }
    return names
  }()

  @Test func everyUncheckedSendableHasADecision() {
    let files = SourceTree.sources.filter { file in
      file.lines.contains { $0.contains("@unchecked Sendable") }
    }
    let records = SourceTree.files(under: "Documentation/decisions") { $0.hasSuffix(".md") }
    for file in files {
      let named = records.contains { record in record.lines.contains { $0.contains(file.name) } }
      #expect(named, "\(file.path) uses @unchecked Sendable and no decision record names it")
    }
  }
}
