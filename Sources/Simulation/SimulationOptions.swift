// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// A probability as a ratio of integers, because a float in a decision may differ by machine.
package struct Ratio: Sendable, CustomStringConvertible {
  package let numerator: UInt64
  package let denominator: UInt64

  /// Never.
  package static let never = Ratio(0, in: 1)

  package init(_ numerator: UInt64, in denominator: UInt64) {
    self.numerator = numerator
    self.denominator = denominator
  }

  package var description: String { numerator == 0 ? "off" : "\(numerator)/\(denominator)" }

  /// Draws.
  package func happens(using generator: inout SeededGenerator) -> Bool {
    numerator > 0 && generator.chance(numerator, in: denominator)
  }
}

/// What one seed turns on, and how much of it: each seed switches some faults off wholly and
/// weights the rest wildly ("swarm"), so that rare combinations are met.
package struct SimulationOptions: Sendable, CustomStringConvertible {
  /// People, each with one device.
  package var people = 2
  /// Messages sent in all.
  package var messages = 20
  /// Longest one-way delay of a frame.
  package var delayMax = Duration.milliseconds(50)
  /// Longest time from a transaction to its fsync on the server.
  package var flushMax = Duration.milliseconds(20)
  /// Longest pause between two things that people do.
  package var pauseMax = Duration.seconds(5)
  /// A frame is lost, and the connection with it.
  package var loss = Ratio.never
  /// A frame from the server arrives twice.
  package var duplication = Ratio.never
  /// A frame from the server is overtaken by later ones.
  package var reorder = Ratio.never
  /// The server crashes: per frame that it takes.
  package var serverCrash = Ratio.never
  /// A client crashes: per batch that it applies, before or after its commit.
  package var clientCrash = Ratio.never
  /// A person goes offline for a while: per thing that people do.
  package var offline = Ratio.never
  /// Both write first, so that two groups meet.
  package var glare = false
  /// Hours pass between two things that people do, so that the commit policy wakes up.
  package var longPause = Ratio.never
  /// One direction of a person's network holds frames back for a while: per frame.
  package var clog = Ratio.never
  /// One direction of a person's network loses all frames for a while: per frame. The other
  /// direction goes on until the connection is given up.
  package var partition = Ratio.never
  /// A frame from the server comes again, long after: per frame.
  package var replay = Ratio.never
  /// The server's disk takes and gives nothing for a while: per flush.
  package var serverDisk = Ratio.never
  /// A client's disk is full or gone for a while: per batch.
  package var clientDisk = Ratio.never
  /// How wrong a clock is at most when a process starts.
  package var skewMax = Duration.zero
  /// How many parts in a million a clock runs too fast or too slowly, at most.
  package var driftMax: Int64 = 0
  /// What the server does to those who trust it.
  package var lie: ServerLie?
  /// Whose device sends what no honest one would; the other two must not notice.
  package var hostile: Int?
  /// After hours of silence both write at the same instant, each with a commit due: per message.
  package var crossing = Ratio.never
  /// People are asked before a stranger reaches them, and accept after a while.
  package var asks = false
  /// What happens where people have several devices and groups; nil: they have neither.
  package private(set) var society: SocietyOptions?
  /// Whether the faults have stopped.
  package private(set) var isCalm = false
  /// How much of that lying.
  package var lying = Ratio.never

  /// No fault at all, and the least delays.
  package init() {}

  /// The options of a seed.
  package init(using generator: inout SeededGenerator) {
    people = generator.chance(1, in: 3) ? 3 : 2
    messages = Int.random(in: 4...30, using: &generator)
    delayMax = .milliseconds(Int.random(in: 1...400, using: &generator))
    flushMax = .milliseconds(Int.random(in: 1...100, using: &generator))
    pauseMax = .milliseconds(Int.random(in: 10...8000, using: &generator))
    loss = SimulationOptions.weight(&generator, from: 200)
    duplication = SimulationOptions.weight(&generator, from: 50)
    reorder = SimulationOptions.weight(&generator, from: 50)
    serverCrash = SimulationOptions.weight(&generator, from: 300)
    clientCrash = SimulationOptions.weight(&generator, from: 100)
    offline = SimulationOptions.weight(&generator, from: 20)
    glare = generator.chance(1, in: 2)
    longPause = SimulationOptions.weight(&generator, from: 30)
    clog = SimulationOptions.weight(&generator, from: 100)
    partition = SimulationOptions.weight(&generator, from: 300)
    replay = SimulationOptions.weight(&generator, from: 50)
    serverDisk = SimulationOptions.weight(&generator, from: 100)
    clientDisk = SimulationOptions.weight(&generator, from: 200)
    let skew = Int64.random(in: 1...SimulationOptions.skewSecondsMax, using: &generator)
    if generator.chance(1, in: 2) { skewMax = .seconds(skew) }
    let drift = Int64.random(in: 1...50_000, using: &generator)
    if generator.chance(1, in: 2) { driftMax = drift }
    let drawn = ServerLie.allCases.randomElement(using: &generator)
    lying = Ratio(1, in: UInt64.random(in: 2...20, using: &generator))
    if generator.chance(1, in: 4) { lie = drawn }
    let person = Int.random(in: 0...2, using: &generator)
    if people == 3, lie == nil, generator.chance(1, in: 2) { hostile = person }
    crossing = SimulationOptions.weight(&generator, from: 6)
    asks = generator.chance(1, in: 3)
  }

  /// Draws what a society adds. The pairs' own hostile member, glare and crossing play no part.
  mutating func draw(societyUsing generator: inout SeededGenerator) {
    let drawn = SocietyOptions(isHonest: lie == nil, using: &generator)
    society = drawn
    people = drawn.devices.reduce(0, +)
    messages = Int.random(in: 10...60, using: &generator)
    hostile = nil
    glare = true
    crossing = .never
  }

  /// A scenario's people have second devices and groups.
  mutating func scriptSociety() {
    society = SocietyOptions()
    people = society?.devices.reduce(0, +) ?? 0
    messages = 0
  }

  /// Two clocks may differ by twice this: the hour by which lifetimes begin early.
  static let skewSecondsMax: Int64 = 1800

  /// Off in half of the seeds, else one in something between `least / 10` and `least * 2`.
  private static func weight(_ generator: inout SeededGenerator, from least: UInt64) -> Ratio {
    let on = generator.chance(1, in: 2)
    let denominator = UInt64.random(in: max(3, least / 10)...least * 2, using: &generator)
    return on ? Ratio(1, in: denominator) : .never
  }

  /// All faults off: what holds after the workload, while liveness is checked.
  package mutating func calm() {
    loss = .never
    duplication = .never
    reorder = .never
    serverCrash = .never
    clientCrash = .never
    offline = .never
    longPause = .never
    crossing = .never
    clog = .never
    partition = .never
    replay = .never
    serverDisk = .never
    clientDisk = .never
    lie = nil
    isCalm = true
  }

  package var description: String {
    """
    people=\(people) messages=\(messages) delay=\(delayMax.inMilliseconds)ms \
    flush=\(flushMax.inMilliseconds)ms pause=\(pauseMax.inMilliseconds)ms loss=\(loss) \
    duplication=\(duplication) reorder=\(reorder) server-crash=\(serverCrash) \
    client-crash=\(clientCrash) offline=\(offline) glare=\(glare) long-pause=\(longPause) \
    clog=\(clog) partition=\(partition) replay=\(replay) server-disk=\(serverDisk) \
    client-disk=\(clientDisk) skew=\(skewMax.inMilliseconds)ms drift=\(driftMax)ppm \
    crossing=\(crossing) hostile=\(hostile.map(String.init) ?? "nobody") \
    server=\(lie.map { "\($0.rawValue) \(lying)" } ?? "honest")\
    \(asks ? " strangers=asked" : "")\(society.map { " \($0)" } ?? "")
    """
  }
}
