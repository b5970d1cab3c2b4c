// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import Crypto
import Foundation
import SansIO

/// The pages of an export: each is a file for itself, has no script, loads nothing, and shows text
/// of other people as text.
package enum ArchivePageText {
  private static let style = """
    :root{color-scheme:light dark}\
    body{font:1rem/1.5 system-ui,sans-serif;max-width:45rem;margin:0 auto;padding:1rem}\
    ol{list-style:none;padding:0}li{margin:0 0 1rem}\
    .own{margin-left:15%}.program{font-style:italic}\
    .from{font-weight:bold}.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.2rem 0}\
    blockquote{margin:.2rem 0;padding-left:.7rem;border-left:.25rem solid;white-space:pre-wrap}\
    .note{font-size:.85rem}img{display:block;max-width:100%;height:auto}
    """

  /// Nothing but the style above may be used, and the small pictures that stand in the page.
  private static let policy: String = {
    let hash = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()
    return "default-src 'none'; style-src 'sha256-\(hash)'; img-src data:; base-uri 'none'; "
      + "form-action 'none'"
  }()

  /// Text as HTML shows it; what could steer or reorder the page is shown as what it is.
  package static func escaped(_ text: String) -> String {
    var output = ""
    for scalar in TerminalText.neutralised(text, keepingLines: true).unicodeScalars {
      switch scalar {
      case "&": output += "&amp;"
      case "<": output += "&lt;"
      case ">": output += "&gt;"
      case "\"": output += "&quot;"
      case "'": output += "&#39;"
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output
  }

  private static func document(_ title: String, _ owner: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="\(policy)">
    <meta name="referrer" content="no-referrer">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <style>\(style)</style>
    </head>
    <body>
    <header>
    <h1 dir="auto">\(escaped(title))</h1>
    <p class="note">An export of \(escaped(owner)). What disappears is not in it.</p>
    </header>
    <main>

    """
  }

  /// The beginning of a conversation's page.
  static func head(of entry: ArchiveEntry, owner: String) -> String {
    let picture = entry.picture.map { image($0, "Picture of the group") + "\n" } ?? ""
    return document(entry.name ?? entry.address, owner) + picture + "<ol>\n"
  }

  /// A small picture, whose form was checked when it came (content.md), in the page itself.
  private static func image(_ picture: ThumbnailReport, _ what: String) -> String {
    "<img alt=\"\(what)\" width=\"\(picture.width)\" height=\"\(picture.height)\" "
      + "src=\"data:image/jpeg;base64,\(Data(picture.jpeg).base64EncodedString())\">"
  }

  /// The end of it.
  static let tail = "</ol>\n</main>\n</body>\n</html>\n"

  /// One line.
  package static func line(_ line: ArchivedLine, paths: [String?]) -> String {
    let time = escaped(line.at.json.text ?? "")
    let kind = line.kind == .text ? (line.own ? "own" : "other") : "program"
    var parts = ["<li class=\"\(kind)\"><article>"]
    let sender = line.sender.isEmpty ? "sotto" : escaped(line.sender)
    parts.append(
      "<p><span class=\"from\">\(sender)</span> <time datetime=\"\(time)\">\(time)</time></p>")
    if let quote = line.quote {
      let text = quote.text.map { escaped($0) } ?? "<em>not in this export</em>"
      parts.append("<blockquote dir=\"auto\">\(text)</blockquote>")
    }
    if !line.text.isEmpty {
      parts.append("<p class=\"text\" dir=\"auto\">\(escaped(line.text))</p>")
    }
    for (index, file) in line.attachments.enumerated() {
      let name = "<bdi>\(escaped(file.name))</bdi> (\(look(file))\(file.size) bytes)"
      if let small = file.thumbnail, !small.jpeg.isEmpty { parts.append(image(small, "Preview")) }
      if paths.indices.contains(index), let path = paths[index] {
        parts.append("<p><a href=\"../\(reference(path))\" download>\(name)</a></p>")
      } else {
        parts.append("<p>File: \(name), not in this export</p>")
      }
    }
    let notes = self.notes(on: line)
    if !notes.isEmpty { parts.append("<p class=\"note\">\(notes.joined(separator: " · "))</p>") }
    return parts.joined() + "</article></li>\n"
  }

  /// What a file is, in front of its length.
  private static func look(_ file: AttachmentReport) -> String {
    switch file.media {
    case nil: ""
    case .picture(let width, let height): "\(width)×\(height), "
    case .voice(let milliseconds, _): "voice note \(MediaText.duration(Int64(milliseconds))), "
    }
  }

  private static func notes(on line: ArchivedLine) -> [String] {
    var notes: [String] = []
    if line.isForwarded { notes.append("forwarded") }
    if let edited = line.editedAt?.json.text { notes.append("changed \(escaped(edited))") }
    if line.state == .failed { notes.append("not sent") }
    if line.isImported { notes.append("imported") }
    for reaction in line.reactions {
      notes.append("<bdi>\(escaped(reaction.text))</bdi> \(escaped(reaction.sender))")
    }
    return notes
  }

  /// The page that leads to the others.
  static func index(_ entries: [ArchiveEntry], owner: String) -> [String] {
    let items = entries.map { entry in
      "<li><a href=\"\(reference(entry.pagePath))\" dir=\"auto\">"
        + "\(escaped(entry.name ?? entry.address))</a> (\(entry.lines) lines)</li>\n"
    }
    return [document("Conversations", owner) + "<ol>\n"] + items + [tail]
  }

  /// A path as a reference: every byte that could mean something else is escaped.
  private static func reference(_ path: String) -> String {
    var output = ""
    for byte in path.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x2f, 0x5f, 0x7e:
        output.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        output += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return output
  }
}
