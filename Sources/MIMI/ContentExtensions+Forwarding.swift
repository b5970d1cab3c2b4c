// SPDX-License-Identifier: Apache-2.0

extension ContentExtensions {
  private static let forwardedKey = CBORKey.text("app.sotto.forwarded")
  /// `true` in CBOR.
  private static let yes = CBORValue.simple(21)

  /// Whether the text was taken from another message; never from whose. Another value than `true`
  /// counts as none.
  public var isForwarded: Bool {
    get { self[Self.forwardedKey] == Self.yes }
    set { self[Self.forwardedKey] = newValue ? Self.yes : nil }
  }
}
