package io.tenure.audit;

import io.tenure.internal.EntryChain;
import io.tenure.internal.session.ZnodeReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Leaves out of trails what others have put beside entries, under the same indexes. Which one is
 * the entry is told by the digests of those after it, so they are read; what was found is
 * remembered.
 *
 * <p>Confined to the reader's thread, which it blocks.
 */
final class SharedIndexes {

  /** How many are read at once, which bounds what is held in memory. */
  private static final int AT_ONCE = 256;

  private final ZnodeReader znodes;
  private final Set<String> foreign = new HashSet<>();

  SharedIndexes(ZnodeReader znodes) {
    this.znodes = znodes;
  }

  /** Leaves out of a trail what is no entry. */
  void leaveOut(TrailState state) throws InterruptedException {
    state.leaveOut(foreign);
    OptionalLong from = state.firstShared();
    List<EntryChain.Anchor> anchors = state.anchors();
    if (from.isEmpty() || anchors.isEmpty()) {
      return;
    }
    List<String> paths =
        state.names.stream()
            .filter(name -> TrailState.index(name) >= from.getAsLong())
            .map(state::path)
            .toList();
    List<EntryChain.Link> links = new ArrayList<>(paths.size());
    for (int i = 0; i < paths.size(); i += AT_ONCE) {
      links.addAll(
          TrailReading.links(
              znodes.readEach(paths.subList(i, Math.min(paths.size(), i + AT_ONCE)))));
    }
    foreign.addAll(EntryChain.tell(links, from.getAsLong(), anchors).foreign().keySet());
    state.leaveOut(foreign);
  }
}
