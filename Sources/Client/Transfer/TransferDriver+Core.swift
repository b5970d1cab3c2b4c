// SPDX-License-Identifier: Apache-2.0

import Attachment
import ClientCore
import NIOPosix
import SansIO

/// Blobs that the core itself makes and opens: they are small, and lie in memory as a whole.
extension TransferDriver {
  /// Puts a sealed blob where `upload` finds it. One that does not get there is missed by the
  /// upload, and made again.
  func keep(_ bytes: [UInt8], as blobID: [UInt8]) {
    let draft = spool.draft()
    do throws(AttachmentFailure) {
      try spool.make()
      let file = try LocalFile.make(draft)
      try file.write(bytes, at: 0)
      try file.synchronize()
      try spool.accept(draft, as: blobID)
    } catch {
      Spool.remove(draft)
    }
  }

  /// Fetches a blob, going on where an earlier attempt ended; `ended` is called once.
  func fetch(_ job: BlobFetch, ended: @escaping @Sendable (FetchOutcome) -> Void) {
    Task { ended(await outcome(of: job)) }
  }

  private func outcome(of job: BlobFetch) async -> FetchOutcome {
    do throws(ClientFailure) {
      let path = try await fetchNow(job)
      guard
        let bytes = try? await NIOThreadPool.singleton.runIfActive({
          let file = try LocalFile.open(path)
          guard file.size == job.sealedSize else { return [UInt8]() }
          return try file.read(Int(clamping: job.sealedSize), at: 0)
        })
      else { return .interrupted(retryAfter: nil) }
      Spool.remove(path)
      return .fetched(bytes)
    } catch {
      switch error.code {
      case .unknownAttachment, .attachmentInvalid: return .gone
      default: return .interrupted(retryAfter: error.retryAfter)
      }
    }
  }
}
