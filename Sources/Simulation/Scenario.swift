// SPDX-License-Identifier: Apache-2.0

/// A small scripted world as a text file: steps, a line `---`, and the trace that they lead to.
package struct Scenario: Sendable {
  /// A step and the line in which it stands, from 1.
  struct Line: Equatable, Sendable {
    let number: Int
    let text: String
    let step: ScenarioStep
  }

  /// The file's name, as failures name it.
  package let file: String
  let lines: [Line]
  /// The trace that is expected.
  package let golden: [String]
  /// Everything down to the line `---`.
  private let head: [String]

  /// Steps of one scenario: it is read by people.
  private static let stepsMax = 200

  /// Takes the text of a file.
  package init(file: String, text: String) throws(ScenarioFailure) {
    var all = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if all.last == "" { all.removeLast() }
    guard let mark = all.firstIndex(of: Self.mark) else {
      throw ScenarioFailure(file: file, line: all.count, reason: .noTrace)
    }
    var lines: [Line] = []
    var texts: Set<String> = []
    for (index, text) in all[..<mark].enumerated() where !text.isEmpty && !text.hasPrefix("#") {
      do throws(ScenarioFailure.Reason) {
        let step = try ScenarioStep(line: text)
        try Self.check(step, after: lines)
        switch step {
        case .write(_, _, let said), .social(_, .say(let said, _)):
          guard texts.insert(said).inserted else { throw .repeatedText }
        default: break
        }
        guard lines.count < Self.stepsMax else { throw .tooManySteps }
        lines.append(Line(number: index + 1, text: text, step: step))
      } catch {
        throw ScenarioFailure(file: file, line: index + 1, reason: error)
      }
    }
    self.file = file
    self.lines = lines
    golden = Array(all[(mark + 1)...])
    head = Array(all[...mark])
  }

  /// The file's text with another trace.
  package func text(with trace: [String]) -> String {
    (head + trace).joined(separator: "\n") + "\n"
  }

  /// What the server is, by the steps that it takes.
  var lie: ServerLie? { lines.lazy.compactMap(\.step.lie).first }

  /// Whether its people have second devices or groups.
  var hasSociety: Bool {
    lines.contains { line in
      switch line.step {
      case .link, .social: true
      default: false
      }
    }
  }

  /// What one step may not be after others.
  private static func check(
    _ step: ScenarioStep, after lines: [Line]
  ) throws(ScenarioFailure.Reason) {
    if let lie = step.lie, let other = lines.lazy.compactMap(\.step.lie).first, other != lie {
      throw .twoLies
    }
    if case .returnToCopy = step, !lines.contains(where: { $0.step == .copy }) { throw .noCopy }
    if case .register(let person) = step {
      guard person < World.names.count else { throw .outOfOrder }
      guard !lines.contains(where: { $0.step == step }) else { throw .registeredTwice }
      let known = lines.count { if case .register = $0.step { true } else { false } }
      guard person == known else { throw .outOfOrder }
      return
    }
    if case .link(let device) = step {
      guard device >= World.names.count else { throw .registeredTwice }
      guard !lines.contains(where: { $0.step == step }) else { throw .registeredTwice }
      let first = device - World.names.count
      guard lines.contains(where: { $0.step == .register(first) }) else {
        throw .notRegistered(World.names[first])
      }
      return
    }
    let known = lines.map(\.step)
    for person in step.people
    where !known.contains(.register(person)) && !known.contains(.link(person)) {
      throw .notRegistered(World.names[person % World.names.count])
    }
    if case .social(_, let deed) = step, let group = deed.group {
      let isMade = known.contains { step in
        if case .social(_, .make(group, _)) = step { true } else { false }
      }
      guard isMade else { throw .unknownGroup(group) }
    }
    if case .write(let person, let other, _) = step, person == other { throw .toOneself }
    if case .read(let person, let other) = step, person == other { throw .toOneself }
    if case .type(let person, let other) = step, person == other { throw .toOneself }
    if case .show(let person, let other) = step, person == other { throw .toOneself }
  }

  private static let mark = "---"
}

/// Why a scenario cannot be taken, and where.
package struct ScenarioFailure: Error, Equatable, CustomStringConvertible {
  /// What is wrong with a line.
  package enum Reason: Error, Equatable {
    case unknownStep
    case unknownPerson(String)
    case notRegistered(String)
    case unknownGroup(String)
    case registeredTwice
    /// People register in the order alice, bob, carol.
    case outOfOrder
    case toOneself
    case badNumber
    case badDuration
    /// Each text names one message.
    case repeatedText
    /// One scenario, one kind of lie.
    case twoLies
    case noCopy
    case tooManySteps
    /// No line `---` separates the steps from the trace.
    case noTrace
  }

  package let file: String
  package let line: Int
  package let reason: Reason

  package init(file: String, line: Int, reason: Reason) {
    self.file = file
    self.line = line
    self.reason = reason
  }

  package var description: String { "\(file):\(line): \(reason)" }
}
