// SPDX-License-Identifier: Apache-2.0

/// The bounds of an export, as it is written and as it is read.
package enum ArchiveLimits {
  /// Bytes of one line: a message of 64 KiB whose every byte is escaped, and everybody's reactions.
  package static let lineBytesMax = 4 << 20
  /// Conversations of one export.
  package static let conversationsMax = 10_000
  /// Files of one export: pages, and ten files for each of very many messages.
  package static let filesMax = 200_000
  /// Bytes of the manifest: so many files with their longest names.
  package static let manifestBytesMax = 96 << 20
  /// Bytes of the signature with its chain: a manifest of an account has some KiB.
  package static let signatureBytesMax = 1 << 20
  /// Bytes of a path within an export.
  package static let pathBytesMax = 300
  /// Bytes that are read or written at once.
  package static let pieceBytes = 1 << 18
}
