// SPDX-License-Identifier: Apache-2.0

import ClientStore
import SottoClient

/// What lies in a client's home: the file of its key, and the socket of its daemon.
extension FuzzEntry {
  static func wrappedKey(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let key = try? WrappedKey(decoding: bytes) else { return false }
    guard key.encoded == bytes else { throw FuzzFinding(.wrappedKey, "encodes to other bytes") }
    return true
  }

  /// One request has many texts, so the promise is that ours reads as the same request.
  static func localRequest(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let request = try? JSONRPCRequest(line: bytes) else { return false }
    let line = Array(request.line.utf8)
    guard !line.contains(0x0a) else { throw FuzzFinding(.localRequest, "is more than a line") }
    guard let again = try? JSONRPCRequest(line: line), again == request else {
      throw FuzzFinding(.localRequest, "reads as another request")
    }
    return true
  }
}
