// SPDX-License-Identifier: Apache-2.0

import Identity

/// Where the server is and which certificate it must have: what an invite link says.
package struct ServerAddress: Hashable, Sendable {
  /// A host name or an IP address, without brackets.
  package let host: String
  /// The TCP port.
  package let port: Int
  /// SHA-256 of the SubjectPublicKeyInfo of the server's certificate, 32 bytes.
  package let pin: [UInt8]

  /// Takes the parts.
  package init(host: String, port: Int, pin: [UInt8]) {
    self.host = host
    self.port = port
    self.pin = pin
  }

  /// Takes what an invite link says; `nil` when the text is no invite link.
  package init?(invite: String) {
    guard let link = try? InviteLink(invite) else { return nil }
    self.init(
      host: link.host.text, port: Int(link.port), pin: link.certificatePin.bytes)
  }

  /// The value of the `Host` header: an IPv6 address stands in brackets (RFC 9110 §7.2).
  var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return "\(name):\(port)"
  }
}
