package io.tenure.internal.tls;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.stream.Collectors;
import javax.security.auth.x500.X500Principal;

/**
 * Names in messages. A server chooses what its certificate says, and is not trusted yet: so names
 * are bounded, and hold no characters but printable ones of ASCII. Stateless.
 */
final class TlsText {

  private static final int MAX_CHARS = 160;
  private static final int MAX_NAMES = 3;

  static final String NO_TLS =
      "the server does not speak TLS on that port, or has no working key store (see its log): give"
          + " its secureClientPort, or leave out zookeeper.client.secure if it has none";

  private TlsText() {}

  static String bounded(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .limit(MAX_CHARS)
        .forEach(c -> out.append(c >= ' ' && c < 0x7f ? (char) c : '?'));
    return out.length() < text.length() ? out + "..." : out.toString();
  }

  static String name(X500Principal principal) {
    return bounded(principal.getName());
  }

  static String subject(X509Certificate certificate) {
    return name(certificate.getSubjectX500Principal());
  }

  static String issuer(X509Certificate certificate) {
    return name(certificate.getIssuerX500Principal());
  }

  static String subjects(Collection<X509Certificate> certificates) {
    return certificates.stream()
            .limit(MAX_NAMES)
            .map(TlsText::subject)
            .collect(Collectors.joining("; "))
        + (certificates.size() > MAX_NAMES ? " and more" : "");
  }

  /** What a sentence on a server begins with. */
  static String where(InetSocketAddress server) {
    return "TLS with " + bounded(server.getHostString()) + ":" + server.getPort() + " fails: ";
  }
}
