package io.tenure.internal;

/**
 * What a trace tells of one candidate: that it has come to another state. Traces are held against
 * the model in {@code spec}, which says what the words mean.
 *
 * @param state the new one, as one word of the model: {@code electing}
 * @param session the candidate's, where it is in office, stands for it or leaves it; else 0
 * @param epoch of the tenure that it stands for, holds or ends; else 0
 * @param event what an audit entry calls it: {@code elected} in office, the end's word while
 *     ending; else empty
 */
public record StateChange(String state, long session, long epoch, String event) {

  /** To a state in which the office is not the candidate's, nor about to be. */
  public static StateChange to(String state) {
    return new StateChange(state, 0, 0, "");
  }
}
