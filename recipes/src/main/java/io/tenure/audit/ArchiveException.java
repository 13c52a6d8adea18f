package io.tenure.audit;

import java.io.IOException;

/**
 * A directory cannot be used as an archive; the message names the file, the rule and the way out.
 * Trying again does not help before that is done.
 */
public final class ArchiveException extends IOException {
  private static final long serialVersionUID = 1L;

  ArchiveException(String message) {
    super(message);
  }

  ArchiveException(String message, Throwable cause) {
    super(message, cause);
  }
}
