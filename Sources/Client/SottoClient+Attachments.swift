// SPDX-License-Identifier: Apache-2.0

import Attachment
public import ClientCore
import Foundation
import NIOPosix
import SansIO

/// Messages with files.
extension SottoClient {
  /// Seals files and puts a message that names them into the outbox. It leaves once the server has
  /// the last of them; the files here may be changed or deleted as soon as this returns.
  ///
  /// - Parameters:
  ///   - paths: 1 to 10 files, of 2 GiB at most.
  ///   - text: what is said beside them; may be empty.
  ///   - address: to whom.
  ///   - inReplyTo: the message that it answers; empty for none.
  ///   - timer: how long it is kept, if that has an end.
  ///   - asItIs: whether pictures keep what they tell beside what they show: places, cameras,
  ///     comments.
  ///   - isVoice: whether the one file is a voice note, in Ogg Opus, of an hour at most.
  /// - Returns: the message's identifier.
  /// - Throws: what `send` throws, `fileFailure`, `quotaExceeded`, and `badRequest` for what is no
  ///   voice note, or a picture that is not formed well enough to take something out of it.
  public func attach(
    _ paths: [String], text: String = "", to address: String, inReplyTo: [UInt8] = [],
    timer: MessageTimer? = nil, isVoice: Bool = false, asItIs: Bool = false
  ) async throws(ClientFailure) -> [UInt8] {
    guard (1...ClientLimits.attachmentsMax).contains(paths.count) else {
      throw ClientFailure(
        .badRequest, "A message has 1 to \(ClientLimits.attachmentsMax) files.")
    }
    guard !isVoice || paths.count == 1 else {
      throw ClientFailure(.badRequest, "A voice note goes by itself.")
    }
    let room = AttachmentLook.room(files: paths.count, textBytes: text.utf8.count)
    var files: [AttachmentDraft.Spooled] = []
    do throws(ClientFailure) {
      for path in paths {
        let expected: AttachmentLook.Expected =
          isVoice ? .voice : .picture(thumbnailBytesMax: room, asItIs: asItIs)
        files.append(try await seal(path, expected))
      }
      let draft = AttachmentDraft(files: files, text: text, inReplyTo: inReplyTo, timer: timer)
      let answer = try await answer(.attachment(.attach(address: address, draft)))
      guard case .queued(let messageID) = answer else { throw mismatch() }
      return messageID
    } catch {
      for spooled in files { Spool.remove(transfers.spool.outgoing(spooled.file.blobID)) }
      throw error
    }
  }

  /// Fetches a file of a message and opens it, once everything about it has proved right. What was
  /// fetched before is not fetched again.
  ///
  /// - Parameters:
  ///   - number: which of the message's files, counted from 1.
  ///   - path: a folder, in which it gets the suggested name, with a number when there is such a
  ///     file; or a path at which nothing is.
  ///   - timeout: after which the call ends with `timeout`; fetching goes on, and another call
  ///     takes part in it.
  /// - Returns: where it is.
  /// - Throws: `unknownConversation`, `unknownMessage`, `unknownAttachment` when there is no such
  ///   file or the server has it no more, `attachmentInvalid`, `fileFailure`, `noServer`.
  public func save(
    _ number: Int = 1, of messageID: [UInt8], with address: String, to path: String,
    timeout: Duration? = nil
  ) async throws(ClientFailure) -> String {
    let target = try await fetch(
      number, of: messageID, with: address, to: path, timeout: timeout)
    let note = ClientAttachmentRequest.saved(address: address, messageID: messageID)
    _ = try? await answer(.attachment(note))
    return target
  }

  /// The same, without it becoming read.
  func fetch(
    _ number: Int, of messageID: [UInt8], with address: String, to path: String,
    timeout: Duration?
  ) async throws(ClientFailure) -> String {
    let find = ClientAttachmentRequest.find(
      address: address, messageID: messageID, number: number)
    guard case .sealedFile(let file, let invite) = try await answer(.attachment(find)) else {
      throw mismatch()
    }
    // Where nothing can be written, nothing is fetched.
    let target = try await inBackground { () throws(AttachmentFailure) in try file.reserve(path) }
    do throws(ClientFailure) {
      try await open(file, invite, to: target, timeout)
    } catch {
      Spool.remove(target)
      throw error
    }
    return target
  }

  /// How often a file is looked for that another call takes away meanwhile.
  private static let openingTriesMax = 3

  /// Opens a file that is here, or that is fetched.
  private func open(
    _ file: SealedFile, _ invite: String, to target: String, _ timeout: Duration?
  ) async throws(ClientFailure) {
    for attempt in 1...Self.openingTriesMax {
      do throws(ClientFailure) {
        if let sealed = transfers.spool.whole(file.blobID),
          try await isOpened(file, sealed, to: target)
        {
          return
        }
        let sealed = try await transfers.fetch(file, invite: invite, timeout: timeout)
        return try await inBackground { () throws(AttachmentFailure) in
          try file.open(sealed, to: target)
          Spool.remove(sealed)
        }
      } catch {
        // Another call has opened or kept it between.
        let isThere = transfers.spool.whole(file.blobID) != nil
        guard error.code == .fileFailure, isThere, attempt < Self.openingTriesMax else {
          throw error
        }
      }
    }
  }

  /// Opens a file that stays here. One that the disk has spoilt goes: the server may have it still.
  private func isOpened(
    _ file: SealedFile, _ sealed: String, to target: String
  ) async throws(ClientFailure) -> Bool {
    try await inBackground { () throws(AttachmentFailure) in
      do throws(AttachmentFailure) {
        try file.open(sealed, to: target)
        return true
      } catch {
        guard error == .invalid || error == .unreadable else { throw error }
        return false
      }
    }
  }

  /// The thumbnail of a file, which came with the message.
  ///
  /// - Parameter number: which of the message's files, counted from 1; 0 for the link that its
  ///   sender says something about.
  /// - Throws: `unknownConversation`, `unknownMessage`, `unknownAttachment` when it has none.
  public func thumbnail(
    _ number: Int = 1, of messageID: [UInt8], with address: String
  ) async throws(ClientFailure) -> ThumbnailReport {
    let request = ClientAttachmentRequest.thumbnail(
      address: address, messageID: messageID, number: number)
    guard case .thumbnail(let thumbnail) = try await answer(.attachment(request)) else {
      throw mismatch()
    }
    return thumbnail
  }

  /// The same as a file at a path where nothing is.
  ///
  /// - Throws: `fileFailure` as well.
  public func saveThumbnail(
    _ number: Int = 1, of messageID: [UInt8], with address: String, to path: String
  ) async throws(ClientFailure) -> ThumbnailReport {
    let thumbnail = try await thumbnail(number, of: messageID, with: address)
    try await write(thumbnail, to: path)
    return thumbnail
  }

  /// Makes a file of it at a path where nothing is.
  func write(_ thumbnail: ThumbnailReport, to path: String) async throws(ClientFailure) {
    try await inBackground { () throws(AttachmentFailure) in
      let file = try LocalFile.make(path)
      try file.write(thumbnail.jpeg, at: 0)
    }
  }

  /// The files that are on their way now.
  public func transferReports() -> [TransferReport] { transfers.progress.all }

  private func seal(
    _ path: String, _ expected: AttachmentLook.Expected
  ) async throws(ClientFailure) -> AttachmentDraft.Spooled {
    let spool = transfers.spool
    return try await inBackground { () throws(AttachmentFailure) in
      let look = try AttachmentLook(path, expected)
      var entropy = SystemRandomNumberGenerator()
      let key = Secret(count: 32, using: &entropy)
      let nonce = Secret(count: 12, using: &entropy).copyBytes()
      let draft = spool.draft()
      try spool.make()
      let result = try AttachmentSealing.seal(
        look.file, to: draft, key: key, nonce: nonce, sizeMax: SealedFile.sizeMax)
      try spool.accept(draft, as: result.sealedHash)
      let name = AttachmentName.of(path)
      return AttachmentDraft.Spooled(
        file: SealedFile(
          key: key.copyBytes(), nonce: nonce, size: result.size,
          plaintextHash: result.plaintextHash, blobID: result.sealedHash,
          contentType: look.contentType ?? AttachmentName.contentType(name), filename: name,
          media: look.media, thumbnail: look.thumbnail),
        sealedSize: result.sealedSize)
    }
  }

  /// Work on files blocks: it is left to a thread that may wait.
  func inBackground<Value: Sendable>(
    _ body: @escaping @Sendable () throws(AttachmentFailure) -> Value
  ) async throws(ClientFailure) -> Value {
    do {
      return try await NIOThreadPool.singleton.runIfActive(body)
    } catch {
      throw ClientFailure(transfer: error)
    }
  }
}

extension SealedFile {
  /// How many names are tried in a folder.
  private static let namesMax = 1_000

  /// Opens the sealed file at `sealed` beside `target`, whose place the opened one takes when it is
  /// whole. The sealed one goes when it is not the right one.
  fileprivate func open(_ sealed: String, to target: String) throws(AttachmentFailure) {
    let draft = target + ".part-" + UUID().uuidString
    do throws(AttachmentFailure) {
      let output = try LocalFile.make(draft)
      try AttachmentSealing.open(
        sealed, to: output, key: Secret(key), nonce: nonce, size: size, sealedHash: blobID,
        plaintextHash: plaintextHash)
      guard unsafe rename(draft, target) == 0 else { throw .unwritable }
    } catch {
      Spool.remove(draft)
      if error == .invalid { Spool.remove(sealed) }
      throw error
    }
  }

  /// Puts an empty file where the opened one is to be, so that nobody else takes the name.
  fileprivate func reserve(_ path: String) throws(AttachmentFailure) -> String {
    var isFolder: ObjCBool = false
    let isThere = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard isThere, isFolder.boolValue else {
      _ = try LocalFile.make(path)
      return path
    }
    let name = AttachmentName.safe(filename)
    for number in 1...Self.namesMax {
      let candidate = path + "/" + AttachmentName.numbered(name, number)
      do throws(AttachmentFailure) {
        _ = try LocalFile.make(candidate)
        return candidate
      } catch {
        guard error == .exists else { throw error }
      }
    }
    throw .exists
  }
}
