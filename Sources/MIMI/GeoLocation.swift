// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A place on the earth with a name, as a message says it.
///
/// ```
/// location = [uri: tstr, label: tstr]     ; geo:LATITUDE,LONGITUDE (RFC 5870)
/// ```
public struct GeoLocation: WireValue, Hashable {
  /// The media type of the part.
  public static let contentType = "application/x.sotto.location+cbor"
  /// Bytes of the label: a line.
  public static let labelBytesMax = 256
  /// Digits behind the point: a hundredth of a millimetre.
  static let fractionDigitsMax = 10
  private static let scheme = "geo:"
  private static let uriBytesMax = 64

  /// Degrees north, from -90 to 90, in decimal digits as they were given.
  public let latitude: String
  /// Degrees east, from -180 to 180.
  public let longitude: String
  /// What the place is called; may be empty.
  public let label: String

  /// Takes decimal numbers such as `48.2082` and `-16.37`; `nil` for anything else.
  public init?(latitude: String, longitude: String, label: String = "") {
    guard Self.isNumber(latitude, upTo: 90), Self.isNumber(longitude, upTo: 180),
      label.isEmpty || label.isLine(upTo: Self.labelBytesMax)
    else { return nil }
    self.latitude = latitude
    self.longitude = longitude
    self.label = label
  }

  /// The place as a URI (RFC 5870), in WGS-84.
  public var uri: String { "\(Self.scheme)\(latitude),\(longitude)" }

  /// The place in words, for programs that show nothing else.
  public var words: String { label.isEmpty ? uri : label + "\n" + uri }

  /// Takes the part. A URI with more than two numbers is refused: of a part that says what this
  /// program does not show, the words are shown.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    try input.readCBORArray(exactly: 2, field: "location")
    let uri = try input.readCBORText(maximum: Self.uriBytesMax, field: "location")
    let label = try input.readCBORText(maximum: Self.labelBytesMax, field: "label")
    guard uri.hasPrefix(Self.scheme) else { throw .invalidValue(field: "location") }
    let numbers = uri.dropFirst(Self.scheme.count)
      .split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard numbers.count == 2,
      let location = GeoLocation(latitude: numbers[0], longitude: numbers[1], label: label)
    else { throw .invalidValue(field: "location") }
    self = location
  }

  /// Appends the part.
  public func encode(to output: inout ByteWriter) {
    output.writeCBOR(arrayOf: 2)
    output.writeCBOR(text: uri)
    output.writeCBOR(text: label)
  }

  /// RFC 5870 `num`: an optional minus, digits, perhaps a point and digits; and within the range.
  private static func isNumber(_ text: String, upTo limit: Int) -> Bool {
    var rest = text.utf8[...]
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let parts = rest.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), (1...3).contains(parts[0].count),
      parts.allSatisfy({ part in
        !part.isEmpty && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      }), parts.count == 1 || parts[1].count <= fractionDigitsMax,
      let whole = Int(String(decoding: parts[0], as: UTF8.self))
    else { return false }
    let isWhole = parts.count == 1 || parts[1].allSatisfy { $0 == UInt8(ascii: "0") }
    return whole < limit || whole == limit && isWhole
  }
}

extension MIMIContent {
  /// The body of a message that says where something is.
  public static func body(locating location: GeoLocation) -> NestedPart {
    special(GeoLocation.contentType, location.encoded, words: location.words)
  }

  /// The place that the message says, when it says one that can be read.
  public var location: GeoLocation? {
    special(GeoLocation.contentType).flatMap { try? GeoLocation(decoding: $0) }
  }
}
