// SPDX-License-Identifier: Apache-2.0

import SansIO

/// What a device signs to prove to a server that it holds its key.
///
/// The context names the server, the endpoint and the connection's nonce, so that an answer given
/// to one server or connection is of no use at another.
///
/// ```
/// struct {
///   opaque domain<V>;
///   opaque endpoint<V>;
///   uint8 nonce[32];
///   opaque address<V>;
///   uint32 device_id;
/// } LoginChallenge;
/// ```
public struct LoginChallenge: Hashable, Sendable {
  /// A server's random bytes for one connection.
  public struct Nonce: FixedBytes {
    /// 32 bytes.
    public static let byteCount = 32
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// Takes 32 bytes.
    public init?(_ bytes: [UInt8]) {
      guard bytes.count == Self.byteCount else { return nil }
      self.bytes = bytes
    }

    /// A new nonce, drawn from `generator`.
    public init(using generator: inout some RandomNumberGenerator) {
      bytes = generator.bytes(Self.byteCount)
    }
  }

  /// The service that the server speaks for.
  public let domain: ServiceDomain
  /// The path of the endpoint, such as `/v1/inbox`.
  public let endpoint: String
  /// The server's nonce.
  public let nonce: Nonce
  /// Who logs in.
  public let address: Address
  /// With which device.
  public let deviceID: DeviceID

  /// Takes the parts. The client takes domain and endpoint from what it connected to, never from
  /// what the server says.
  public init(
    domain: ServiceDomain, endpoint: String, nonce: Nonce, address: Address, deviceID: DeviceID
  ) {
    self.domain = domain
    self.endpoint = endpoint
    self.nonce = nonce
    self.address = address
    self.deviceID = deviceID
  }

  /// The device's answer.
  public func signed(by device: DeviceSecrets) -> Signature {
    precondition(device.deviceID == deviceID, "the challenge is for another device")
    return device.key.sign(content, label: .login)
  }

  /// Checks an answer, with the device key that the server holds for the address and device.
  ///
  /// - Throws: `signatureInvalid(.login)`.
  public func verify(
    _ signature: Signature, by key: SignaturePublicKey
  ) throws(IdentityFailure) {
    try key.verify(signature, of: content, label: .login)
  }

  private var content: [UInt8] {
    var output = ByteWriter()
    output.write(domain)
    output.write(vector: Array(endpoint.utf8))
    output.write(nonce)
    output.write(address)
    output.write(deviceID)
    return output.bytes
  }
}
