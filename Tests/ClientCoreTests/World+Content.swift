// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

@testable import ClientCore

extension World {
  /// Sends what no client of this product would: whatever `content` makes, to a conversation.
  mutating func forge(
    _ index: Int, _ address: String, _ content: (Salt) throws -> MIMIContent
  ) throws {
    guard let conversation = conversation(index, address) else {
      throw ClientFailure(.unknownConversation, "no conversation")
    }
    let made = try content(Salt(using: &entropy))
    let now = now
    _ = try clients[index].store.transact { transaction in
      transaction.append(
        OutboxRow(
          conversationID: conversation.id, kind: .report, messageID: [], content: made.encoded,
          submitID: Array(Fingerprint(hashing: made.encoded).bytes.prefix(16)),
          phase: .queued, groupID: [], epoch: 0, body: [], logSeq: 0, createdAt: now))
    }
    restart(index)
    settle(for: .seconds(10))
  }
}
