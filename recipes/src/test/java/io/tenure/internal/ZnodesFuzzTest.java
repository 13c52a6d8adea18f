package io.tenure.internal;

import static io.tenure.testing.Parsing.comesBack;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Any bytes in any znode: each parser reads them or refuses them with the one error that it may
 * throw, and what it has read it writes so that it reads the same again.
 *
 * <p>Every input goes to every parser, so that one run of the fuzzer covers all of them.
 */
class ZnodesFuzzTest {

  private static final String PATH = "/some/scope";

  @FuzzTest
  void anyBytesAreReadOrRefused(byte[] data) {
    comesBack(PATH, data, bytes -> ScopeRecord.parse(PATH, bytes), ScopeRecord::bytes);
    comesBack(PATH, data, bytes -> LeaderNode.parse(PATH, bytes), LeaderNode::bytes);
    comesBack(PATH, data, bytes -> AuditFormat.parse(PATH, bytes), AuditFormat::bytes);
    comesBack(PATH, data, bytes -> TrailRecord.parse(PATH, bytes), TrailRecord::bytes);
    comesBack(PATH, data, bytes -> TrimMarker.parse(PATH, bytes), TrimMarker::bytes);
    CandidateFormat.parse(PATH, data);
    LeaderNode.revocation(data);
    String text = new String(data, StandardCharsets.UTF_8);
    AuditFormat.index(text);
    Optional<String> id = ZnodeName.decode(text);
    id.ifPresent(
        name -> assertThat(ZnodeName.decode(ZnodeName.encode(name))).isEqualTo(Optional.of(name)));
  }
}
