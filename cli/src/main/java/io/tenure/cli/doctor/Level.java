package io.tenure.cli.doctor;

import java.util.Locale;

/** How bad it is. */
public enum Level {
  /** Something does not work, or history is damaged. */
  WRONG,
  /** It works, and one more mishap away it does not. */
  RISKY,
  /** Good to know; or it could not be checked. */
  NOTE,
  /** Checked, and as it should be. */
  OK;

  /** As it is written for people and programs. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
