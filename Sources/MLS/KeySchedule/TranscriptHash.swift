// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The running hashes over all commits (RFC 9420 §8.2).
package enum TranscriptHash {
  /// The confirmed hash after a commit.
  ///
  /// - Parameter signature: the commit's own.
  package static func confirmed(
    suite: CipherSuite, interim: [UInt8], commit: AuthenticatedContent
  ) -> [UInt8] {
    var input = ByteWriter(capacity: interim.count + 512)
    input.write(raw: interim)
    input.write(commit.wireFormat)
    input.write(commit.content)
    input.write(vector: commit.auth.signature)
    return suite.hash(input.bytes)
  }

  /// The interim hash that follows from a confirmed hash and the tag that confirms it.
  package static func interim(
    suite: CipherSuite, confirmed: [UInt8], confirmationTag: [UInt8]
  ) -> [UInt8] {
    var input = ByteWriter(capacity: confirmed.count + confirmationTag.count + 4)
    input.write(raw: confirmed)
    input.write(vector: confirmationTag)
    return suite.hash(input.bytes)
  }
}
