package io.tenure.recipes;

import io.tenure.internal.leadership.ScopeReading;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.Optional;

/** What can happen to an election. Each event knows what it tells the machine. Immutable. */
sealed interface ElectionEvent {

  /** Tells the machine, which handles one event at a time. */
  void deliver(ElectionMachine machine);

  /** The user wants the office. */
  record Join() implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.join();
    }
  }

  /** The user no longer waits for the office. */
  record Leave(String reason) implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leave(reason);
    }
  }

  /** The candidate is at the head of the latch's queue. */
  record QueueHead() implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.queueHead();
    }
  }

  /** The candidate is no longer at the head, as far as the latch knows. */
  record QueueLost() implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.queueLost();
    }
  }

  /** The scope was read. */
  record ScopeRead(long number, ScopeReading found) implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().read(number, found);
    }
  }

  /** Reading the scope failed for a reason that trying again does not mend. */
  record ReadFailed(long number, TenureException cause) implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().readFailed(number, Optional.of(cause));
    }
  }

  /** The transaction was applied. */
  record Committed() implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().committed();
    }
  }

  /** The transaction was not applied, since the scope has changed; or its outcome is unknown. */
  record NotCommitted(boolean unknown) implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().notCommitted(unknown);
    }
  }

  /** It was not applied, since the parent of the entries does not exist. */
  record AuditMissing() implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().auditMissing();
    }
  }

  /** It was not applied, since this client may not delete the entries that are too old. */
  record TrimDenied() implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().trimDenied();
    }
  }

  /** It was not applied, since an entry that is too old cannot be deleted. */
  record TrimBlocked() implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().trimBlocked();
    }
  }

  /** It was not applied, since a znode that no transition made is in the place of its entry. */
  record EntryTaken() implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().entryTaken();
    }
  }

  /** The transaction failed for a reason that trying again does not mend. */
  record CommitFailed(TenureException cause) implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().commitFailed(cause);
    }
  }

  /** This client may delete no entry, as was found out before it tried. */
  record DeletesDenied() implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().keepAllEntries();
    }
  }

  /** The {@code leader} node has changed or is gone. */
  record OfficeChanged() implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().officeChanged();
    }
  }

  /** A pause is over. */
  record Wake(long number) implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().woken(number);
    }
  }

  /** The tenure is to end. */
  record End(Transition.End end) implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.leadership().end(end);
    }
  }

  /** The session has ended. */
  record SessionGone(long session) implements ElectionEvent {
    @Override
    public void deliver(ElectionMachine machine) {
      machine.sessionGone(session);
    }
  }
}
