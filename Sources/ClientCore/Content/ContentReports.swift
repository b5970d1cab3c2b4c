// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI

/// What the user's programs send beside plain texts.
package enum ClientContentRequest: Hashable, Sendable {
  /// A text, with what the program says about a link in it. Answer: `queued`.
  case text(address: String, text: String, preview: LinkPreviewReport, timer: MessageTimer?)
  /// A place. Answer: `queued`.
  case location(address: String, LocationReport)
  /// Somebody's name and address. Answer: `queued`.
  case contact(address: String, ContactCardReport)
}

/// A place on the earth.
public struct LocationReport: Hashable, Sendable {
  /// Degrees north, in decimal digits as they were given.
  public let latitude: String
  /// Degrees east.
  public let longitude: String
  /// What the place is called; may be empty.
  public let label: String

  /// Makes the value, unchecked: who sends it is told whether it is one.
  public init(latitude: String, longitude: String, label: String = "") {
    self.latitude = latitude
    self.longitude = longitude
    self.label = label
  }

  /// The place as a URI (RFC 5870).
  public var uri: String { "geo:\(latitude),\(longitude)" }

  init(_ location: GeoLocation) {
    self.init(
      latitude: location.latitude, longitude: location.longitude, label: location.label)
  }

  var content: GeoLocation? {
    GeoLocation(latitude: latitude, longitude: longitude, label: label)
  }
}

/// Somebody, as somebody else calls them. Nothing of it is verified.
public struct ContactCardReport: Hashable, Sendable {
  /// What the person is called.
  public let name: String
  /// Their address.
  public let address: String

  /// Makes the value, unchecked: who sends it is told whether it is one.
  public init(name: String, address: String) {
    self.name = name
    self.address = address
  }

  /// `nil` when the card is of somebody who cannot be reached by an address.
  init?(_ card: ContactCard) {
    guard let address = try? Address(uri: card.uri) else { return nil }
    self.init(name: card.name, address: address.description)
  }

  var content: ContactCard? {
    (try? Address(address)).flatMap { ContactCard(name: name, uri: $0.uri) }
  }
}

/// What a sender's program says about a link in the text.
public struct LinkPreviewReport: Hashable, Sendable {
  /// The link.
  public let url: String
  /// What is there.
  public let title: String
  /// More about it; may be empty.
  public let text: String
  /// A small picture of what is there. In lines alone; its file is asked for by itself.
  public var thumbnail: ThumbnailReport?

  /// Makes the value, unchecked: who sends it is told whether it is one.
  public init(url: String, title: String, text: String = "") {
    self.url = url
    self.title = title
    self.text = text
  }

  init(_ preview: LinkPreview) {
    self.init(url: preview.url, title: preview.title, text: preview.text)
    thumbnail = preview.thumbnail.map { ThumbnailReport($0).measures }
  }

  var content: LinkPreview? {
    var content = LinkPreview(url: url, title: title, text: text)
    content?.thumbnail = thumbnail.flatMap { JPEGThumbnail($0.jpeg) }
    return content
  }

  /// What events tell of it.
  var words: LinkPreviewReport { LinkPreviewReport(url: url, title: title, text: text) }
}
