package io.tenure.audit;

import io.tenure.scope.Printable;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.security.auth.x500.X500Principal;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.IPAuthenticationProvider;

/**
 * Reads an {@link AppendOnlyAcl} from lines of text, and says of each that is wrong what is wrong
 * with it. What may be a password is repeated nowhere.
 *
 * <p>Confined to one reading.
 */
final class AclLines {

  private static final String PREFIX = "acl.";
  private static final String GROUPS = "groups";
  private static final String ROLES =
      "acl.workers, acl.coordinators, acl.operators, acl.archivers, acl.readers, acl.admins and"
          + " acl.groups";

  /** SHA-1's, the shortest that servers can be told to use. */
  private static final int MIN_DIGEST_BYTES = 20;

  private static final int MAX_SHOWN_CHARS = 40;

  private final Map<String, String> lines;
  private final AppendOnlyAcl.Builder builder = AppendOnlyAcl.builder();
  private final List<String> problems = new ArrayList<>();

  AclLines(Map<String, String> lines) {
    this.lines = new TreeMap<>(lines);
  }

  AppendOnlyAcl scheme() {
    lines.forEach(
        (key, value) -> {
          if (key.startsWith(PREFIX)) {
            add(key, value.strip());
          }
        });
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
    return builder.build();
  }

  private void add(String key, String value) {
    String rest = key.substring(PREFIX.length());
    int dot = rest.indexOf('.');
    String role = dot < 0 ? rest : rest.substring(0, dot);
    try {
      switch (role) {
        case "workers" -> builder.workers(id(role, value));
        case "coordinators" -> builder.coordinators(id(role, value));
        case "operators" -> builder.operators(id(role, value));
        case "archivers" -> builder.archivers(id(role, value));
        case "readers" -> builder.readers(id(role, value));
        case "admins" -> builder.admin(id(role, value));
        case GROUPS -> builder.groups(value);
        default -> throw wrong("there is no such line, but " + ROLES);
      }
    } catch (IllegalArgumentException e) {
      problems.add(shown(key) + ": " + e.getMessage());
    }
  }

  private static Id id(String role, String value) {
    int colon = value.indexOf(':');
    if (colon < 1 || colon == value.length() - 1) {
      throw wrong(
          "no id; an id is digest:user:DIGEST, sasl:user, x509:CN=name,O=company or ip:10.0.0.0/8");
    }
    String scheme = value.substring(0, colon);
    String name = value.substring(colon + 1);
    return switch (scheme) {
      case "digest" -> digest(name);
      case "sasl" -> new Id(scheme, name);
      case "x509" -> x509(name);
      case "ip" -> ip(name);
      case "world" -> world(role, name);
      default ->
          throw wrong(
              "the scheme \""
                  + shown(scheme)
                  + "\" is unknown; there are digest, sasl, x509, ip and, for readers, world:anyone");
    };
  }

  private static Id digest(String name) {
    int colon = name.indexOf(':');
    String user = colon < 0 ? name : name.substring(0, colon);
    String digest = colon < 0 ? "" : name.substring(colon + 1);
    if (colon < 1) {
      throw wrong("an id of the scheme digest is digest:user:DIGEST");
    } else if (digest.equals("x")) {
      throw wrong(
          "digest:"
              + shown(user)
              + ":x has a masked digest, as getAcl shows it, and no credential has that id: give the digest"
              + " itself");
    } else if (bytes(digest).filter(bytes -> bytes.length >= MIN_DIGEST_BYTES).isEmpty()) {
      throw wrong(
          "what follows digest:"
              + shown(user)
              + ": is no digest; if it is the password, give the base64 of the SHA-1 of"
              + " user:password instead, as DigestAuthenticationProvider.generateDigest makes it");
    }
    return new Id("digest", name);
  }

  private static Optional<byte[]> bytes(String base64) {
    try {
      return Optional.of(Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The server compares the text of names, in the form of RFC 2253. */
  private static Id x509(String name) {
    String canonical;
    try {
      canonical = new X500Principal(name).getName();
    } catch (IllegalArgumentException e) {
      throw wrong("\"" + shown(name) + "\" is no distinguished name, as CN=worker,O=Acme");
    }
    if (!canonical.equals(name)) {
      throw wrong("the server knows this name as x509:" + canonical + " and no other form of it");
    }
    return new Id("x509", name);
  }

  private static Id ip(String name) {
    if (!new IPAuthenticationProvider().isValid(name)) {
      throw wrong("\"" + shown(name) + "\" is no address, as 10.0.0.7 or 10.0.0.0/8");
    }
    return new Id("ip", name);
  }

  private static Id world(String role, String name) {
    if (!name.equals("anyone")) {
      throw wrong("of the scheme world there is only world:anyone");
    } else if (!role.equals("readers")) {
      throw wrong("world:anyone may be among the readers and in no other role");
    }
    return Ids.ANYONE_ID_UNSAFE;
  }

  private static IllegalArgumentException wrong(String problem) {
    return new IllegalArgumentException(problem);
  }

  private static String shown(String text) {
    return Printable.of(text, MAX_SHOWN_CHARS);
  }
}
