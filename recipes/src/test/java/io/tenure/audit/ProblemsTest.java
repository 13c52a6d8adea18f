package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an archiver's listener throws stays there. */
class ProblemsTest {

  @Test
  void anErrorOfAListenerStaysWithTheListener() {
    List<String> heard = new ArrayList<>();
    Problems problems =
        new Problems(
            new ArchiveListener() {
              @Override
              public void problem(String path, String problem) {
                heard.add(path);
                throw new NoClassDefFoundError("com/example/Snappy");
              }
            });
    problems.say("/a", "is bad");
    problems.say("/b", "is bad");
    assertThat(heard).containsExactly("/a", "/b");
  }
}
