// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// What texts and parts of messages say.
extension FuzzEntry {
  /// What was shown tells who was mentioned, and what is linked is shown as it was meant.
  static func mentionText(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    let parsed = MentionText(text)
    let name = { (uri: String) -> String? in uri.utf8.count < 40 ? uri : nil }
    let shown = parsed.shown(name: name)
    guard parsed.mentioned(in: shown.text, name: name) == shown.mentioned else {
      throw FuzzFinding(.mentionText, "mentions others than it shows")
    }
    guard parsed.shown(name: { _ in nil }).text == text else {
      throw FuzzFinding(.mentionText, "changes a text without mentions")
    }
    let linked = parsed.linking { found in found == "bob" ? ("bob", "mimi://x/u/bob") : nil }
    _ = MentionText(linked).shown(name: name)
    return parsed.hasLinks
  }
}
