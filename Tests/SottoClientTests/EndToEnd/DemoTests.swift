// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// The play for people, as the program shows it.
@Suite(.timeLimit(.minutes(2))) struct DemoTests {
  @Test func thePlayEndsAndTheServerReadsNothing() async throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("demo-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let ended = try await TestProgram.run("sotto", ["demo", "--fast", "--json"], folder: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    let steps = ended.values.dropLast()
    #expect(steps.count == 10)
    for deed in ["says", "makes a group", "reacts", "changes it", "says, for 5m", "reads"] {
      #expect(steps.contains { $0["deed"]?.text == deed }, "\(deed)")
    }
    #expect(
      steps.filter { $0["deed"] == "says" }.allSatisfy { step in
        (step["serverSees"]?["sealedBytes"]?.integer ?? 0) >= 256
      })
    #expect(steps.contains { $0["deed"] == "reads" && $0["text"] == "the gate code" })
    let server = try #require(ended.values.last?["server"])
    #expect(server["addresses"]?.elements.count == 3)
    #expect(server["textsFound"] == 0)
    #expect(server["textsLookedFor"] == 7)
    #expect((server["entries"]?.integer ?? 0) > 10)
    // It has written nothing where it ran.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}
