// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import Identity
package import SansIO
import ServerCore
import Wire

/// One seed's world: people with the real client core, a server with the real server core, a
/// network, disks and a clock that jumps from event to event.
package struct World {
  /// When the simulated time begins: 2026-01-01T00:00:00Z.
  package static let start = Instant(milliseconds: 1_767_225_600_000)
  /// The people that there can be.
  static let names = ["alice", "bob", "carol"]
  /// A bound on the events of one run, so that a livelock ends as a failure.
  static let eventsMax = 400_000

  package internal(set) var trace: Trace
  package let options: SimulationOptions
  /// The faults in force: `options` until the workload is done, calm afterwards.
  var faults: SimulationOptions
  var now = World.start
  var queue = EventQueue<SimulationEvent>()
  var people: [SimulatedClient] = []
  var server: SimulatedServer
  var connections: [UInt64: SimulatedConnection] = [:]
  var nextConnection: UInt64 = 1
  var workload: Workload
  let invite: String
  var network: SeededGenerator
  var disk: SeededGenerator
  var crashes: SeededGenerator
  var eventCount = 0
  var crashCount = (server: 0, client: 0)
  /// What the network carried, for the checkers.
  var wire = WireHistory()
  /// What readers were told.
  var reading = ReadingHistory()
  /// Frames of each connection that may come again, the oldest first.
  var carried: [UInt64: [[UInt8]]] = [:]
  /// What a liar has shown before.
  var replayed: [Int: [WireLogEntry]] = [:]
  var welcomed: [Int: [WireInboxEntry]] = [:]
  /// What a hostile member has made for each group.
  var harm: [[UInt8]: [[UInt8]]] = [:]
  /// When each direction of a person's network is free again.
  var clogged: [Link: Instant] = [:]
  var partitioned: [Link: Instant] = [:]
  /// A second server with the same past, while a liar shows two histories.
  var twin: SimulatedServer?
  /// Who is shown the second history.
  var twinned: Set<Int> = []
  /// Whether two histories were ever shown.
  var hasForked = false
  /// Older states of the server's store.
  var snapshots: [InMemoryStore] = []
  var clocks: SeededGenerator
  var lies: SeededGenerator
  /// Who the processes belong to when people have several devices; nil: each is a person.
  var society: Society?
  /// What a scenario has ordered; nil: the options draw what happens.
  var script: WorldScript?
  let plant: Plant?

  /// The world of a seed before its first event.
  ///
  /// - Parameter keepsTrace: whether the text of the trace is kept besides its hash.
  /// - Parameter plant: a fault that is built in deliberately, for a checker to find.
  /// - Parameter hasSociety: whether people have several devices and talk in groups.
  package init(
    seed: UInt64, hasSociety: Bool = false, keepsTrace: Bool = false, plant: Plant? = nil
  ) throws {
    var drawing = SeededGenerator(seed: seed)
    var generator = drawing.split()
    var options = SimulationOptions(using: &generator)
    if hasSociety { options.draw(societyUsing: &generator) }
    try self.init(
      seed: seed, options: options, script: nil,
      keeps: keepsTrace ? .everything : .nothing, plant: plant)
    for person in people.indices { queue.schedule(.boot(person: person), at: now) }
  }

  /// The world of these options; nobody's process runs yet.
  init(
    seed: UInt64, options drawn: SimulationOptions, script ordered: WorldScript?,
    keeps: Trace.Keeping, plant planted: Plant? = nil
  ) throws {
    var root = SeededGenerator(seed: seed)
    _ = root.split()
    options = drawn
    faults = drawn
    script = ordered
    plant = planted
    trace = Trace(keeps: keeps)
    let domain = try ServiceDomain("messenger.example")
    server = SimulatedServer(domain: domain, entropy: root.split(), plant: planted)
    network = root.split()
    disk = root.split()
    crashes = root.split()
    var keys = root.split()
    guard
      let host = ServerHost(uriText: "127.0.0.1"), let pin = Fingerprint(keys.bytes(32)),
      let serverKey = SignaturePublicKey(keys.bytes(32))
    else { throw SimulationFailure.broken("the invite link's parts are malformed") }
    invite = try InviteLink(
      host: host, port: 443, domain: domain, certificatePin: pin, serverKey: serverKey
    ).description
    workload = Workload(options: options, entropy: root.split())
    let addresses =
      options.society?.addresses ?? World.names.prefix(options.people).map(World.address)
    for address in addresses {
      people.append(
        SimulatedClient(
          address: address, entropy: root.split(), asks: options.asks, plant: planted))
    }
    clocks = root.split()
    lies = root.split()
    if let drawn = options.society {
      society = Society(options: drawn, messages: options.messages)
    }
    trace.add(0, "world", "options", options.description)
    server.start(at: now, skew: skew())
  }

  /// Milliseconds since the start, as the trace shows them.
  var time: Int64 { now.milliseconds - World.start.milliseconds }

  func name(_ person: Int) -> String {
    society?.name(of: person) ?? String(people[person].address.prefix { $0 != "@" })
  }

  /// The address of whoever bears a name.
  static func address(_ name: String) -> String { "\(name)@messenger.example" }

  /// Lets the next event happen; false when there is none.
  mutating func step() throws -> Bool {
    guard let (instant, event) = queue.next() else { return false }
    now = max(now, instant)
    eventCount += 1
    guard eventCount <= World.eventsMax else { throw SimulationFailure.tooManyEvents }
    switch event {
    case .act(let person): if society == nil { try act(person) } else { actInSociety(person) }
    case .cross(let person, let other): cross(person, other)
    case .accept(let person): acceptAll(person)
    case .run(let person, let life): try run(person, life: life)
    case .alarm(let person, let life): try alarm(person, life: life)
    case .boot(let person): boot(person)
    case .online(let person): online(person)
    case .arrive(let connection): arrive(connection)
    case .toServer(let connection, let frame): deliver(frame, toServerOn: connection)
    case .toClient(let connection, let frame): deliver(frame, toClientOn: connection)
    case .lostAtServer(let connection): lose(atServer: connection)
    case .lostAtClient(let connection, let reason): lose(atClient: connection, reason)
    case .flush(let life): flush(life: life)
    case .serverBoot: bootServer()
    case .serverAlarm(let life): alarmServer(life: life)
    }
    return true
  }
}

/// Why a run failed.
package enum SimulationFailure: Error, CustomStringConvertible {
  case tooManyEvents
  case store(ClientStoreFailure)
  case broken(String)

  package var description: String {
    switch self {
    case .tooManyEvents: "more than \(World.eventsMax) events: it does not come to rest"
    case .store(let failure): "a client's store failed: \(failure)"
    case .broken(let what): what
    }
  }
}
