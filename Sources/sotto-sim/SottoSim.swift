// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Simulation

@main
struct SottoSim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sotto-sim",
    abstract: "Runs the real client and server cores in a simulated world.",
    subcommands: [Run.self, Scenarios.self])
}

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs seeds one after the other; ends with status 1 when one fails.")

  @Option(help: "How many seeds.")
  var seeds: UInt64 = 1

  @Option(help: "The first seed.")
  var first: UInt64 = 1

  @Flag(help: "People have several devices and talk in groups.")
  var groups = false

  @Flag(help: "Print the whole trace of each seed.")
  var trace = false

  @Option(help: "Build a fault in deliberately: \(Plant.allCases.map(\.rawValue)).")
  var plant: String?

  func validate() throws {
    guard let plant, Plant(rawValue: plant) == nil else { return }
    throw ValidationError("no such plant: \(plant)")
  }

  func run() throws {
    let plant = plant.flatMap(Plant.init(rawValue:))
    var failed: [UInt64] = []
    var messages = 0
    var crashes = (server: 0, client: 0)
    var deeds = SocietyDeeds()
    for seed in first..<(first + max(1, seeds)) {
      let report = SimulationRun.run(
        seed: seed, hasSociety: groups, keepsTrace: trace, plant: plant)
      if report.failure != nil { print("seed=\(seed) \(report.options)") }
      for line in report.lines { print(line) }
      print(
        "seed=\(seed) trace=\(report.traceHash) events=\(report.events) "
          + "messages=\(report.messages) crashes=\(report.crashes.server)+\(report.crashes.client) "
          + (report.failure.map { "FAILED: \($0)" } ?? "held"))
      if report.failure != nil { failed.append(seed) }
      if let done = report.deeds { deeds.add(done) }
      messages += report.messages
      crashes.server += report.crashes.server
      crashes.client += report.crashes.client
    }
    print(
      "\(max(1, seeds)) seeds, \(failed.count) failed; \(messages) messages, "
        + "\(crashes.server) server crashes, \(crashes.client) client crashes")
    if groups { print(deeds) }
    if !failed.isEmpty {
      print("failed seeds: " + failed.map(String.init).joined(separator: " "))
      throw ExitCode.failure
    }
  }
}
