// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@Suite struct InviteLinkTests {
  private static let pin = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
  private static let key = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"
  private static let tail = "#v1.\(pin).\(key)"

  @Test func frozenLinkReads() throws {
    let text = "sotto://chat.example:8443/messenger.example" + Self.tail
    let link = try InviteLink(text)
    #expect(link.host == .name("chat.example"))
    #expect(link.port == 8443)
    #expect(link.domain.text == "messenger.example")
    #expect(link.certificatePin.bytes == Array(0..<32))
    #expect(link.serverKey.bytes == Array(32..<64))
    #expect(link.description == text)
    let built = try InviteLink(
      host: .name("chat.example"), port: 8443, domain: link.domain,
      certificatePin: link.certificatePin, serverKey: link.serverKey)
    #expect(built == link)
    #expect(throws: InviteLinkFailure.port) {
      try InviteLink(
        host: .name("chat.example"), port: 0, domain: link.domain,
        certificatePin: link.certificatePin, serverKey: link.serverKey)
    }
  }

  @Test(
    arguments: [
      ("localhost:1", "localhost"), ("127.0.0.1:65535", "127.0.0.1"), ("[::1]:443", "::1"),
      ("[::]:443", "::"), ("[2001:db8::8:800:200c:417a]:443", "2001:db8::8:800:200c:417a"),
      ("[2001:db8:0:1:1:1:1:1]:443", "2001:db8:0:1:1:1:1:1"), ("[fe80::]:443", "fe80::"),
      ("[2001::1:0:0:1]:443", "2001::1:0:0:1"),
      ("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:443", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])
  func hostsKeepTheirText(authority: String, host: String) throws {
    let text = "sotto://" + authority + "/m.example" + Self.tail
    let link = try InviteLink(text)
    #expect(link.host.text == host)
    #expect(link.description == text)
  }

  @Test(
    arguments: [
      "", "Host", "a_b", "-a", "a..b", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", "[::1",
      "::1]", "::1", "[]", "[:]", "[:::]", "[::1::]", "[1::2::3]", "[0:0:0:0:0:0:0:1]", "[::0]",
      "[::01]", "[::A]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7::]", "[:1::2]",
      "[1::2:]", "[::+1]", "[::1%eth0]", "[::ffff:1.2.3.4]", "[2001:db8:0:0:1::1]", "user@host",
    ])
  func refusesHost(host: String) {
    #expect(throws: InviteLinkFailure.host) {
      try InviteLink("sotto://" + host + ":443/m.example" + Self.tail)
    }
  }

  @Test(
    arguments: [
      ("", .scheme), ("https://a:1/m.example" + tail, .scheme),
      ("SOTTO://a:1/m.example" + tail, .scheme), (" sotto://a:1/m.example" + tail, .scheme),
      ("sotto://a:1/m.example", .fragment), ("sotto://a:1/m.example#", .fragment),
      ("sotto://a:1/m.example#v1.\(pin)", .fragment),
      ("sotto://a:1/m.example\(tail).x", .fragment),
      ("sotto://a:1/m.example#v2.\(pin).\(key)", .version),
      ("sotto://a:1/m.example#v1..\(key)", .certificatePin),
      ("sotto://a:1/m.example#v1.\(pin)=.\(key)", .certificatePin),
      ("sotto://a:1/m.example#v1.\(pin.dropLast())9.\(key)", .certificatePin),
      ("sotto://a:1/m.example#v1.\(pin.dropLast()).\(key)", .certificatePin),
      ("sotto://a:1/m.example#v1.\(pin).\(key.dropLast())+", .serverKey),
      ("sotto://a:1/m.example#v1.\(pin).\(key)A", .serverKey),
      ("sotto://a:1/m.example#v1.\(pin).\(key)\n", .serverKey),
      ("sotto://a:1" + tail, .domain), ("sotto://a:1/" + tail, .domain),
      ("sotto://a:1/m.example/" + tail, .domain), ("sotto://a:1/M.example" + tail, .domain),
      ("sotto://a:1/m.example?x" + tail, .domain),
      ("sotto://a/m.example" + tail, .port), ("sotto://a:/m.example" + tail, .port),
      ("sotto://a:0/m.example" + tail, .port), ("sotto://a:080/m.example" + tail, .port),
      ("sotto://a:65536/m.example" + tail, .port), ("sotto://a:+1/m.example" + tail, .port),
      ("sotto://a:-1/m.example" + tail, .port),
      ("sotto://" + String(repeating: "a", count: 640), .tooLong),
    ] as [(String, InviteLinkFailure)])
  func refuses(text: String, failure: InviteLinkFailure) {
    #expect(throws: failure) { try InviteLink(text) }
  }

  @Test func everyPrefixAndTurnedBitIsRefusedOrAnotherLink() throws {
    let text = "sotto://[2001:db8::1]:8443/messenger.example" + Self.tail
    let link = try InviteLink(text)
    let bytes = Array(text.utf8)
    for length in 0..<bytes.count {
      let prefix = String(decoding: bytes[..<length], as: UTF8.self)
      #expect((try? InviteLink(prefix)) == nil)
    }
    for bit in 0..<bytes.count * 8 {
      let changed = String(decoding: bytes.flipping(bit: bit), as: UTF8.self)
      guard let other = try? InviteLink(changed) else { continue }
      #expect(other != link)
      #expect(other.description == changed)
    }
  }

  @Test(
    arguments: [
      ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
      ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ])
  func base64URLIsThatOfRFC4648(plain: String, coded: String) {
    #expect(Base64URL.encode(Array(plain.utf8)) == coded)
    #expect(Base64URL.decode(coded.utf8) == Array(plain.utf8))
  }

  @Test(arguments: ["A", "AAAAA", "Zh", "Zm9", "Zg==", "Zm 8", "Zm+v", "Zm/v", "Zmé"])
  func base64URLRefuses(text: String) {
    #expect(Base64URL.decode(text.utf8) == nil)
  }
}
