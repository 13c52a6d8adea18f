package io.tenure.sharding;

import io.tenure.audit.AuditTrail;
import java.util.List;

/**
 * A group's own trail as it stood when it was read. Immutable.
 *
 * @param operations the entries that can be read, oldest first
 * @param unreadable the znodes that cannot be read: damaged, of a newer format, or denied
 */
public record OperationTrail(List<Operation> operations, List<AuditTrail.Unreadable> unreadable) {

  /** Copies the lists. */
  public OperationTrail {
    operations = List.copyOf(operations);
    unreadable = List.copyOf(unreadable);
  }
}
