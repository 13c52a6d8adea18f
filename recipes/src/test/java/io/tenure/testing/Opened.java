package io.tenure.testing;

import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Whatever a test opens, closed after it in the opposite order. Confined to the test's thread. */
public final class Opened implements AfterEachCallback {

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  /** Closes something after the test. */
  public <T extends AutoCloseable> T closeLater(T resource) {
    opened.push(resource);
    return resource;
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }
}
