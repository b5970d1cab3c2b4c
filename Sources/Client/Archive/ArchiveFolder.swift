// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SansIO
import Synchronization

/// An export that is being written: a draft beside its place, which gets its name when it is whole.
/// Calls block.
final class ArchiveFolder: Sendable {
  private struct State {
    var files: [ArchiveManifest.File] = []
    var entries: [ArchiveEntry] = []
    var lines: ArchiveFile?
    var page: ArchiveFile?
  }

  private let target: String
  private let draft: String
  private let pages: Bool
  private let owner: String
  private let state = Mutex(State())

  /// - Throws: `exists` when something is at the path, `unwritable`.
  init(_ path: String, owner: String, pages: Bool) throws(ArchiveFailure) {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    target = url.path
    let name = ".\(url.lastPathComponent).part-\(UUID().uuidString.prefix(8))"
    draft = url.deletingLastPathComponent().appendingPathComponent(name).path
    self.pages = pages
    self.owner = owner
    var status = stat()
    guard unsafe lstat(target, &status) != 0 else { throw .exists }
    try Self.makeFolder(draft)
    try Self.makeFolder(draft + "/conversations")
  }

  private static func makeFolder(_ path: String) throws(ArchiveFailure) {
    guard unsafe mkdir(path, 0o700) == 0 else { throw .unwritable }
  }

  /// Takes the draft away.
  func remove() { try? FileManager.default.removeItem(atPath: draft) }

  /// Begins the next conversation.
  func begin(_ entry: ArchiveEntry) throws(ArchiveFailure) {
    try state.withLock { state throws(ArchiveFailure) in
      state.entries.append(entry)
      state.lines = try ArchiveFile("\(draft)/\(entry.linesPath)")
      if pages { state.page = try ArchiveFile("\(draft)/\(entry.pagePath)") }
      try state.page?.append(ArchivePageText.head(of: entry, owner: owner))
    }
  }

  /// Appends lines to the conversation; `paths` says where the files of each are.
  func append(
    _ lines: [ArchivedLine], paths: [UInt64: [String?]]
  ) throws(ArchiveFailure) {
    try state.withLock { state throws(ArchiveFailure) in
      for line in lines {
        let places = paths[line.seq] ?? []
        try state.lines?.append(line.json(paths: places).line + "\n")
        try state.page?.append(ArchivePageText.line(line, paths: places))
      }
      state.entries[state.entries.count - 1].lines += UInt64(lines.count)
    }
  }

  /// Ends the conversation.
  func end() throws(ArchiveFailure) {
    try state.withLock { state throws(ArchiveFailure) in
      guard let entry = state.entries.last else { return }
      if let result = try state.lines?.finish() {
        state.files.append(.init(path: entry.linesPath, size: result.size, hash: result.hash))
      }
      try state.page?.append(ArchivePageText.tail)
      if let result = try state.page?.finish() {
        state.files.append(.init(path: entry.pagePath, size: result.size, hash: result.hash))
      }
      state.lines = nil
      state.page = nil
    }
  }

  /// Where a file of a message is to be: within the export, and on the disk.
  func attachmentPath(
    _ name: String, in entry: ArchiveEntry
  ) throws(ArchiveFailure) -> (path: String, file: String) {
    for folder in ["attachments", entry.attachmentsPath] {
      let path = draft + "/" + folder
      guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .unwritable }
    }
    let path = entry.attachmentsPath + "/" + name
    return (path, draft + "/" + path)
  }

  /// A file of a message was saved at its path.
  func add(_ path: String) throws(ArchiveFailure) {
    let found = try ArchiveReading.digest(draft + "/" + path)
    try state.withLock { state throws(ArchiveFailure) in
      guard state.files.count < ArchiveLimits.filesMax else { throw .tooLarge(.manifest) }
      state.files.append(.init(path: path, size: found.size, hash: found.hash))
    }
  }

  /// Writes the lists, and gives all files.
  func finishLists() throws(ArchiveFailure) -> [ArchiveManifest.File] {
    try state.withLock { state throws(ArchiveFailure) in
      var lists = [(ArchiveManifest.indexName, state.entries.map { $0.json.line + "\n" })]
      if pages { lists.append(("index.html", ArchivePageText.index(state.entries, owner: owner))) }
      for (name, parts) in lists {
        let file = try ArchiveFile("\(draft)/\(name)")
        for part in parts { try file.append(part) }
        let result = try file.finish()
        state.files.append(.init(path: name, size: result.size, hash: result.hash))
      }
      return state.files
    }
  }

  /// Writes manifest and signature, and gives the folder its name.
  func finish(manifest: [UInt8], seal: [UInt8]) throws(ArchiveFailure) {
    let parts = [(ArchiveManifest.fileName, manifest), (ArchiveManifest.signatureName, seal)]
    for (name, bytes) in parts {
      let file = try ArchiveFile("\(draft)/\(name)")
      try file.append(bytes)
      _ = try file.finish()
    }
    for folder in ["/conversations", "/attachments", ""] { flush(draft + folder) }
    var status = stat()
    guard unsafe lstat(target, &status) != 0 else { throw .exists }
    guard unsafe rename(draft, target) == 0 else { throw .unwritable }
    flush(URL(fileURLWithPath: target).deletingLastPathComponent().path)
  }

  /// Makes the entries of a folder durable, as far as the file system can.
  private func flush(_ path: String) {
    let descriptor = unsafe Foundation.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
