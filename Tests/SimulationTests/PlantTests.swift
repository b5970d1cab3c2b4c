// SPDX-License-Identifier: Apache-2.0

import Simulation
import Testing

/// Faults that are built in deliberately are found, and by the checker that is there for them.
@Suite struct PlantTests {
  @Test(
    arguments: [
      (Plant.acknowledgeBeforeCommit, 2, "was acknowledged and is not stored"),
      (.ratchetNotStored, 36, "twice"),
      (.duplicateShown, 1, "is shown twice"),
      (.commitAcceptedTwice, 23, "two commits of epoch"),
      (.keyKept, 2, "after reading it"),
      (.signHidden, 32, "without a word"),
    ] as [(Plant, UInt64, String)])
  func aPlantIsFound(plant: Plant, seed: UInt64, words: String) {
    let failure = SimulationRun.run(seed: seed, plant: plant).failure
    #expect(failure?.contains(words) == true, "\(failure ?? "it held")")
    #expect(SimulationRun.run(seed: seed).failure == nil)
  }

  @Test(
    arguments: [
      (Plant.lineMisplaced, 3, "as another's"),
      (.timerForgotten, 11, "longer than its timer says"),
      (.contentKept, 11, "keeps what has disappeared"),
    ] as [(Plant, UInt64, String)])
  func aPlantIsFoundInASociety(plant: Plant, seed: UInt64, words: String) {
    let failure = SimulationRun.run(seed: seed, hasSociety: true, plant: plant).failure
    #expect(failure?.contains(words) == true, "\(failure ?? "it held")")
    #expect(SimulationRun.run(seed: seed, hasSociety: true).failure == nil)
  }
}
