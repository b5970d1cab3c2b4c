// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// Messages that disappear: gone from the store by their time, never shown after it, and nothing
/// left of them in the end (timers.md).
extension World {
  /// How long a seed is watched after all has arrived, until its timers have run out: the longest
  /// that people set, on a clock that is too slow.
  static let fadingMax = Duration.seconds(8000)

  /// Looks at what each device shows that has a timer.
  mutating func checkFading() throws {
    guard let society, society.options.timing > 0 else { return }
    for device in people.indices where !society.isHostile(device) && people[device].core != nil {
      var limits: [Int: Duration?] = [:]
      for row in people[device].store.committed.conversations() {
        for line in shownLines(of: device, in: row) where line.kind == .text {
          guard let said = society.message(shownAs: line.text), !society.isHostile(said.device),
            let timer = timer(of: said, line, society)
          else { continue }
          limits[said.number] = longest(timer, line)
        }
      }
      let broken = self.society?.fading.note(
        device, shows: limits, life: people[device].life, at: now)
      if let broken { throw SimulationFailure.broken("\(name(device)) shows \(broken)") }
    }
  }

  /// What a line's timer is at least: its own, or the one that its group had all the time about
  /// when it was sent. Of an own line it is what holds when the server has it, which nobody here
  /// knows.
  private func timer(of said: Society.Said, _ line: MessageRow, _ society: Society) -> MessageTimer?
  {
    if let timer = said.timer { return timer }
    guard !line.own, let timers = society.rosters.timers(about: line.messageID),
      let first = timers.first, timers.allSatisfy({ $0 == first })
    else { return nil }
    return first
  }

  /// How long a line may be shown at most from where it stands; nil: until it is read.
  private func longest(_ timer: MessageTimer, _ line: MessageRow) -> Duration? {
    let runsVisible = line.own ? line.state.hasReached(.stored) : line.state == .seen
    let runsExists = !line.own || line.state.hasReached(.stored)
    let limits = [
      runsVisible || line.state == .failed ? timer.visibleSeconds : nil,
      runsExists || line.state == .failed ? timer.existsSeconds : nil,
    ]
    return limits.compactMap { $0 }.min().map { .seconds(Int64($0)) }
  }

  /// A message that had a timer of its own and is still shown; nil: none.
  func whatIsLeft() -> String? {
    guard let society else { return nil }
    for device in people.indices where !society.isHostile(device) {
      for row in people[device].store.committed.conversations() {
        for line in shownLines(of: device, in: row) where line.kind == .text {
          guard let said = society.message(shownAs: line.text), !society.isHostile(said.device),
            timer(of: said, line, society) != nil, !isStuck(line, in: row)
          else { continue }
          return "\(name(device)) still shows #\(said.number) in \(row.address)"
        }
      }
    }
    return nil
  }

  /// An own line that waits in a conversation that is lost: nothing runs before the server has it.
  private func isStuck(_ line: MessageRow, in row: ConversationRow) -> Bool {
    line.own && row.phase == .idle && !line.state.hasReached(.stored) && line.state != .failed
  }

  /// Nothing that disappeared is left anywhere in a store: not in what waits to be sent, and not in
  /// the events that programs have not taken.
  func checkResidue() throws {
    guard let society else { return }
    let said = society.said.filter { $0.timer != nil && !society.isHostile($0.device) }
    guard !said.isEmpty else { return }
    for device in people.indices where !society.isHostile(device) {
      let store = people[device].store.committed
      var kept = store.events(after: 0, limit: .max).map(\.body)
      var stuck: Set<Int> = []
      for row in store.conversations() {
        for line in shownLines(of: device, in: row) where isStuck(line, in: row) {
          if let number = society.message(shownAs: line.text)?.number { stuck.insert(number) }
        }
        kept += store.messages(conversationID: row.id, before: nil, limit: 100_000).map(\.content)
        kept += store.outboxRows(
          conversationID: row.id, phases: OutboxRow.Phase.allCases, limit: .max
        ).map(\.content)
      }
      for message in said where !stuck.contains(message.number) {
        let text = Array(message.text.utf8)
        guard kept.contains(where: { $0.holds(text) }) else { continue }
        throw SimulationFailure.broken("\(name(device)) keeps what has disappeared")
      }
    }
  }
}
