// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// A crash at every single step, with the transaction lost or the effects lost: nothing is lost,
/// nothing shown twice, nothing fails to decrypt.
@Suite struct CrashTests {
  /// Registration, first contact, an answer, a day's pause with a commit, reading.
  static func run(_ crashes: [Int: [Int: TestCrash]]) throws -> World {
    var world = try World(["alice", "bob"])
    world.crashes = crashes
    for index in 0...1 {
      let address = world.clients[index].address
      _ = world.begin(index, .register(address: address, invite: world.invite))
      world.settle(for: .seconds(10))
      // A program whose request died with the process asks again.
      _ = world.begin(index, .register(address: address, invite: world.invite))
      world.settle(for: .seconds(10))
    }
    try say("one", 0, 1, &world)
    world.settle(for: .seconds(20))
    try say("two", 1, 0, &world)
    try say("three", 1, 0, &world)
    world.settle(for: .seconds(20))
    world.now = world.now + .seconds(25 * 3600)
    try say("four", 0, 1, &world)
    try say("five", 1, 0, &world)
    world.settle(for: .seconds(60))
    return world
  }

  /// Sends until the program has its answer. A crash may lose the answer of a message that was
  /// stored; the program then looks before it sends again.
  private static func say(_ text: String, _ from: Int, _ to: Int, _ world: inout World) throws {
    for _ in 0..<3 {
      if world.texts(from, with: to).contains(text) { return }
      let token = world.begin(
        from, .send(address: world.clients[to].address, text: text))
      if case .failure(let failure) = world.clients[from].answers[token] { throw failure }
    }
  }

  static func expectWhole(_ world: World, _ comment: Comment) throws {
    try world.checkAll()
    for (index, other) in [(0, 1), (1, 0)] {
      let texts = world.texts(index, with: other)
      #expect(texts.sorted() == ["five", "four", "one", "three", "two"], comment)
      #expect(world.lines(index, with: other).allSatisfy { $0.kind == .text }, comment)
      let mine = world.lines(index, with: other).filter(\.own)
      #expect(mine.allSatisfy { $0.state == .delivered }, comment)
    }
    let fromBob = world.texts(0, with: 1).filter { ["two", "three", "five"].contains($0) }
    #expect(fromBob == ["two", "three", "five"], comment)
    let messageEvents = world.clients[1].storedEvents.count {
      if case .messageReceived = $0 { true } else { false }
    }
    #expect(messageEvents == 2, comment)
  }

  @Test func withoutACrash() throws {
    let world = try CrashTests.run([:])
    try CrashTests.expectWhole(world, "no crash")
    #expect(world.clients[0].steps > 30)
  }

  @Test(arguments: [0, 1], [TestCrash.beforeCommit, .afterCommit])
  func aCrashAtEveryStep(_ client: Int, _ crash: TestCrash) throws {
    let steps = try CrashTests.run([:]).clients[client].steps
    for step in 2...steps {
      let world = try CrashTests.run([client: [step: crash]])
      try CrashTests.expectWhole(world, "client \(client), \(crash), step \(step)")
    }
  }

  /// Both die again and again.
  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func manyCrashes(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var crashes: [Int: [Int: TestCrash]] = [0: [:], 1: [:]]
    for client in 0...1 {
      for step in 2...120 where random.chance(1, in: 8) {
        crashes[client]?[step] = random.chance(1, in: 2) ? .beforeCommit : .afterCommit
      }
    }
    let world = try CrashTests.run(crashes)
    try CrashTests.expectWhole(world, "seed \(seed)")
  }
}
