// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// Random lives of two people, their clocks and their crashes, what they keep and let go, against
/// the rules of timers.md in their plainest form.
@Suite struct TimerModelTests {
  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func sameAsTheModel(seed: UInt64) throws {
    var run = TimerRun(seed: seed, world: try World.registered(["alice", "bob"], seed: seed))
    for round in 0..<40 {
      try run.step()
      let wrong = try run.compare()
      #expect(wrong.isEmpty, "seed \(seed), round \(round): \(wrong.joined(separator: "; "))")
      if !wrong.isEmpty { return }
    }
    let unheard = run.finish()
    #expect(unheard.isEmpty, "seed \(seed): \(unheard.joined(separator: "; "))")
    try run.world.checkAll()
    #expect(run.sentCount > 0)
  }
}

/// What one side should have of a message.
private struct ModelCopy {
  let text: String
  let timer: MessageTimer
  let own: Bool
  /// How much time is left, and when that was noted; `nil` before the time begins.
  var left: (time: Duration, at: Instant)?
  var isGone = false
  var isRead = false
  /// Its author lets it be kept, as far as this side has heard. Time passes all the same.
  var isKept = false

  /// Time passes, or the clock is set: nothing is gained by setting it back.
  mutating func look(at now: Instant) {
    guard !isGone, let left else { return }
    let passed = max(.zero, now - left.at)
    if passed >= left.time {
      isGone = !isKept
    } else if now < left.at {
      self.left = (left.time, now)
    }
  }

  /// Arrivals are noted up to a step late.
  func isEnding(at now: Instant) -> Bool {
    guard !isGone, !isKept, let left else { return false }
    return left.time - (now - left.at) < .milliseconds(500)
  }

  mutating func arrive(acceptedAt: Instant, now: Instant) {
    let exists = timer.existsSeconds.map { Duration.seconds($0) }
    var time = exists ?? .seconds(14 * 86_400)
    if own, let visible = timer.visibleSeconds { time = min(time, .seconds(visible)) }
    let passed = max(.zero, now - acceptedAt)
    left = (max(.zero, time - passed), now)
    look(at: now)
  }

  mutating func read(at now: Instant) {
    look(at: now)
    guard !isGone, !own, !isRead else { return }
    isRead = true
    if timer.once { isGone = true }
    guard let visible = timer.visibleSeconds, let left else { return }
    var time = Duration.seconds(visible)
    if timer.existsSeconds != nil { time = min(time, left.time - (now - left.at)) }
    self.left = (time, now)
  }
}

private struct TimerRun {
  var random: SeededGenerator
  var world: World
  /// By client, in the order of sending.
  var copies: [[[UInt8]: ModelCopy]] = [[:], [:]]
  var sentCount = 0
  /// Who sent what, and the author's last word on keeping it.
  var sent: [(id: [UInt8], author: Int)] = []
  var words: [[UInt8]: Bool] = [:]
  /// What was wrong as it happened.
  var mistakes: [String] = []
  /// Who is awake and on the network.
  var isOnline = [true, true]

  init(seed: UInt64, world: World) {
    random = SeededGenerator(seed: seed)
    self.world = world
  }

  private mutating func person() -> Int { random.chance(1, in: 2) ? 0 : 1 }

  mutating func step() throws {
    switch Int.random(in: 0..<13, using: &random) {
    case 0, 1, 2: try send(person())
    case 3, 4: try read(person())
    case 5: setOnline(person())
    case 6: setClock(by: -Int64.random(in: 1...200_000, using: &random))
    case 7: setClock(by: Int64.random(in: 1...20_000, using: &random))
    case 8: world.restart(person())
    case 10, 11: decide(person(), keeping: true)
    case 12: decide(person(), keeping: false)
    default: break
    }
    settle()
  }

  /// A clock that is set back is noticed by the next thing that a core does.
  private mutating func setClock(by seconds: Int64) {
    world.now = world.now + .seconds(seconds)
    for index in 0..<2 { world.apply([.tick], to: index) }
    for index in 0..<2 { note(index) }
  }

  private mutating func send(_ from: Int) throws {
    let texts = ["5s", "1m", "1h", "exists:1m", "5s+exists:1h", "once", "once+exists:1h", "4w"]
    guard let timer = MessageTimer(texts[Int.random(in: 0..<texts.count, using: &random)]) else {
      throw ClientFailure(.badRequest, "no timer")
    }
    let text = "text \(sentCount)"
    sentCount += 1
    let token = world.begin(
      from, .sendTimed(address: world.clients[1 - from].address, text: text, timer: timer))
    guard case .success(.queued(let id)) = world.clients[from].answers[token] else {
      throw ClientFailure(.timeout, "not queued")
    }
    copies[from][id] = ModelCopy(text: text, timer: timer, own: true)
    sent.append((id, from))
  }

  /// An author's word holds at once for the own copy; what others want changes nothing.
  private mutating func decide(_ index: Int, keeping: Bool) {
    guard let (id, author) = sent.randomElement(using: &random) else { return }
    let other = world.clients[1 - index].address
    let token = world.begin(
      index,
      .keep(
        keeping
          ? .keep(address: other, messageID: id) : .unkeep(address: other, messageID: id)))
    guard author == index, var copy = copies[index][id] else { return }
    copy.look(at: world.now)
    var isDone = false
    if case .success = world.clients[index].answers[token] { isDone = true }
    if !copy.isEnding(at: world.now) {
      if isDone, copy.isGone { mistakes.append("\(copy.text) is gone and was kept") }
      if keeping, !isDone, !copy.isGone, !copy.timer.once {
        mistakes.append("\(copy.text) is there and cannot be kept")
      }
    }
    if isDone {
      words[id] = keeping
      copy.isKept = keeping
      copy.look(at: world.now)
    }
    copies[index][id] = copy
  }

  /// What the author says about a message has come to the other side.
  private mutating func noteWord(_ index: Int, _ line: MessageRow) {
    guard !line.own, var copy = copies[index][line.messageID] else { return }
    let row = world.clients[index].store.committed.timer(seq: line.seq)
    let isKept = row?.isKept ?? false
    guard isKept != copy.isKept else { return }
    if isKept, words.index(forKey: line.messageID) == nil {
      mistakes.append("\(copy.text) is kept, and nobody said so")
    }
    if isKept, copy.isGone { mistakes.append("\(copy.text) came back") }
    copy.isKept = isKept
    copies[index][line.messageID] = copy
  }

  /// Everybody comes back, and hears the last word on everything that is there.
  mutating func finish() -> [String] {
    for index in 0..<2 {
      if !isOnline[index] { setOnline(index) }
      world.restart(index)
    }
    world.settle(for: .seconds(180))
    for index in 0..<2 { note(index) }
    for (id, author) in sent {
      guard let copy = copies[1 - author][id], !copy.isGone,
        copy.isKept != (words[id] ?? false), !copy.isEnding(at: world.now)
      else { continue }
      mistakes.append("\(copy.text): the last word was not heard")
    }
    return mistakes
  }

  private mutating func read(_ index: Int) throws {
    let other = world.clients[1 - index].address
    let token = world.begin(index, .history(address: other, limit: 1_000, before: nil))
    guard case .success(.history(let lines)) = world.clients[index].answers[token] else { return }
    let shown = lines.filter { !$0.own && ($0.kind == .text || $0.kind == .once) }.map(\.text)
    for id in copies[index].keys { copies[index][id]?.look(at: world.now) }
    let others = copies[index].values.filter { !$0.own }
    let unclear = Set(others.filter { $0.isEnding(at: world.now) }.map(\.text))
    let expected = others.filter { !$0.isGone }.map(\.text)
    guard Set(shown).subtracting(unclear) == Set(expected).subtracting(unclear) else {
      throw ClientFailure(.internalFailure, "\(index) shows \(shown), and not \(expected)")
    }
    for id in copies[index].keys { copies[index][id]?.read(at: world.now) }
  }

  private mutating func setOnline(_ index: Int) {
    isOnline[index].toggle()
    world.setOnline(isOnline[index], index)
  }

  /// Lets things arrive, in steps so small that the model sees each arrival when it happens.
  private mutating func settle() {
    for _ in 0..<40 {
      world.settle(for: .milliseconds(100))
      for index in 0..<2 { note(index) }
    }
  }

  /// What the store has got or confirmed in this moment.
  private mutating func note(_ index: Int) {
    for line in world.lines(index, with: 1 - index) where !line.messageID.isEmpty {
      if line.own {
        guard var copy = copies[index][line.messageID], copy.left == nil,
          line.state.hasReached(.stored)
        else { continue }
        copy.arrive(acceptedAt: world.now, now: world.now)
        copies[index][line.messageID] = copy
      } else if copies[index][line.messageID] == nil,
        let sent = copies[1 - index][line.messageID]
      {
        var copy = ModelCopy(text: sent.text, timer: sent.timer, own: false)
        copy.arrive(acceptedAt: line.at, now: world.now)
        copies[index][line.messageID] = copy
      }
      noteWord(index, line)
    }
    for id in copies[index].keys { copies[index][id]?.look(at: world.now) }
  }

  /// What is wrong. Arrivals are seen up to a step late, so nothing is said within that of an end.
  mutating func compare() throws -> [String] {
    var wrong = mistakes
    for index in 0..<2 {
      world.apply([.tick], to: index)
      let lines = world.lines(index, with: 1 - index)
      for line in lines {
        guard var copy = copies[index][line.messageID] else { continue }
        copy.look(at: world.now)
        if copy.isEnding(at: world.now) { continue }
        let isHere = line.kind == .text || line.kind == .once
        if isHere == copy.isGone {
          wrong.append("\(index): \(copy.text) (\(copy.timer)) is \(line.kind.rawValue)")
        }
        if line.kind == .expired, !line.text.isEmpty || !line.content.isEmpty {
          wrong.append("\(index): \(copy.text) is expired and there")
        }
      }
      let waiting = world.clients[index].store.committed.timerRows
        .filter { !$0.isKept }
      if let due = waiting.compactMap(\.deadline).min(), due <= world.now {
        wrong.append("\(index): a deadline has passed")
      }
    }
    return wrong
  }
}
