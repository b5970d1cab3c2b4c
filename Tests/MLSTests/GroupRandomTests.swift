// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// Random groups of up to sixteen members, in which all have to agree after every commit.
@Suite struct GroupRandomTests {
  @Test(arguments: 1...2 as ClosedRange<UInt64>)
  func mandatorySuite(seed: UInt64) throws {
    try run(.mls128DHKEMX25519AES128GCMSHA256Ed25519, seed: seed, epochs: 16)
  }

  @Test(arguments: 21...21 as ClosedRange<UInt64>)
  func productSuite(seed: UInt64) throws {
    try run(.mlkem768X25519AES256GCMSHA384Ed25519, seed: seed, epochs: 15)
  }

  private func run(_ suite: CipherSuite, seed: UInt64, epochs: Int) throws {
    var world = try GroupRandomWorld(suite: suite, seed: seed)
    var largest = 0
    for epoch in 0..<epochs {
      do {
        world.rememberEpoch()
        for _ in 0..<world.draw(0..<4) { try world.propose() }
        if world.generator.chance(1, in: 4) { try world.restart() }
        if world.generator.chance(1, in: 2) { try world.talk() }
        try world.advance()
        try world.talk()
      } catch {
        Issue.record(error, "seed \(seed), epoch \(epoch)")
        return
      }
      largest = max(largest, world.clients.count)
    }
    #expect(largest > 8)
    #expect(largest <= GroupRandomWorld.membersMax)
  }
}
