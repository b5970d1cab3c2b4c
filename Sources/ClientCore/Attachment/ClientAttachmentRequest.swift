// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// What the user's programs ask about files.
package enum ClientAttachmentRequest: Hashable, Sendable {
  /// Sends files that were sealed and lie in the spool, with a text or none. The message leaves
  /// when the server has them. Answer: `queued`.
  case attach(address: String, AttachmentDraft)
  /// A file of a message, counted from 1. Answer: `sealedFile`.
  case find(address: String, messageID: [UInt8], number: Int)
  /// The thumbnail of a file, counted from 1, that came with the message, or with 0 that of a link.
  /// Answer: `thumbnail`.
  case thumbnail(address: String, messageID: [UInt8], number: Int)
  /// A file of the message was saved: one that is shown once was shown. Answer: `accepted`.
  case saved(address: String, messageID: [UInt8])
}

/// A message with files, as it is asked for.
package struct AttachmentDraft: Hashable, Sendable {
  /// Sealed files.
  package let files: [Spooled]
  /// What is said beside them; may be empty.
  package let text: String
  /// The message that it answers; empty for none.
  package let inReplyTo: [UInt8]
  /// How long it is kept, if that has an end.
  package let timer: MessageTimer?

  /// A file in the spool.
  package struct Spooled: Hashable, Sendable {
    package let file: SealedFile
    /// The length of the sealed file, in bytes.
    package let sealedSize: UInt64

    package init(file: SealedFile, sealedSize: UInt64) {
      self.file = file
      self.sealedSize = sealedSize
    }
  }

  package init(
    files: [Spooled], text: String, inReplyTo: [UInt8] = [], timer: MessageTimer? = nil
  ) {
    self.files = files
    self.text = text
    self.inReplyTo = inReplyTo
    self.timer = timer
  }
}

/// A blob that the driver is to bring to the server, or to take away from it.
package struct BlobUpload: Sendable {
  /// Where the server is.
  package let invite: String
  /// SHA-256 of the sealed file; its name in the spool.
  package let blobID: [UInt8]
  /// What writing it takes.
  package let token: Secret
  /// Its length in bytes.
  package let size: UInt64
  /// It stays on this device when the server has it.
  package let stays: Bool
}

/// How fetching a file that is to stay ended.
package enum KeepOutcome: Hashable, Sendable {
  /// It is here.
  case done
  /// The server has it no more, or has something else in its place.
  case gone
  /// The network, the server or the disk failed; it may go on after a while.
  case interrupted(retryAfter: Duration?)
}

/// A blob that the driver is to fetch for the core.
package struct BlobFetch: Hashable, Sendable {
  /// Where the server is.
  package let invite: String
  /// SHA-256 of the sealed bytes.
  package let blobID: [UInt8]
  /// Their length in bytes.
  package let sealedSize: UInt64

  package init(invite: String, blobID: [UInt8], sealedSize: UInt64) {
    self.invite = invite
    self.blobID = blobID
    self.sealedSize = sealedSize
  }
}

/// How fetching a blob ended.
package enum FetchOutcome: Hashable, Sendable {
  /// These are its bytes, not looked at yet.
  case fetched([UInt8])
  /// The server does not have it, or has something else.
  case gone
  /// The network or the server failed; it may go on after a while.
  case interrupted(retryAfter: Duration?)
}

/// How bringing a blob ended.
package enum UploadOutcome: Hashable, Sendable {
  /// The server has it.
  case done
  /// The server knows of no such upload: it has to be asked for place again.
  case unknown
  /// The server has taken other bytes, or will never take these.
  case refused
  /// The file is not in the spool any more.
  case missing
  /// The network or the server failed; it may go on after a while.
  case interrupted(retryAfter: Duration?)
}
