// SPDX-License-Identifier: Apache-2.0

import Testing

/// A file has one purpose and stays small; so does a function.
@Suite struct SizeTests {
  static let sourceLinesMax = 400
  static let testLinesMax = 600
  static let executableLinesMax = 300
  static let functionLinesMax = 70
  static let columnsMax = 100
  static let sansIOLinesMax = 800

  @Test(arguments: SourceTree.sources)
  func sourceFileIsSmall(file: SourceFile) {
    let executable = ["sotto", "sotto-server", "sotto-sim"].contains(file.target)
    let most = executable ? Self.executableLinesMax : Self.sourceLinesMax
    #expect(file.lines.count <= most, "\(file.path) has \(file.lines.count) lines")
  }

  @Test(arguments: SourceTree.tests)
  func testFileIsSmall(file: SourceFile) {
    #expect(file.lines.count <= Self.testLinesMax, "\(file.path) has \(file.lines.count) lines")
  }

  @Test(arguments: SourceTree.sources + SourceTree.tests)
  func linesAreShort(file: SourceFile) {
    for (index, line) in file.lines.enumerated() where line.count > Self.columnsMax {
      Issue.record("\(file.path):\(index + 1) has \(line.count) columns")
    }
  }

  @Test(arguments: SourceTree.sources)
  func functionsAreShort(file: SourceFile) {
    for function in FunctionScanner.functions(in: file.lines)
    where function.lineCount > Self.functionLinesMax {
      Issue.record("\(file.path):\(function.line) spans \(function.lineCount) lines")
    }
  }

  @Test func vocabularyOfCoresStaysSmall() {
    let lines = SourceTree.swiftFiles(under: "Sources/SansIO").reduce(0) { $0 + $1.lines.count }
    #expect(lines <= Self.sansIOLinesMax)
  }

  @Test func scannerMeasuresAFunction() {
    let text = ["struct A {", "  func f() {", "    if true { g(\"}\") }", "  }", "}"]
    let found = FunctionScanner.functions(in: text)
    #expect(found.map(\.line) == [2])
    #expect(found.map(\.lineCount) == [3])
  }
}
