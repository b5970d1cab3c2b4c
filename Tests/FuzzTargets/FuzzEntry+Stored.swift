// SPDX-License-Identifier: Apache-2.0

import ClientCore
import MLS
import SansIO

/// Stored state. Only this program writes it and the store authenticates it, so the promise is
/// weaker than for what peers send: what loads is stored again in a form that loads as the same.
extension FuzzEntry {
  /// Two bytes give the length of the epoch state; the message secrets follow it.
  static func storedGroup(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard bytes.count >= 2 else { return false }
    let length = min(Int(bytes[0]) << 8 | Int(bytes[1]), bytes.count - 2)
    let middle = 2 + length
    guard
      let group = try? Group(
        epochState: Secret(Array(bytes[2..<middle])),
        messageSecrets: Secret(Array(bytes[middle...])))
    else { return false }
    let epochState = group.encodedEpochState
    let messageSecrets = group.encodedMessageSecrets
    guard let again = try? Group(epochState: epochState, messageSecrets: messageSecrets),
      again.encodedEpochState == epochState, again.encodedMessageSecrets == messageSecrets
    else { throw FuzzFinding(.storedGroup, "does not load again as it was stored") }
    return true
  }

  static func storedCommit(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let commit = try? PendingCommit(storage: Secret(bytes)) else { return false }
    let stored = commit.encodedForStorage
    guard let again = try? PendingCommit(storage: stored), again.encodedForStorage == stored else {
      throw FuzzFinding(.storedCommit, "does not load again as it was stored")
    }
    return true
  }

  static func storedKeyPackage(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let bundle = try? KeyPackageBundle(storage: Secret(bytes)) else { return false }
    guard bundle.encodedForStorage.copyBytes() == bytes else {
      throw FuzzFinding(.storedKeyPackage, "encodes to other bytes")
    }
    return true
  }

  static func rejoinedGroup(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let rejoined = RejoinedGroup(decoding: Secret(bytes)) else { return false }
    let stored = rejoined.encoded
    guard RejoinedGroup(decoding: stored)?.encoded == stored else {
      throw FuzzFinding(.rejoinedGroup, "does not load again as it was stored")
    }
    return true
  }
}
