// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// One thing that a scenario has happen. People are numbers in the list of `World.names`; their
/// second devices come after all first ones.
enum ScenarioStep: Equatable, Sendable {
  /// A person's process starts for the first time and makes the account.
  case register(Int)
  case write(from: Int, to: Int, text: String)
  /// A person begins to type to another.
  case type(from: Int, to: Int)
  /// A person has looked at all that another one wrote.
  case read(Int, of: Int)
  /// A person's process ends.
  case stop(Int)
  /// It begins anew from its store.
  case start(Int)
  case offline(Int)
  case online(Int)
  /// All connections of a person break.
  case cut(Int)
  /// The process dies at its next batch, before or after the transaction.
  case clientDies(Int, committed: Bool)
  case clientDiskFails(Int, Duration, isFull: Bool)
  /// The server's process dies at its next write and keeps it or not.
  case serverDies(keepsPending: Bool)
  case serverDiskFails(Duration)
  /// The next entries that a person would get are never shown to them.
  case withhold(Int, from: Int)
  /// The next frame with several entries has them the wrong way round.
  case reorder(Int)
  /// A person gets an old entry again, under the next number.
  case replay(entry: UInt64, to: Int)
  /// Signals to a person are kept from now on.
  case keepSignals(from: Int)
  /// A person gets all signals that there were, in their order, also those that they had.
  case giveSignals(to: Int)
  /// The server's store is put aside as it is.
  case copy
  /// The server starts again from what was put aside.
  case returnToCopy
  /// A person is shown a history of their own.
  case fork(Int)
  /// Everybody is shown the first history.
  case join
  case advance(Duration)
  /// A second device's process starts for the first time and comes into its account.
  case link(Int)
  /// What people with several devices and groups do.
  case social(Int, SocialDeed)
  /// What a person's conversation with another looks like.
  case show(Int, with: Int)

  /// What this makes of the server.
  var lie: ServerLie? {
    switch self {
    case .withhold: .withholds
    case .reorder: .reorders
    case .replay, .keepSignals, .giveSignals: .replays
    case .copy, .returnToCopy: .rollsBack
    case .fork, .join: .equivocates
    case .register, .write, .type, .read, .stop, .start, .offline, .online, .cut, .clientDies,
      .clientDiskFails,
      .serverDies, .serverDiskFails, .advance, .link, .social, .show:
      nil
    }
  }

  /// Everybody who is named.
  var people: [Int] {
    switch self {
    case .register(let person), .stop(let person), .start(let person), .offline(let person),
      .online(let person), .cut(let person),
      .clientDies(let person, _), .clientDiskFails(let person, _, _), .withhold(_, let person),
      .reorder(let person), .replay(_, let person), .keepSignals(let person),
      .giveSignals(let person), .fork(let person), .link(let person):
      [person]
    case .social(let person, let deed): [person] + deed.people
    case .write(let person, let other, _), .type(let person, let other),
      .read(let person, let other),
      .show(let person, let other):
      [person, other]
    case .serverDies, .serverDiskFails, .copy, .returnToCopy, .join, .advance: []
    }
  }
}

extension ScenarioStep {
  /// Takes a line that is neither empty nor a comment.
  init(line: String) throws(ScenarioFailure.Reason) {
    if let arrow = line.firstRange(of: " -> "), let colon = line.firstRange(of: ": "),
      arrow.upperBound <= colon.lowerBound, colon.upperBound < line.endIndex
    {
      let writer = try Self.person(line[..<arrow.lowerBound])
      let text = String(line[colon.upperBound...])
      let place = line[arrow.upperBound..<colon.lowerBound]
      if let reader = Self.number(of: place) {
        self = .write(from: writer, to: reader, text: text)
      } else {
        self = .social(writer, .say(text, in: String(place)))
      }
      return
    }
    let words = line.split(separator: " ")
    let step: ScenarioStep? =
      switch words.first {
      case "register" where words.count == 2: .register(try Self.person(words[1]))
      case "cut" where words.count == 2: .cut(try Self.person(words[1]))
      case "link" where words.count == 2: .link(try Self.person(words[1]))
      case "show" where words.count == 3:
        if let other = Self.number(of: words[2]) {
          .show(try Self.person(words[1]), with: other)
        } else {
          .social(try Self.person(words[1]), .show(String(words[2])))
        }
      case "advance" where words.count == 3: .advance(try Self.duration(words[1], words[2]))
      case "server": try Self.server(Array(words.dropFirst()))
      default: try Self.person(of: words)
      }
    guard let step else { throw .unknownStep }
    self = step
  }

  private static func server(
    _ words: [Substring]
  ) throws(ScenarioFailure.Reason) -> ScenarioStep? {
    switch words.joined(separator: " ") {
    case "dies at its next write, dropping it": return .serverDies(keepsPending: false)
    case "dies at its next write, keeping it": return .serverDies(keepsPending: true)
    case "puts a copy aside": return .copy
    case "returns to the copy": return .returnToCopy
    case "joins the histories": return .join
    default: break
    }
    switch words.first {
    case "disk" where words.count == 4 && words[1] == "fails":
      return .serverDiskFails(try duration(words[2], words[3]))
    case "withholds" where words.count == 4 && words[2] == "from":
      guard let count = Int(words[1]), (1...entriesMax).contains(count) else {
        throw .badNumber
      }
      return .withhold(count, from: try person(words[3]))
    case "reorders" where words.count == 3 && words[1] == "for":
      return .reorder(try person(words[2]))
    case "replays" where words.count == 4 && words[2] == "to":
      guard let entry = UInt64(words[1]), entry > 0 else { throw .badNumber }
      return .replay(entry: entry, to: try person(words[3]))
    case "keeps" where words.count == 4 && words[1...2] == ["signals", "from"]:
      return .keepSignals(from: try person(words[3]))
    case "gives" where words.count == 4 && words[1...2] == ["signals", "to"]:
      return .giveSignals(to: try person(words[3]))
    case "forks" where words.count == 3 && words[1] == "for":
      return .fork(try person(words[2]))
    default: return nil
    }
  }

  /// What begins with a person's name.
  private static func person(
    of words: [Substring]
  ) throws(ScenarioFailure.Reason) -> ScenarioStep? {
    guard words.count > 1 else { return nil }
    switch words.dropFirst().joined(separator: " ") {
    case "stops": return .stop(try person(words[0]))
    case "starts": return .start(try person(words[0]))
    case "offline": return .offline(try person(words[0]))
    case "online": return .online(try person(words[0]))
    case "dies before its next commit":
      return .clientDies(try person(words[0]), committed: false)
    case "dies after its next commit":
      return .clientDies(try person(words[0]), committed: true)
    default: break
    }
    switch words[1] {
    case "types" where words.count == 4 && words[2] == "to":
      return .type(from: try person(words[0]), to: try person(words[3]))
    case "reads" where words.count == 3:
      return .read(try person(words[0]), of: try person(words[2]))
    case "disk" where words.count == 5 && words[2] == "full":
      return .clientDiskFails(try person(words[0]), try duration(words[3], words[4]), isFull: true)
    case "disk" where words.count == 5 && words[2] == "fails":
      return .clientDiskFails(try person(words[0]), try duration(words[3], words[4]), isFull: false)
    default:
      guard let deed = try SocialDeed(words) else { return nil }
      return .social(try person(words[0]), deed)
    }
  }

  static func person(_ word: Substring) throws(ScenarioFailure.Reason) -> Int {
    guard let person = number(of: word) else { throw .unknownPerson(String(word)) }
    return person
  }

  /// Whom a word names; nil: nobody.
  private static func number(of word: Substring) -> Int? {
    guard word.hasSuffix(".2") else { return World.names.firstIndex(of: String(word)) }
    return World.names.firstIndex(of: String(word.dropLast(2))).map { $0 + World.names.count }
  }

  private static func duration(
    _ number: Substring, _ unit: Substring
  ) throws(ScenarioFailure.Reason) -> Duration {
    let units: [(names: [Substring], milliseconds: Int64)] = [
      (["ms"], 1), (["second", "seconds"], 1000), (["minute", "minutes"], 60_000),
      (["hour", "hours"], 3_600_000), (["day", "days"], 86_400_000),
    ]
    guard let unit = units.first(where: { $0.names.contains(unit) }),
      let count = Int64(number), (1...durationMax / unit.milliseconds).contains(count)
    else { throw .badDuration }
    return .milliseconds(count * unit.milliseconds)
  }

  /// More than any log of a scenario has.
  private static let entriesMax = 1000
  /// A year and a month: beyond every retention and lifetime.
  private static let durationMax: Int64 = 400 * 86_400_000
}
