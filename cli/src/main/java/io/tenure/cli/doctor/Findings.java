package io.tenure.cli.doctor;

import java.util.ArrayList;
import java.util.List;

/** What one check finds. Confined to one thread. */
final class Findings {

  private final String check;
  private final List<Diagnosis> all = new ArrayList<>();

  Findings(String check) {
    this.check = check;
  }

  void wrong(String path, String text, String advice) {
    add(Level.WRONG, path, text, advice);
  }

  void risky(String path, String text, String advice) {
    add(Level.RISKY, path, text, advice);
  }

  void note(String path, String text, String advice) {
    add(Level.NOTE, path, text, advice);
  }

  void ok(String path, String text) {
    add(Level.OK, path, text, "");
  }

  /** It is neither known to be as it should be, nor not to be. */
  void unchecked(String path, String why, String advice) {
    all.add(new Diagnosis(Level.NOTE, check, path, "not checked: " + why, advice, false));
  }

  void add(Level level, String path, String text, String advice) {
    all.add(new Diagnosis(level, check, path, text, advice, true));
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  List<Diagnosis> all() {
    return List.copyOf(all);
  }
}
