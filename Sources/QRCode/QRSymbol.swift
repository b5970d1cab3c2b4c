// SPDX-License-Identifier: Apache-2.0

private import CQREncode

/// A QR code (ISO/IEC 18004), which a camera reads from a screen. The code itself is libqrencode's;
/// here it is drawn.
public struct QRSymbol: Hashable, Sendable {
  /// Light modules on each side that every code needs (§9.1).
  public static let quietZone = 4

  /// Modules a side, without the quiet zone.
  public let width: Int
  private let modules: [UInt8]

  /// The code of a text's UTF-8 bytes; `nil` when they are none, or more than a code holds.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    var modules = [UInt8](repeating: 0, count: Int(SOTTO_QR_MODULES_MAX))
    let width = Int(unsafe sotto_qr_encode(bytes, bytes.count, &modules))
    guard width > 0 else { return nil }
    self.width = width
    self.modules = Array(modules.prefix(width * width))
  }

  /// Columns of its picture.
  public var columns: Int { width + 2 * Self.quietZone }

  /// Whether a module is dark. What lies outside is light.
  public func isDark(_ column: Int, _ row: Int) -> Bool {
    guard (0..<width).contains(column), (0..<width).contains(row) else { return false }
    return modules[row * width + column] == 1
  }
}
