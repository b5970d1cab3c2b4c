// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// Messages, the outbox, receipts, events and settings, column by column.

extension MessageRow: StoredRow {
  static let sql = RowSQL(
    "message", key: ["seq"],
    columns: [
      "seq", "conversation_id", "message_id", "sender", "own", "kind", "state", "failure",
      "content", "text", "at", "group_id", "log_seq", "in_reply_to", "edited_at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      seq: try reader.ordinal(), conversationID: try reader.bytes(), messageID: try reader.bytes(),
      sender: try reader.text(), own: try reader.flag(), kind: try reader.word(),
      state: try reader.word(), failure: try reader.text(), content: try reader.bytes(),
      text: try reader.text(), at: try reader.instant(), groupID: try reader.bytes(),
      logSeq: try reader.number(), inReplyTo: try reader.bytes(),
      editedAt: try reader.optionalInstant())
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(seq)
    writer.bytes(conversationID)
    writer.bytes(messageID)
    writer.text(sender)
    writer.flag(own)
    writer.word(kind)
    writer.word(state)
    writer.text(failure)
    writer.bytes(content)
    writer.text(text)
    writer.instant(at)
    writer.bytes(groupID)
    writer.number(logSeq)
    writer.bytes(inReplyTo)
    writer.instant(editedAt)
  }
}

extension AnnotationRow: StoredRow {
  static let sql = RowSQL(
    "annotation", key: ["seq"],
    columns: [
      "seq", "conversation_id", "message_id", "target", "sender", "own", "kind", "state",
      "failure", "text", "at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      seq: try reader.ordinal(), conversationID: try reader.bytes(), messageID: try reader.bytes(),
      target: try reader.bytes(), sender: try reader.text(), own: try reader.flag(),
      kind: try reader.word(), state: try reader.word(), failure: try reader.text(),
      text: try reader.text(), at: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(seq)
    writer.bytes(conversationID)
    writer.bytes(messageID)
    writer.bytes(target)
    writer.text(sender)
    writer.flag(own)
    writer.word(kind)
    writer.word(state)
    writer.text(failure)
    writer.text(text)
    writer.instant(at)
  }
}

extension OutboxRow: StoredRow {
  static let sql = RowSQL(
    "outbox", key: ["id"],
    columns: [
      "id", "conversation_id", "kind", "message_id", "content", "submit_id", "phase", "group_id",
      "epoch", "body", "log_seq", "created_at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      id: try reader.ordinal(), conversationID: try reader.bytes(), kind: try reader.word(),
      messageID: try reader.bytes(), content: try reader.bytes(), submitID: try reader.bytes(),
      phase: try reader.word(), groupID: try reader.bytes(), epoch: try reader.number(),
      body: try reader.bytes(), logSeq: try reader.number(), createdAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(id)
    writer.bytes(conversationID)
    writer.word(kind)
    writer.bytes(messageID)
    writer.bytes(content)
    writer.bytes(submitID)
    writer.word(phase)
    writer.bytes(groupID)
    writer.number(epoch)
    writer.bytes(body)
    writer.number(logSeq)
    writer.instant(createdAt)
  }
}

extension ReceiptRow: StoredRow {
  static let sql = RowSQL(
    "receipt", key: ["conversation_id", "message_id"],
    columns: [
      "conversation_id", "message_id", "state", "at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      conversationID: try reader.bytes(), messageID: try reader.bytes(), state: try reader.word(),
      at: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(conversationID)
    writer.bytes(messageID)
    writer.word(state)
    writer.instant(at)
  }
}

extension EventRow: StoredRow {
  static let sql = RowSQL(
    "event", key: ["seq"],
    columns: [
      "seq", "at", "address", "body",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      seq: try reader.ordinal(), at: try reader.instant(), address: try reader.text(),
      body: try reader.bytes())
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(seq)
    writer.instant(at)
    writer.text(address)
    writer.bytes(body)
  }
}

extension SubscriberRow: StoredRow {
  static let sql = RowSQL(
    "subscriber", key: ["name"],
    columns: [
      "name", "cursor", "created_at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      name: try reader.text(), cursor: try reader.number(), createdAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.text(name)
    writer.number(cursor)
    writer.instant(createdAt)
  }
}

extension SettingRow: StoredRow {
  static let sql = RowSQL(
    "setting", key: ["key"],
    columns: [
      "key", "value",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      key: try reader.text(), value: try reader.bytes())
  }

  func write(to writer: inout RowWriter) {
    writer.text(key)
    writer.bytes(value)
  }
}
