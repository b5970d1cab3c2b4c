// SPDX-License-Identifier: Apache-2.0

import SansIO

extension NestedPart {
  private enum Cardinality: UInt64 {
    case null = 0
    case single = 1
    case external = 2
    case multi = 3
  }

  /// Takes a part that stands at `level`, and counts it.
  ///
  /// - Throws: `limitExceeded` when it lies too deep or is one part too many.
  init(
    from input: inout Span<UInt8>, level: Int, counting parts: inout Int
  ) throws(DecodingFailure) {
    parts += 1
    guard level <= Self.levelsMax, parts <= Self.partsMax else { throw .limitExceeded }
    let fields = try input.readCBORArray(maximum: 15, field: "part")
    guard fields >= 3 else { throw .invalidValue(field: "part") }
    let number = try input.readCBORUnsigned(maximum: 255, field: "disposition")
    disposition = Disposition(rawValue: UInt8(number))
    language = try input.readCBORText(field: "language")
    let cardinality = try input.readCBORUnsigned(field: "cardinality")
    switch (Cardinality(rawValue: cardinality), fields) {
    case (.null, 3): content = .null
    case (.single, 5):
      content = .single(
        contentType: try input.readCBORText(field: "content type"),
        content: try input.readCBORBytes(field: "content"))
    case (.external, 15): content = .external(try ExternalPart(from: &input))
    case (.multi, 5):
      content = try NestedPart.readMulti(from: &input, level: level, counting: &parts)
    case (nil, _): throw .invalidValue(field: "cardinality")
    default: throw .invalidValue(field: "part")
    }
  }

  private static func readMulti(
    from input: inout Span<UInt8>, level: Int, counting parts: inout Int
  ) throws(DecodingFailure) -> PartContent {
    let number = try input.readCBORUnsigned(maximum: 255, field: "part semantics")
    guard let semantics = PartSemantics(rawValue: UInt8(number)) else {
      throw .invalidValue(field: "part semantics")
    }
    let count = try input.readCBORArray(maximum: Self.partsMax, field: "parts")
    guard count >= 2 else { throw .invalidValue(field: "parts") }
    var nested: [NestedPart] = []
    for _ in 0..<count {
      nested.append(try NestedPart(from: &input, level: level + 1, counting: &parts))
    }
    return .multi(semantics, nested)
  }

  /// Appends the part.
  func encode(to output: inout ByteWriter) {
    let (fields, cardinality): (Int, Cardinality) =
      switch content {
      case .null: (3, .null)
      case .single: (5, .single)
      case .external: (15, .external)
      case .multi: (5, .multi)
      }
    output.writeCBOR(arrayOf: fields)
    output.writeCBOR(unsigned: UInt64(disposition.rawValue))
    output.writeCBOR(text: language)
    output.writeCBOR(unsigned: cardinality.rawValue)
    switch content {
    case .null: break
    case .single(let contentType, let bytes):
      output.writeCBOR(text: contentType)
      output.writeCBOR(bytes: bytes)
    case .external(let part): part.encode(to: &output)
    case .multi(let semantics, let parts):
      output.writeCBOR(unsigned: UInt64(semantics.rawValue))
      output.writeCBOR(arrayOf: parts.count)
      for part in parts { part.encode(to: &output) }
    }
  }
}

extension ExternalPart {
  /// Takes the twelve fields after the cardinality.
  init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    contentType = try input.readCBORText(field: "content type")
    url = try input.readCBORText(field: "URL")
    expires = UInt32(
      truncatingIfNeeded: try input.readCBORUnsigned(
        maximum: UInt64(UInt32.max), field: "external expiry"))
    size = try input.readCBORUnsigned(field: "external size")
    encryptionAlgorithm = UInt16(
      truncatingIfNeeded: try input.readCBORUnsigned(
        maximum: UInt64(UInt16.max), field: "encryption algorithm"))
    key = try input.readCBORBytes(field: "key")
    nonce = try input.readCBORBytes(field: "nonce")
    additionalData = try input.readCBORBytes(field: "additional data")
    hashAlgorithm = UInt8(
      truncatingIfNeeded: try input.readCBORUnsigned(maximum: 255, field: "hash algorithm"))
    contentHash = try input.readCBORBytes(field: "content hash")
    description = try input.readCBORText(field: "description")
    filename = try input.readCBORText(field: "file name")
  }

  /// Appends the twelve fields.
  func encode(to output: inout ByteWriter) {
    output.writeCBOR(text: contentType)
    output.writeCBOR(text: url)
    output.writeCBOR(unsigned: UInt64(expires))
    output.writeCBOR(unsigned: size)
    output.writeCBOR(unsigned: UInt64(encryptionAlgorithm))
    output.writeCBOR(bytes: key)
    output.writeCBOR(bytes: nonce)
    output.writeCBOR(bytes: additionalData)
    output.writeCBOR(unsigned: UInt64(hashAlgorithm))
    output.writeCBOR(bytes: contentHash)
    output.writeCBOR(text: description)
    output.writeCBOR(text: filename)
  }
}
