// SPDX-License-Identifier: Apache-2.0

import Attachment
public import ClientCore
import Identity
import NIOPosix
public import SansIO

/// What an export shall have.
public struct ExportChoice: Hashable, Sendable {
  /// The one conversation; `nil` for all that were accepted.
  public var address: String?
  /// Not before this.
  public var since: Instant?
  /// Before this.
  public var until: Instant?
  /// Whether it has pages for a browser.
  public var pages = false
  /// Whether it has the files of messages, as far as they can still be had.
  public var attachments = false

  /// Everything, as lines.
  public init() {}
}

/// What became of an export.
public struct ExportReport: Hashable, Sendable {
  /// How many conversations it has.
  public fileprivate(set) var conversations = 0
  /// How many lines.
  public fileprivate(set) var lines = 0
  /// Lines that are not in it: they disappear, or have not left.
  public fileprivate(set) var leftOut = 0
  /// How many files of messages it has.
  public fileprivate(set) var attachments = 0
  /// How many could not be had any more.
  public fileprivate(set) var missing = 0
}

/// What became of an import.
public struct ImportReport: Hashable, Sendable {
  /// Lines that are here now.
  public fileprivate(set) var lines = 0
  /// Messages that were here before, or were deleted here.
  public fileprivate(set) var known = 0
  /// Lines that are no messages, and conversations that wait to be accepted.
  public fileprivate(set) var passedOver = 0
  /// Whether the account still has the device that made the export.
  public fileprivate(set) var isListed = true
}

/// Exports.
extension SottoClient {
  /// Writes conversations into a new folder, with a signature over all of it. What disappears, was
  /// deleted or was not accepted is not in it. Nothing becomes read.
  ///
  /// - Parameters:
  ///   - path: where nothing is.
  ///   - choice: what it shall have.
  /// - Throws: `fileFailure`, `unknownConversation`, `requestPending`.
  public func export(
    to path: String, _ choice: ExportChoice = ExportChoice()
  ) async throws(ClientFailure) -> ExportReport {
    let begin = try await answer(.archive(.begin(address: choice.address)))
    guard case .archive(let overview) = begin else { throw mismatch() }
    guard overview.conversations.count <= ArchiveLimits.conversationsMax else {
      throw ClientFailure(.quotaExceeded, "An export has 10000 conversations at most.")
    }
    let folder = try await onThread { () throws(ArchiveFailure) in
      try ArchiveFolder(path, owner: overview.address, pages: choice.pages)
    }
    do throws(ClientFailure) {
      var report = ExportReport()
      for conversation in overview.conversations {
        report.conversations += 1
        let entry = ArchiveEntry(
          number: report.conversations, address: conversation.address, name: conversation.name,
          picture: await pictureOfGroup(conversation))
        try await export(entry, into: folder, choice, &report)
      }
      try await seal(folder, overview)
      return report
    } catch {
      folder.remove()
      throw error
    }
  }

  private func pictureOfGroup(
    _ conversation: ArchiveOverview.Conversation
  ) async -> ThumbnailReport? {
    guard conversation.name != nil else { return nil }
    // A group that only an import has brought has no state here.
    return try? await group(conversation.address).picture
  }

  private func export(
    _ entry: ArchiveEntry, into folder: ArchiveFolder, _ choice: ExportChoice,
    _ report: inout ExportReport
  ) async throws(ClientFailure) {
    try await onThread { () throws(ArchiveFailure) in try folder.begin(entry) }
    var query = ArchiveQuery(address: entry.address, since: choice.since, until: choice.until)
    repeat {
      guard case .archivePage(let page) = try await answer(.archive(.page(query))) else {
        throw mismatch()
      }
      var paths: [UInt64: [String?]] = [:]
      if choice.attachments {
        for line in page.lines where !line.attachments.isEmpty {
          paths[line.seq] = try await save(line, of: entry, into: folder, &report)
        }
      }
      let places = paths
      try await onThread { () throws(ArchiveFailure) in
        try folder.append(page.lines, paths: places)
      }
      report.lines += page.lines.count
      report.leftOut += page.leftOut
      query.after = page.next
    } while query.after != nil && !Task.isCancelled
    if Task.isCancelled { throw ClientFailure(.timeout, "The export was given up.") }
    try await onThread { () throws(ArchiveFailure) in try folder.end() }
  }

  /// Where the files of a line are now; `nil` for those that cannot be had.
  private func save(
    _ line: ArchivedLine, of entry: ArchiveEntry, into folder: ArchiveFolder,
    _ report: inout ExportReport
  ) async throws(ClientFailure) -> [String?] {
    var paths: [String?] = []
    for (index, file) in line.attachments.enumerated() {
      let name = "\(line.seq)-\(index + 1)-\(AttachmentName.safe(file.name))"
      let place = try await onThread { () throws(ArchiveFailure) in
        try folder.attachmentPath(name, in: entry)
      }
      do throws(ClientFailure) {
        _ = try await fetch(
          index + 1, of: line.messageID, with: entry.address, to: place.file,
          timeout: .seconds(600))
      } catch {
        // A disk that is full ends the export; what the server has no more does not.
        guard error.code != .fileFailure else { throw error }
        report.missing += 1
        paths.append(nil)
        continue
      }
      try await onThread { () throws(ArchiveFailure) in try folder.add(place.path) }
      report.attachments += 1
      paths.append(place.path)
    }
    return paths
  }

  private func seal(
    _ folder: ArchiveFolder, _ overview: ArchiveOverview
  ) async throws(ClientFailure) {
    let (manifest, hash) = try await onThread { () throws(ArchiveFailure) in
      let manifest = ArchiveManifest(
        address: overview.address, accountID: overview.accountID, deviceID: overview.deviceID,
        madeAt: WallClock().now, files: try folder.finishLists()
      ).encoded
      return (manifest, ArchiveSeal.hash(of: manifest))
    }
    guard case .archiveSeal(let seal) = try await answer(.archive(.sign(hash: hash))) else {
      throw mismatch()
    }
    try await onThread { () throws(ArchiveFailure) in
      try folder.finish(manifest: manifest, seal: seal.text)
    }
  }

  /// Takes the messages of an export that this account made, once its signature and all its files
  /// have proved right. Messages that are here, or were deleted here, are passed over; nobody
  /// becomes a contact, and nothing leaves the device.
  ///
  /// - Throws: `exportInvalid`, `exportForeign`, `fileFailure`.
  public func importExport(from path: String) async throws(ClientFailure) -> ImportReport {
    let reader = try await onThread { () throws(ArchiveFailure) in try ArchiveReader(path) }
    let check = ClientArchiveRequest.check(reader.seal, hash: reader.hash)
    guard case .archiveOrigin(let isListed) = try await answer(.archive(check)) else {
      throw mismatch()
    }
    var report = ImportReport()
    report.isListed = isListed
    let entries = try await onThread { () throws(ArchiveFailure) in try reader.entries() }
    for entry in entries {
      do throws(ClientFailure) {
        try await keep(entry, of: reader, &report)
      } catch {
        guard error.code == .requestPending else { throw error }
        report.passedOver += Int(clamping: entry.lines)
      }
    }
    return report
  }

  private func keep(
    _ entry: ArchiveEntry, of reader: ArchiveReader, _ report: inout ImportReport
  ) async throws(ClientFailure) {
    var lines = try await onThread { () throws(ArchiveFailure) in try reader.lines(of: entry) }
    var cursor: ImportCursor?
    while true {
      let before = lines
      let (page, after) = try await onThread { () throws(ArchiveFailure) in
        var lines = before
        return (try lines.page(), lines)
      }
      lines = after
      guard !page.isEmpty else { return }
      let request = ClientArchiveRequest.keep(
        address: entry.address, lines: page, cursor: cursor)
      guard case .archived(let outcome) = try await answer(.archive(request)) else {
        throw mismatch()
      }
      cursor = outcome.cursor
      report.lines += outcome.added
      report.known += outcome.known
      report.passedOver += outcome.passedOver
    }
  }

  /// Work on files blocks: it is left to a thread that may wait.
  private func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws(ArchiveFailure) -> Value
  ) async throws(ClientFailure) -> Value {
    do {
      return try await NIOThreadPool.singleton.runIfActive(body)
    } catch {
      throw ClientFailure(archive: error as? ArchiveFailure ?? .unreadable)
    }
  }
}

/// What an export proves by itself.
public struct ExportProof: Hashable, Sendable {
  /// The address that the account had.
  public let address: String
  /// The account's identity key, as `protect-show` shows the pinned one.
  public let identityKey: String
  /// The device that made it.
  public let deviceID: UInt32
  /// When, as that device says.
  public let madeAt: Instant
  /// How many files were compared.
  public let files: Int

  /// Checks the signature, its chain up to the account key, and every file. Whose key that is
  /// stands nowhere in the export: compare it with the one that is known.
  ///
  /// - Throws: `export-invalid` or `file-failure`.
  public init(verifying path: String) throws(SottoFailure) {
    do throws(ArchiveFailure) {
      let reader = try ArchiveReader(path)
      address = reader.manifest.address
      identityKey = Hex.encode(Fingerprint(hashing: reader.origin.aik.bytes).bytes)
      deviceID = reader.manifest.deviceID
      madeAt = reader.manifest.madeAt
      files = reader.manifest.files.count
    } catch {
      throw SottoFailure(ClientFailure(archive: error))
    }
  }
}
