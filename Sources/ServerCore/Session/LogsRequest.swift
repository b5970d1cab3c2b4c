// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// A request on `/v1/logs` whose fields have the right form.
enum LogsRequest: Hashable, Sendable {
  case getManifest(Address)
  case takeKeyPackages(Address)
  case createLog(LogID, epoch: UInt64, tokenHash: LogTokenHash)
  case append(AppendRequest)
  case commit(CommitRequest)
  case readLog(LogRight, LogStart, limit: Int)
  case subscribe(LogRight, LogStart, signals: Bool)
  case unsubscribe(UInt64)
  case acknowledge(subscription: UInt64, seq: UInt64)
  case getGroupInfo(LogRight)
  case putPart(PutPartRequest)
  case getPart(LogID, PartID)
  case signal(LogRight, body: [UInt8])
}
