// SPDX-License-Identifier: Apache-2.0

import Foundation
import FuzzTargets
import Testing

/// Every input that once broke a decoder, and some that look as if they should, through its target.
/// Fuzz/Regressions has a folder for each target; a fuzzer's crasher is kept there under a name
/// that says what was wrong.
@Suite struct RegressionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let target: FuzzTarget
    let file: URL
    var testDescription: String { target.name + "/" + file.lastPathComponent }
  }

  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fuzz").appendingPathComponent("Regressions")

  static let names: [String] =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []

  static let cases: [Case] = FuzzTarget.allCases.flatMap { target in
    let folder = folder.appendingPathComponent(target.name)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.sorted().map { Case(target: target, file: folder.appendingPathComponent($0)) }
  }

  @Test(arguments: cases)
  func passes(input: Case) throws {
    let bytes = [UInt8](try Data(contentsOf: input.file))
    try FuzzEntry.run(input.target, bytes)
  }

  @Test func everyFolderIsATarget() {
    #expect(!Self.cases.isEmpty)
    for name in Self.names { #expect(FuzzTarget(name: name) != nil, "\(name)") }
  }

  /// A seed that its decoder refuses would let the fuzzer begin outside of the decoder.
  @Test(arguments: FuzzTarget.allCases)
  func seedsPass(target: FuzzTarget) throws {
    for seed in FuzzSeeds.of(target) { #expect(try FuzzEntry.run(target, seed)) }
  }

  /// Every shortened and every one-bit neighbour of a seed, where seeds are small enough.
  @Test(arguments: FuzzTarget.allCases)
  func neighboursOfSeedsPass(target: FuzzTarget) throws {
    let isCostly = [.serverInbox, .serverLogs, .clientInbox, .clientLogs].contains(target)
    for seed in FuzzSeeds.of(target) where !isCostly && seed.count <= 4096 {
      for length in 0..<seed.count { try FuzzEntry.run(target, Array(seed[..<length])) }
      for position in seed.indices {
        var changed = seed
        changed[position] ^= 1 << UInt8(position % 8)
        try FuzzEntry.run(target, changed)
      }
    }
  }
}
