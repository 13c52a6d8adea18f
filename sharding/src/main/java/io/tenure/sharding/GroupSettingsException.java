package io.tenure.sharding;

import io.tenure.scope.TenureException;

/**
 * A worker was told other settings than its group has. Trying again does not help: the message says
 * what differs.
 */
public final class GroupSettingsException extends TenureException {
  private static final long serialVersionUID = 1L;

  public GroupSettingsException(String message) {
    super(message);
  }
}
