package io.tenure.cli.doctor;

import io.tenure.scope.TenureException;
import java.util.List;
import org.apache.zookeeper.KeeperException;
import org.jspecify.annotations.Nullable;

/**
 * Runs the checks one after the other. One that fails is said as not checked, and the others go on;
 * a connection that is lost ends them all.
 *
 * <p>Confined to one thread, which it blocks.
 */
public final class Doctor {

  /** Is told what happens, on the doctor's thread. */
  public interface Listener {
    /** A check begins. */
    void begins(String check);

    /** It is done. */
    void found(String check, List<Diagnosis> diagnoses);
  }

  private static final List<Check> CHECKS =
      List.of(
          new ServersCheck(),
          new SessionCheck(),
          new ObserversCheck(),
          new ClockCheck(),
          new AclCheck(),
          new UnusableCheck(),
          new SizeCheck(),
          new EphemeralsCheck(),
          new WorkersCheck(),
          new ShardsCheck(),
          new FailingCheck(),
          new PlanCheck(),
          new DirectivesCheck(),
          new OfficeCheck(),
          new TrailCheck(),
          new RetentionCheck());

  private final Context context;

  /** One examination. */
  public Doctor(Examination examination) {
    this.context = new Context(examination);
  }

  /**
   * Looks at everything.
   *
   * @throws TenureException if the connection is lost
   */
  public void run(Listener listener) throws InterruptedException {
    for (Check check : CHECKS) {
      listener.begins(check.name());
      listener.found(check.name(), run(check));
    }
  }

  private List<Diagnosis> run(Check check) throws InterruptedException {
    Findings findings = new Findings(check.name());
    try {
      check.run(context, findings);
    } catch (TenureException e) {
      if (isDisconnected(e)) {
        throw e;
      }
      findings.unchecked("/", "it stopped at " + e.getMessage(), "");
    }
    return findings.all();
  }

  /** Whether nothing more can be read. */
  static boolean isDisconnected(Throwable thrown) {
    for (@Nullable Throwable at = thrown; at != null; at = at.getCause()) {
      if (at instanceof KeeperException.ConnectionLossException
          || at instanceof KeeperException.SessionExpiredException
          || at instanceof KeeperException.OperationTimeoutException
          || at instanceof KeeperException.AuthFailedException) {
        return true;
      }
    }
    return false;
  }
}
