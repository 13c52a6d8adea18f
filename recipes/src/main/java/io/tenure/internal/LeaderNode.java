package io.tenure.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.scope.Scope;
import io.tenure.scope.Tenure;
import io.tenure.scope.TenureException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The data of {@code <scope>/leader}: the tenure, or an operator's word. */
public record LeaderNode(long epoch, Incumbent incumbent) {

  private static final String REVOKE = "revoke";

  /** Parses the node's data. */
  public static LeaderNode parse(String path, byte @Nullable [] data) {
    ZnodeJson json = ZnodeJson.parse(path, data);
    return new LeaderNode(json.number("epoch", 1), Incumbent.read(json));
  }

  /** The node's data: one line of JSON. */
  public byte[] bytes() {
    ObjectNode json = ZnodeJson.create();
    json.put("epoch", epoch);
    incumbent.write(json);
    return ZnodeJson.bytes(json);
  }

  /** The tenure that the node tells of. */
  public Tenure tenure(Scope scope) {
    return new Tenure(scope, epoch, incumbent.candidate(), incumbent.session(), incumbent.since());
  }

  /** The nonce of the tenure that the data tells of; empty if an operator has written over it. */
  public static Optional<String> nonce(byte @Nullable [] data) {
    try {
      return Optional.of(parse("leader", data).incumbent().nonce());
    } catch (TenureException e) {
      return Optional.empty();
    }
  }

  /** Whether the data is that of a tenure, or what an operator has written over it. */
  public static boolean isOfOrOverwritten(byte @Nullable [] data, String nonce) {
    return nonce(data).map(nonce::equals).orElse(true);
  }

  /**
   * The reason of a revocation, if that is what an operator wrote: {@code revoke}, alone or
   * followed by a space and why.
   */
  public static Optional<String> revocation(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8).strip();
    if (text.equals(REVOKE)) {
      return Optional.of("revoked by an operator");
    }
    return text.startsWith(REVOKE + " ")
        ? Optional.of("revoked by an operator: " + text.substring(REVOKE.length()).strip())
        : Optional.empty();
  }
}
