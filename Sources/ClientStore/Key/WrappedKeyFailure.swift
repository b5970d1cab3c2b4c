// SPDX-License-Identifier: Apache-2.0

/// Why the file of the wrapped key does not parse.
package enum WrappedKeyFailure: Error, Hashable, Sendable {
  /// It is larger than any wrapped key.
  case tooLarge
  /// It does not consist of exactly four lines, each ended by a newline.
  case lines
  /// The first line is not the one of this version.
  case version
  /// The scrypt line does not hold three numbers.
  case parameters
  /// The scrypt numbers are below what protects, or above what this program is ready to spend.
  case costOutOfBounds
  /// The salt is not 32 bytes in lower-case hexadecimal.
  case salt
  /// The sealed key is not 60 bytes in lower-case hexadecimal.
  case sealed
}
