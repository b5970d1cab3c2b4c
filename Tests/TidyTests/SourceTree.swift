// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One text file of the repository, as the tidy tests read it.
struct SourceFile: Sendable, CustomStringConvertible {
  /// Path from the repository's root, such as `Sources/MLS/Tree/RatchetTree.swift`.
  let path: String
  let lines: [String]

  var description: String { path }
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  /// The SwiftPM target's folder: the part after `Sources/` or `Tests/`.
  var target: String {
    let parts = path.split(separator: "/").map(String.init)
    return parts.count > 2 ? parts[1] : ""
  }
  var isGenerated: Bool { path.hasSuffix(".pb.swift") }
  var isTest: Bool { path.hasPrefix("Tests/") }
}

/// The repository's own files, found from this file's path.
enum SourceTree {
  static let root: URL = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// All Swift files under `folder`, in path order.
  static func swiftFiles(under folder: String) -> [SourceFile] {
    files(under: folder) { $0.hasSuffix(".swift") }
  }

  static let sources = swiftFiles(under: "Sources").filter { !$0.isGenerated }
  static let tests = swiftFiles(under: "Tests")

  /// The files under `folder`, without hidden folders: a nested package's build folder holds other
  /// projects' files.
  static func files(under folder: String, where wanted: (String) -> Bool) -> [SourceFile] {
    let base = root.appendingPathComponent(folder)
    guard let walker = FileManager.default.enumerator(atPath: base.path) else { return [] }
    var found: [SourceFile] = []
    for case let relative as String in walker where wanted(relative) {
      if relative.hasPrefix(".") || relative.contains("/.") { continue }
      let url = base.appendingPathComponent(relative)
      guard let text = try? String(contentsOf: url, encoding: .utf8) else { continue }
      var lines = text.components(separatedBy: "\n")
      if lines.last == "" { lines.removeLast() }
      found.append(SourceFile(path: folder + "/" + relative, lines: lines))
    }
    return found.sorted { $0.path < $1.path }
  }

  static func folders(in folder: String) -> [String] {
    let base = root.appendingPathComponent(folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: base.path)) ?? []
    return names.filter { name in
      var isFolder: ObjCBool = false
      let path = base.appendingPathComponent(name).path
      return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && isFolder.boolValue
    }.sorted()
  }
}
