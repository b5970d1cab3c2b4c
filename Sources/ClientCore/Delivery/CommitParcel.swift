// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// Everything that leaves with a commit, stored so that the same bytes are sent again.
///
/// ```
/// struct {
///   uint8 ver;                          // 1, or 2 with parts
///   opaque body<V>;
///   opaque next_token_hash<V>;
///   opaque sealed_group_info<V>;
///   opaque welcome<V>;
///   struct { opaque address<V>; uint32 device_id; } welcome_devices<V>;
///   uint8 removes;
///   if (ver == 2) opaque parts<V><V>;   // one or more
/// } CommitParcel;
/// ```
package struct CommitParcel: WireValue, Hashable {
  private static let plainVersion: UInt8 = 1
  private static let partsVersion: UInt8 = 2

  /// The commit, MLSMessage(PrivateMessage).
  var body: [UInt8]
  /// SHA-256 of the next epoch's log token.
  var nextTokenHash: [UInt8]
  /// The next epoch's GroupInfo, sealed to the members.
  var sealedGroupInfo: [UInt8]
  /// MLSMessage(Welcome), or nothing.
  var welcome: [UInt8]
  /// Whose inboxes get it.
  var welcomeDevices: [WelcomeDevice]
  /// Whether a member goes.
  var removes: Bool
  /// The sealed tree, when it lies beside the log: the server has it before it gets the commit.
  var parts: [[UInt8]] = []

  /// What counts towards the server's limit of a frame.
  var byteCount: Int { body.count + sealedGroupInfo.count + welcome.count }

  /// One device that is welcomed.
  package struct WelcomeDevice: WireValue, Hashable {
    let address: String
    let deviceID: UInt32

    /// Takes the parts.
    package init(address: String, deviceID: UInt32) {
      self.address = address
      self.deviceID = deviceID
    }

    /// Takes the stored form.
    package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
      guard let text = String(validating: try input.readVector(maximum: 1_024), as: UTF8.self)
      else { throw .invalidValue(field: "address") }
      address = text
      deviceID = try input.readUInt32()
    }

    /// Appends the stored form.
    package func encode(to output: inout ByteWriter) {
      output.write(vector: Array(address.utf8))
      output.write(deviceID)
    }
  }

  /// Takes the parts.
  package init(
    body: [UInt8], nextTokenHash: [UInt8], sealedGroupInfo: [UInt8], welcome: [UInt8],
    welcomeDevices: [WelcomeDevice], removes: Bool, parts: [[UInt8]] = []
  ) {
    self.parts = parts
    self.body = body
    self.nextTokenHash = nextTokenHash
    self.sealedGroupInfo = sealedGroupInfo
    self.welcome = welcome
    self.welcomeDevices = welcomeDevices
    self.removes = removes
  }

  /// Takes the stored form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let version = try input.readUInt8()
    guard version == Self.plainVersion || version == Self.partsVersion else {
      throw .invalidValue(field: "commit parcel format")
    }
    body = try input.readVector()
    nextTokenHash = try input.readVector(maximum: 32)
    sealedGroupInfo = try input.readVector()
    welcome = try input.readVector()
    welcomeDevices = try input.readList(maximumCount: 1_000) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try WelcomeDevice(from: &input)
    }
    removes = try input.readFlag(field: "removes")
    guard version == Self.partsVersion else { return }
    parts = try input.readList(maximumCount: ClientLimits.treePartsMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      try input.readVector(maximum: ClientLimits.treePartBytes)
    }
    guard !parts.isEmpty, parts.allSatisfy({ !$0.isEmpty }) else {
      throw .invalidValue(field: "parts")
    }
  }

  /// Appends the stored form.
  package func encode(to output: inout ByteWriter) {
    output.write(parts.isEmpty ? Self.plainVersion : Self.partsVersion)
    output.write(vector: body)
    output.write(vector: nextTokenHash)
    output.write(vector: sealedGroupInfo)
    output.write(vector: welcome)
    output.write(list: welcomeDevices)
    output.write(UInt8(removes ? 1 : 0))
    if !parts.isEmpty { output.write(list: parts) { output, part in output.write(vector: part) } }
  }
}
