// SPDX-License-Identifier: Apache-2.0

import Attachment
import MIMI
import SansIO

/// What texts and parts of messages say, and files that go with them.
extension FuzzEntry {
  /// What is taken is small, as it stands, and says how large it shows.
  static func jpegThumbnail(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let thumbnail = JPEGThumbnail(bytes) else { return false }
    let sides = 1...JPEGThumbnail.sideMax
    guard thumbnail.bytes == bytes, bytes.count <= JPEGThumbnail.bytesMax,
      sides.contains(thumbnail.width), sides.contains(thumbnail.height)
    else { throw FuzzFinding(.jpegThumbnail, "takes what no message may have") }
    return true
  }

  /// A picture has sides.
  static func pictureHeader(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    let header = PictureHeader { count, offset in
      Array(bytes.dropFirst(Int(clamping: offset)).prefix(count))
    }
    guard let header else { return false }
    guard header.width > 0, header.height > 0, (1...8).contains(header.orientation) else {
      throw FuzzFinding(.pictureHeader, "takes a picture that cannot be")
    }
    return true
  }

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
