// SPDX-License-Identifier: Apache-2.0

import ClientCore
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

  /// One manifest has many texts, so the promise is that ours reads as the same one.
  static func archiveManifest(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let manifest = try? ArchiveManifest(decoding: bytes) else { return false }
    guard let again = try? ArchiveManifest(decoding: manifest.encoded), again == manifest else {
      throw FuzzFinding(.archiveManifest, "reads as another manifest")
    }
    return true
  }

  /// What was read is shown as text, whatever it is.
  static func archivedLine(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    if (try? ArchiveEntry(parsing: bytes)) != nil { return true }
    guard let line = try? ArchivedLine(parsing: bytes) else { return false }
    guard let again = try? ArchivedLine(parsing: Array(line.json(paths: []).line.utf8)),
      again == line
    else { throw FuzzFinding(.archivedLine, "reads as another line") }
    let page = ArchivePageText.line(line, paths: ["attachments/0001/\(line.text)"])
    let tags = page.utf8.count { $0 == UInt8(ascii: "<") }
    guard tags <= 40 + 6 * line.attachments.count + 2 * line.reactions.count,
      !page.contains("<script")
    else { throw FuzzFinding(.archivedLine, "becomes markup") }
    return true
  }
}
