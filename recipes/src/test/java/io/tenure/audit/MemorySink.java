package io.tenure.audit;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what it is given, and its place with it, as any sink must. */
class MemorySink implements ArchiveSink {

  final List<Archived> items = new CopyOnWriteArrayList<>();

  @Override
  public Map<String, ArchivePosition> positions() throws IOException {
    Map<String, ArchivePosition> positions = new HashMap<>();
    items.forEach(item -> positions.put(item.trail(), item.position()));
    return positions;
  }

  @Override
  public void write(List<Archived> batch) throws IOException {
    items.addAll(batch);
  }

  List<ArchivedEntry> entries(String trail) {
    return items.stream()
        .filter(item -> item.trail().equals(trail))
        .filter(ArchivedEntry.class::isInstance)
        .map(ArchivedEntry.class::cast)
        .toList();
  }

  List<Long> indexes(String trail) {
    return entries(trail).stream().map(ArchivedEntry::index).toList();
  }
}
