// SPDX-License-Identifier: Apache-2.0

import Demonstration
import Testing

/// The play by itself: it comes to its end, and its server reads nothing.
@Suite struct DemonstrationTests {
  private func play(seed: UInt64) throws -> ([Demonstration.Step], Demonstration.ServerSight) {
    var play = try Demonstration(seed: seed, startingAt: 1_767_225_600_000)
    var steps: [Demonstration.Step] = []
    while let step = try play.next() { steps.append(step) }
    return (steps, try play.serverSight())
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>) func thePlayEnds(seed: UInt64) throws {
    let (steps, sight) = try play(seed: seed)
    #expect(steps.count == 10)
    #expect(steps.contains { $0.deed == "reads" && $0.text == "the gate code" })
    #expect(steps.filter { $0.deed == "says" }.allSatisfy { $0.entries > 0 })
    #expect(sight.addresses.count == 3)
    #expect(sight.numbersAgree)
    #expect(sight.looked == 7)
    #expect(sight.found == 0)
  }
}
