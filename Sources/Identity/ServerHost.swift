// SPDX-License-Identifier: Apache-2.0

/// Where a server is reached: a name, an IPv4 address or an IPv6 address, in its one canonical
/// text.
public enum ServerHost: Hashable, Sendable {
  /// A lower-case domain name.
  case name(String)
  /// Four bytes.
  case ipv4([UInt8])
  /// Eight 16-bit groups.
  case ipv6([UInt16])

  /// Takes a host as a URI has it: an IPv6 address stands in brackets (RFC 3986 §3.2.2).
  /// Gives `nil` for any other text, also for a form of an address that is not the canonical one.
  public init?(uriText text: String) {
    if text.utf8.first == UInt8(ascii: "[") {
      guard text.utf8.last == UInt8(ascii: "]") else { return nil }
      let inner = String(decoding: text.utf8.dropFirst().dropLast(), as: UTF8.self)
      guard let groups = ServerHost.ipv6Groups(inner) else { return nil }
      self = .ipv6(groups)
    } else if let bytes = ServerHost.ipv4Bytes(text) {
      self = .ipv4(bytes)
    } else if ServiceDomain.isDomain(text) {
      self = .name(text)
    } else {
      return nil
    }
    guard uriText == text else { return nil }
  }

  /// The host as a URI has it, with brackets around an IPv6 address.
  public var uriText: String {
    switch self {
    case .ipv6: "[" + text + "]"
    case .name, .ipv4: text
    }
  }

  /// The host as a socket takes it, with no brackets.
  public var text: String {
    switch self {
    case .name(let name): name
    case .ipv4(let bytes): bytes.map { byte in String(byte) }.joined(separator: ".")
    case .ipv6(let groups): ServerHost.ipv6Text(groups)
    }
  }

  private static func ipv4Bytes(_ text: String) -> [UInt8]? {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.count), part.allSatisfy(\.isDigit),
        let byte = UInt8(String(decoding: part, as: UTF8.self))
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func ipv6Groups(_ text: String) -> [UInt16]? {
    let colon = UInt8(ascii: ":")
    let parts = text.utf8.split(separator: colon, omittingEmptySubsequences: false)
      .map { part in String(decoding: part, as: UTF8.self) }
    guard (3...9).contains(parts.count) else { return nil }
    var before: [UInt16] = []
    var after: [UInt16] = []
    var sawGap = false
    for (index, part) in parts.enumerated() {
      let isEdge = index == 0 || index == parts.count - 1
      if part.isEmpty {
        // A leading or trailing "::" gives two empty parts at that edge.
        if isEdge {
          let neighbour = index == 0 ? parts[1] : parts[index - 1]
          guard neighbour.isEmpty else { return nil }
          continue
        }
        guard !sawGap else { return nil }
        sawGap = true
        continue
      }
      guard part.utf8.count <= 4, part.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }),
        let group = UInt16(part, radix: 16)
      else { return nil }
      if sawGap { after.append(group) } else { before.append(group) }
    }
    let count = before.count + after.count
    guard sawGap ? count < 8 : count == 8 else { return nil }
    return before + Array(repeating: 0, count: 8 - count) + after
  }

  /// The text of RFC 5952 §4: lower case, no leading zeros, the first of the longest runs of two or
  /// more zero groups left out.
  private static func ipv6Text(_ groups: [UInt16]) -> String {
    var longest = 0..<0
    var start = 0
    while start < groups.count {
      var end = start
      while end < groups.count, groups[end] == 0 { end += 1 }
      if end - start >= 2, end - start > longest.count { longest = start..<end }
      start = max(end, start + 1)
    }
    func joined(_ part: ArraySlice<UInt16>) -> String {
      part.map { group in String(group, radix: 16) }.joined(separator: ":")
    }
    guard !longest.isEmpty else { return joined(groups[...]) }
    return joined(groups[..<longest.lowerBound]) + "::" + joined(groups[longest.upperBound...])
  }
}
