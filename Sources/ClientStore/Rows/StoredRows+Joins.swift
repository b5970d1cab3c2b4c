// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// Coming into groups by links, column by column.

extension JoinLinkRow: StoredRow {
  static let sql = RowSQL(
    "join_link", key: ["link_id"],
    columns: ["link_id", "conversation_id", "since", "cursor", "announced_at"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      linkID: try reader.bytes(), conversationID: try reader.bytes(), since: try reader.instant(),
      cursor: try reader.number(), announcedAt: try reader.optionalInstant())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(linkID)
    writer.bytes(conversationID)
    writer.instant(since)
    writer.number(cursor)
    writer.instant(announcedAt)
  }
}

extension KnockRow: StoredRow {
  static let sql = RowSQL(
    "knock", key: ["conversation_id", "address"],
    columns: [
      "conversation_id", "address", "link_id", "at", "certificate", "state", "seen_at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      conversationID: try reader.bytes(), address: try reader.text(), linkID: try reader.bytes(),
      at: try reader.instant(), certificate: try reader.bytes(), state: try reader.word(),
      seenAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(conversationID)
    writer.text(address)
    writer.bytes(linkID)
    writer.instant(at)
    writer.bytes(certificate)
    writer.word(state)
    writer.instant(seenAt)
  }
}

extension OwnKnockRow: StoredRow {
  static let sql = RowSQL(
    "own_knock", key: ["reference"], columns: ["reference", "link", "created_at", "asked_at"])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      reference: try reader.text(), link: try reader.secret(), createdAt: try reader.instant(),
      askedAt: try reader.optionalInstant())
  }

  func write(to writer: inout RowWriter) {
    writer.text(reference)
    writer.secret(link)
    writer.instant(createdAt)
    writer.instant(askedAt)
  }
}
