// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Identity
import SansIO
import ServerCore

/// What must hold at every moment where people have several devices and groups.
extension World {
  func checkSocietySafety() throws {
    guard let society else { return }
    if let broken = society.rosters.broken { throw SimulationFailure.broken(broken) }
    for device in people.indices where !society.isHostile(device) {
      for row in people[device].store.committed.conversations() {
        try checkLines(of: device, in: row, society)
      }
    }
  }

  /// Each text was said in this place by whom it is said to be from, is shown once, in its writer's
  /// order, and to nobody who was not a member when it was sealed.
  private func checkLines(
    of device: Int, in row: ConversationRow, _ society: Society
  ) throws {
    var shown: Set<Int> = []
    var last: [Order: Int] = [:]
    let own = people[device].address
    for line in shownLines(of: device, in: row) {
      guard line.kind == .text else {
        guard line.kind != .undecryptable || options.lie != nil || society.options.hostile != nil
        else {
          throw SimulationFailure.broken(
            "\(name(device)) cannot read entry \(line.logSeq) in \(row.address)")
        }
        continue
      }
      guard let said = society.message(shownAs: line.text) else {
        guard let hostile = society.options.hostile, line.sender == society.address(of: hostile)
        else { throw SimulationFailure.broken("\(name(device)) shows what nobody said") }
        continue
      }
      let writer = society.address(of: said.account)
      let isPlace = said.place == row.address || said.place == own && writer == row.address
      guard line.sender == writer, line.own == (writer == own), isPlace else {
        throw SimulationFailure.broken("\(name(device)) shows #\(said.number) as another's")
      }
      guard shown.insert(said.number).inserted else {
        throw SimulationFailure.broken("\(name(device)) shows #\(said.number) twice")
      }
      // A later version may have come before the first one, in another epoch, and stands in its
      // place.
      guard line.editedAt == nil else { continue }
      try checkReader(device, of: line, said, society)
      guard options.lie == nil, said.device != device else { continue }
      let order = Order(device: said.device, groupID: line.groupID)
      if let before = last[order], before > said.number {
        throw SimulationFailure.broken("\(name(device)) shows #\(said.number) after #\(before)")
      }
      last[order] = said.number
    }
  }

  private struct Order: Hashable {
    let device: Int
    let groupID: [UInt8]
  }

  private func checkReader(
    _ device: Int, of line: MessageRow, _ said: Society.Said, _ society: Society
  ) throws {
    guard said.device != device, !society.isHostile(said.device), !hasForked,
      let number = deviceID(of: device)
    else { return }
    let log = log(of: line, on: device)
    let reader = ClientInspection.MembersView.Member(
      address: people[device].address, deviceID: number)
    // A server that lies may have kept an earlier sealing from its writer.
    let isReader =
      options.lie == nil && log != nil
      ? society.rosters.readers(of: line.messageID, by: log)?.contains(reader)
      : society.rosters.couldRead(reader, line.messageID, by: log)
    guard isReader != false else {
      throw SimulationFailure.broken(
        "\(name(device)) shows #\(said.number), of an epoch in which it was no member")
    }
  }

  /// The log by which a line came, or went.
  func log(of line: MessageRow, on device: Int) -> LogID? {
    people[device].store.committed.group(id: line.groupID).flatMap { LogID($0.routingID) }
  }

  /// Counts the lines by which devices say that they came back into a group.
  mutating func countRejoins() {
    guard society != nil else { return }
    for device in people.indices {
      for row in people[device].store.committed.conversations() {
        let lines = shownLines(of: device, in: row)
        let count = lines.count { $0.text.hasPrefix("This device had lost step with the conv") }
        society?.deeds.note(.rejoin, times: count)
      }
    }
  }

  /// A conversation's lines, oldest first.
  func shownLines(of device: Int, in row: ConversationRow) -> [MessageRow] {
    Array(
      people[device].store.committed
        .messages(conversationID: row.id, before: nil, limit: 100_000).reversed())
  }
}
