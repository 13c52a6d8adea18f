package io.tenure.audit;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Where an {@link AuditArchiver} puts what it reads. {@link ArchiveFiles} is one.
 *
 * <p>A sink keeps its position together with the entries that it holds, so that neither can be
 * there without the other after a crash at any moment. "Nothing lost, nothing repeated" rests on
 * this.
 *
 * <p>Called by one thread at a time.
 */
public interface ArchiveSink {

  /**
   * How far each trail is archived, by the trail's path. Asked at the start and after each failed
   * {@link #write}.
   *
   * @throws IOException if it cannot be told now; it is asked again
   */
  Map<String, ArchivePosition> positions() throws IOException;

  /**
   * Takes what follows. Within a trail and life indexes grow; where one trail's life ends another
   * begins.
   *
   * @param items durable once this returns. If this throws, any first part of them may have been
   *     taken, as {@link #positions} tells
   * @throws IOException if they cannot be taken now; it is tried again
   * @throws RuntimeException ends the archiver
   */
  void write(List<Archived> items) throws IOException;
}
