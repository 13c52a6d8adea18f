package io.tenure.internal.session;

import io.tenure.scope.Transition;

/** Whoever carries out what the holder of a lease wants. Callable from any thread. */
public interface Office {

  /** Ends the tenure of the lease, if it is still the present one. */
  void end(HeldLease lease, Transition.End end);

  /** Looks at the scope again: a transaction of the holder found it changed. */
  void inspect(HeldLease lease);
}
