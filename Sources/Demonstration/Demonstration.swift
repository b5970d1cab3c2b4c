// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO
import ServerCore

/// A play of three people, with the real cores of client and server and no network: what is said,
/// and beside it what the server has of it. Everything is in memory and ends with the value.
public struct Demonstration {
  /// One thing that happens.
  public struct Step: Hashable, Sendable {
    /// Who does it; empty for what happens by itself.
    public let who: String
    /// What is done, as one word: `says`, `reacts`, `changes`, …
    public let deed: String
    /// What people read.
    public let text: String
    /// Sealed bytes that the server stored for it.
    public let storedBytes: Int
    /// Log entries that it stored for it.
    public let entries: Int
  }

  /// What the server could see, at the end.
  public struct ServerSight: Hashable, Sendable {
    /// The addresses of the accounts.
    public let addresses: [String]
    /// How many logs there are, whosever they are.
    public let logs: Int
    /// How many sealed entries they have.
    public let entries: Int
    /// Bytes of all that was handed in and stored.
    public let bytes: Int
    /// Texts and names that people used.
    public let looked: Int
    /// How many of them stand anywhere in those bytes.
    public let found: Int
    /// The beginning of one entry.
    public let sample: [UInt8]
    /// Whether each of the three sees the same group epoch and safety numbers agree.
    public let numbersAgree: Bool
  }

  private static let names = ["alice", "bob", "carol"]
  private static let group = "Sunday hike"

  private var world: DemonstrationWorld
  private var secrets: [String] = [Self.group]
  private var reference = ""
  private var messages: [String: [UInt8]] = [:]
  private var act = 0

  /// Three people with accounts, at a time in milliseconds since 1970.
  ///
  /// - Throws: a `ClientFailure`, which only a mistake of this program can cause.
  public init(seed: UInt64, startingAt milliseconds: Int64) throws {
    world = try DemonstrationWorld(
      Self.names, seed: seed, at: Instant(milliseconds: milliseconds))
  }

  /// Plays the next step; `nil` at the end.
  ///
  /// - Throws: a `ClientFailure`, which only a mistake of this program can cause.
  public mutating func next() throws -> Step? {
    defer { act += 1 }
    let (alice, bob, carol) = (0, 1, 2)
    switch act {
    case 0: return try say("Is this line private?", from: alice, to: world.address(of: bob))
    case 1:
      return try say(
        "See for yourself: the server's sight is beside it.", from: bob,
        to: world.address(of: alice))
    case 2:
      return try step(alice, "makes a group", "\(Self.group), with bob and carol") { world in
        let addresses = [world.address(of: bob), world.address(of: carol)]
        let answer = try world.ask(
          alice, .createRoom(name: Self.group, addresses: addresses))
        if case .reference(let text) = answer { return (text, nil) }
        return (nil, nil)
      }
    case 3: return try say("Who brings the map?", from: carol, to: reference, as: "map")
    case 4: return try react("👍", from: bob, to: "map")
    case 5:
      return try say(
        "We meat at nine, at the old bridge.", from: alice, to: reference,
        as: "bridge")
    case 6:
      return try change("We meet at nine, at the old bridge.", from: alice, of: "bridge")
    case 7:
      return try say(
        "The gate code is 4711. Forget it soon.", from: bob, to: reference,
        timer: "5m")
    case 8:
      let read = try world.history(carol, reference).contains { $0.text.contains("4711") }
      return try step(carol, "reads", read ? "the gate code" : "nothing") { world in
        _ = try world.history(alice, try Self.reference(&world, alice))
        return (nil, nil)
      }
    case 9:
      return try step(nil, "five minutes pass", "the gate code is gone from every device") {
        world in
        world.pass(.seconds(330))
        for index in [alice, bob, carol] {
          let reference = try Self.reference(&world, index)
          let lines = try world.history(index, reference)
          guard !lines.contains(where: { $0.text.contains("4711") }) else {
            throw ClientFailure(.internalFailure, "A message did not disappear.")
          }
        }
        return (nil, nil)
      }
    default: return nil
    }
  }

  /// What the server had and was handed, looked through for everything that people said.
  public mutating func serverSight() throws -> ServerSight {
    let view = world.view
    let entries = view.logs.flatMap { $0 }
    let blobs = entries.map(\.body) + view.others + world.received
    let found = secrets.filter { secret in blobs.contains { $0.holds(Array(secret.utf8)) } }
    var numbers: [String] = []
    for (own, peer) in [(0, 1), (1, 0)] {
      let request = ClientRequest.safetyNumber(address: world.address(of: peer))
      if case .safetyNumber(let report) = try world.ask(own, request) {
        numbers.append(report.digits)
      }
    }
    return ServerSight(
      addresses: view.addresses, logs: view.logs.count, entries: entries.count,
      bytes: blobs.reduce(0) { $0 + $1.count }, looked: secrets.count, found: found.count,
      sample: Array((entries.last?.body ?? []).prefix(24)),
      numbersAgree: numbers.count == 2 && numbers[0] == numbers[1])
  }
}

extension Demonstration {
  private typealias Outcome = (reference: String?, messageID: [UInt8]?)

  private static func reference(
    _ world: inout DemonstrationWorld, _ index: Int
  ) throws -> String {
    guard case .reference(let text) = try world.ask(index, .resolve(group)) else {
      throw ClientFailure(.internalFailure, "The group has no reference.")
    }
    return text
  }

  /// Does something, and looks at how the server's store has grown by it.
  private mutating func step(
    _ index: Int?, _ deed: String, _ text: String, as name: String? = nil,
    _ body: (inout DemonstrationWorld) throws -> Outcome
  ) throws -> Step {
    let before = world.view
    let outcome = try body(&world)
    world.pass(.seconds(5))
    let after = world.view
    if let reference = outcome.reference { self.reference = reference }
    if let name { messages[name] = outcome.messageID }
    let count = { (view: ServerView) in view.logs.reduce(0) { $0 + $1.count } }
    let bytes = { (view: ServerView) in
      view.logs.reduce(0) { $0 + $1.reduce(0) { $0 + $1.body.count } }
    }
    return Step(
      who: index.map { Self.names[$0] } ?? "", deed: deed, text: text,
      storedBytes: max(0, bytes(after) - bytes(before)),
      entries: max(0, count(after) - count(before)))
  }

  private mutating func say(
    _ text: String, from index: Int, to address: String, timer: String? = nil,
    as name: String? = nil
  ) throws -> Step {
    secrets.append(text)
    let request: ClientRequest
    if let timer = timer.flatMap({ MessageTimer($0) }) {
      request = .sendTimed(address: address, text: text, timer: timer)
    } else {
      request = .send(address: address, text: text)
    }
    let deed = timer.map { "says, for \($0)" } ?? "says"
    return try step(index, deed, text, as: name) { world in
      guard case .queued(let id) = try world.ask(index, request) else { return (nil, nil) }
      return (nil, id)
    }
  }

  private mutating func react(
    _ reaction: String, from index: Int, to name: String
  ) throws -> Step {
    let (address, id) = (reference, messages[name] ?? [])
    return try step(index, "reacts", reaction) { world in
      _ = try world.ask(
        index, .react(address: address, messageID: id, reaction: reaction, removing: false))
      return (nil, nil)
    }
  }

  private mutating func change(
    _ text: String, from index: Int, of name: String
  ) throws -> Step {
    secrets.append(text)
    let (address, id) = (reference, messages[name] ?? [])
    return try step(index, "changes it", text) { world in
      _ = try world.ask(index, .edit(address: address, messageID: id, text: text))
      return (nil, nil)
    }
  }
}

extension [UInt8] {
  /// Whether these bytes stand anywhere in it.
  fileprivate func holds(_ part: [UInt8]) -> Bool {
    guard let first = part.first, count >= part.count else { return false }
    for start in 0...(count - part.count) where self[start] == first {
      if self[start..<(start + part.count)].elementsEqual(part) { return true }
    }
    return false
  }
}
