// SPDX-License-Identifier: Apache-2.0

import ClientCore
import GRDB
import SansIO

extension StoreSchema {
  /// The index of words. It holds no copy of the texts, and what is deleted from it is taken out of
  /// its pages at once (`secure-delete`). The core makes the words, so the tokenizer only splits at
  /// spaces; `prefix` makes short beginnings of words quick to find.
  static let search = """
    CREATE VIRTUAL TABLE search USING fts5(
      terms, scope, content='', columnsize=0, tokenize='ascii', prefix='2 3 4'
    );
    INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
    CREATE INDEX message_by_time ON message (at);
    """

  /// Puts the texts that are there into the index. Only columns of the first migration are read.
  static func fillSearch(_ database: Database) throws {
    let transaction = EncryptedTransaction(database: database)
    let sql = """
      SELECT seq, conversation_id, sender, text FROM message
      WHERE kind = 'text' AND length(text) > 0 ORDER BY seq
      """
    let cursor = try Row.fetchCursor(database, sql: sql)
    while let row = try cursor.next() {
      var reader = RowReader(row, table: "message")
      let seq = try reader.ordinal()
      let conversationID = try reader.bytes()
      let sender = try reader.text()
      try transaction.addToIndex(
        SearchIndexEntry(
          seq: seq, conversationID: conversationID, sender: sender, text: try reader.text()))
    }
  }
}
