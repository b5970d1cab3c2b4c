// SPDX-License-Identifier: Apache-2.0

import SansIO

/// What became of one seed.
package struct SimulationReport: Sendable {
  package let seed: UInt64
  package let options: String
  /// The hash over the trace; equal for equal seed and code.
  package let traceHash: String
  /// The trace's lines, when they were kept.
  package let lines: [String]
  package let events: Int
  package let messages: Int
  package let crashes: (server: Int, client: Int)
  /// What people with several devices and groups have done; nil: nobody has them.
  package let deeds: SocietyDeeds?
  /// Why it failed; nil when everything held.
  package let failure: String?
}

/// Runs one seed: the workload under faults with safety checked, then calm until everything
/// acknowledged has arrived.
package enum SimulationRun {
  /// How long, in simulated time, the workload may take.
  static let workloadMax = Duration.seconds(60 * 24 * 3600)
  /// After so many events the faults stop, done or not: some seeds draw so many that nobody gets
  /// anything done, and what counts is that everybody recovers.
  static let faultyEventsMax = 150_000
  /// The same where there are many devices, whose events cost more.
  static let faultyEventsMaxInSociety = 50_000
  /// How long, in simulated time, it may take until all is delivered once faults have stopped.
  static let settlingMax = Duration.seconds(900)

  /// How long a world is watched after the workload when its server's lies end liveness.
  static let watching = Duration.seconds(180)

  /// - Parameter plant: a fault that is built in deliberately, for a checker to find.
  /// - Parameter hasSociety: whether people have several devices and talk in groups.
  package static func run(
    seed: UInt64, hasSociety: Bool = false, keepsTrace: Bool = false, plant: Plant? = nil
  ) -> SimulationReport {
    var world: World
    do {
      world = try World(
        seed: seed, hasSociety: hasSociety, keepsTrace: keepsTrace, plant: plant)
    } catch {
      return SimulationReport(
        seed: seed, options: "", traceHash: "", lines: [], events: 0, messages: 0,
        crashes: (0, 0), deeds: nil, failure: "\(error)")
    }
    var failure: String?
    do {
      try work(&world)
      try settle(&world)
      try fade(&world)
      try world.checkAtTheEnd()
    } catch {
      failure = "\(error)"
    }
    world.countRejoins()
    world.trace.add(world.time, "world", failure == nil ? "held" : "failed", failure ?? "")
    return SimulationReport(
      seed: seed, options: world.options.description, traceHash: world.trace.hashText,
      lines: world.trace.lines + (failure == nil ? [] : world.description()),
      events: world.eventCount,
      messages: world.messageCount, crashes: world.crashCount, deeds: world.society?.deeds,
      failure: failure)
  }

  private static func work(_ world: inout World) throws {
    let end = World.start + workloadMax
    let eventsMax = world.society == nil ? faultyEventsMax : faultyEventsMaxInSociety
    while !world.isWorkDone, world.eventCount < eventsMax {
      if world.now >= end, world.options.lie != nil { return }
      guard world.now < end else {
        throw SimulationFailure.broken("the workload does not come to its end")
      }
      guard try world.step() else {
        throw SimulationFailure.broken("nothing is left to happen, and the work is not done")
      }
      if world.eventCount.isMultiple(of: 256) { try world.checkSafety() }
    }
  }

  private static func settle(_ world: inout World) throws {
    world.calm()
    if world.options.lie?.endsLiveness == true { return try watch(&world) }
    let end = world.now + settlingMax
    var nextCheck = world.now
    var missing: String? = "unknown"
    while missing != nil {
      if world.now >= nextCheck {
        try world.checkSafety()
        missing = try world.whatIsMissing()
        nextCheck = world.now + .seconds(1)
        if missing == nil { return }
      }
      guard world.now < end else {
        throw SimulationFailure.broken("15 minutes after the faults ended: \(missing ?? "")")
      }
      guard try world.step() else {
        missing = try world.whatIsMissing()
        guard let missing else { return }
        throw SimulationFailure.broken("it rests, but \(missing)")
      }
    }
  }
}

extension SimulationRun {
  /// Nothing is demanded but that nothing false is shown.
  private static func watch(_ world: inout World) throws {
    let end = world.now + watching
    var nextCheck = world.now
    while world.now < end, try world.step() {
      guard world.now >= nextCheck else { continue }
      try world.checkSafety()
      nextCheck = world.now + .seconds(1)
    }
  }
}

extension SimulationRun {
  /// All timers run out: everybody has read everything, and nothing of what disappears is left.
  private static func fade(_ world: inout World) throws {
    guard let society = world.society, society.options.timing > 0,
      world.options.lie?.endsLiveness != true
    else { return }
    world.everybodyReads()
    let end = world.now + World.fadingMax
    let readingEnd = world.now + settlingMax
    var nextCheck = world.now
    var left: String? = "unknown"
    while left != nil, world.now < end {
      let isMoving = try world.step()
      guard world.now >= nextCheck || !isMoving else { continue }
      try world.checkSafety()
      left = world.whatIsLeft()
      nextCheck = world.now + .seconds(60)
      if left != nil, world.now < readingEnd {
        world.everybodyReadsWhatCame()
        continue
      }
      guard isMoving else { break }
    }
    if let left { throw SimulationFailure.broken(left) }
    try world.checkSafety()
    try world.checkResidue()
  }
}

extension World {
  /// Everybody is registered and everything was sent.
  var isWorkDone: Bool {
    if let society { return society.isDone }
    return workload.isDone && workload.crossingsAhead == 0
      && people.indices.allSatisfy { workload.isRegistered($0) }
  }

  /// Messages whose `send` was answered.
  var messageCount: Int {
    society?.said.count { $0.isAcknowledged } ?? workload.sent.count { $0.isAcknowledged }
  }

  /// Ends all faults: everybody and everything comes back.
  mutating func calm() {
    trace.add(time, "world", "calm")
    faults.calm()
    clogged = [:]
    partitioned = [:]
    joinHistories()
    for person in people.indices {
      online(person)
      // Whoever is not registered asks now and does not sleep until the time is over.
      let isIn = society?.settled.contains(person) ?? workload.isRegistered(person)
      if !isIn { queue.schedule(.act(person: person), at: now) }
      // Nor does whoever is asked by a stranger.
      if options.asks { queue.schedule(.accept(person: person), at: now) }
    }
  }
}
