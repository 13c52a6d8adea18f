package io.tenure.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.scope.Bounds;
import io.tenure.scope.Candidate;
import java.time.Instant;

/**
 * The leader as its election wrote it into the record and the {@code leader} node.
 *
 * @param nonce drawn anew for each attempt to be elected, so that a leader whose answer was lost
 *     knows its own transaction when it reads the record
 */
public record Incumbent(Candidate candidate, String session, String nonce, Instant since) {

  static Incumbent read(ZnodeJson json) {
    return new Incumbent(
        json.candidate(),
        json.text("session", Bounds.NONCE_CHARS),
        json.text("nonce", Bounds.NONCE_CHARS),
        json.time("since"));
  }

  void write(ObjectNode json) {
    ZnodeJson.putCandidate(json, candidate);
    json.put("session", session);
    json.put("nonce", nonce);
    json.put("since", since.toString());
  }
}
