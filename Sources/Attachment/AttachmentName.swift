// SPDX-License-Identifier: Apache-2.0

/// Names and media types of files, as they go out and as they come in.
package enum AttachmentName {
  /// The longest name, in bytes: what file systems take, less a number.
  private static let lengthMax = 200
  /// What a file is called whose name is of no use.
  private static let nameless = "attachment"

  /// The last part of a path, for a message.
  package static func of(_ path: String) -> String {
    safe(String(path.split(separator: "/").last ?? ""))
  }

  /// A name that was suggested, without what could lead elsewhere or deceive: separators, control
  /// and direction characters, leading dots, spaces at the ends; not too long.
  package static func safe(_ name: String) -> String {
    var result = ""
    var length = 0
    for scalar in name.unicodeScalars {
      let properties = scalar.properties
      let isPlain =
        scalar != "/" && scalar != "\\" && scalar != ":" && properties.generalCategory != .control
        && properties.generalCategory != .format && !properties.isBidiControl
        && properties.generalCategory != .lineSeparator
        && properties.generalCategory != .paragraphSeparator
      guard isPlain else {
        if scalar == "/" || scalar == "\\" { (result, length) = ("", 0) }
        continue
      }
      if result.isEmpty, scalar == "." || scalar == " " { continue }
      let count = UTF8.width(scalar)
      guard length + count <= lengthMax else { break }
      result.unicodeScalars.append(scalar)
      length += count
    }
    while result.last == " " || result.last == "." { result.removeLast() }
    return result.isEmpty ? nameless : result
  }

  /// The name with a number before its ending: `photo (2).jpg`.
  package static func numbered(_ name: String, _ number: Int) -> String {
    guard number > 1 else { return name }
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else {
      return "\(name) (\(number))"
    }
    return "\(name[..<dot]) (\(number))\(name[dot...])"
  }

  /// The media type that goes with a name's ending.
  package static func contentType(_ name: String) -> String {
    guard let dot = name.lastIndex(of: ".") else { return unknownType }
    return types[name[name.index(after: dot)...].lowercased()] ?? unknownType
  }

  private static let unknownType = "application/octet-stream"
  private static let types = [
    "apng": "image/apng", "avif": "image/avif", "bmp": "image/bmp", "gif": "image/gif",
    "heic": "image/heic", "jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png",
    "svg": "image/svg+xml", "tif": "image/tiff", "tiff": "image/tiff", "webp": "image/webp",
    "aac": "audio/aac", "flac": "audio/flac", "m4a": "audio/mp4", "mp3": "audio/mpeg",
    "oga": "audio/ogg", "ogg": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav",
    "mkv": "video/matroska", "mov": "video/quicktime", "mp4": "video/mp4", "webm": "video/webm",
    "7z": "application/x-7z-compressed", "gz": "application/gzip", "json": "application/json",
    "pdf": "application/pdf", "xz": "application/x-xz", "zip": "application/zip",
    "csv": "text/csv", "html": "text/html", "ics": "text/calendar", "md": "text/markdown",
    "txt": "text/plain", "vcf": "text/vcard", "xml": "application/xml",
  ]
}
