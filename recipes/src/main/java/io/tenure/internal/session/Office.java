package io.tenure.internal.session;

import io.tenure.scope.Transition;

/** Carries out the requests of the holder of a lease. Callable from any thread. */
public interface Office {

  /** Ends the tenure of the lease, if it is still the present one. */
  void end(HeldLease lease, Transition.End end);

  /** Looks at the scope again: a transaction of the holder found it changed. */
  void inspect(HeldLease lease);
}
