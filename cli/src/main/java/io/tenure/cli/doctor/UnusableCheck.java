package io.tenure.cli.doctor;

import io.tenure.internal.session.ZnodeReader.Listed;
import io.tenure.internal.session.ZnodeReader.Read;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * What operators created and no credential can use: a client that copied the ACL of a parent has
 * copied {@code digest:worker:x}, which is how a server shows digests to all without {@code admin},
 * and which is the id of no credential.
 *
 * <p>A client without {@code admin} sees every digest like that, and so tells such a znode only by
 * not being allowed to read it, where it may read the parent. One with {@code admin} sees the ids
 * as they are.
 */
final class UnusableCheck implements Check {

  private static final String MASKED = "x";
  private static final int MAX_ENTRIES = 1_000;

  @Override
  public String name() {
    return "unusable";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    for (GroupFacts group : context.groups()) {
      String directives = group.path() + "/directives";
      String audit = group.path() + "/audit";
      List<String> wanted = group.directives().stream().map(Read::path).toList();
      say(
          unusable(context, directives, wanted),
          "no coordinator follows the directive",
          "take it back (tenure undrain, unpin, capacity W own; delete for a move), and give the"
              + " command again with the services' scheme (--acl-file)",
          findings);
      say(
          unusable(context, audit, entries(context, audit)),
          "neither audit verify nor archive get past the entry",
          "a super user or an id with admin: setAcl on it as on the entries beside it",
          findings);
    }
  }

  /** The newest, if the list can be read at all. */
  private static List<String> entries(Context context, String audit) throws InterruptedException {
    Listed list = context.znodes().listEach(List.of(audit)).get(0);
    List<String> names = list.found().map(found -> found.names()).orElse(List.of());
    return names.subList(Math.max(0, names.size() - MAX_ENTRIES), names.size()).stream()
        .map(name -> audit + "/" + name)
        .toList();
  }

  private static List<String> unusable(Context context, String parent, List<String> children)
      throws InterruptedException {
    Stats stats = new Stats(context.client());
    Read<List<ACL>> around = stats.acls(List.of(parent)).get(0);
    List<String> paths = new ArrayList<>();
    if (around.denied() || around.found().isEmpty()) {
      return paths; // Said by the check of ACLs.
    }
    List<Read<List<ACL>>> all = stats.acls(children);
    boolean seesDigests =
        Stream.concat(Stream.of(around), all.stream())
            .flatMap(read -> read.found().stream())
            .flatMap(List::stream)
            .anyMatch(acl -> isDigest(acl.getId()) && !isMasked(acl.getId()));
    for (Read<List<ACL>> one : all) {
      boolean names =
          one.found().stream().flatMap(List::stream).anyMatch(acl -> isMasked(acl.getId()));
      if (one.denied() || (seesDigests && names)) {
        paths.add(one.path());
      }
    }
    return paths;
  }

  private static boolean isDigest(Id id) {
    return id.getScheme().equals("digest");
  }

  private static boolean isMasked(Id id) {
    return isDigest(id) && id.getId().endsWith(":" + MASKED);
  }

  private static void say(List<String> paths, String effect, String mend, Findings findings) {
    Optional<String> first = paths.stream().findFirst();
    first.ifPresent(
        path ->
            findings.risky(
                path,
                Words.some(paths)
                    + " may not be read, although the parent may: its ACL names ids that no"
                    + " credential has, as copied from an ACL whose digests the server hid (x), or"
                    + " ids of other services; "
                    + effect,
                mend));
  }
}
