// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore

/// Random lives of two people, one of them with two devices, who change their timer while some are
/// away, crash, and set their clocks: against the rules of timers.md in their plainest form.
@Suite struct PairTimerModelTests {
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func nothingIsLengthenedWithoutBoth(seed: UInt64) throws {
    var run = PairTimerRun(seed: seed, world: try LinkTests.linked(seed: seed))
    try run.begin()
    for round in 0..<30 {
      try run.step()
      let wrong = try run.compare()
      #expect(wrong.isEmpty, "seed \(seed), round \(round): \(wrong.joined(separator: "; "))")
      if !wrong.isEmpty { return }
    }
    let wrong = try run.end()
    #expect(wrong.isEmpty, "seed \(seed), end: \(wrong.joined(separator: "; "))")
    try run.world.checkAll()
    #expect(run.changes > 0)
  }
}

/// What two people have agreed on, when nobody is away: one value, and one that waits.
private struct PairModel {
  var timer: MessageTimer?
  /// By whom, and what.
  var proposal: (by: Int, timer: MessageTimer?)?

  private func isShorter(_ wanted: MessageTimer?) -> Bool {
    wanted.map { MessageTimer.combined($0, timer) == $0 } ?? (timer == nil)
  }

  mutating func want(_ wanted: MessageTimer?, by person: Int) {
    guard wanted != timer else { return }
    let isMet = proposal.map { $0.by != person && $0.timer == wanted } ?? false
    if isShorter(wanted) || isMet {
      (timer, proposal) = (wanted, nil)
    } else {
      proposal = (person, wanted)
    }
  }

  mutating func answer(_ accepting: Bool, by person: Int) {
    guard let waiting = proposal, !accepting || waiting.by != person else { return }
    if accepting { timer = waiting.timer }
    proposal = nil
  }
}

private struct PairTimerRun {
  /// Alice has the first and the last device.
  static let owners = [0, 1, 0]
  static let choices: [MessageTimer?] = [
    nil, MessageTimer("1m"), MessageTimer("1h"), MessageTimer("1w"), MessageTimer("exists:1w"),
    MessageTimer("1h+exists:1w"),
  ]

  var random: SeededGenerator
  var world: World
  var isOnline = [true, true, true]
  /// Exact while everybody has been there since the last time that all agreed.
  var model: PairModel? = PairModel()
  /// What each person has ever wanted or agreed to.
  var consents: [[MessageTimer?]] = [[], []]
  /// The timer as each device knew it last.
  var known: [MessageTimer?] = [nil, nil, nil]
  /// Messages whose sender knew a timer, by text.
  var timed: Set<String> = []
  var count = 0
  var changes = 0
  var agreements = 0

  init(seed: UInt64, world: World) {
    random = SeededGenerator(seed: seed)
    self.world = world
  }

  private func address(for device: Int) -> String {
    world.clients[Self.owners[device] == 0 ? 1 : 0].address
  }

  private func policy(_ device: Int) throws -> PairPolicy {
    let store = world.clients[device].store.committed
    guard let row = store.conversation(address: address(for: device)),
      let room = store.room(conversationID: row.id)
    else { return PairPolicy(timer: nil) }
    return try RoomState(decoding: room.state).policy
  }

  mutating func begin() throws {
    try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(60))
  }

  mutating func step() throws {
    let device = Int.random(in: 0..<3, using: &random)
    switch Int.random(in: 0..<12, using: &random) {
    case 0...4: want(device)
    case 5, 6: try answer(device)
    case 7, 8: say(device)
    case 9: setOnline(device, !isOnline[device])
    case 10: world.restart(device)
    default:
      // What waits may wait for as much longer.
      world.now = world.now + .seconds(Int64.random(in: -600...600, using: &random))
      model = nil
    }
    world.settle(for: .seconds(30))
    if isOnline.contains(false) { model = nil }
  }

  private mutating func want(_ device: Int) {
    let timer = Self.choices[Int.random(in: 0..<Self.choices.count, using: &random)]
    consents[Self.owners[device]].append(timer)
    changes += 1
    _ = world.begin(device, .setTimer(address: address(for: device), timer: timer))
    model?.want(timer, by: Self.owners[device])
  }

  private mutating func answer(_ device: Int) throws {
    let accepting = random.chance(2, in: 3)
    let waiting = try policy(device).proposal
    let token = world.begin(
      device, .answerTimer(address: address(for: device), accepting: accepting))
    guard case .success = world.clients[device].answers[token] else { return }
    if accepting, let waiting { consents[Self.owners[device]].append(waiting.timer) }
    model?.answer(accepting, by: Self.owners[device])
  }

  private mutating func say(_ device: Int) {
    let text = "text \(count)"
    count += 1
    let address = address(for: device)
    let token = world.begin(device, .timer(address: address))
    if case .success(.timer(let report)) = world.clients[device].answers[token],
      report.timer != nil
    {
      timed.insert(text)
    }
    _ = world.begin(device, .send(address: address, text: text))
  }

  private mutating func setOnline(_ device: Int, _ online: Bool) {
    isOnline[device] = online
    world.setOnline(online, device)
  }

  /// What is wrong now.
  mutating func compare() throws -> [String] {
    var wrong: [String] = []
    for device in 0..<3 {
      let policy = try policy(device)
      let before = known[device]
      let isShorter =
        policy.timer.map { MessageTimer.combined($0, before) == $0 } ?? (before == nil)
      let isWanted = consents.allSatisfy { $0.contains(policy.timer) }
      if !isShorter, !isWanted {
        wrong.append("\(device): \(before.shown) became \(policy.timer.shown)")
      }
      known[device] = policy.timer
      guard let model else { continue }
      let proposer = model.proposal.map { $0.by == Self.owners[device] }
      if policy.timer != model.timer || policy.proposal?.timer != model.proposal?.timer
        || (policy.proposal == nil) != (proposer == nil)
      {
        wrong.append("\(device): is \(policy), and not \(model)")
      }
    }
    if model == nil { try agree() }
    return wrong
  }

  /// Whether a device is connected and waits for nothing: a clock that was set back under it makes
  /// its waits longer by as much, those before connecting again as well. (The drivers hand no such
  /// clock to a core that runs.)
  private func isHere(_ client: TestClient) -> Bool {
    let store = client.store.committed
    return ClientEndpoint.allCases.allSatisfy { client.connections[$0] != nil }
      && store.conversations().allSatisfy { store.roomChanges(conversationID: $0.id).isEmpty }
      && store.groups().allSatisfy { $0.commitRetryAt.map { $0 <= world.now } ?? true }
  }

  /// Once everybody is there, says the same and wants nothing, the model is exact again.
  private mutating func agree() throws {
    let policies = try (0..<3).map { try policy($0) }
    guard !isOnline.contains(false), Set(policies).count == 1,
      world.clients.allSatisfy({ isHere($0) })
    else { return }
    var next = PairModel(timer: policies[0].timer)
    if let proposal = policies[0].proposal {
      let alice = world.clients[0].store.committed.account()?.accountID
      next.proposal = (proposal.proposer.bytes == alice ? 0 : 1, proposal.timer)
    }
    model = next
    agreements += 1
  }

  /// Everybody comes back: all agree, and what had a timer is nowhere after its time.
  mutating func end() throws -> [String] {
    for device in 0..<3 { setOnline(device, true) }
    world.settle(for: .seconds(3_600))
    var wrong = try compare()
    let policies = try (0..<3).map { try policy($0) }
    if Set(policies).count != 1 { wrong.append("they differ: \(policies)") }
    for device in 0..<3 {
      _ = world.begin(
        device, .history(address: address(for: device), limit: 1_000, before: nil))
    }
    world.settle(for: .seconds(60))
    world.now = world.now + .seconds(15 * 86_400)
    for device in 0..<3 {
      world.apply([.tick], to: device)
      let left = Set(world.clients[device].store.committed.messageRows.map(\.text))
        .intersection(timed)
      if !left.isEmpty { wrong.append("\(device) still has \(left.sorted())") }
    }
    return wrong
  }
}
