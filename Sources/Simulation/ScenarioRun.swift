// SPDX-License-Identifier: Apache-2.0

import SansIO

/// What became of a scenario.
package struct ScenarioReport: Sendable {
  /// Where the trace and the file part.
  package struct Difference: Equatable, Sendable, CustomStringConvertible {
    /// The line of the trace, from 1.
    package let line: Int
    /// What the file says; nil: it has no such line.
    package let expected: String?
    /// What happened; nil: nothing more did.
    package let actual: String?

    package init(line: Int, expected: String?, actual: String?) {
      self.line = line
      self.expected = expected
      self.actual = actual
    }

    package var description: String {
      "trace line \(line)\n  expected: \(expected ?? "nothing more")\n"
        + "  but it is: \(actual ?? "nothing more")"
    }
  }

  /// The trace.
  package let lines: [String]
  /// What did not hold; nil: everything did.
  package let failure: String?
  /// The first difference from the file.
  package let difference: Difference?
}

/// Executes scenarios.
package enum ScenarioRun {
  /// All scenarios are one seed's: what differs between them is what they say.
  private static let seed: UInt64 = 1
  /// How often safety is looked at, in events, beside the end of each step.
  private static let checkedEvery = 256

  /// - Parameter plant: a fault that is built in deliberately, for a checker to find.
  package static func run(_ scenario: Scenario, plant: Plant? = nil) -> ScenarioReport {
    var failure: String?
    var lines: [String] = []
    do {
      var options = SimulationOptions()
      options.people = max(2, (scenario.lines.flatMap(\.step.people).max() ?? 0) + 1)
      options.delayMax = .milliseconds(1)
      options.flushMax = .milliseconds(1)
      options.lie = scenario.lie
      if scenario.hasSociety { options.scriptSociety() }
      var world = try World(
        seed: seed, options: options, script: WorldScript(), keeps: .story, plant: plant)
      do {
        try run(scenario, in: &world)
      } catch {
        failure = "\(error)"
        world.trace.add(world.time, "world", "failed", "\(error)")
      }
      lines = world.trace.lines.dropFirst().map(trimmed)
    } catch {
      failure = "\(error)"
    }
    return ScenarioReport(
      lines: lines, failure: failure, difference: difference(scenario.golden, lines))
  }

  private static func run(_ scenario: Scenario, in world: inout World) throws {
    for line in scenario.lines {
      world.trace.add(world.time, "scenario", "step", line.text)
      guard case .advance(let duration) = line.step else {
        world.order(line.step)
        continue
      }
      let end = world.now + duration
      while let next = world.queue.nextInstant, next <= end, try world.step() {
        world.tellOfLogs()
        if world.eventCount.isMultiple(of: checkedEvery) { try world.checkSafety() }
      }
      world.now = max(world.now, end)
      try world.checkSafety()
    }
    try world.checkAtTheEnd()
  }

  private static func difference(
    _ expected: [String], _ actual: [String]
  ) -> ScenarioReport.Difference? {
    for index in 0..<max(expected.count, actual.count) {
      let wanted = index < expected.count ? expected[index] : nil
      let got = index < actual.count ? actual[index] : nil
      if wanted != got {
        return .init(line: index + 1, expected: wanted, actual: got)
      }
    }
    return nil
  }

  private static func trimmed(_ line: String) -> String {
    String(line.prefix(line.count - line.reversed().prefix { $0 == " " }.count))
  }
}
