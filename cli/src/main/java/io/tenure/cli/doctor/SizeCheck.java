package io.tenure.cli.doctor;

import io.tenure.internal.session.PacketLimit;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.zookeeper.data.Stat;

/** Whether any znode, or list of children, comes near to what fits into one answer. */
final class SizeCheck implements Check {

  private static final int SHOWN = 10;

  @Override
  public String name() {
    return "size";
  }

  /** Something that has to fit. */
  private record Sized(String path, String what, long bytes) {}

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    long own = PacketLimit.of(context.client());
    // What the servers were told they do not tell: their default is what can be relied on.
    long limit = Math.min(own, ListBytes.SERVERS_DEFAULT);
    List<Sized> all = new ArrayList<>();
    for (GroupFacts group : context.groups()) {
      group(context, group, all);
    }
    for (ScopeFacts scope : context.scopes()) {
      scope.record().found().ifPresent(node -> all.add(data(node.path(), node.stat())));
      scope.checkpoint().found().ifPresent(stat -> all.add(data(scope.checkpoint().path(), stat)));
      scope
          .audit()
          .found()
          .map(Stat::getNumChildren)
          .ifPresent(
              children ->
                  all.add(
                      new Sized(
                          scope.scope().auditPath(),
                          "a list of " + children + " entries, about ",
                          ListBytes.likelyListBytes(children))));
    }
    List<Sized> large =
        all.stream()
            .filter(one -> one.bytes() > limit / 2)
            .sorted(Comparator.comparingLong(Sized::bytes).reversed())
            .toList();
    for (Sized one : large.subList(0, Math.min(SHOWN, large.size()))) {
      boolean over = one.bytes() > limit;
      findings.add(
          over ? Level.WRONG : Level.RISKY,
          one.path(),
          one.what()
              + Words.bytes(one.bytes())
              + ", "
              + (over ? "over" : "more than half of")
              + " the "
              + Words.bytes(limit)
              + " that fit into one answer: "
              + (over
                  ? "a client that reads it loses its connection"
                  : "once it is over, no client can read it"),
          "make it smaller; or raise -Djute.maxbuffer on all servers and all clients alike");
    }
    if (large.size() > SHOWN) {
      findings.risky("/", large.size() - SHOWN + " more are as large", "");
    }
    Optional<Sized> largest = all.stream().max(Comparator.comparingLong(Sized::bytes));
    if (large.isEmpty() && largest.isPresent()) {
      findings.ok(
          largest.get().path(),
          "is the largest, with "
              + Words.bytes(largest.get().bytes())
              + " of "
              + Words.bytes(limit)
              + " (jute.maxbuffer)");
    }
    if (own < ListBytes.SERVERS_DEFAULT) {
      findings.note(
          "this client",
          "takes answers of " + Words.bytes(own) + " only, less than servers do by default",
          "give it -Djute.maxbuffer of at least " + ListBytes.SERVERS_DEFAULT);
    }
  }

  private static void group(Context context, GroupFacts group, List<Sized> all)
      throws InterruptedException {
    for (Map.Entry<String, GroupFacts.Listed> list : group.lists().entrySet()) {
      int children = list.getValue().stat().map(Stat::getNumChildren).orElse(0);
      all.add(
          new Sized(
              group.path() + "/" + list.getKey(),
              "a list of " + children + " names, ",
              list.getValue().bytes()));
    }
    List<Read<Znode>> nodes = new ArrayList<>(group.plan());
    nodes.add(group.summary());
    nodes.addAll(group.directives());
    group.workers().forEach(worker -> nodes.add(worker.read()));
    for (Read<Znode> node : nodes) {
      node.found().ifPresent(found -> all.add(data(found.path(), found.stat())));
    }
    Read<Stat> settings = new Stats(context.client()).each(List.of(group.path())).get(0);
    settings.found().ifPresent(stat -> all.add(data(group.path(), stat)));
  }

  private static Sized data(String path, Stat stat) {
    return new Sized(path, "", stat.getDataLength());
  }
}
