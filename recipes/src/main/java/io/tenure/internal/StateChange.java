package io.tenure.internal;

import io.tenure.scope.Transition;

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

  /** It stands for the office of that epoch. */
  public static StateChange electing(long session, long epoch) {
    return new StateChange("electing", session, epoch, "");
  }

  /** It is in office. */
  public static StateChange inOffice(long session, long epoch) {
    return new StateChange("in office", session, epoch, "elected");
  }

  /** It leaves the office. */
  public static StateChange ending(long session, long epoch, Transition.End end) {
    return new StateChange("ending", session, epoch, end.word());
  }

  /** To a state in which the office is not the candidate's, nor about to be. */
  public static StateChange to(String state) {
    return new StateChange(state, 0, 0, "");
  }
}
