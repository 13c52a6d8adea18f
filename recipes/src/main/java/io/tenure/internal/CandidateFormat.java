package io.tenure.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.scope.Candidate;
import io.tenure.scope.ForeignDataException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a candidate writes into its node of the latch's queue. */
public final class CandidateFormat {

  private CandidateFormat() {}

  /** The node's data as the text that Curator's latch calls its id. */
  public static String text(Candidate candidate) {
    ObjectNode json = ZnodeJson.create();
    ZnodeJson.putCandidate(json, candidate);
    return new String(ZnodeJson.bytes(json), StandardCharsets.UTF_8);
  }

  /** Parses a node's data; empty if the client that queues there is no candidate of Tenure's. */
  public static Optional<Candidate> parse(String path, byte @Nullable [] data) {
    try {
      return Optional.of(ZnodeJson.parse(path, data).candidate());
    } catch (ForeignDataException e) {
      return Optional.empty();
    }
  }
}
