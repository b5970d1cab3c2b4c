// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Every label under which a key of this target signs. This is the whole table: a signature made
/// for one purpose verifies under no other.
///
/// What is signed has the shape of RFC 9420 §5.1.2:
///
/// ```
/// struct {
///   opaque label<V> = "Sotto 1.0 " + Label;
///   opaque content<V>;
/// } SignContent;
/// ```
///
/// A device key also signs for MLS, whose labels begin with "MLS 1.0 ", so no MLS signature is one
/// of ours and none of ours is one of MLS.
public enum IdentityLabel: String, CaseIterable, Sendable {
  /// The AIK certifies a DSK.
  case deviceSigningKey = "dsk-v1"
  /// The DSK signs a manifest.
  case manifest = "manifest-v1"
  /// The AIK that goes signs the manifest that names its successor.
  case accountKeyRotation = "aik-rotate-v1"
  /// The AIK signs the manifest of an account that came back from its recovery key.
  case recovery = "recover-v1"
  /// A device key signs the account that it belongs to.
  case device = "device-v1"
  /// The DSK signs a device certificate.
  case deviceCertificate = "device-cert-v1"
  /// A device key answers a server's login challenge.
  case login = "login-v1"
  /// A device key asks, for its account, to come into a group.
  case knock = "knock-v1"
  /// A device key signs an export of its account.
  case archive = "export-v1"
  /// A device key says that its user types.
  case typing = "typing-v1"

  /// What stands before each label.
  package static let prefix = "Sotto 1.0 "

  /// The label as it is signed.
  package var text: String { IdentityLabel.prefix + rawValue }

  /// The bytes that a signature covers.
  func signContent(_ content: [UInt8]) -> [UInt8] {
    var output = ByteWriter(capacity: content.count + 40)
    output.write(vector: Array(text.utf8))
    output.write(vector: content)
    return output.bytes
  }
}
