// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// Random life: everybody writes to everybody while connections, processes and the server die and
/// clocks jump. Then all is healed, and every message must be there once.
@Suite struct SoakTests {
  private struct Sent {
    let text: String
    let from: Int
    let to: Int
    let id: [UInt8]
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func everythingArrivesOnce(_ seed: UInt64) throws {
    var world = try World.registered(["alice", "bob", "carol"], seed: seed)
    var random = SeededGenerator(seed: seed &* 77)
    // Each seed has its own weather.
    let weights = (0..<6).map { _ in UInt64.random(in: 0...6, using: &random) }
    var sent: [Sent] = []
    for round in 0..<60 {
      step(&world, weights: weights, using: &random)
      guard random.chance(1, in: 2) else { continue }
      let from = Int.random(in: 0..<3, using: &random)
      let to = (from + Int.random(in: 1...2, using: &random)) % 3
      let text = "\(round) \(from) \(to)"
      // A crash may swallow the answer; then the store says whether the message is there.
      _ = try? world.send(text, from: from, to: to)
      if let line = world.lines(from, with: to).last(where: { $0.own && $0.text == text }) {
        sent.append(Sent(text: text, from: from, to: to, id: line.messageID))
      }
      try world.checkAll()
    }
    for index in 0..<3 { world.clients[index].isOnline = true }
    world.settle(for: .seconds(600))
    try world.checkAll()
    expectWhole(world, sent, seed)
  }

  private func step(
    _ world: inout World, weights: [UInt64], using random: inout SeededGenerator
  ) {
    let index = Int.random(in: 0..<3, using: &random)
    world.run(deliveries: Int.random(in: 0...25, using: &random))
    let total = weights.reduce(10, +)
    var pick = UInt64.random(in: 0..<total, using: &random)
    for (kind, weight) in weights.enumerated() {
      guard pick >= weight else {
        happen(kind, to: index, &world, using: &random)
        break
      }
      pick -= weight
    }
    if random.chance(1, in: 3) { world.settle(for: .milliseconds(900)) }
  }

  private func happen(
    _ kind: Int, to index: Int, _ world: inout World, using random: inout SeededGenerator
  ) {
    switch kind {
    case 0: world.restart(index)
    case 1: world.setOnline(!world.clients[index].isOnline, index)
    case 2: world.crashServer(keepingPending: random.chance(1, in: 2))
    case 3: world.now = world.now + .seconds(Int64.random(in: 1...90_000, using: &random))
    case 4:
      let next = world.clients[index].steps + Int.random(in: 1...8, using: &random)
      world.crashes[index, default: [:]][next] =
        random.chance(1, in: 2) ? .beforeCommit : .afterCommit
    default: world.settle(for: .seconds(5))
    }
  }

  private func expectWhole(_ world: World, _ sent: [Sent], _ seed: UInt64) {
    for message in sent {
      let comment: Comment = "seed \(seed), \(message.text)"
      let got = world.texts(message.to, with: message.from).count { $0 == message.text }
      #expect(got == 1, comment)
      #expect(
        world.state(of: message.id, message.from, with: message.to) == .delivered, comment)
    }
    for (index, other) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
      let comment: Comment = "seed \(seed), \(index) with \(other)"
      let kinds = world.lines(index, with: other).map(\.kind)
      #expect(kinds.allSatisfy { $0 == .text }, comment)
      // In the order in which they were sent, as long as one group was enough.
      guard world.groups(index, with: other).count == 1 else { continue }
      let theirs = world.texts(index, with: other).filter { $0.hasSuffix(" \(other) \(index)") }
      let wanted = sent.filter { $0.from == other && $0.to == index }.map(\.text)
        .filter { theirs.contains($0) }
      #expect(theirs == wanted, comment)
    }
    for client in world.clients {
      let waiting = client.store.committed.outboxRows.count { $0.phase != .stored }
      #expect(waiting == 0, "seed \(seed), \(client.name)")
    }
  }
}
