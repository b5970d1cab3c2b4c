// SPDX-License-Identifier: Apache-2.0

package import Identity

/// What a deployment decides for itself.
package struct ServerPolicy: Hashable, Sendable {
  /// The domains of this deployment, in rising order.
  package let domains: [ServiceDomain]

  /// - Precondition: there is a domain.
  package init(domains: [ServiceDomain]) {
    precondition(!domains.isEmpty, "a deployment serves a domain")
    self.domains = Array(Set(domains)).sorted()
  }
}
