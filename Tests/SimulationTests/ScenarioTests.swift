// SPDX-License-Identifier: Apache-2.0

import Foundation
import Simulation
import Testing

/// The golden scenarios. They are rewritten by `sotto-sim scenarios --rewrite` alone.
@Suite struct ScenarioTests {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Scenarios")
  static let files: [String] = {
    let all = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (all ?? []).filter { $0.hasSuffix(".txt") }.sorted()
  }()

  static func scenario(_ file: String) throws -> Scenario {
    try Scenario(
      file: file,
      text: String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8))
  }

  @Test func thereAreScenarios() { #expect(Self.files.count >= 8) }

  @Test(arguments: files) func theTraceIsTheGoldenOne(file: String) throws {
    let report = ScenarioRun.run(try Self.scenario(file))
    #expect(report.failure == nil)
    #expect(report.difference == nil, "\(file), \(report.difference?.description ?? "")")
  }

  /// A client that hid what it noticed would be found by the lies of these servers.
  @Test(arguments: [
    ("server-withholds.txt", "bob has passed over entry 5 of alice without a word"),
    ("server-reorders.txt", "bob has passed over entry 5 of alice without a word"),
    ("server-replays.txt", "bob has passed over entry 6 of alice without a word"),
    ("server-withholds-a-commit.txt", "bob has passed over entry 8 of alice without a word"),
    (
      "server-rolls-back.txt",
      "alice reads on in a log of bob that ends before what was read"
    ),
    (
      "server-equivocates.txt",
      "bob reads on in a log of alice that ends before what was read"
    ),
    ("rejoin.txt", "bob has passed over entry 8 of alice without a word"),
    ("away-for-a-month.txt", "bob has passed over entry 7 of alice without a word"),
  ])
  func aHiddenSignIsFound(file: String, failure: String) throws {
    let scenario = try Self.scenario(file)
    #expect(ScenarioRun.run(scenario, plant: .signHidden).failure == failure)
  }

  @Test(
    arguments: [
      ("register alice\n", 1, .noTrace),
      ("# why\n\nregister dave\n---\n", 3, .unknownPerson("dave")),
      ("register alice\ndance\n---\n", 2, .unknownStep),
      ("register alice\nadvance 5\n---\n", 2, .unknownStep),
      ("register alice\nadvance 5 fortnights\n---\n", 2, .badDuration),
      ("register alice\nadvance 0 days\n---\n", 2, .badDuration),
      ("register alice\nadvance 401 days\n---\n", 2, .badDuration),
      ("register alice\nadvance 99999999999999999999 days\n---\n", 2, .badDuration),
      ("register alice\nregister alice\n---\n", 2, .registeredTwice),
      ("register bob\n---\n", 1, .outOfOrder),
      ("register alice\nalice -> bob: hello\n---\n", 2, .notRegistered("bob")),
      ("register alice\nalice -> alice: hello\n---\n", 2, .toOneself),
      ("register alice\nalice ->bob: hello\n---\n", 2, .unknownStep),
      ("register alice\nserver withholds none from alice\n---\n", 2, .badNumber),
      ("register alice\nserver replays 0 to alice\n---\n", 2, .badNumber),
      ("server returns to the copy\n---\n", 1, .noCopy),
      ("register alice\nserver puts a copy aside\nserver forks for alice\n---\n", 3, .twoLies),
      (
        "register alice\nregister bob\nalice -> bob: a\nbob -> alice: a\n---\n", 4,
        .repeatedText
      ),
      ("register alice\nregister alice.2\n---\n", 2, .outOfOrder),
      ("register alice\nlink bob.2\n---\n", 2, .notRegistered("bob")),
      ("register alice\nlink alice.2\nlink alice.2\n---\n", 3, .registeredTwice),
      ("register alice\nalice -> choir: hello\n---\n", 2, .unknownGroup("choir")),
      ("register alice\nalice makes choir with dave\n---\n", 2, .unknownPerson("dave")),
      ("register alice\nalice makes choir with\n---\n", 2, .unknownStep),
      ("register alice\nalice sets the timer of choir to 1\n---\n", 2, .badDuration),
      (String(repeating: "advance 1 ms\n", count: 201) + "---\n", 201, .tooManySteps),
    ] as [(String, Int, ScenarioFailure.Reason)])
  func whatIsNoScenarioIsRefused(text: String, line: Int, reason: ScenarioFailure.Reason) {
    #expect(throws: ScenarioFailure(file: "it.txt", line: line, reason: reason)) {
      try Scenario(file: "it.txt", text: text)
    }
  }

  @Test func aFailureNamesFileAndLine() {
    let failure = ScenarioFailure(file: "it.txt", line: 7, reason: .unknownPerson("dave"))
    #expect(failure.description == #"it.txt:7: unknownPerson("dave")"#)
  }

  @Test func theFirstDifferenceIsTold() throws {
    let text = "register alice\nadvance 1 seconds\n---\n"
    let lines = ScenarioRun.run(try Scenario(file: "it.txt", text: text)).lines
    #expect(lines.count == 3)
    var other = lines
    other[1] = "something else"
    let changed = ScenarioRun.run(
      try Scenario(file: "it.txt", text: text + other.joined(separator: "\n") + "\n"))
    #expect(changed.difference == .init(line: 2, expected: "something else", actual: lines[1]))
    let shorter = ScenarioRun.run(
      try Scenario(file: "it.txt", text: text + lines[0] + "\n"))
    #expect(shorter.difference == .init(line: 2, expected: nil, actual: lines[1]))
    let longer = ScenarioRun.run(
      try Scenario(
        file: "it.txt", text: text + (lines + ["more"]).joined(separator: "\n") + "\n"))
    #expect(longer.difference == .init(line: 4, expected: "more", actual: nil))
  }

  @Test func rewritingKeepsTheSteps() throws {
    let text = "# why\n\nregister alice\nadvance 1 seconds\n---\nold\n"
    let scenario = try Scenario(file: "it.txt", text: text)
    let report = ScenarioRun.run(scenario)
    let new = scenario.text(with: report.lines)
    #expect(new.hasPrefix("# why\n\nregister alice\nadvance 1 seconds\n---\n"))
    #expect(!new.contains("old"))
    #expect(try Scenario(file: "it.txt", text: new).golden == report.lines)
  }
}
