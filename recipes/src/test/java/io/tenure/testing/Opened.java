package io.tenure.testing;

import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The resources that a test opens, closed after it in the opposite order. Thread-safe. */
public final class Opened implements AfterEachCallback {

  private final Deque<AutoCloseable> opened = new ConcurrentLinkedDeque<>();

  /** Closes something after the test. */
  public <T extends AutoCloseable> T closeLater(T resource) {
    opened.push(resource);
    return resource;
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    closeAll();
  }

  /** Closes all of it now. */
  void closeAll() throws Exception {
    for (AutoCloseable next = opened.poll(); next != null; next = opened.poll()) {
      next.close();
    }
  }
}
