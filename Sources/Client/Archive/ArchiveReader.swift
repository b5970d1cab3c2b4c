// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Crypto
import Foundation
import Identity
import SansIO

/// An export on the disk whose every file is the one that was signed. Calls block.
struct ArchiveReader: Sendable {
  private let path: String
  let manifest: ArchiveManifest
  /// SHA-256 of the manifest: what is signed.
  let hash: [UInt8]
  let seal: ArchiveSeal
  /// Who signed it.
  let origin: VerifiedDeviceCertificate

  /// Reads manifest and signature, and compares all files with the manifest.
  init(_ path: String) throws(ArchiveFailure) {
    self.path = path
    let bytes = try ArchiveReading.bytes(
      path + "/" + ArchiveManifest.fileName, most: ArchiveLimits.manifestBytesMax, of: .manifest)
    hash = ArchiveSeal.hash(of: bytes)
    do { manifest = try ArchiveManifest(decoding: bytes) } catch {
      throw error as? ArchiveFailure ?? .malformed(.manifest)
    }
    seal = try ArchiveSeal(
      text: try ArchiveReading.bytes(
        path + "/" + ArchiveManifest.signatureName, most: ArchiveLimits.signatureBytesMax,
        of: .signature))
    guard let origin = try? seal.verified(hash: hash),
      origin.address.description == manifest.address,
      origin.accountID.bytes == manifest.accountID,
      origin.deviceID.rawValue == manifest.deviceID, manifest.madeAt < origin.expires
    else { throw .unsigned }
    self.origin = origin
    for file in manifest.files {
      guard FileManager.default.fileExists(atPath: path + "/" + file.path) else { throw .missing }
      let found = try ArchiveReading.digest(path + "/" + file.path)
      guard found.size == file.size, found.hash == file.hash else { throw .changed }
    }
    try refuseOthers()
  }

  /// Nothing lies in the folder that was not signed.
  private func refuseOthers() throws(ArchiveFailure) {
    var named = Set(manifest.files.map(\.path))
    named.formUnion([ArchiveManifest.fileName, ArchiveManifest.signatureName])
    guard let found = FileManager.default.enumerator(atPath: path) else { throw .unreadable }
    for case let name as String in found {
      let isFolder = found.fileAttributes?[.type] as? FileAttributeType == .typeDirectory
      guard isFolder || named.contains(name) else { throw .unnamed }
    }
  }

  /// The conversations, in their order.
  func entries() throws(ArchiveFailure) -> [ArchiveEntry] {
    guard names(ArchiveManifest.indexName) else { throw .malformed(.index) }
    var lines = try ArchiveLines(path + "/" + ArchiveManifest.indexName, of: .index)
    var entries: [ArchiveEntry] = []
    while let line = try lines.next() {
      let entry: ArchiveEntry
      do { entry = try ArchiveEntry(parsing: line) } catch {
        throw error as? ArchiveFailure ?? .malformed(.index)
      }
      guard entry.number == entries.count + 1, names(entry.linesPath) else {
        throw .malformed(.index)
      }
      entries.append(entry)
    }
    return entries
  }

  /// The lines of a conversation.
  func lines(of entry: ArchiveEntry) throws(ArchiveFailure) -> ArchiveLines {
    try ArchiveLines(path + "/" + entry.linesPath, of: .line)
  }

  private func names(_ file: String) -> Bool { manifest.files.contains { $0.path == file } }
}

extension ArchiveLines {
  /// The next lines, as many as one transaction takes; empty at the end.
  mutating func page() throws(ArchiveFailure) -> [ArchivedLine] {
    var page: [ArchivedLine] = []
    while page.count < ClientLimits.archivePageLines, let line = try next() {
      do { page.append(try ArchivedLine(parsing: line)) } catch {
        throw error as? ArchiveFailure ?? .malformed(.line)
      }
    }
    return page
  }
}

extension ArchiveSeal {
  private static let prefix = "sotto-export-signature-1 "

  /// What is signed of a manifest.
  static func hash(of manifest: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: manifest)) }

  /// The file's bytes.
  var text: [UInt8] { Array((Self.prefix + Base64URL.encode(encoded) + "\n").utf8) }

  /// Takes the file's bytes.
  init(text: [UInt8]) throws(ArchiveFailure) {
    let prefix = Array(Self.prefix.utf8)
    guard text.starts(with: prefix), text.last == 0x0a,
      let bytes = Base64URL.decode(text[prefix.count..<(text.count - 1)]),
      let seal = try? ArchiveSeal(decoding: bytes)
    else { throw .malformed(.signature) }
    self = seal
  }
}
