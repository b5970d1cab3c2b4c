// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// Why the store failed. The transaction is rolled back and the core's value thrown away.
package enum ClientStoreFailure: Error, Hashable, Sendable {
  /// The file cannot be read or written.
  case unavailable
  /// The disk is full.
  case full
  /// A row does not decode; the table's name says where.
  case corrupt(StaticName)
  /// A crash that a test asked for.
  case injected
}
