package io.tenure.internal.session;

import java.util.Optional;

/**
 * Since when the client's present session can exist at all. Its handle is younger than the last
 * look at which the client had begun fewer handles. That the handle has no session yet proves less:
 * a server may have made one whose answer is still on its way, or waits for a process that was
 * stopped.
 *
 * <p>Pure; confined to the monitor's event thread.
 */
final class SessionBirth {

  private long index;
  private Moment seen;
  private Optional<Moment> before = Optional.empty();

  /**
   * Begins with a first look.
   *
   * @param now taken before the look
   * @param index how many handles the client has begun to make
   */
  SessionBirth(Moment now, long index) {
    this.seen = now;
    this.index = index;
  }

  void looked(Moment now, long present) {
    if (present != index) {
      before = Optional.of(seen);
      index = present;
    }
    seen = now;
  }

  /** A moment at which the session of a handle did not exist yet, if one is known. */
  Optional<Moment> bornAfter(long handleIndex) {
    return handleIndex > index
        ? Optional.of(seen)
        : handleIndex == index ? before : Optional.empty();
  }
}
