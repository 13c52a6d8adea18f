package io.tenure.internal.session;

import com.fasterxml.jackson.databind.node.TextNode;
import io.tenure.internal.Sessions;
import io.tenure.internal.StateChange;
import io.tenure.scope.Candidate;
import io.tenure.scope.Scope;
import java.util.function.Supplier;

/**
 * Where traces go: to the logger {@code io.tenure.trace} at level {@code TRACE}, one JSON object a
 * line, so that they are off unless the application's own logging asks for them. It is called when
 * the state has changed and before anything is sent because of that, so lines of several processes
 * of one machine can be put into an order by {@code at}, which is {@link System#nanoTime()}.
 *
 * <p>Stateless.
 */
public final class TraceLog {

  private static final Log log = Log.of("io.tenure.trace");

  private TraceLog() {}

  /**
   * A candidate of the scope has come to another state.
   *
   * @param scope asked only if that is to be told
   */
  public static void changed(Supplier<Scope> scope, Candidate candidate, StateChange change) {
    if (log.isTraceEnabled()) {
      log.trace(
          "{\"at\":{},\"scope\":{},\"candidate\":{},\"session\":\"{}\",\"state\":\"{}\","
              + "\"epoch\":{},\"event\":\"{}\"}",
          System.nanoTime(),
          TextNode.valueOf(scope.get().toString()),
          TextNode.valueOf(candidate.id()),
          Sessions.format(change.session()),
          change.state(),
          change.epoch(),
          change.event());
    }
  }
}
