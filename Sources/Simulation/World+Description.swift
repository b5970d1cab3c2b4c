// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// What everybody's state is, for whoever has to find out why a seed failed.
extension World {
  /// One line for each client, conversation, group and outbox row; written to the trace's text
  /// alone.
  func description() -> [String] {
    var lines: [String] = []
    for person in people.indices {
      let client = people[person]
      let open = client.connections.keys.map(\.rawValue).sorted().joined(separator: ",")
      lines.append(
        "\(name(person)): up=\(client.core != nil) online=\(client.isOnline) open=[\(open)] "
          + "waiting=\(client.waiting.count) deadline=\(relative(client.core?.nextDeadline))")
      let store = client.store.committed
      for conversation in store.conversations() {
        lines.append(
          "  with \(conversation.address): \(conversation.phase.rawValue) "
            + "generation=\(conversation.generation)")
        for group in store.groups(conversationID: conversation.id) {
          let pending = store.pendingCommit(groupID: group.groupID)
          lines.append(
            "    group \(Hex.encode(Array(group.groupID.prefix(3)))) \(group.phase.rawValue) "
              + "epoch=\(group.epoch) cursor=\(group.cursor.map(String.init) ?? "-") "
              + "pending=\(pending.map { $0.reason.rawValue } ?? "-")")
        }
        for line in store.messages(conversationID: conversation.id, before: nil, limit: 200)
          .reversed()
        {
          lines.append(
            "    \(line.seq) \(line.kind.rawValue) \(line.own ? "own" : "peer") "
              + "\(line.state.rawValue) \(line.failure) group="
              + "\(Hex.encode(Array(line.groupID.prefix(3)))) log=\(line.logSeq) \(line.text)")
        }
        for row in store.roomChanges(conversationID: conversation.id) {
          let change = (try? RoomChange(decoding: row.change)).map { "\($0)" } ?? "?"
          lines.append("    wanted \(change) since \(relative(row.createdAt))")
        }
        let rows = store.outboxRows(
          conversationID: conversation.id, phases: OutboxRow.Phase.allCases, limit: 50)
        for row in rows {
          lines.append(
            "    outbox \(row.id) \(row.kind.rawValue) \(row.phase.rawValue) epoch=\(row.epoch)")
        }
      }
      lines.append("  welcomes=\(store.welcomes().count)")
    }
    return lines
  }

  private func relative(_ instant: Instant?) -> String {
    guard let instant else { return "-" }
    return "\(instant.milliseconds - World.start.milliseconds)"
  }
}
