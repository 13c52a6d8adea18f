package io.tenure.recipes;

import io.tenure.internal.ScopeView;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.Optional;

/** What can happen to an election. */
sealed interface ElectionEvent {

  /** The user wants the office. */
  record Join() implements ElectionEvent {}

  /** The user no longer waits for the office. */
  record Leave(String reason) implements ElectionEvent {}

  /** The candidate is at the head of the latch's queue. */
  record QueueHead() implements ElectionEvent {}

  /** The candidate is no longer at the head, as far as the latch knows. */
  record QueueLost() implements ElectionEvent {}

  /** The scope was read; empty if there is none. */
  record ScopeRead(Optional<ScopeView> view, long session) implements ElectionEvent {}

  /** Reading the scope failed for a reason that trying again does not mend. */
  record ReadFailed(TenureException cause) implements ElectionEvent {}

  /** The transaction was applied; the scope is now as the view says. */
  record Committed(ScopeView after) implements ElectionEvent {}

  /** The transaction was not applied, since the scope has changed; or nobody knows if it was. */
  record NotCommitted(boolean unknown) implements ElectionEvent {}

  /** It was not applied, since a znode that no transition made stands in the place of its entry. */
  record EntryTaken() implements ElectionEvent {}

  /** The transaction failed for a reason that trying again does not mend. */
  record CommitFailed(TenureException cause) implements ElectionEvent {}

  /** The {@code leader} node has changed or is gone. */
  record OfficeChanged() implements ElectionEvent {}

  /** The tenure shall end. */
  record End(Transition.End end) implements ElectionEvent {}

  /** The session has ended. */
  record SessionGone(long session) implements ElectionEvent {}
}
