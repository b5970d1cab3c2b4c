// SPDX-License-Identifier: Apache-2.0

package import SansIO

extension InMemoryStore {
  package func part(_ id: PartID, of log: RowID) -> PartRow? { logs[log]?.parts[id]?.row }

  package func partBody(_ id: PartID, of log: RowID) -> [UInt8]? { logs[log]?.parts[id]?.body }

  package mutating func insertPart(_ part: PartRow, _ body: [UInt8]) {
    logs[part.log]?.parts[part.id] = Part(row: part, body: body)
  }

  package mutating func updatePart(_ part: PartRow) { logs[part.log]?.parts[part.id]?.row = part }

  package mutating func releaseParts(of log: RowID) {
    for id in logs[log]?.parts.keys.sorted() ?? [] { logs[log]?.parts[id]?.row.isKept = false }
  }

  package mutating func deletePart(_ id: PartID, of log: RowID) { logs[log]?.parts[id] = nil }

  package func lapsedParts(at now: Instant, limit: Int) -> [PartRow] {
    let rows = logs.values.flatMap { log in log.parts.values.map(\.row) }
    let lapsed = rows.filter { !$0.isKept && $0.expires <= now }
    let sorted = lapsed.sorted { ($0.expires, $0.log, $0.id) < ($1.expires, $1.log, $1.id) }
    return Array(sorted.prefix(limit))
  }
}
