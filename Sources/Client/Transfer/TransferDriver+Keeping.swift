// SPDX-License-Identifier: Apache-2.0

import Attachment
import ClientCore
import NIOPosix
import SansIO

/// Files that stay on this device.
extension TransferDriver {
  /// What the core says first of all about files.
  func holdOnly(_ blobs: [[UInt8]]) { spool.holdOnly(blobs, start: start) }

  /// A file of the spool stays, if it is there.
  func hold(_ blobID: [UInt8]) { try? spool.hold(spool.outgoing(blobID), as: blobID) }

  /// A file stays no longer.
  func release(_ blobID: [UInt8]) { Spool.remove(spool.held(blobID)) }

  /// Fetches a file that is to stay; `ended` is called once.
  func keep(
    _ file: SealedFile, invite: String,
    ended: @escaping @Sendable ([UInt8], KeepOutcome) -> Void
  ) {
    Task { ended(file.blobID, await keepNow(file, invite)) }
  }

  private func keepNow(_ file: SealedFile, _ invite: String) async -> KeepOutcome {
    do throws(ClientFailure) {
      let path = try await fetch(file, invite: invite)
      return try await takeIn(path, file.blobID)
    } catch {
      switch error.code {
      case .unknownAttachment, .attachmentInvalid: return .gone
      default: return .interrupted(retryAfter: error.retryAfter)
      }
    }
  }

  /// What was fetched stays if it is what the message names.
  private func takeIn(
    _ path: String, _ blobID: [UInt8]
  ) async throws(ClientFailure) -> KeepOutcome {
    let spool = spool
    do {
      return try await NIOThreadPool.singleton.runIfActive {
        guard try AttachmentSealing.isIntact(path, sealedHash: blobID) else {
          Spool.remove(path)
          return .gone
        }
        try spool.hold(path, as: blobID)
        return .done
      }
    } catch {
      throw ClientFailure(transfer: error)
    }
  }
}
