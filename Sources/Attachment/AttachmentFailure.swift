// SPDX-License-Identifier: Apache-2.0

/// Why a file was not sealed or opened.
package enum AttachmentFailure: Error, Hashable, Sendable {
  /// The file cannot be opened or read: it is not there, is no file, or may not be read.
  case unreadable
  /// The target cannot be written, or the disk is full.
  case unwritable
  /// There is something at the target already.
  case exists
  /// The file is larger than a message may name.
  case tooLarge
  /// What came is not what the message names: another hash, another tag, or too short.
  case invalid
  /// What should be a voice note is none that can be looked at.
  case noVoice
  /// What a picture tells beside what it shows cannot be taken out of it.
  case metadata
  /// The cipher is not there.
  case noCipher
}
