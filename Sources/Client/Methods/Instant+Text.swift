// SPDX-License-Identifier: Apache-2.0

import SansIO

extension Instant {
  /// Reads a time as RFC 3339 writes it, `2026-11-24T12:00:00Z`, with or without a fraction, in
  /// UTC or with an offset; or a date alone, which is its first moment in UTC, or the first moment
  /// after it with `endOfDay`.
  init?(text: String, endOfDay: Bool = false) {
    var rest = Substring(text).utf8
    guard let year = rest.takeNumber(4), rest.take("-"), let month = rest.takeNumber(2),
      rest.take("-"), let day = rest.takeNumber(2), (1...12).contains(month),
      (1...Instant.days(inMonth: month, of: year)).contains(day)
    else { return nil }
    let midnight = Instant.daysSince1970(year, month, day) * 86_400_000
    if rest.isEmpty {
      self.init(milliseconds: midnight + (endOfDay ? 86_400_000 : 0))
      return
    }
    let isSeparated = rest.take("T") || rest.take("t")
    guard isSeparated, let hour = rest.takeNumber(2), rest.take(":"),
      let minute = rest.takeNumber(2), rest.take(":"), let second = rest.takeNumber(2),
      hour < 24, minute < 60, second <= 60, let fraction = rest.takeMilliseconds(),
      let offset = rest.takeOffset(), rest.isEmpty
    else { return nil }
    let seconds = (hour * 60 + minute - offset) * 60 + second
    self.init(milliseconds: midnight + seconds * 1_000 + fraction)
  }

  /// UTC with milliseconds, as RFC 3339 writes it; what no four digits of a year can say is the
  /// nearest that they can.
  var text: String {
    let least = -62_167_219_200_000 as Int64
    let most = 253_402_300_799_999 as Int64
    let milliseconds = min(max(self.milliseconds, least), most)
    let day = (milliseconds - least) / 86_400_000
    let rest = (milliseconds - least) % 86_400_000
    // Days since the first of March of the year 0, in 400-year cycles that all have as many.
    let since = day - 60
    let cycle = (since >= 0 ? since : since - 146_096) / 146_097
    let dayOfCycle = since - cycle * 146_097
    let yearOfCycle =
      (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
    let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
    let part = (5 * dayOfYear + 2) / 153
    let month = part < 10 ? part + 3 : part - 9
    let year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    func digits(_ number: Int64, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let date =
      "\(digits(year, 4))-\(digits(month, 2))-\(digits(dayOfYear - (153 * part + 2) / 5 + 1, 2))"
    let time = [rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60].map { digits($0, 2) }
    return "\(date)T\(time.joined(separator: ":")).\(digits(rest % 1_000, 3))Z"
  }

  private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    switch month {
    case 2: return isLeap ? 29 : 28
    case 4, 6, 9, 11: return 30
    default: return 31
    }
  }

  /// Days of the proleptic Gregorian calendar, counted in years that begin in March.
  private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

extension Substring.UTF8View {
  /// Takes one ASCII character, when it is next.
  fileprivate mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard let first, UInt32(first) == character.value else { return false }
    removeFirst()
    return true
  }

  /// Takes exactly so many digits.
  fileprivate mutating func takeNumber(_ digits: Int) -> Int64? {
    var number: Int64 = 0
    for _ in 0..<digits {
      guard let first, (0x30...0x39).contains(first) else { return nil }
      number = number * 10 + Int64(first - 0x30)
      removeFirst()
    }
    return number
  }

  /// Takes a fraction of a second, if there is one; what is below a millisecond does not count.
  fileprivate mutating func takeMilliseconds() -> Int64? {
    guard take(".") else { return 0 }
    var milliseconds: Int64 = 0
    var count = 0
    while let first, (0x30...0x39).contains(first) {
      if count < 3 { milliseconds = milliseconds * 10 + Int64(first - 0x30) }
      count += 1
      removeFirst()
    }
    guard count > 0 else { return nil }
    for _ in Swift.min(count, 3)..<3 { milliseconds *= 10 }
    return milliseconds
  }

  /// Takes the offset from UTC, in minutes.
  fileprivate mutating func takeOffset() -> Int64? {
    if take("Z") || take("z") { return 0 }
    let isAhead = take("+")
    if !isAhead, !take("-") { return nil }
    guard let hours = takeNumber(2), take(":"), let minutes = takeNumber(2), hours < 24,
      minutes < 60
    else { return nil }
    return (hours * 60 + minutes) * (isAhead ? 1 : -1)
  }
}
