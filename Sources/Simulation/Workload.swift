// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// What people do, and what they were promised.
struct Workload: Sendable {
  /// One message that somebody tried to send.
  struct Sent: Sendable {
    let from: Int
    let to: Int
    let number: Int
    let text: String
    /// `send` was answered: it is in the outbox, durable.
    var isAcknowledged = false
  }

  private(set) var sent: [Sent] = []
  /// Numbers of messages that their writers have asked to take back.
  private(set) var takenBack: Set<Int> = []
  private var edits = 0
  private let messagesMax: Int
  var entropy: SeededGenerator
  private var started: Set<Int> = []
  private var registered: Set<Int> = []
  private var asked: [Asked: Int] = [:]

  private struct Asked: Hashable {
    let person: Int
    let token: RequestToken
  }

  init(options: SimulationOptions, entropy: SeededGenerator) {
    messagesMax = options.messages
    self.entropy = entropy
  }

  /// Nothing more will be sent, but what is to cross.
  var isDone: Bool { sent.count >= messagesMax }

  private static let crossingsMax = 4
  private var crossings = 0
  /// How often two people are still to write at once.
  private(set) var crossingsAhead = 0

  mutating func isFirstStart(of person: Int) -> Bool { started.insert(person).inserted }

  func isRegistered(_ person: Int) -> Bool { registered.contains(person) }

  mutating func pause(_ faults: SimulationOptions) -> Duration {
    if faults.longPause.happens(using: &entropy) {
      return .seconds(Int64.random(in: 1800...100_000, using: &entropy))
    }
    return .milliseconds(
      Int64.random(in: 1...max(1, faults.pauseMax.inMilliseconds), using: &entropy))
  }

  /// How long two people are silent before both write at once; long enough for a commit to be due.
  mutating func silence() -> Duration {
    .seconds(Int64.random(in: 4_000...100_000, using: &entropy))
  }

  /// Whether two people will write at once some time; a few times in all.
  mutating func crosses(_ faults: SimulationOptions) -> Bool {
    guard crossings < Workload.crossingsMax, faults.crossing.happens(using: &entropy) else {
      return false
    }
    crossings += 1
    crossingsAhead += 1
    return true
  }

  mutating func crossed() { crossingsAhead -= 1 }

  mutating func takeBack(_ number: Int) { takenBack.insert(number) }

  mutating func nextEdit() -> Int {
    edits += 1
    return edits
  }

  mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &entropy) }

  mutating func draw(_ numerator: UInt64, in denominator: UInt64) -> Bool {
    entropy.chance(numerator, in: denominator)
  }

  /// The next message of a person, to somebody who can be written to.
  mutating func nextMessage(
    from person: Int, among people: Int, glare: Bool, to only: Int? = nil
  ) -> Sent? {
    let others = (0..<people).filter {
      $0 != person && registered.contains($0) && (only == nil || only == $0)
    }
    guard !isDone || only != nil, !others.isEmpty else { return nil }
    // Without glare, the one who comes first in the list writes first.
    let allowed = others.filter { other in
      glare || person < other || sent.contains { $0.from == other && $0.to == person }
    }
    guard let to = allowed.randomElement(using: &entropy) else { return nil }
    let number = sent.count
    let message = Sent(
      from: person, to: to, number: number, text: "\(World.canary) \(person)>\(to) #\(number)")
    sent.append(message)
    return message
  }

  /// What a scenario has somebody write.
  ///
  /// - Returns: the text with the word that all texts contain.
  mutating func ordered(_ text: String, from: Int, to: Int) -> String {
    let message = Sent(
      from: from, to: to, number: sent.count, text: "\(World.canary) \(text)")
    sent.append(message)
    return message.text
  }

  mutating func asked(_ person: Int, _ token: RequestToken, _ request: ClientRequest) {
    switch request {
    case .send: asked[Asked(person: person, token: token)] = sent.count - 1
    case .register: asked[Asked(person: person, token: token)] = -1
    default: break
    }
  }

  mutating func answered(
    _ person: Int, _ token: RequestToken, _ result: Result<ClientAnswer, ClientFailure>
  ) {
    guard let index = asked.removeValue(forKey: Asked(person: person, token: token)) else {
      return
    }
    switch result {
    case .success(.queued) where index >= 0: sent[index].isAcknowledged = true
    case .success(.registered): registered.insert(person)
    case .failure(let failure) where failure.code == .alreadyRegistered:
      registered.insert(person)
    default: break
    }
  }

  /// Whether a registration of this person waits for its answer.
  func isRegistering(_ person: Int) -> Bool {
    asked.contains { $0.key.person == person && $0.value == -1 }
  }

  /// The process died: nobody will answer what it was asked.
  mutating func forget(_ person: Int) {
    asked = asked.filter { $0.key.person != person }
  }
}

extension World {
  /// Stands in every message, so that it can be looked for where it must not be.
  static let canary = "kanarienvogel"

  /// A person does something, and will do something else later.
  mutating func act(_ person: Int) throws {
    if isHostile(person), workload.draw(1, in: 2) { doHarm(person) }
    if people[person].core != nil {
      if !workload.isRegistered(person) {
        if !workload.isRegistering(person) {
          ask(person, .register(address: people[person].address, invite: invite))
        }
      } else if faults.offline.happens(using: &network) {
        goOffline(person)
      } else if workload.draw(1, in: 3) {
        read(person)
      } else if workload.draw(1, in: 4) {
        remark(person)
      } else if let message = workload.nextMessage(
        from: person, among: people.count, glare: options.glare)
      {
        say(message)
        if workload.crosses(faults) {
          queue.schedule(
            .cross(person: person, other: message.to), at: now + workload.silence())
        }
      }
    }
    guard !workload.isDone || !workload.isRegistered(person) else { return }
    queue.schedule(.act(person: person), at: now + workload.pause(faults))
  }

  private mutating func say(_ message: Workload.Sent) {
    trace.add(time, name(message.from), "send", "to=\(name(message.to)) #\(message.number)")
    ask(message.from, .send(address: people[message.to].address, text: message.text))
  }

  /// Both write now, so that their commits meet at the server.
  mutating func cross(_ person: Int, _ other: Int) {
    workload.crossed()
    for (writer, reader) in [(person, other), (other, person)] {
      guard people[writer].core != nil, workload.isRegistered(writer),
        let message = workload.nextMessage(
          from: writer, among: people.count, glare: options.glare, to: reader)
      else { continue }
      say(message)
    }
  }

  private mutating func read(_ person: Int) {
    for other in people.indices where other != person {
      ask(person, .markRead(address: people[other].address, upTo: UInt64.max))
    }
  }
}
