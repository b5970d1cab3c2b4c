// SPDX-License-Identifier: Apache-2.0

import Attachment
import ClientCore
import Foundation
import NIOCore
import NIOHTTP1
import SansIO
import Synchronization

/// Brings sealed files from the spool to the server and fetches others. It does what the core's
/// effects say, and reports how that ended.
final class TransferDriver: Sendable {
  /// How often an upload asks where it stands before it leaves the rest to the core.
  private static let roundsMax = 4

  private struct Running {
    let number: UInt64
    let task: Task<Void, Never>
  }

  private enum Fetch {
    case running(Task<Void, Never>)
    /// Nobody has heard it yet.
    case ended(Result<String, ClientFailure>)
  }

  private struct State {
    var next: UInt64 = 0
    var uploads: [[UInt8]: Running] = [:]
    /// Several may ask for one blob; it is fetched once.
    var fetches: [[UInt8]: Fetch] = [:]
    var isClosed = false
  }

  let spool: Spool
  let progress = TransferProgress()
  private let loop: any EventLoop
  /// Tells that a fetch has ended.
  private let fetched = EventSignal()
  let start = Date()
  private let state = Mutex(State())

  init(home: String, loop: any EventLoop) {
    spool = Spool(home: home)
    self.loop = loop
  }

  /// Begins to bring a blob, unless that is under way; `ended` is called once.
  func upload(
    _ job: BlobUpload, ended: @escaping @Sendable ([UInt8], UploadOutcome) -> Void
  ) {
    state.withLock { state in
      guard !state.isClosed, state.uploads[job.blobID] == nil else { return }
      state.next += 1
      let number = state.next
      let task = Task {
        let outcome = await run(job)
        guard finish(job.blobID, number) else { return }
        ended(job.blobID, outcome)
      }
      state.uploads[job.blobID] = Running(number: number, task: task)
    }
  }

  /// Stops bringing a blob, deletes it here and, as far as the server can be asked now, there: what
  /// cannot be taken away lapses.
  func drop(_ job: BlobUpload) {
    let running = state.withLock { $0.uploads.removeValue(forKey: job.blobID) }
    running?.task.cancel()
    progress.end(job.blobID)
    Spool.remove(spool.outgoing(job.blobID))
    guard let exchange = exchange(job.invite) else { return }
    Task { _ = try? await exchange.ask(.DELETE, path(job), headers(job)) }
  }

  /// Deletes what no message waits for.
  func keep(_ blobs: [[UInt8]]) { spool.clean(keeping: blobs, start: start) }

  /// Nothing more is begun; what runs is cancelled.
  func close() {
    let running = state.withLock { state in
      state.isClosed = true
      for case .running(let task) in state.fetches.values { task.cancel() }
      return state.uploads.values.map(\.task)
    }
    for task in running { task.cancel() }
    fetched.close()
  }

  /// Fetches a blob into the spool, going on where an earlier attempt ended. After `timeout` it
  /// goes on without the caller, who may ask again.
  ///
  /// - Returns: its path.
  /// - Throws: among others `timeout`.
  func fetch(
    _ file: SealedFile, invite: String, timeout: Duration? = nil
  ) async throws(ClientFailure) -> String {
    let deadline = ContinuousClock.now + (timeout ?? .seconds(86_400))
    beginFetching(file, invite)
    while true {
      let version = fetched.version
      if let result = takeResult(file.blobID) { return try result.get() }
      guard !state.withLock(\.isClosed) else {
        throw ClientFailure(.storeFailure, "The client is closing.")
      }
      guard ContinuousClock.now < deadline, !Task.isCancelled else {
        throw ClientFailure(.timeout, "The file is still on its way.")
      }
      // Another asker may have taken the result: then it is fetched, and asking again shows that.
      beginFetching(file, invite)
      await fetched.wait(after: version, until: deadline)
    }
  }

  private func beginFetching(_ file: SealedFile, _ invite: String) {
    let job = BlobFetch(
      invite: invite, blobID: file.blobID,
      sealedSize: AttachmentSealing.sealedSize(file.size))
    state.withLock { state in
      guard !state.isClosed, state.fetches[file.blobID] == nil else { return }
      let task = Task {
        var result: Result<String, ClientFailure>
        do throws(ClientFailure) {
          result = .success(try await self.fetchNow(job))
        } catch {
          result = .failure(error)
        }
        self.ended(file.blobID, result)
      }
      state.fetches[file.blobID] = .running(task)
    }
  }

  private func ended(_ blobID: [UInt8], _ result: Result<String, ClientFailure>) {
    state.withLock { $0.fetches[blobID] = .ended(result) }
    fetched.advance()
  }

  private func takeResult(_ blobID: [UInt8]) -> Result<String, ClientFailure>? {
    state.withLock { state in
      guard case .ended(let result)? = state.fetches[blobID] else { return nil }
      state.fetches[blobID] = nil
      return result
    }
  }

  func fetchNow(_ job: BlobFetch) async throws(ClientFailure) -> String {
    guard let exchange = exchange(job.invite) else {
      throw ClientFailure(.noServer, "No server.")
    }
    let path = spool.incoming(job.blobID)
    let sizeMax = AttachmentSealing.sealedSize(SealedFile.sizeMax)
    let name = Hex.encode(job.blobID)
    do {
      try spool.make()
      let local = try LocalFile.resume(path)
      defer { progress.end(job.blobID) }
      if local.size == job.sealedSize { return path }
      let answer = try await exchange.fetch("/v1/blobs/\(name)", into: local, sizeMax: sizeMax) {
        [progress] done, total in
        progress.moved(job.blobID, .fetching, done: done, total: total)
      }
      switch answer.status {
      case 200, 206: return path
      // There is more here than there: it is not the same.
      case 416:
        Spool.remove(path)
        throw ClientFailure(.attachmentInvalid, "The file is not what the message names.")
      case 404:
        Spool.remove(path)
        throw ClientFailure(.unknownAttachment, "The server has the file no more.")
      default:
        throw ClientFailure(
          .serverFailure, "The server did not give the file.", retryAfter: answer.retryAfter)
      }
    } catch let failure as ClientFailure {
      throw failure
    } catch {
      throw ClientFailure(transfer: error)
    }
  }

  // MARK: One upload

  private func exchange(_ invite: String) -> BlobExchange? {
    ServerAddress(invite: invite).map { BlobExchange(server: $0, loop: loop) }
  }

  private func path(_ job: BlobUpload) -> String { "/v1/uploads/" + Hex.encode(job.blobID) }

  private func headers(_ job: BlobUpload) -> HTTPHeaders {
    ["authorization": "Bearer " + Hex.encode(job.token.copyBytes())]
  }

  private func finish(_ blobID: [UInt8], _ number: UInt64) -> Bool {
    progress.end(blobID)
    return state.withLock { state in
      guard state.uploads[blobID]?.number == number else { return false }
      state.uploads[blobID] = nil
      return true
    }
  }

  private func run(_ job: BlobUpload) async -> UploadOutcome {
    guard let exchange = exchange(job.invite) else { return .interrupted(retryAfter: nil) }
    for _ in 0..<Self.roundsMax {
      do throws(BlobExchange.Failure) {
        let told = try await exchange.ask(.HEAD, path(job), headers(job))
        if let outcome = outcome(of: told) { return outcome }
        // Before the file: after a crash the server may have all, and the spool nothing.
        if told.headers.first(name: "upload-complete") == "?1" {
          settle(job)
          return .done
        }
        guard let offset = told.number("upload-offset"), offset < job.size else {
          return .interrupted(retryAfter: nil)
        }
        guard let file = try? LocalFile.open(spool.outgoing(job.blobID)), file.size == job.size
        else { return .missing }
        let answer = try await send(file, from: offset, job, exchange)
        if let outcome = outcome(of: answer) { return outcome }
      } catch {
        if case .file = error { return .missing }
        return .interrupted(retryAfter: nil)
      }
    }
    return .interrupted(retryAfter: nil)
  }

  /// The server has the file: it stays here or goes.
  private func settle(_ job: BlobUpload) {
    let path = spool.outgoing(job.blobID)
    guard job.stays, (try? spool.hold(path, as: job.blobID)) != nil else {
      return Spool.remove(path)
    }
  }

  private func send(
    _ file: LocalFile, from offset: UInt64, _ job: BlobUpload, _ exchange: BlobExchange
  ) async throws(BlobExchange.Failure) -> BlobExchange.Answer {
    var fields = headers(job)
    fields.add(name: "content-type", value: "application/partial-upload")
    fields.add(name: "upload-offset", value: String(offset))
    fields.add(name: "upload-complete", value: "?1")
    return try await exchange.send(file, from: offset, path(job), fields) { [progress] done in
      progress.moved(job.blobID, .bringing, done: done, total: job.size)
    }
  }

  /// How the upload ends with this answer; `nil` when it goes on.
  private func outcome(of answer: BlobExchange.Answer) -> UploadOutcome? {
    switch answer.status {
    case 200...299, 409: nil
    case 404: .unknown
    case 400, 405, 411, 415, 422: .refused
    default: .interrupted(retryAfter: answer.retryAfter)
    }
  }
}

extension ClientFailure {
  /// Why a file did not come or go.
  init(transfer error: any Error) {
    switch error {
    case let failure as AttachmentFailure: self.init(failure)
    case BlobExchange.Failure.file(let failure): self.init(failure)
    case BlobExchange.Failure.unreachable:
      self.init(.noServer, "The server cannot be reached.")
    default: self.init(.noServer, "The connection broke; the same again goes on with it.")
    }
  }

  /// Why a file was not sealed or opened.
  init(_ failure: AttachmentFailure) {
    switch failure {
    case .unreadable: self.init(.fileFailure, "The file cannot be read.")
    case .unwritable: self.init(.fileFailure, "The file cannot be written.")
    case .exists: self.init(.fileFailure, "There is a file of this name already.")
    case .tooLarge: self.init(.messageTooLarge, "A file has 2 GiB at most.")
    case .invalid:
      self.init(.attachmentInvalid, "The file is not what the message names.")
    case .metadata:
      self.init(
        .badRequest,
        "What this picture tells beside what it shows cannot be taken out; it can go as a file.")
    case .noVoice:
      self.init(.badRequest, "A voice note is a file in Ogg Opus, of an hour at most.")
    case .noCipher: self.init(.internalFailure, "The cipher is not there.")
    }
  }
}
