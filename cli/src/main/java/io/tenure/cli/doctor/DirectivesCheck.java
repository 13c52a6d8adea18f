package io.tenure.cli.doctor;

import io.tenure.internal.ZnodeJson;
import io.tenure.internal.ZnodeName;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.Bounds;
import io.tenure.scope.Printable;
import io.tenure.scope.TenureException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/** Whether what operators want can be done, and is wanted still. */
final class DirectivesCheck implements Check {

  @Override
  public String name() {
    return "directives";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    for (GroupFacts group : context.groups()) {
      int before = findings.all().size();
      for (Read<Znode> directive : group.directives()) {
        directive.found().ifPresent(node -> run(group, node, findings));
        if (directive.denied()) {
          findings.unchecked(directive.path(), "this client may not read it", "give --auth");
        }
      }
      if (findings.all().size() == before && !group.directives().isEmpty()) {
        findings.ok(
            group.path() + "/directives",
            Words.count(group.directives().size(), "directive") + ", for who and what is there");
      }
    }
  }

  private static void run(GroupFacts group, Znode node, Findings findings) {
    String name = Words.last(node.path());
    int dash = name.indexOf('-') + 1;
    String kind = name.substring(0, dash);
    Optional<String> subject =
        ZnodeName.decode(name.substring(dash)).filter(decoded -> !decoded.isEmpty());
    if (subject.isEmpty() || !Set.of("drain-", "capacity-", "pin-", "move-").contains(kind)) {
      findings.risky(
          node.path(),
          "cannot be understood: names are drain-WORKER, capacity-WORKER, pin-SHARD, move-SHARD;"
              + " it is passed over",
          "delete it, and write what is meant");
      return;
    }
    String value;
    try {
      value = value(node);
    } catch (TenureException e) {
      // As the coordinator says it.
      findings.risky(
          node.path(),
          "its data cannot be understood, and it "
              + (kind.equals("drain-")
                  ? "counts by its name: " + subject.get() + " gets no shards"
                  : "counts as it last did, or is passed over where no coordinator has read it")
              + ": "
              + e.getMessage(),
          "write it again, or delete it");
      return;
    }
    if (kind.equals("pin-") || kind.equals("move-")) {
      ofShard(group, node, subject.get(), value, findings);
    } else {
      ofWorker(group, node, kind, subject.get(), value, findings);
    }
  }

  private static void ofShard(
      GroupFacts group, Znode node, String shard, String worker, Findings findings) {
    if (worker.isEmpty()) {
      findings.risky(
          node.path(), "names no worker; it is passed over", "set its data to a worker's id");
    } else if (group.settings().isPresent() && !group.contains(shard)) {
      findings.note(
          node.path(), "there is no shard " + shard + " in the set; nothing is done", "delete it");
    } else if (!group.workerIds().contains(worker)) {
      findings.note(
          node.path(),
          "there is no worker " + worker + " now; shard " + shard + " goes there when it comes",
          "delete it if " + worker + " is gone for good");
    }
  }

  private static void ofWorker(
      GroupFacts group, Znode node, String kind, String worker, String value, Findings findings) {
    boolean drain = kind.equals("drain-");
    if (!drain && !isCapacity(value)) {
      findings.risky(
          node.path(), "\"" + value + "\" is no number above 0; it is passed over", "correct it");
    } else if (!group.workerIds().contains(worker)) {
      findings.add(
          drain ? Level.RISKY : Level.NOTE,
          node.path(),
          drain
              ? "there is no worker " + worker + " now, and when it comes back it gets no shards"
              : "there is no worker " + worker + " now; it applies when it comes",
          "delete it if its wish has passed (tenure undrain, zkCli's delete)");
    } else if (drain) {
      findings.note(
          node.path(),
          worker + " is there, and gets no shards" + (value.isEmpty() ? "" : ": " + value),
          "delete it when the worker may lead again");
    }
  }

  private static boolean isCapacity(String text) {
    try {
      double capacity = Double.parseDouble(text);
      return capacity > 0 && !Double.isInfinite(capacity);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** Plain text, or JSON with a value and a reason; of a drain the reason counts. */
  private static String value(Znode node) {
    String text = new String(node.data(), StandardCharsets.UTF_8).strip();
    if (text.startsWith("{")) {
      ZnodeJson json = ZnodeJson.parse(node.path(), node.data());
      String value = json.optionalText("value").orElse("").strip();
      text = value.isEmpty() ? json.optionalText("reason").orElse("").strip() : value;
    }
    return Printable.of(text, Bounds.VALUE_CHARS);
  }
}
