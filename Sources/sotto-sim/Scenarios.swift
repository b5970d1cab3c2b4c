// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Simulation

struct Scenarios: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Executes the golden scenarios; ends with status 1 when a trace differs.")

  @Argument(help: "The folder of the scenarios, or single files.")
  var paths = ["Tests/Scenarios"]

  @Flag(help: "Write the traces into the files instead of comparing them.")
  var rewrite = false

  func run() throws {
    let files = try paths.flatMap(files)
    guard !files.isEmpty else { throw ValidationError("no scenario in \(paths)") }
    var failed = 0
    for file in files {
      let scenario = try Scenario(
        file: file, text: String(contentsOfFile: file, encoding: .utf8))
      let report = ScenarioRun.run(scenario)
      if let failure = report.failure {
        print("\(file): FAILED: \(failure)")
      } else if rewrite {
        try scenario.text(with: report.lines)
          .write(toFile: file, atomically: true, encoding: .utf8)
        print("\(file): \(report.difference == nil ? "unchanged" : "rewritten")")
        continue
      } else if let difference = report.difference {
        print("\(file): \(difference)")
      } else {
        print("\(file): as expected, \(report.lines.count) lines")
        continue
      }
      failed += 1
    }
    print("\(files.count) scenarios, \(failed) failed")
    if failed > 0 { throw ExitCode.failure }
  }

  private func files(_ path: String) throws -> [String] {
    guard !path.hasSuffix(".txt") else { return [path] }
    return try FileManager.default.contentsOfDirectory(atPath: path)
      .filter { $0.hasSuffix(".txt") }.sorted().map { path + "/" + $0 }
  }
}
