// SPDX-License-Identifier: Apache-2.0

import Simulation
import Testing

/// People with several devices and groups.
@Suite struct SocietyTests {
  @Test(arguments: [1, 2, 3] as [UInt64]) func everythingHolds(seed: UInt64) {
    let report = SimulationRun.run(seed: seed, hasSociety: true)
    #expect(report.failure == nil, "seed \(seed): \(report.options)")
    #expect(report.messages > 0 && report.deeds != nil)
  }

  /// Seeds that found a fault: a commit that was merged before what stood before it (1297), one
  /// that was forgotten with the group that it belonged to (1205), edits in the order of the own
  /// clock (1959, 6751), a device that came and went while somebody was away (5851).
  @Test(arguments: [1205, 1297, 1959, 5851, 6751] as [UInt64]) func whatFailedOnce(seed: UInt64) {
    let report = SimulationRun.run(seed: seed, hasSociety: true)
    #expect(report.failure == nil, "seed \(seed): \(report.options)")
  }

  @Test func sameSeedSameTrace() {
    let first = SimulationRun.run(seed: 2, hasSociety: true, keepsTrace: true)
    let second = SimulationRun.run(seed: 2, hasSociety: true, keepsTrace: true)
    #expect(first.traceHash == second.traceHash)
    #expect(first.lines == second.lines)
  }

  /// What a run counts really happens: a checker that has nothing to look at proves nothing.
  @Test func deedsAreCounted() {
    var deeds = SocietyDeeds()
    for seed in [1, 2, 3] as [UInt64] {
      if let done = SimulationRun.run(seed: seed, hasSociety: true).deeds { deeds.add(done) }
    }
    for deed in [.groupMade, .personIn, .deviceIn, .deviceLinked] as [SocietyDeeds.Deed] {
      #expect(deeds[deed] > 0, "\(deed.rawValue)")
    }
  }
}
